"""Does Algorithm 3 of Kudo & Akimoto find what Algorithm 1 misses, and how many evaluations does it take?

``python -m tests.benchmarks.backtracking --size 3x2x2,4x3x2 --games 20,8`` runs both from the uniform policy on seeded
random games (:func:`ssg_mip.library.random_game`, two successors, both discounts .9, even weights), beside the
certified optimum for the same weights. A value reaches it if it is within the gap. Algorithm 3 begins as Algorithm 1
does, so that it never ends below it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from ssg_mip import solve
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.library import random_game
from ssg_mip.result import Result
from tests.benchmarks.families import Size
from tests.benchmarks.restarts import FIRST_SEED

OPTIMUM_GAP = 1e-6
"""Relative gap of the certified optimum."""


class Row(NamedTuple):
    """What became of one game."""

    seed: int
    reached_by_1: bool
    reached_by_3: bool
    fell: bool
    shortfall: float
    evaluations: int
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if Algorithm 3 ends below Algorithm 1, 2 at a wrong argument."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.backtracking",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", default="3x2x2,4x3x2", help="sizes of the games")
    parser.add_argument("--games", default="20,8", help="games of each size")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="seed of the first game")
    parser.add_argument("--evaluations", type=int, default=100, help="M of Algorithm 3")
    parser.add_argument("--gap", type=float, default=1e-4, help="relative gap of all runs")
    asked = parser.parse_args(arguments)
    try:
        sizes = [Size.parse(text) for text in asked.size.split(",")]
        pairs = list(zip(sizes, map(int, asked.games.split(",")), strict=True))
    except (OptionError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    fell = 0
    print(
        "| size | games | Algorithm 1 reaches the optimum | Algorithm 3 does | falls short at seeds | evaluations | s |"
    )
    print("|---|---|---|---|---|---|---|")
    for size, games in pairs:
        seeds = range(asked.seed, asked.seed + games)
        rows = [_row(_game(size, seed), seed, asked.gap, asked.evaluations) for seed in seeds]
        fell += sum(row.fell for row in rows)
        short = ", ".join(f"{row.seed} ({row.shortfall:.2%})" for row in rows if not row.reached_by_3)
        evaluations = [row.evaluations for row in rows]
        print(
            f"| {size} | {games} | {sum(row.reached_by_1 for row in rows)} | "
            f"{sum(row.reached_by_3 for row in rows)} | {short or 'none'} | median "
            f"{statistics.median(evaluations):g}, at most {max(evaluations)} | "
            f"{statistics.mean(row.seconds for row in rows):.1f} |",
            flush=True,
        )
    return int(bool(fell))


def _game(size: Size, seed: int) -> Game:
    return random_game(seed, size.states, size.leader_actions, size.follower_actions, 2)


def _row(game: Game, seed: int, gap: float, evaluations: int) -> Row:
    best = solve(game, "commitment", gap=min(gap, OPTIMUM_GAP), check=False, guarantee=False)
    first = solve(game, "policy-iteration", gap=gap, check=False, guarantee=False)
    begun = time.perf_counter()
    third = solve(game, "backtracking", gap=gap, iteration_limit=evaluations, check=False, guarantee=False)
    seconds = time.perf_counter() - begun

    def shortfall(result: Result) -> float:
        return max(0.0, best.leader_value - result.leader_value) / best.gap_scale

    return Row(
        seed=seed,
        reached_by_1=shortfall(first) <= gap,
        reached_by_3=shortfall(third) <= gap,
        fell=shortfall(third) > shortfall(first) + gap,
        shortfall=shortfall(third),
        evaluations=third.provenance.counts["evaluations"],
        seconds=seconds,
    )


if __name__ == "__main__":
    sys.exit(main())
