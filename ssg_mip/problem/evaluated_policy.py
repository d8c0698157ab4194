"""A leader policy together with the follower's exact answer to it: what every search, method and front is made of."""

from __future__ import annotations

import dataclasses

from ssg_mip.base.tolerances import Tolerances
from ssg_mip.evaluation.best_response import Response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.answer_within import answer_within
from ssg_mip.problem.constraints.constraint import Outcome
from ssg_mip.problem.problem import Problem


@dataclasses.dataclass(frozen=True, eq=False)
class EvaluatedPolicy:
    """A policy and the follower's exact answer.

    Attributes
    ----------
    policy
        The leader's policy.
    response
        The follower's answer, with both players' exact values.
    """

    policy: LeaderPolicy
    response: Response

    @classmethod
    def of(cls, problem: Problem, policy: LeaderPolicy, tolerances: Tolerances) -> EvaluatedPolicy:
        """A policy with the answer of the problem's follower."""
        return EvaluatedPolicy(policy, problem.follower.response(problem.game, policy, tolerances))

    @property
    def values(self) -> FloatArray:
        """The leader's exact values, shape ``[num_states]``."""
        return self.response.leader_values

    @property
    def answers(self) -> IntArray:
        """The follower's action per state."""
        return self.response.follower_policy.actions

    def outcome(self, game: Game) -> Outcome:
        """What comes of it, for constraints."""
        return Outcome(
            game=game, slots=self.policy.slots(game), answers=self.answers, leader_values=self.response.leader_values
        )


def answer_allowed(problem: Problem, policy: LeaderPolicy, tolerances: Tolerances) -> Response | None:
    """The follower's answer to a policy that keeps every constraint of a problem, each within its own tolerance.

    Among tied answers it is the best for the leader that keeps bounds on costs. ``None`` if the policy is not allowed.
    """
    game = problem.game
    if not problem.policies.holds(game, policy):
        return None
    costs = problem.policies.all_costs(game)
    response, keeps = answer_within(game, policy, problem.follower, costs, tolerances)
    return response if keeps and keeps_all(problem, policy, response) else None


def keeps_all(problem: Problem, policy: LeaderPolicy, response: Response) -> bool:
    """Whether a policy with a response keeps every constraint of a problem, each within its own tolerance."""
    outcome = EvaluatedPolicy(policy, response).outcome(problem.game)
    return all(one.measure(outcome).slack >= -one.tolerance(problem.game) for one in problem.stated)


@dataclasses.dataclass(frozen=True, eq=False)
class Candidate(EvaluatedPolicy):
    """An evaluated policy with the value of what is searched for; ``-inf`` if it violates a constraint."""

    value: float
