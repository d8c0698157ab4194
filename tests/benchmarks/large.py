"""Large games: what methods find, what is proven, and what both take; ``python -m tests.benchmarks --suite large``.

Every family is made at about 100, 1,000 and 10,000 states. Each method has a process of its own with a time limit, and
so has the payoff-set bound alone; value, bound, gap, CPU seconds and peak of memory are printed. ``--beside FOLDER``
runs the same methods, as far as it has them, on the package of another checkout, in turn with ours: its columns stand
beside. At the end stand the exponents of the bound's time and memory in the number of states, fitted within families
where there are several sizes.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ssg_mip import Game
from ssg_mip.io import write_instance
from ssg_mip.library import funnel, garnet, highway_merge, pursuit, queue, robots, security_grid, supply

ROOT = Path(__file__).resolve().parents[2]

SIZES = (100, 1_000, 10_000)
"""About so many states."""

FAMILIES: dict[str, tuple[Callable[[], Game], Callable[[], Game], Callable[[], Game]]] = {
    "garnet": (lambda: garnet(100, 11), lambda: garnet(1_000, 11), lambda: garnet(10_000, 11)),
    "pursuit": (lambda: pursuit(3), lambda: pursuit(5), lambda: pursuit(10)),
    "supply": (lambda: supply(5), lambda: supply(16), lambda: supply(50)),
    "queue": (lambda: queue(10), lambda: queue(32), lambda: queue(100)),
    "funnel": (lambda: funnel(5, 5, 4), lambda: funnel(10, 10, 10), lambda: funnel(22, 22, 20)),
    "merge": (lambda: highway_merge(6, 3), lambda: highway_merge(12, 4), lambda: highway_merge(24, 5)),
    "security": (lambda: security_grid(3), lambda: security_grid(4), lambda: security_grid(8)),
    "robots": (lambda: robots(4), lambda: robots(6), lambda: robots(10)),
}
"""The generators at the three sizes."""

METHODS = ("policy-iteration", "fixed-point", "local")
"""Methods that are asked, as far as a checkout has them."""

OWN_MEGABYTES = 60.0
"""Memory of a process that has imported the package and holds no game."""

BOUND = "the bound alone"
"""What stands in the place of a method's name where only the bound is computed."""

SCRIPT = r"""
import json, re, resource, sys, time
from pathlib import Path
from ssg_mip import read_instance, solve
path, method, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])
from ssg_mip.methods.registry import METHODS
game = read_instance(path)
begun, clock = time.process_time(), time.monotonic()
if method == "the bound alone":
    from ssg_mip.base.deadline import Deadline
    from ssg_mip.evaluation.payoff_set import payoff_set_bound
    found = payoff_set_bound(game, deadline=Deadline(limit))
    told = {"value": None, "bound": float(game.initial @ found.upper), "status": ""}
elif method not in METHODS:
    told = None
else:
    result = solve(game, method, time_limit=limit)
    told = {"value": result.leader_value, "bound": result.dual_bound, "status": result.status.name.lower()}
if told is not None:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says may be the peak of the process that this one was forked from
        kilobytes = int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])
    peak = kilobytes / 1024.0
    told |= {"cpu": time.process_time() - begun, "seconds": time.monotonic() - clock, "megabytes": peak}
print(json.dumps(told))
"""


@dataclasses.dataclass(frozen=True)
class Cell:
    """What a process said: value and bound, CPU seconds, wall-clock seconds, peak of memory; or why it said nothing."""

    value: float | None = None
    bound: float | None = None
    cpu: float = math.nan
    seconds: float = math.nan
    megabytes: float = math.nan
    status: str = ""
    failure: str = ""

    @property
    def gap(self) -> float | None:
        """``bound - value``, relative to the value."""
        if self.value is None or self.bound is None:
            return None
        return (self.bound - self.value) / max(abs(self.value), 1e-12)

    def columns(self) -> list[str]:
        """As columns of the table."""
        if self.failure:
            return [self.failure, "", "", "", ""]
        gap = "" if self.gap is None else f"{100.0 * self.gap:.1f} %"
        numbers = ["" if one is None else f"{one:.4f}" for one in (self.value, self.bound)]
        return [*numbers, gap, f"{self.cpu:.1f}", f"{self.megabytes:.0f}"]


def measured(path: Path, method: str, limit: float, checkout: Path) -> Cell:
    """One process on the package of a checkout."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SCRIPT, str(path), method, str(limit)]
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=checkout,
            capture_output=True,
            text=True,
            timeout=4.0 * limit + 60.0,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Cell(failure="killed")
    if done.returncode:
        return Cell(failure=(done.stderr.strip().splitlines() or ["failed"])[-1][:60])
    told = json.loads(done.stdout.splitlines()[-1])
    return Cell(failure="no such method") if told is None else Cell(**told)


@dataclasses.dataclass(frozen=True)
class Row:
    """A method on a game, ours and another checkout's."""

    family: str
    states: int
    method: str
    ours: Cell
    beside: Cell | None = None

    def line(self) -> str:
        """As a line of the table."""
        cells = [self.family, f"{self.states:,}", self.method, *self.ours.columns()]
        if self.beside is not None:
            cells += self.beside.columns()
        return f"| {' | '.join(cells)} |"


def rows(
    names: Sequence[str], sizes: Sequence[int], methods: Sequence[str], limit: float, beside: Path | None
) -> Iterator[Row]:
    """All measurements, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for place in (SIZES.index(size) for size in sizes):
                game = FAMILIES[name][place]()
                path = Path(folder) / f"{name}-{place}.npz"
                write_instance(game, path)
                for method in (BOUND, *methods):
                    ours = measured(path, method, limit, ROOT)
                    other = None
                    if beside is not None:
                        other = Cell(failure="-") if method == BOUND else measured(path, method, limit, beside)
                    yield Row(name, game.num_states, method, ours, other)


def exponents(found: Sequence[Row]) -> tuple[float, float] | None:
    """Of CPU seconds and of memory beyond a process's own, of the bound in the number of states.

    Fitted within families, each of which may have a factor of its own; ``None`` where none has two sizes of a thousand
    states or so and more.
    """
    rows = [
        row
        for row in found
        if row.method == BOUND and not row.ours.failure and row.ours.cpu > 0.0 and row.states >= SIZES[1] // 2
    ]
    points = []
    for family in {row.family for row in rows}:
        own = np.log(
            [
                (row.states, row.ours.cpu, max(1.0, row.ours.megabytes - OWN_MEGABYTES))
                for row in rows
                if row.family == family
            ]
        )
        points.append(own - own.mean(axis=0))
    x, seconds, memory = np.concatenate(points or [np.zeros((1, 3))]).T
    if not x.any():
        return None
    return float(x @ seconds / (x @ x)), float(x @ memory / (x @ x))


def head(beside: Path | None) -> list[str]:
    """The head of the table."""
    own = ["value", "bound", "gap", "CPU s", "MB"]
    names = ["family", "states", "method", *own, *([f"{one} (other)" for one in own] if beside else [])]
    return [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if a bound lies below a value."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks --suite large", description=__doc__)
    parser.add_argument("--families", default=",".join(FAMILIES), help="names, by comma")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="of 100, 1000 and 10000")
    parser.add_argument("--methods", default=",".join(METHODS), help="names of the registry")
    parser.add_argument("--time-limit", type=float, default=30.0, help="seconds for each process")
    parser.add_argument("--beside", type=Path, default=None, help="the root of another checkout of the package")
    parser.add_argument("--out", type=Path, default=None, help="a file for the rows as JSON")
    asked = parser.parse_args(arguments)
    found: list[Row] = []
    print("\n".join(head(asked.beside)), flush=True)
    sizes = [int(one) for one in asked.sizes.split(",")]
    methods = [one for one in asked.methods.split(",") if one]
    for row in rows(asked.families.split(","), sizes, methods, asked.time_limit, asked.beside):
        found.append(row)
        print(row.line(), flush=True)
    fitted = exponents(found)
    if fitted is not None:
        print(f"\nthe bound's time grows as states^{fitted[0]:.2f}, its memory as states^{fitted[1]:.2f}")
    if asked.out is not None:
        asked.out.write_text(json.dumps([dataclasses.asdict(row) for row in found], indent=1), encoding="utf-8")
    return int(any(conflict(found)))


def conflict(found: Sequence[Row]) -> Iterator[str]:
    """Games of which a bound lies below a value."""
    for name, states in {(row.family, row.states) for row in found}:
        own = [row.ours for row in found if (row.family, row.states) == (name, states)]
        values = [cell.value for cell in own if cell.value is not None]
        bounds = [cell.bound for cell in own if cell.bound is not None]
        if values and bounds and max(values) > min(bounds) + 1e-7 * (1.0 + abs(max(values))):
            yield f"{name} at {states} states: {max(values)!r} above {min(bounds)!r}"


if __name__ == "__main__":
    sys.exit(main())
