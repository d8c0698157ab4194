"""How often is the sufficient condition of Theorem 10 conclusive where Algorithm 1 of Kudo & Akimoto stops?

``python -m tests.benchmarks.sufficiency --size 3x2x2 --games 10 --discounts 0.1,0.5,0.9`` runs policy iteration from
the uniform policy on seeded random games (the family ``random`` with the leader's discount replaced) and tests Theorem
10 at each limit. Beside it stands in how many games the restart strategy proves the limit Pareto-optimal, or finds a
policy that dominates it: a limit at which the condition fails may be either.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Status
from ssg_mip.errors import OptionError
from ssg_mip.methods.policy_iteration import restarted
from ssg_mip.methods.policy_iteration.conditions import Sufficiency, sufficient_condition
from tests.benchmarks.families import FAMILIES, Size
from tests.benchmarks.restarts import FIRST_SEED, limit_of_algorithm_1
from tests.unit.questions import asked as question


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 at a contradiction, 2 at a wrong argument."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.sufficiency",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", default="3x2x2", help="size of the games")
    parser.add_argument("--games", type=int, default=10, help="games for each discount")
    parser.add_argument("--discounts", default="0.1,0.5,0.9", help="the leader's discounts")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="seed of the first game")
    parser.add_argument("--gap", type=float, default=1e-3, help="relative gap of all programs")
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds for each run and each test")
    asked = parser.parse_args(arguments)
    try:
        size, discounts = Size.parse(asked.size), [float(text) for text in asked.discounts.split(",")]
    except (OptionError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    wrong = 0
    print("| leader discount | games | Theorem 10 holds | fails | open | limit proven Pareto-optimal | dominated |")
    print("|---|---|---|---|---|---|---|")
    for discount in discounts:
        verdicts: Counter[Sufficiency] = Counter()
        optimal = dominated = 0
        for seed in range(asked.seed, asked.seed + asked.games):
            game = FAMILIES["random"].build(size, seed).replace(leader_discount=discount)
            problem, run = question(game, gap=asked.gap, deadline=Deadline(asked.time_limit))
            result = restarted.solve(problem, run)
            limit = limit_of_algorithm_1(result)
            problem, inner = question(game, gap=asked.gap, deadline=Deadline(asked.time_limit))
            verdict = sufficient_condition(problem, inner, limit.leader_policy).verdict
            verdicts[verdict] += 1
            jumped = limit is not result.trajectory[-1]
            dominated += jumped
            optimal += not jumped and result.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL}
            gain = float((result.leader_values - limit.leader_values).max())
            allowed = asked.gap * float(abs(limit.leader_values).max()) / (1.0 - discount)
            wrong += verdict is Sufficiency.HOLDS and gain > 2.0 * allowed
        counts = " | ".join(str(verdicts[verdict]) for verdict in Sufficiency)
        print(f"| {discount:g} | {asked.games} | {counts} | {optimal} | {dominated} |", flush=True)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
