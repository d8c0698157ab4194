"""What restricts iterates beside their probabilities: bounds on discounted costs, and values that must be reached.

Both depend on the follower's answer. Among tied answers one is taken that keeps every bound on a cost, in every place
where a policy is evaluated. Values need be looked at once: a policy under which no state loses keeps what its
predecessor kept, from the start and from every state.
"""

from __future__ import annotations

from ssg_mip.base.tolerances import Tolerances
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.answer_within import answer_within
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem


def evaluated(problem: Problem, policy: LeaderPolicy, tolerances: Tolerances) -> tuple[EvaluatedPolicy, bool]:
    """A policy with its answer, and whether it keeps the margin, every cost and every value.

    Costs hold from the game's start distribution, within the tolerance of their row; values of states within the
    tolerance ``monotone`` times ``1 + |value|``.
    """
    game, costs = problem.game, problem.policies.all_costs(problem.game)
    response, keeps = answer_within(game, policy, problem.follower, costs, tolerances)
    least = problem.floor
    if least is not None:
        keeps &= bool((response.leader_values >= least - tolerances.monotone * (1.0 + abs(least))).all())
    return EvaluatedPolicy(policy, response), keeps


def from_start(problem: Problem) -> Problem:
    """The problem with the weights from which its costs are counted, where it has any."""
    costs = problem.policies.all_costs(problem.game)
    return problem.weighing(problem.game.initial) if costs else problem
