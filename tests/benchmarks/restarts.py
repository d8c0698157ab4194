"""How far Algorithm 1 of Kudo & Akimoto falls short of the certified optimum, and what restarts make of it.

``python -m tests.benchmarks.restarts --size 3x2x2,4x3x2 --games 50,50 --starts 10`` runs policy iteration with restarts
on seeded random games (the family ``random``: two successors, both discounts .9, even weights) from the uniform policy
and from random ones. The point at which a run first asks for a restart, or ends, is where Algorithm 1 ends; nothing
before it differs. Each is compared with the certified optimum of the commitment program for the same weights.

A value *reaches* the optimum if it is within the gap of it. A limit of Algorithm 1 is *dominated* if the run found a
policy that loses in no state and gains. The exit code is 1 if a value exceeds the proven bound, or a state's value
fell. Starts on the same game share the answer to the commitment program.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ssg_mip import LeaderPolicy
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.errors import OptionError
from ssg_mip.exact import Answer, solve_commitment
from ssg_mip.game.game import Game
from ssg_mip.methods.policy_iteration import restarted
from ssg_mip.methods.policy_iteration.dominating_point import DominatingPointSearch
from ssg_mip.result import Result, TrajectoryPoint
from tests.benchmarks.families import FAMILIES, Size
from tests.unit.questions import asked

FIRST_SEED = 1000
"""Seed of the first game of every size; nobody has tuned on these."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One run: the certified optimum, where Algorithm 1 ended and where the restarts did."""

    size: str
    seed: int
    start: int
    optimum: float
    bound: float
    alone: float
    restarted: float
    restarts: int
    stopped: str
    proven: bool
    falls: float
    seconds: float

    def shortfall(self, value: float) -> float:
        """What a value misses of the optimum, relative to it."""
        return max(0.0, self.optimum - value) / max(1.0, abs(self.optimum))

    @property
    def contradicts(self) -> bool:
        """Whether a proven bound is exceeded, or a state lost."""
        slack = DEFAULT_TOLERANCES.monotone * (1.0 + abs(self.bound))
        return max(self.alone, self.restarted) > self.bound + slack or self.falls > slack


def runs(size: Size, games: int, starts: int, first: int, gap: float, limit: float) -> Iterator[Row]:
    """Every start on every game of a size; games whose optimum is not certified within the limit are left out."""
    for seed in range(first, first + games):
        game = FAMILIES["random"].build(size, seed)
        optimum = solve_commitment(*asked(game, gap=gap, deadline=Deadline(limit)))
        if optimum.termination is not Termination.GAP:
            print(f"{game.name}: left out, {optimum.termination.value}", file=sys.stderr, flush=True)
            continue
        restarter: DominatingPointSearch | None = None
        for start in range(starts):
            problem, run = asked(game, gap=gap, deadline=Deadline(limit), start=_start(game, seed, start), seed=start)
            restarter = DominatingPointSearch(problem, run) if restarter is None else restarter.over(problem, run)
            began = time.process_time()
            result = restarted.solve(problem, run, restarter=restarter)
            yield _row(str(size), seed, start, optimum, result, time.process_time() - began)


def _start(game: Game, seed: int, start: int) -> LeaderPolicy:
    """The uniform policy, then random ones."""
    return LeaderPolicy.uniform(game) if start == 0 else LeaderPolicy.random(game, np.random.default_rng([seed, start]))


def limit_of_algorithm_1(result: Result) -> TrajectoryPoint:
    """The iterate at which a run with restarts first asked for one, or ended."""
    points = result.trajectory
    return next((point for point in points if "restart" in point.note), points[-1])


def _row(size: str, seed: int, start: int, optimum: Answer, result: Result, seconds: float) -> Row:
    points, end = result.trajectory, limit_of_algorithm_1(result)
    drops = [float((a.leader_values - b.leader_values).max()) for a, b in itertools.pairwise(points)]
    best = max(optimum.primal_bound, result.leader_value)
    return Row(
        size=size,
        seed=seed,
        start=start,
        optimum=best,
        bound=optimum.dual_bound,
        alone=end.leader_value,
        restarted=result.leader_value,
        restarts=result.provenance.counts["restarts"],
        stopped=result.termination.name.lower(),
        proven=result.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL},
        falls=max(drops, default=0.0),
        seconds=seconds,
    )


def table(rows: Sequence[Row], gap: float) -> str:
    """One line for each size, in Markdown."""
    lines = [
        "| size | games x starts | Algorithm 1 reaches the optimum | mean, worst shortfall | its limit is dominated "
        "| with restarts | mean, worst shortfall | proven Pareto-optimal | CPU seconds a run |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for size, group in itertools.groupby(rows, key=lambda row: row.size):
        own = list(group)
        count = len(own)
        alone = [row.shortfall(row.alone) for row in own]
        after = [row.shortfall(row.restarted) for row in own]
        lines.append(
            f"| {size} | {len({row.seed for row in own})} x {max(row.start for row in own) + 1} "
            f"| {_share(sum(miss <= gap for miss in alone), count)} | {_misses(alone)} "
            f"| {_share(sum(row.restarts > 0 for row in own), count)} "
            f"| {_share(sum(miss <= gap for miss in after), count)} | {_misses(after)} "
            f"| {_share(sum(row.proven for row in own), count)} | {np.mean([row.seconds for row in own]):.2f} |"
        )
    return "\n".join(lines)


def _share(number: int, count: int) -> str:
    return f"{number} of {count}"


def _misses(shortfalls: Sequence[float]) -> str:
    return f"{100.0 * float(np.mean(shortfalls)):.2f} %, {100.0 * max(shortfalls):.1f} %"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 at a contradiction, 2 at a wrong argument."""
    asked = _parser().parse_args(arguments)
    if asked.render:
        return _closed([Row(**row) for path in asked.render for row in json.loads(path.read_text("utf-8"))], asked.gap)
    try:
        sizes = [Size.parse(text.strip()) for text in asked.size.split(",")]
        games = [int(text) for text in asked.games.split(",")]
        if len(games) != len(sizes) or min(games) < 1 or asked.starts < 1:
            raise OptionError("--games needs one whole number of at least 1 for each size, and --starts at least 1")
    except (OptionError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    rows: list[Row] = []
    for size, number in zip(sizes, games, strict=True):
        for row in runs(size, number, asked.starts, asked.seed, asked.gap, asked.time_limit):
            rows.append(row)
            if asked.out is not None:
                asked.out.write_text(json.dumps([dataclasses.asdict(one) for one in rows]), encoding="utf-8")
    return _closed(rows, asked.gap)


def _closed(rows: Sequence[Row], gap: float) -> int:
    """Print the table and every contradiction."""
    print(table(sorted(rows, key=lambda row: (row.size, row.seed, row.start)), gap))
    wrong = [row for row in rows if row.contradicts]
    for row in wrong:
        print(f"contradiction: {row}", file=sys.stderr)
    return int(bool(wrong))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.restarts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", default="3x2x2,4x3x2", help="sizes, separated by commas")
    parser.add_argument("--games", default="60,50", help="games of each size")
    parser.add_argument("--starts", type=int, default=10, help="starts on each game, the uniform policy first")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="seed of the first game")
    parser.add_argument("--gap", type=float, default=1e-3, help="relative gap of all programs")
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds for each run")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the rows (JSON)")
    parser.add_argument("--render", type=Path, nargs="+", metavar="FILE", help="print the table of stored rows")
    return parser


if __name__ == "__main__":
    sys.exit(main())
