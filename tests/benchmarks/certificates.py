"""What certificates cost and cover: leaves closed, size, and the time to write and to check them.

``python -m tests.benchmarks.certificates`` writes and replays the certificates of the commitment program (P) and of the
improvement program (I) from the uniform policy on random games, and those of ``solve`` on all instances: the bound by
``commitment``, and by ``policy-iteration`` with the proof of its stop. A row says how many leaves the exact replay
closed, and what share of the time to solve it took. The solver is timed without a recorder, after a first game that is
not counted. Times are of the processor, which other work on the machine does not disturb; the limit is on the clock.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ssg_mip import Game, LeaderPolicy, best_response, read_instance, solve, verify_bounds
from ssg_mip.base.deadline import Deadline
from ssg_mip.errors import SolverError
from ssg_mip.exact import solve_commitment, solve_improvement
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.writer import Recorder
from ssg_mip.runs.run import Run
from tests.benchmarks.families import FAMILIES, REPORTING_SEEDS, Size
from tests.benchmarks.ours import WARM_UP
from tests.unit.questions import asked

Work = Callable[[Recorder | None], None]
"""Solves something, with a recorder or without."""

INSTANCES = Path(__file__).parents[2] / "instances"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One certificate file, measured; times in seconds of the processor.

    Attributes
    ----------
    name
        The program and the game.
    passed
        Whether every certificate of the file was accepted.
    leaves, closed
        Leaves of all trees, and those that the replay closed.
    size
        Bytes.
    solving, recording, checking
        Seconds without a recorder, with it and the writing, and of the replay.
    """

    name: str
    passed: bool
    leaves: int
    closed: int
    size: int
    solving: float
    recording: float
    checking: float

    def __str__(self) -> str:
        verdict = "proven" if self.passed else "NOT PROVEN"
        return (
            f"{self.name:44} {verdict} {self.closed:5} of {self.leaves:5} leaves  {self.size / 1024:8.0f} kB  "
            f"solve {self.solving:7.2f} s  with certificate {self.recording / self.solving:5.2f}x  "
            f"check {self.checking:6.2f} s = {self.checking / self.solving:5.2f} of the solve"
        )


def measure(name: str, game: Game, work: Work, folder: Path) -> Row:
    """Solve, write and check once each."""
    started = time.process_time()
    work(None)
    solved = time.process_time()
    recorder, path = Recorder(), folder / "bound.cert"
    work(recorder)
    try:
        recorder.write(path, game)
    except SolverError as failure:
        return Row(
            name=f"{name}: {failure}",
            passed=False,
            leaves=0,
            closed=0,
            size=0,
            solving=solved - started,
            recording=time.process_time() - solved,
            checking=0.0,
        )
    written = time.process_time()
    found = verify_bounds(game, path)
    return Row(
        name=name,
        passed=all(one.passed for one in found),
        leaves=sum(one.leaves for one in found),
        closed=sum(one.closed for one in found),
        size=path.stat().st_size,
        solving=solved - started,
        recording=written - solved,
        checking=time.process_time() - written,
    )


def programs(game: Game, gap: float, time_limit: float) -> Iterator[tuple[str, Work]]:
    """Both exact programs."""
    start = LeaderPolicy.uniform(game)
    values = best_response(game, start).leader_values

    def question(recorder: Recorder | None) -> tuple[Problem, Run]:
        return asked(game, gap=gap, deadline=Deadline(time_limit), start=start, recorder=recorder)

    def commitment(recorder: Recorder | None) -> None:
        solve_commitment(*question(recorder))

    def improvement(recorder: Recorder | None) -> None:
        solve_improvement(*question(recorder), values, game.initial)

    yield "(P)", commitment
    yield "(I)", improvement


def methods(game: Game, gap: float, time_limit: float) -> Iterator[tuple[str, Work]]:
    """The two methods whose bounds come from a search."""

    def by(method: str) -> Work:
        def run(recorder: Recorder | None) -> None:
            solve(game, method, gap=gap, time_limit=time_limit, recorder=recorder, check=False, guarantee=False)

        return run

    for method in ("commitment", "policy-iteration"):
        yield method, by(method)


def main() -> int:
    """Print a row for every certificate and the sums; 1 if one is not proven."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="5x3x3", help="of the random games, separated by commas; empty for none")
    parser.add_argument("--seeds", type=int, default=len(REPORTING_SEEDS), help="random games per size")
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--time-limit", type=float, default=300.0, help="per solve")
    parser.add_argument("--instances", action=argparse.BooleanOptionalAction, default=True)
    asked = parser.parse_args()
    limits = (asked.gap, asked.time_limit)
    tasks = [
        (f"{label} random {size} seed {seed}", game, work)
        for size in filter(None, asked.sizes.split(","))
        for seed in REPORTING_SEEDS[: asked.seeds]
        for game in [FAMILIES["random"].build(Size.parse(size), seed)]
        for label, work in programs(game, *limits)
    ]
    if asked.instances:
        tasks += [
            (f"{label} {path.relative_to(INSTANCES)}", game, work)
            for path in sorted(INSTANCES.rglob("*.json"))
            for game in [read_instance(path)]
            for label, work in methods(game, *limits)
        ]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        warm_up = WARM_UP.to_game()
        for label, work in (*programs(warm_up, *limits), *methods(warm_up, *limits)):
            measure(label, warm_up, work, Path(folder))
        for name, game, work in tasks:
            rows.append(measure(name, game, work, Path(folder)))
            print(rows[-1], flush=True)
    for group in dict.fromkeys(row.name.split()[0] for row in rows):
        print(_sum([row for row in rows if row.name.split()[0] == group], group))
    return int(not all(row.passed for row in rows))


def _sum(rows: list[Row], group: str) -> Row:
    """All rows of a group as one."""
    return Row(
        name=f"{group}: {sum(row.passed for row in rows)} of {len(rows)}",
        passed=all(row.passed for row in rows),
        leaves=sum(row.leaves for row in rows),
        closed=sum(row.closed for row in rows),
        size=sum(row.size for row in rows),
        solving=sum(row.solving for row in rows),
        recording=sum(row.recording for row in rows),
        checking=sum(row.checking for row in rows),
    )


if __name__ == "__main__":
    sys.exit(main())
