"""How many of the follower's deterministic policies occur as best responses?

Appendix G of Kudo & Akimoto expects few. ``python -m tests.benchmarks.responses --size 3x2x2,4x3x2 --games 10`` counts
them on seeded random games (the family ``random``): those with a leader policy that has them, ties included, and those
that are proven to have none. What a time limit leaves open is counted apart.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.errors import OptionError
from ssg_mip.methods.response_regions.regions import count_responses
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run
from tests.benchmarks.families import FAMILIES, Size
from tests.benchmarks.restarts import FIRST_SEED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 2 at a wrong argument."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.responses",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", default="3x2x2,4x3x2", help="sizes, separated by commas")
    parser.add_argument("--games", type=int, default=10, help="games of each size")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="seed of the first game")
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds for each game")
    asked = parser.parse_args(arguments)
    try:
        sizes = [Size.parse(text.strip()) for text in asked.size.split(",")]
    except OptionError as error:
        print(error, file=sys.stderr)
        return 2
    print("| size | games | responses | occur (mean, least, most) | proven not to occur (mean) | open (mean) |")
    print("|---|---|---|---|---|---|")
    for size in sizes:
        games = [FAMILIES["random"].build(size, seed) for seed in range(asked.seed, asked.seed + asked.games)]
        counts = [count_responses(Problem(game), Run(deadline=Deadline(asked.time_limit))) for game in games]
        occur = [count.occurring for count in counts]
        print(
            f"| {size} | {len(games)} | {counts[0].possible} "
            f"| {np.mean(occur):.1f}, {min(occur)}, {max(occur)} "
            f"| {np.mean([count.excluded for count in counts]):.1f} "
            f"| {np.mean([count.undecided for count in counts]):.1f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
