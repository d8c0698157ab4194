"""Where policy iteration ends for three scalarisations, what is proven about them, and what the steps cost.

``python -m tests.benchmarks.scalarisations --size 3x2x2 --games 10`` runs policy iteration from the uniform policy on
seeded random games: with even weights, with an augmented Chebyshev function (even weights, the reference at the upper
bounds of the values), and with one concave piece for each state, in which it weighs ten times the others. Values and
bounds are shown as shares of the way from ``L`` of the lower bounds of the values to ``L`` of the upper ones, so that 1
is out of reach. "By the sum" is the same ``L`` where the run with the weighted sum ends; for the Chebyshev function the
proven optimum of ``solve_chebyshev`` stands beside it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ssg_mip import AugmentedChebyshev, ConcavePieces, Game, Result, WeightedSum, solve, solve_chebyshev
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from tests.benchmarks.families import FAMILIES, Size
from tests.benchmarks.restarts import FIRST_SEED

SUM = "weighted-sum"


def scalarisations(game: Game) -> Mapping[str, Any]:
    """One of each kind."""
    count, bounds = game.num_states, leader_value_bounds(game)
    even = np.full(count, 1.0 / count)
    return {
        SUM: WeightedSum(even),
        "augmented-chebyshev": AugmentedChebyshev(even, bounds.upper, 0.01),
        "concave-pieces": ConcavePieces((np.ones((count, count)) + 9.0 * np.eye(count)) / (count + 9.0)),
    }


def share_of(what: Callable[[Any], float], game: Game) -> Callable[[float], float]:
    """Turns ``L`` into a share of its range."""
    bounds = leader_value_bounds(game)
    low, high = what(bounds.lower), what(bounds.upper)
    return lambda value: (value - low) / (high - low)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 where a value exceeds a bound, 2 at a wrong argument."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.scalarisations",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", default="3x2x2", help="size of the games")
    parser.add_argument("--games", type=int, default=10, help="games")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="seed of the first game")
    parser.add_argument("--gap", type=float, default=1e-3, help="relative gap of all programs")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for each run")
    asked = parser.parse_args(arguments)
    try:
        size = Size.parse(asked.size)
    except OptionError as error:
        print(error, file=sys.stderr)
        return 2
    rows: dict[str, list[tuple[float, ...]]] = {}
    wrong = 0
    for seed in range(asked.seed, asked.seed + asked.games):
        game = FAMILIES["random"].build(size, seed)
        ends: dict[str, Result] = {}
        for kind, what in scalarisations(game).items():
            share, started = share_of(what, game), time.perf_counter()
            found = solve(
                game, scalarisation=what, gap=asked.gap, time_limit=asked.time_limit, check=False, guarantee=False
            )
            seconds = time.perf_counter() - started
            ends[kind] = found
            wrong += found.scalarised_value > found.scalarised_bound
            best = np.nan
            if isinstance(what, AugmentedChebyshev):
                point = solve_chebyshev(
                    game, what.weights, reference=what.reference, augmentation=what.augmentation, gap=asked.gap,
                    time_limit=asked.time_limit,
                )  # fmt: skip
                best = np.nan if point is None else share(point.value)
            counts = found.provenance.counts
            rows.setdefault(kind, []).append(
                (
                    share(found.scalarised_value),
                    share(what(ends[SUM].leader_values)),
                    share(found.scalarised_bound),
                    best,
                    counts["iterations"],
                    counts["nodes"],
                    counts["lps"],
                    seconds,
                )
            )
    print("| L | reached | by the sum | bound | optimum | better, equal, worse | iterations | nodes | LPs | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for kind, runs in rows.items():
        means = [statistics.fmean(column) for column in zip(*runs, strict=True)]
        gains = [own - other for own, other, *_ in runs]
        signs = [sum(gain > asked.gap for gain in gains), 0, sum(gain < -asked.gap for gain in gains)]
        signs[1] = len(gains) - sum(signs)
        shown = ["-" if np.isnan(value) else f"{value:.3f}" for value in means[:4]]
        work = " | ".join(f"{value:.1f}" for value in means[4:7])
        print(f"| {kind} | {' | '.join(shown)} | {', '.join(map(str, signs))} | {work} | {means[7]:.2f} |", flush=True)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
