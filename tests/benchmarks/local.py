"""Local search beside the proven optimum of small games, and beside other methods in the same time on large ones.

``python -m tests.benchmarks.local`` solves 40 random games of 3 to 6 states with up to 3 x 3 actions to a proven
optimum (``commitment``), then with ``local`` from 20 starts, and prints how much of the optimum is missing: game by
game, and its distribution. ``--large 100,1000`` solves random games of these sizes (4 x 4 actions, 5 successors) with
``local`` and with the methods that had to do before, each for ``--seconds``, and prints their values. Seconds are CPU
seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence

from ssg_mip import solve
from ssg_mip.base.status import Status
from ssg_mip.game.game import Game
from ssg_mip.library import random_game

SHAPES = (3, 2, 2), (4, 3, 2), (4, 3, 3), (5, 3, 3), (6, 3, 3)
"""States and actions of small games, in turn."""

DISCOUNTS = (0.9, 0.9), (0.8, 0.8), (0.9, 0.5), (0.5, 0.9)
"""Of leader and follower, in turn."""

WITHIN = (1e-4, 1e-3, 1e-2, 0.05, 0.2)
"""Shares of the optimum that may be missing, for the distribution."""

OTHERS = ("policy-iteration", "fixed-point", "policy-gradient", "commitment")
"""Methods beside ``local`` on large games."""


def small_games(count: int) -> Iterator[Game]:
    """So many games, shapes and discounts in turn."""
    for seed in range(count):
        leader, follower = DISCOUNTS[(seed // len(SHAPES)) % len(DISCOUNTS)]
        yield random_game(seed, *SHAPES[seed % len(SHAPES)], 2, leader, follower)


def missing(game: Game, starts: int, steps: int, time_limit: float) -> tuple[float | None, float, float]:
    """Share of the proven optimum that ``local`` misses (``None`` if none is proven), and CPU seconds of both."""
    begun = time.process_time()
    proven = solve(game, "commitment", time_limit=time_limit, check=False, guarantee=False)
    middle = time.process_time()
    settings = {"starts": starts, "steps": steps}
    found = solve(game, "local", settings=settings, check=False, guarantee=False)
    seconds = middle - begun, time.process_time() - middle
    if proven.status is not Status.OPTIMAL:
        return None, *seconds
    return max(0.0, proven.leader_value - found.leader_value) / max(abs(proven.leader_value), 1e-9), *seconds


def distribution(shares: Sequence[float]) -> str:
    """How many of the games miss no more than each of :data:`WITHIN`."""
    counts = (f"within {100 * most:g} %: {sum(share <= most for share in shares)}" for most in WITHIN)
    return f"{len(shares)} games with a proven optimum; {', '.join(counts)}; worst {100 * max(shares, default=0):.3g} %"


def compare_small(count: int, starts: int, steps: int, time_limit: float) -> None:
    """Print the table of small games."""
    print(f"{'game':24} {'missing':>9} {'optimum s':>10} {'local s':>8}")
    shares = []
    for game in small_games(count):
        share, *seconds = missing(game, starts, steps, time_limit)
        if share is not None:
            shares.append(share)
        told = "unproven" if share is None else f"{100 * share:.3f} %"
        print(f"{game.name:24} {told:>9} {seconds[0]:10.1f} {seconds[1]:8.1f}", flush=True)
    print(distribution(shares))


def compare_large(sizes: Sequence[int], seconds: float, seed: int) -> None:
    """Print the table of large games."""
    print(f"{'game':28} {'method':18} {'value':>9} {'seconds':>8}")
    for states in sizes:
        game = random_game(seed, states, 4, 4, 5, 0.9, 0.9)
        for method in ("local", *OTHERS):
            begun = time.process_time()
            found = solve(game, method, time_limit=seconds, check=False, guarantee=False)
            spent = time.process_time() - begun
            print(f"{game.name:28} {method:18} {found.leader_value:9.4f} {spent:8.1f}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.local", description=__doc__)
    parser.add_argument("--games", type=int, default=40, help="small games")
    parser.add_argument("--starts", type=int, default=20, help="starts in small games")
    parser.add_argument("--steps", type=int, default=300, help="steps of an ascent in small games")
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds for a proven optimum")
    parser.add_argument("--large", default="", help="numbers of states, with commas, instead of small games")
    parser.add_argument("--seconds", type=float, default=30.0, help="time of each method on large games")
    parser.add_argument("--seed", type=int, default=11, help="seed of large games")
    given = parser.parse_args(arguments)
    if given.large:
        compare_large([int(states) for states in given.large.split(",")], given.seconds, given.seed)
    else:
        compare_small(given.games, given.starts, given.steps, given.time_limit)
    return 0


if __name__ == "__main__":
    sys.exit(main())
