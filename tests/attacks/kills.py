"""``python -m tests.attacks.kills [NAME...] [--runs N] [--seed S]``: signals and kills at random moments.

``signals``: SIGINT, SIGTERM or SIGHUP reaches ``solve``, ``front`` or ``batch`` after 0 to 1.5 s. No traceback, the
exit code that is documented, and one JSON object on standard output; only before the first line of the package, while
the interpreter starts, does that interpreter decide. ``starts``: the same within 0.1 s.
``workers``: workers of a batch are killed (SIGKILL) while it runs. It ends, every instance has one row, and an instance
fails only if two of its workers were killed.
``parents``: the batch itself is killed and resumed until it is done. No worker outlives it, no row is lost or double.
``groups``: SIGTERM or SIGINT reaches the batch and all its workers at once, as schedulers and terminals send it.
``pairs``: a second batch on the same folder is refused, also after the first was killed and resumed.

Prints one line per attack and every fault with its run; exit code 1 if there is any. Processes are found in ``/proc``.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import functools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip import Game, write_instance
from tests.oracles.games import random_game

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 90.0
INSTANCES = 6

_COMMAND = [sys.executable, "-m", "ssg_mip"]
_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}


@dataclasses.dataclass
class Tally:
    """What an attack counted."""

    runs: int = 0
    endings: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    faults: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Attack:
    """One run: what it draws from, and where it may write."""

    rng: random.Random
    games: Path
    out: Path
    faults: list[str] = dataclasses.field(default_factory=list)

    def expect(self, holds: bool, fault: str) -> None:
        """Note a fault unless something holds."""
        if not holds:
            self.faults.append(fault)

    def batch(self, *more: str) -> subprocess.Popen[str]:
        """A batch with two workers in a process group of its own."""
        return start("batch", self.games, "--out", self.out, "--jobs", 2, *QUICK, *more)

    def rows(self) -> list[dict[str, Any]]:
        """The rows written; a half-written last line is none."""
        path = self.out / "results.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def expect_one_row_each(self) -> None:
        """Every instance has one row."""
        names = sorted(row["instance"] for row in self.rows())
        self.expect(names == [f"{number}.json" for number in range(INSTANCES)], f"rows for {names}")


QUICK = ("--method", "commitment", "--time-limit", "0.5", "--no-guarantee")


def start(*arguments: object) -> subprocess.Popen[str]:
    """The command line in a process group of its own."""
    pipe = subprocess.PIPE
    given = [*_COMMAND, *map(str, arguments)]
    return subprocess.Popen(given, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, start_new_session=True)


def finish(process: subprocess.Popen[str]) -> tuple[int | None, str, str]:
    """Exit code and streams; ``None`` for a process that had to be killed because it did not end."""
    try:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        return None, out, err
    return process.returncode, out, err


def workers_of(parent: int) -> list[int]:
    """Worker processes of a batch."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            is_child = int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent
            if is_child and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def attack_with_signals(attack: Attack, latest: float = 1.5) -> str:
    """One signal at one command."""
    number = attack.rng.choice(list(_CODES))
    delay = attack.rng.uniform(0.0, latest)
    name = attack.rng.choice(["solve", "front", "batch"])
    instance = attack.games / "0.json"
    rest = ("--method", "commitment", "--time-limit", 20, "--json")
    where = (attack.games, "--out", attack.out, "--jobs", 2) if name == "batch" else (instance,)
    process = start(name, *where, *rest)
    time.sleep(delay)
    process.send_signal(number)
    code, out, err = finish(process)
    what = f"{name}, {number.name} after {delay:.3f} s: exit code {code}"
    if code == -number or "Traceback" in err:
        attack.expect("ssg_mip" not in err, f"{what}: {err[-800:]}")
        return f"{'traceback' if err else 'killed'} while the interpreter started"
    attack.expect(code == _CODES[number], what)
    attack.expect(not any(word in err for word in ("Traceback", "Exception ignored", "Fatal")), f"{what}: {err[-800:]}")
    with contextlib.suppress(ValueError):
        answer = json.loads(out)
        return "nothing found yet" if "error" in answer else "printed what was found"
    attack.faults.append(f"{what}: {out[:200]!r} is not one JSON object")
    return "no JSON"


def attack_workers(attack: Attack) -> str:
    """Kill workers, at most as many as there are instances."""
    process = attack.batch()
    kills = 0
    for _ in range(attack.rng.randint(1, INSTANCES)):
        time.sleep(attack.rng.uniform(0.0, 1.5))
        for worker in workers_of(process.pid)[: attack.rng.randint(1, 2)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                kills += 1
    code, _, err = finish(process)
    failed = [row for row in attack.rows() if row["exit_code"] != 0]
    attack.expect(code == (6 if failed else 0), f"exit code {code} with {len(failed)} failed rows: {err[-800:]}")
    attack.expect("Traceback" not in err, err[-800:])
    attack.expect_one_row_each()
    attack.expect(2 * len(failed) <= kills, f"{len(failed)} failed rows after {kills} kills")
    attack.expect(all("SIGKILL" in row["error"]["message"] for row in failed), f"{failed}")
    return f"{kills} kills, {len(failed)} failed"


def attack_parents(attack: Attack) -> str:
    """Kill the batch until it happens to be done, at most six times; then let it end."""
    for tries in range(7):
        process = attack.batch("--resume")
        if tries < 6:
            time.sleep(attack.rng.uniform(0.0, 4.0))
            workers = workers_of(process.pid)
            process.kill()
            process.communicate()
            attack.expect(_gone(workers), f"workers {workers} outlive their parent")
        elif finish(process)[0] != 0:
            attack.faults.append("the last --resume did not end with exit code 0")
    attack.expect_one_row_each()
    return "whole after 6 kills"


def _gone(processes: Sequence[int]) -> bool:
    end = time.monotonic() + 10.0
    while any(_runs(process) for process in processes):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _runs(process: int) -> bool:
    with contextlib.suppress(OSError):
        return "spawn_main" in Path(f"/proc/{process}/cmdline").read_text()
    return False


def attack_groups(attack: Attack) -> str:
    """A signal to a whole process group."""
    number = attack.rng.choice([signal.SIGINT, signal.SIGTERM])
    process = start("batch", attack.games, "--out", attack.out, "--jobs", 2, "--method", "commitment")
    delay = attack.rng.uniform(1.5, 5.0)
    time.sleep(delay)
    workers = workers_of(process.pid)
    os.killpg(process.pid, number)
    code, _, err = finish(process)
    rows = attack.rows()
    what = f"{number.name} after {delay:.3f} s: exit code {code}, {len(rows)} rows"
    attack.expect(code == _CODES[number], f"{what}: {err[-800:]}")
    attack.expect("Traceback" not in err, f"{what}: {err[-800:]}")
    attack.expect(_gone(workers), f"{what}: workers are left")
    attack.expect(
        all(row["exit_code"] in {0, _CODES[number]} for row in rows), f"{what}: {[row['error'] for row in rows]}"
    )
    return f"{number.name}: {len(rows)} rows kept"


def attack_with_pairs(attack: Attack) -> str:
    """Two batches on one folder."""
    first = attack.batch()
    while not (attack.out / "results.jsonl").exists() and first.poll() is None:
        time.sleep(0.02)
    code, _, err = finish(attack.batch("--resume"))
    attack.expect(code == 2 and "another batch" in err, f"the second batch: exit code {code}, {err[-300:]}")
    first.kill()
    first.communicate()
    code, _, err = finish(attack.batch("--resume"))
    attack.expect(code == 0, f"after a kill: exit code {code}, {err[-300:]}")
    attack.expect_one_row_each()
    return "refused, then resumed"


ATTACKS: dict[str, tuple[int, Callable[[Attack], str]]] = {
    "signals": (200, attack_with_signals),
    "starts": (100, functools.partial(attack_with_signals, latest=0.1)),
    "workers": (20, attack_workers),
    "parents": (10, attack_parents),
    "groups": (20, attack_groups),
    "pairs": (10, attack_with_pairs),
}
"""Runs at full size, and what a run does; it returns a word for the table."""


def _hard_game(number: int) -> Game:
    """Six states with three actions each: seconds, not a moment."""
    rng, counts = np.random.default_rng(number), [3] * 6
    return random_game(
        rng, leader_counts=counts, follower_counts=counts, leader_discount=0.9, follower_discount=0.8
    ).to_game()


@contextlib.contextmanager
def arena() -> Iterator[Path]:
    """A folder with games that take a while."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what is ignored here would be in every command
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "games").mkdir()
        for number in range(INSTANCES):
            write_instance(_hard_game(number), Path(folder) / "games" / f"{number}.json")
        yield Path(folder)


def play(name: str, runs: int, seed: int, folder: Path) -> Tally:
    """So many runs of an attack."""
    tally = Tally(runs)
    for index in range(runs):
        attack = Attack(random.Random(f"{name} {seed} {index}"), folder / "games", folder / "out")
        tally.endings[ATTACKS[name][1](attack)] += 1
        tally.faults += (f"{name}, run {index}: {fault}" for fault in attack.faults)
        shutil.rmtree(attack.out, ignore_errors=True)
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if there was a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.kills", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ATTACKS, []], metavar="NAME", help=", ".join(ATTACKS))
    parser.add_argument("--runs", type=int, help="runs of each attack; its full size by default")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    passed = True
    with arena() as folder:
        for name in asked.names or ATTACKS:
            began = time.monotonic()
            tally = play(name, asked.runs or ATTACKS[name][0], asked.seed, folder)
            print(*tally.faults, sep="\n", end="\n" if tally.faults else "")
            endings = ", ".join(f"{count} x {ending}" for ending, count in tally.endings.most_common())
            seconds = time.monotonic() - began
            print(
                f"{name:8s} {tally.runs:4d} runs {len(tally.faults):3d} faults {seconds:6.0f} s  {endings}", flush=True
            )
            passed = passed and not tally.faults
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
