"""How long a command takes that has a time limit, by method and number of states.

``python -m tests.benchmarks.limits --limit 8 --sizes 10,1000,10000`` writes a sparse random game of each size, runs
``ssg-mip solve FILE --method METHOD --time-limit LIMIT --json`` in a process of its own, and prints the wall-clock time
of the whole command, and whether it is within the limit, 5 % and a second. Its peak of memory, its exit code and the
outcome of its check stand beside that. A command is killed once it has taken :data:`PATIENCE` limits.

On a machine that is busy with other work wall-clock times say little. With ``--cpu-clock`` commands go by the CPU time
of their process instead, and are judged by it: about what they would take with a core to themselves.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ssg_mip.io import write_instance
from ssg_mip.library import random_game
from ssg_mip.methods.registry import METHODS

SIZES = (10, 100, 1_000, 2_000, 5_000, 10_000, 100_000)
"""Numbers of states."""

PATIENCE = 4.0
"""After so many limits, and ten seconds, a command is killed."""

SHARE_ABOVE = 0.05
"""Share of the limit by which a command may exceed it."""

SECONDS_ABOVE = 1.0
"""Seconds by which it may exceed it besides."""


@dataclasses.dataclass(frozen=True)
class Trial:
    """One command: seconds, those of CPU, peak of memory in MiB, exit code (``None`` if killed), and what it says."""

    method: str
    states: int
    limit: float
    seconds: float
    cpu: float
    memory: float
    code: int | None
    outcome: str
    by_cpu: bool = False

    @property
    def in_time(self) -> bool:
        """Whether the command ended by itself and in time."""
        return self.code is not None and (self.cpu if self.by_cpu else self.seconds) <= allowed(self.limit)

    def row(self) -> str:
        """As a row of a Markdown table."""
        ended = "killed" if self.code is None else str(self.code)
        verdict = "yes" if self.in_time else "**no**"
        return (
            f"| `{self.method}` | {self.states:,} | {self.limit:g} | {self.seconds:.1f} | {self.cpu:.1f} | {verdict} | "
            f"{self.memory:.0f} | {ended} | {self.outcome} |"
        )


HEADER = """| method | states | limit, s | wall, s | CPU, s | in time | MiB | exit code | status, check |
|---|---|---|---|---|---|---|---|---|"""


ON_CPU_TIME = """
import os, time
time.monotonic = time.process_time
os.getloadavg = lambda: (0.0, 0.0, 0.0)
from ssg_mip.cli import run
run()
"""
"""The command line, with the CPU time of the process for a clock and nobody else on the machine."""


def allowed(limit: float) -> float:
    """Seconds that a command with a time limit may take."""
    return limit * (1.0 + SHARE_ABOVE) + SECONDS_ABOVE


@dataclasses.dataclass(frozen=True)
class Ended:
    """A command that has ended: wall-clock and CPU seconds, peak of memory, exit code (``None`` if killed), streams."""

    seconds: float
    cpu: float
    mebibytes: float
    code: int | None
    said: bytes
    complained: str


def run_measured(command: Sequence[str], patience: float) -> Ended:
    """Run a command in a process of its own, and kill it after so many seconds."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=err)
        killer = threading.Timer(patience, process.kill)
        killer.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        killer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        said, complained = out.read(), err.read().decode(errors="replace")
    code = None if process.returncode < 0 else process.returncode
    return Ended(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, code, said, complained)


def run_trial(method: str, states: int, path: Path, limit: float, *, by_cpu: bool = False) -> Trial:
    """Run one command in a process of its own."""
    start = ["-c", ON_CPU_TIME] if by_cpu else ["-m", "ssg_mip"]
    command = [sys.executable, *start, "solve", str(path), "--method", method]
    command += ["--time-limit", str(limit), "--json"]
    ended = run_measured(command, (20.0 if by_cpu else 1.0) * (PATIENCE * limit + 10.0))
    outcome = _outcome(ended.said, ended.complained)
    return Trial(method, states, limit, ended.seconds, ended.cpu, ended.mebibytes, ended.code, outcome, by_cpu)


def _outcome(said: bytes, complained: str) -> str:
    try:
        document = json.loads(said[said.index(b"{") :])
    except ValueError:
        lines = complained.strip().splitlines()
        return lines[-1][:120] if lines else "nothing printed"
    if "error" in document:
        return str(document["error"]["message"])
    check, reason = document["check"], document["check"]["reason"]
    return f"{document['status']}, {document['termination']}; {check['word']}{f': {reason}' if reason else ''}"


def trials(
    methods: Sequence[str], sizes: Sequence[int], limit: float, shape: Sequence[int], by_cpu: bool
) -> Iterator[Trial]:
    """Every method at every size; each game is written once."""
    leader, follower, successors = shape
    with tempfile.TemporaryDirectory() as folder:
        for states in sizes:
            path = Path(folder) / f"random-{states}.npz"
            write_instance(random_game(1, states, leader, follower, min(successors, states)), path)
            for method in methods:
                yield run_trial(method, states, path, limit, by_cpu=by_cpu)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if a command was late."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.limits",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--methods", default=",".join(METHODS), help="names, separated by commas")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of states")
    parser.add_argument("--limit", type=float, default=8.0, help="seconds")
    parser.add_argument("--shape", default="2,2,3", help="actions of leader and follower, and successors")
    parser.add_argument("--cpu-clock", action="store_true", help="go by the CPU time of each command")
    asked = parser.parse_args(arguments)
    sizes = [int(text) for text in asked.sizes.split(",")]
    shape = [int(text) for text in asked.shape.split(",")]
    print(HEADER, flush=True)
    late = 0
    for trial in trials(asked.methods.split(","), sizes, asked.limit, shape, asked.cpu_clock):
        print(trial.row(), flush=True)
        late += not trial.in_time
    return 1 if late else 0


if __name__ == "__main__":
    raise SystemExit(main())
