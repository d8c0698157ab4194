"""``python -m tests.attacks.byte_flips``: files with a few bytes changed are read as they are, or refused by exit code.

Three kinds of files, in this process:

* ``instances``: every file of ``instances/``, as JSON and as ``.npz``: read, or refused by the one error that is exit
  code 3; of every twentieth the command line says the same. An archive that passes still holds the same game, because
  every member has a checksum.
* ``results``: printed results and a front, given to ``verify``: exit code 0, 2 or 5. What passes differs from the
  original only where nothing is checked, by less than the rounding that is allowed, or by a bound that is raised.
* ``certificates``: of a bound, given to ``verify``: exit code 0, 2 or 5. What passes claims no bound below the value of
  a policy, for the weights that it then names.

The line of a file that failed names the numbers with which ``--first`` and ``--number 1`` play it again.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import io
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip import LeaderPolicy, best_response, read_problem, solve, trace_front, write_instance
from ssg_mip.cli import main as run_command
from ssg_mip.errors import InvalidInstanceError
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from tests.unit.checker.dual_cases import certified

ROOT = Path(__file__).parents[2]

SIZES = {"instances": 20_000, "results": 2_000, "certificates": 2_000}
"""Changed files of each kind, at the full size."""

THROUGH_COMMAND = 0.05
"""Share of the changed instances that are also given to the command line: reading is what can go wrong."""

MOST_EDITS = 3
"""Places that are changed in one file, at most."""

ALLOWED = 1e-6
"""Numbers closer than this, relative to the larger of 1 and their size, may stand for one another."""

CERTIFIED = ("figure 1", "three states", "zero-sum", "myopic follower")
"""The cases of :mod:`tests.unit.checker.dual_cases` whose certificates are changed."""


def edited(rng: np.random.Generator, data: bytes) -> bytes:
    """The bytes with a few of them flipped, replaced, dropped or doubled."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, MOST_EDITS + 1))):
        place = int(rng.integers(len(changed)))
        match int(rng.integers(5)):
            case 0:
                changed[place] ^= 1 << int(rng.integers(8))
            case 1:
                changed[place] = int(rng.integers(256))
            case 2:
                changed[place] = int(rng.choice(list(b'0123456789-+.eE"[]{},:/')))
            case 3:
                del changed[place]
            case _:
                changed.insert(place, changed[place])
    return bytes(changed)


@dataclasses.dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    err: str


def run(*arguments: object) -> Ran:
    """Run the command line in this process."""
    with contextlib.redirect_stderr(io.StringIO()) as err, contextlib.redirect_stdout(io.StringIO()):
        code = run_command([str(argument) for argument in arguments])
    return Ran(code, err.getvalue())


def complaints(ran: Ran, codes: Sequence[int]) -> Iterator[str]:
    """What is wrong with the way a command ended."""
    if ran.code not in codes:
        yield f"exit code {ran.code}: {ran.err.strip()[:300]}"
    if "Traceback" in ran.err:
        yield "a traceback"
    if ran.code in {2, 3} and not ran.err.removesuffix("\n").isprintable():
        yield f"not one printable line: {ran.err[:300]!r}"


# -------------------------------------------------------------------- instances


@cache
def _instances() -> tuple[tuple[str, bytes], ...]:
    files = []
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted((ROOT / "instances").rglob("*.json")):
            files.append((".json", path.read_bytes()))
            write_instance(read_problem(path), Path(folder) / "game.npz")
            files.append((".npz", (Path(folder) / "game.npz").read_bytes()))
    return tuple(files)


def flip_instance(rng: np.random.Generator, folder: Path) -> tuple[int, list[str]]:
    """One instance file with a few bytes changed."""
    suffix, data = _instances()[int(rng.integers(len(_instances())))]
    path = folder / f"game{suffix}"
    path.write_bytes(edited(rng, data))
    try:
        game = read_problem(path)
    except InvalidInstanceError as error:
        game, read = None, Ran(error.exit_code, str(error))
    else:
        read = Ran(0, "")
    ran = run("validate", path) if rng.uniform() < THROUGH_COMMAND else read
    found = list(complaints(ran, (read.code,)))
    if game is not None and suffix == ".npz" and game.content_hash != _hash_of(data):
        found.append("another game passed the checksums")
    return ran.code, found


@cache
def _hash_of(data: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.npz"
        path.write_bytes(data)
        return read_problem(path).content_hash


# -------------------------------------------------------------------- results

CHECKED = {
    "leader_policy", "follower_policy", "leader_values", "follower_values", "leader_value", "follower_value", "weights",
    "relative_gap", "gap_scale", "ties", "tied_states", "game_hash", "dual_bound", "status", "iteration", "epsilon",
    "margin", "margin_asked", "unique",
}  # fmt: skip
"""Keys of results and fronts under which everything is checked."""

HISTORY = {"progress"}
"""Where nothing is checked: rows of progress are a report of the way, not a claim."""


@cache
def _results() -> tuple[tuple[Game, bytes], ...]:
    game = certified("three states").game
    subjects = [solve(game, method, gap=1e-3) for method in ("commitment", "policy-iteration", "grid")]
    return tuple(
        (game, json.dumps(one.to_dict(), indent=2).encode())
        for one in (*subjects, trace_front(game, num_weights=4, gap=1e-3))
    )


def flip_result(rng: np.random.Generator, folder: Path) -> tuple[int, list[str]]:
    """One printed result with a few bytes changed."""
    game, data = _results()[int(rng.integers(len(_results())))]
    path, instance = folder / "result.json", folder / "game.json"
    path.write_bytes(edited(rng, data))
    write_instance(game, instance)
    ran = run("verify", path, instance)
    found = list(complaints(ran, (0, 2, 5)))
    if ran.code == 0:
        found += [f"passed with {change}" for change in changed_claims(json.loads(data), json.loads(path.read_bytes()))]
    return ran.code, found


def changed_claims(old: Any, new: Any) -> Iterator[str]:
    """Checked places in which two documents differ by more than is allowed."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    for place in sorted(set(before) | set(after), key=str):
        if place[0] in HISTORY or not CHECKED & {key for key in place if isinstance(key, str)}:
            continue
        was, now = (leaves.get(place) for leaves in (before, after))
        if was != now and not _close(was, now) and not (place[-1] == "dual_bound" and _raised(was, now)):
            yield f"{'.'.join(map(str, place))} {now!r} in the place of {was!r}"


def _leaves(data: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else None
    if items is None:
        yield place, data
    else:
        yield from itertools.chain.from_iterable(_leaves(value, (*place, key)) for key, value in items)


def _close(was: Any, now: Any) -> bool:
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (was, now))
    return numbers and abs(was - now) <= ALLOWED * max(1.0, abs(was))


def _raised(was: Any, now: Any) -> bool:
    return now is None or (isinstance(was, float) and isinstance(now, (int, float)) and now >= was)


# -------------------------------------------------------------------- certificates


@cache
def _certificates() -> tuple[tuple[Game, bytes, FloatArray], ...]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in CERTIFIED:
            case, path = certified(name), Path(folder) / "bound.cert"
            case.recorder.write(path, case.game)
            found.append((case.game, path.read_bytes(), _attained(case.game)))
    return tuple(found)


def _attained(game: Game) -> FloatArray:
    """The leader's values of every pure and of some mixed policies."""
    rng = np.random.default_rng(0)
    pure = itertools.product(*(range(count) for count in game.leader_counts.tolist()))
    policies = [LeaderPolicy.deterministic(game, actions) for actions in pure]
    policies += [LeaderPolicy.random(game, rng) for _ in range(200)]
    return np.array([best_response(game, policy).leader_values for policy in policies])


def flip_certificate(rng: np.random.Generator, folder: Path) -> tuple[int, list[str]]:
    """One certificate with a few bytes changed."""
    game, data, attained = _certificates()[int(rng.integers(len(_certificates())))]
    path, instance = folder / "bound.cert", folder / "game.json"
    path.write_bytes(edited(rng, data))
    write_instance(game, instance)
    ran = run("verify", path, instance)
    found = list(complaints(ran, (0, 2, 5)))
    if ran.code == 0:
        header = json.loads(path.read_bytes().splitlines()[0])
        weights = np.array(header["weights"], dtype=float)
        best = float(np.max(attained @ (weights / weights.sum())))
        if best > header["bound"] + 1e-9 * (1.0 + abs(best)):
            found.append(f"proven is {header['bound']}, attained is {best}")
    return ran.code, found


# -------------------------------------------------------------------- the command

Flip = Callable[[np.random.Generator, Path], tuple[int, list[str]]]

FLIPS: dict[str, Flip] = {"instances": flip_instance, "results": flip_result, "certificates": flip_certificate}


def play(kind: str, seed: int, indices: Sequence[int]) -> tuple[collections.Counter[int], dict[int, list[str]]]:
    """How often each exit code came, and what went wrong by index."""
    codes: collections.Counter[int] = collections.Counter()
    failures: dict[int, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for index in indices:
            code, found = FLIPS[kind](np.random.default_rng([seed, index]), Path(folder))
            codes[code] += 1
            if found:
                failures[index] = found
    return codes, failures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if anything is as it must not be."""
    asked = _parser().parse_args(arguments)
    failed = False
    for kind in asked.kinds or FLIPS:
        started = time.process_time()
        number = asked.number or SIZES[kind]
        codes, failures = play(kind, asked.seed, range(asked.first, asked.first + number))
        shown = ", ".join(f"{count} times exit code {code}" for code, count in sorted(codes.items()))
        seconds = time.process_time() - started
        print(
            f"{kind}: {number} files, seed {asked.seed}: {shown}; {len(failures)} failures, {seconds:.0f} s", flush=True
        )
        for index, found in failures.items():
            print(f"  --seed {asked.seed} --first {index} --number 1: {'; '.join(found)}", flush=True)
        failed = failed or bool(failures)
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.attacks.byte_flips",
        description=__doc__.partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(f"{k} ({n})" for k, n in SIZES.items()))
    parser.add_argument("--number", type=int, help="files of each kind; the full size by default")
    parser.add_argument("--first", type=int, default=0, help="index of the first file")
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
