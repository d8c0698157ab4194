r"""Is a Pareto-optimal point attained under a tie rule, or only approached?

With ties in the leader's favour every Pareto-optimal value is attained: if policies ``f_k`` come ever closer to it,
infinitely many have the same response ``g``, their limit ``f`` has ``g`` among its best responses, and the tie rule
gives at least ``V^{f,g}`` in every state. The same holds with a margin. Under the rules ``first`` and ``adverse`` a
supremum may only be approached; a policy near the point whose response is unique shows it, because no rule has anything
to decide there. That no policy at all attains a point under these rules is not decided here.
"""

from __future__ import annotations

import dataclasses
import enum
import math

import numpy as np

from ssg_mip.base.deadline import Deadline, OutOfTime
from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.base.rules import NOT_NEGATIVE, SECONDS, checked, optional
from ssg_mip.base.tolerances import DEFAULT_GAP, DEFAULT_TOLERANCES, Tolerances
from ssg_mip.checker.guarantee import Guarantee
from ssg_mip.evaluation.best_response import TIES, Ties, best_response
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.policy import LEADER_POLICY, LeaderPolicy
from ssg_mip.methods.secure_commitment import find_guaranteed
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.closing import Closing
from ssg_mip.result import gap_denominator


class Attained(enum.Enum):
    """Whether a policy attains, under a tie rule, what ties in the leader's favour would give."""

    ATTAINED = "the policy attains under its tie rule what ties in the leader's favour give"
    APPROACHED = "the policy itself falls short, but policies near it come as close as stated"
    NOT_NEAR = "the policy falls short, and it is proven that no policy near it does better"
    UNDECIDED = "the policy falls short; whether others come close was not found out"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Attainment(FrozenArrays):
    """What a policy's Pareto point is under a tie rule.

    Attributes
    ----------
    verdict
        The answer. ``APPROACHED`` does not exclude that another policy attains the point.
    favoured_values, leader_values
        Values with ties in the leader's favour, and under the rule.
    distance
        ``APPROACHED``: how far the weighted value of the nearby policy stays below the favoured one.
    nearby
        What was found near the policy; ``None`` if it was not looked for.
    """

    verdict: Attained
    favoured_values: FloatArray
    leader_values: FloatArray
    distance: float
    nearby: Guarantee | None


@checked(game=GAME, policy=LEADER_POLICY, ties=TIES, gap=NOT_NEGATIVE, time_limit=optional(SECONDS))
def attainment(
    game: Game,
    policy: LeaderPolicy,
    ties: Ties = "adverse",
    *,
    gap: float = DEFAULT_GAP,
    time_limit: float | None = None,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
) -> Attainment:
    """Is the point of a policy attained under a tie rule, or only approached?

    A Pareto-optimal point with ties in the leader's favour bounds what any rule gives. If the policy keeps its values
    under the rule, the point is attained. Else a nearby policy whose response is unique shows that it is approached: no
    rule has anything to decide there.

    Parameters
    ----------
    game, policy, ties
        The game, a policy (of a Pareto-optimal point) and the tie rule.
    gap
        How close, relative to the value or to a share of the spread of values, counts as approached.
    time_limit
        Seconds for looking near the policy; where they do not suffice to judge the policy itself, the verdict is
        undecided.
    tolerances
        What counts as a tie, and as the same value.
    """
    deadline = Deadline(time_limit)
    favoured = best_response(game, policy, tolerances=tolerances).leader_values
    own = best_response(game, policy, ties, tolerances=tolerances).leader_values
    even = np.full(game.num_states, 1.0 / game.num_states)
    scale = gap_denominator(game, even, float(even @ favoured))
    if np.all(own >= favoured - tolerances.monotone * scale):
        return _attainment(Attained.ATTAINED, favoured, own, 0.0, None)
    try:
        nearby = find_guaranteed(game, policy, weights=even, deadline=deadline, checkpoint=Closing(deadline).checkpoint)
    except OutOfTime:
        return _attainment(Attained.UNDECIDED, favoured, own, math.inf, None)
    secured = nearby.secured_value
    distance = math.inf if secured is None else max(0.0, float(even @ favoured) - secured)
    if distance <= gap * scale:
        return _attainment(Attained.APPROACHED, favoured, own, distance, nearby)
    verdict = Attained.NOT_NEAR if nearby.impossibility is not None else Attained.UNDECIDED
    return _attainment(verdict, favoured, own, distance, nearby)


def _attainment(
    verdict: Attained, favoured: FloatArray, own: FloatArray, distance: float, nearby: Guarantee | None
) -> Attainment:
    return Attainment(verdict=verdict, favoured_values=favoured, leader_values=own, distance=distance, nearby=nearby)
