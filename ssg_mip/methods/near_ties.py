"""Whether an answer rests on a near tie that nothing nearby secures (:mod:`ssg_mip.methods.exact_ties`)."""

from __future__ import annotations

import dataclasses

from ssg_mip.best_response import best_response
from ssg_mip.deadline import Deadline
from ssg_mip.game import FloatArray, Game
from ssg_mip.methods.exact_ties import is_supported, loses_for_certain
from ssg_mip.methods.guaranteed import find_guaranteed
from ssg_mip.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.subgame import reached_subgame
from ssg_mip.tolerances import DEFAULT_TOLERANCES, Tolerances

SECONDS = 1.0
"""What a search beside an answer may take in any case."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Answered:
    """A policy, the response to it, and the weighted value that is claimed of the pair."""

    game: Game
    policy: LeaderPolicy
    response: FollowerPolicy
    weights: FloatArray

    def loses(self, tolerances: Tolerances = DEFAULT_TOLERANCES) -> bool:
        """Whether the follower loses for certain by the response, so that it is tied within a tolerance only."""
        return loses_for_certain(self.game, self.policy, self.response, tolerances)

    def is_secured_locally(self, value: float, allowed: float) -> bool:
        """Whether something nearby secures the value among the states that count.

        In the whole game a margin may be too large that suits riches to which nothing leads.
        """
        part = reached_subgame(self.game, self.weights)
        if part.kept.all():
            return False
        nearby = find_guaranteed(part.game, part.policy(self.policy), deadline=Deadline(SECONDS))
        return is_supported(value, nearby, allowed)


def rests_on_near_tie(answer: Answered, value: float, allowed: float) -> bool:
    """Whether the follower loses for certain by the response and nothing nearby secures the value.

    Parameters
    ----------
    answer
        The answer.
    value
        Its weighted value.
    allowed
        What a policy nearby may be short of it.
    """
    if best_response(answer.game, answer.policy).regret == 0.0 or not answer.loses():
        return False
    nearby = find_guaranteed(answer.game, answer.policy, weights=answer.weights, deadline=Deadline(SECONDS))
    return not (is_supported(value, nearby, allowed) or answer.is_secured_locally(value, allowed))
