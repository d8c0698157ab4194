"""How long the commands about fronts take that have a time limit, by number of states, and what they take of memory.

``python -m tests.benchmarks.front_limits --limit 8 --sizes 10,1000,10000`` writes a sparse random game of each size and
runs every command with ``--time-limit LIMIT --json`` in a process of its own, as ``tests.benchmarks.limits`` does for
``solve``. A command is in time that ends within the limit, 5 % and a second, whether it answers or refuses.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ssg_mip.io import write_instance
from ssg_mip.library import random_game
from tests.benchmarks.limits import PATIENCE, SIZES, allowed, run_measured

COMMANDS: dict[str, tuple[str, ...]] = {
    "front": ("front", "{file}"),
    "front --method policy-iteration": ("front", "{file}", "--method", "policy-iteration"),
    "front --complete": ("front", "{file}", "--complete"),
    "front --complete, 2 objectives": ("front", "{file}", "--complete", "--objective", "s1", "--objective", "s2"),
    "existence": ("existence", "{file}"),
    "batch": ("batch", "{folder}", "--out", "{out}"),
    "export": ("export", "{file}", "{out}/program.lp"),
}
"""Commands with a time limit by name, with the places of the instance and of folders."""

WITHOUT_LIMIT: dict[str, tuple[str, ...]] = {
    "show": ("show", "{file}"),
}
"""Commands that have none; the same time is asked of them."""


@dataclasses.dataclass(frozen=True)
class Trial:
    """One command: seconds, peak of memory in MiB, exit code (``None`` if killed) and the end of what it says."""

    command: str
    states: int
    limit: float
    seconds: float
    memory: float
    code: int | None
    outcome: str

    @property
    def in_time(self) -> bool:
        """Whether the command ended by itself and in time."""
        return self.code is not None and self.seconds <= allowed(self.limit)

    def row(self) -> str:
        """As a row of a Markdown table."""
        ended = "killed" if self.code is None else str(self.code)
        verdict = "yes" if self.in_time else "**no**"
        return (
            f"| `{self.command}` | {self.states:,} | {self.limit:g} | {self.seconds:.1f} | {verdict} | "
            f"{self.memory:.0f} | {ended} | {self.outcome} |"
        )


HEADER = """| command | states | limit, s | wall, s | in time | MiB | exit code | outcome |
|---|---|---|---|---|---|---|---|"""


def run_trial(name: str, command: Sequence[str], states: int, limit: float) -> Trial:
    """Run one command in a process of its own; one that takes :data:`PATIENCE` limits and ten seconds is killed."""
    ended = run_measured([sys.executable, "-m", "ssg_mip", *command], PATIENCE * limit + 10.0)
    outcome = outcome_of(ended.said, ended.complained)
    return Trial(name, states, limit, ended.seconds, ended.mebibytes, ended.code, outcome)


def outcome_of(said: bytes, complained: str) -> str:
    """What a command says of its end, in a few words."""
    try:
        document = json.loads(said[said.index(b"{") :])
    except ValueError:
        lines = complained.strip().splitlines()
        return lines[-1][:160] if lines else "nothing printed"
    if "error" in document:
        return str(document["error"]["message"])[:160]
    words = [str(document[key]) for key in ("verdict", "termination") if key in document]
    words += [f"{len(document[key])} {key}" for key in ("points", "boxes", "scalarisations") if key in document]
    if "check" in document:
        word, reason = document["check"]["word"], document["check"]["reason"]
        words.append(f"{word}: {reason}" if reason else word)
    return ", ".join(words) or str(document.get("format", ""))


def trials(names: Sequence[str], sizes: Sequence[int], limit: float, shape: Sequence[int]) -> Iterator[Trial]:
    """Every command at every size; each game is written once."""
    leader, follower, successors = shape
    for states in sizes:
        with tempfile.TemporaryDirectory() as folder:
            inside = Path(folder) / "instances"
            inside.mkdir()
            path = inside / f"random-{states}.npz"
            game = random_game(1, states, leader, follower, min(successors, states))
            write_instance(game, path)
            for name in names:
                out = Path(folder) / "out"
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir()
                places = {"file": str(path), "folder": str(inside), "out": str(out)}
                command = [part.format(**places) for part in (COMMANDS | WITHOUT_LIMIT)[name]]
                if name in COMMANDS:
                    command += ["--time-limit", str(limit)]
                yield run_trial(name, [*command, "--json"], states, limit)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if a command was late."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.front_limits",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--commands", default=";".join(COMMANDS | WITHOUT_LIMIT), help="names, separated by semicolons")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of states")
    parser.add_argument("--limit", type=float, default=8.0, help="seconds")
    parser.add_argument("--shape", default="2,2,3", help="actions of leader and follower, and successors")
    asked = parser.parse_args(arguments)
    sizes = [int(text) for text in asked.sizes.split(",")]
    shape = [int(text) for text in asked.shape.split(",")]
    print(HEADER, flush=True)
    late = 0
    for trial in trials(asked.commands.split(";"), sizes, asked.limit, shape):
        print(trial.row(), flush=True)
        late += not trial.in_time
    return 1 if late else 0


if __name__ == "__main__":
    raise SystemExit(main())
