"""What a commitment secures whatever the follower does with ties.

**Margin.** Let the *close* actions be those that are not proven worse than the best one by a margin ``m > 0``. If one
action is close in every state, the response is unique by ``m``: the leader's value depends on no tie rule, and a real
follower can be expected to give it. Other close actions do no harm if the leader gets the same from all of them.
:func:`certify_margin` proves what the leader gets at least, whichever close actions the follower picks.
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np

from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.derivation import derive
from ssg_mip.checker.rational import ExactGame, exact_weights, policy_rows
from ssg_mip.checker.response import optimal_values
from ssg_mip.checker.tie_scale import local_scale
from ssg_mip.checker.values import Interval, weighted_sum
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class MarginCertificate:
    """A policy with what is proven about the follower's best answers to it.

    Attributes
    ----------
    policy, response
        The commitment and a best answer.
    close
        Per state the follower's actions that may be within the margin that was asked for.
    margin
        Proven: every action that is not close is worse than the best one by at least this much; ``None`` where all
        are close.
    leader_values
        Proven intervals for the leader's worst case over the close actions.
    tie_loss
        Proven bound on what the follower's choice among close actions can cost the leader in a state.
    allowance
        The rounding allowance up to which such a loss counts as none.
    """

    policy: LeaderPolicy
    response: FollowerPolicy
    close: tuple[tuple[int, ...], ...]
    margin: Fraction | None
    leader_values: tuple[Interval, ...]
    tie_loss: Fraction
    allowance: Fraction

    @property
    def unique(self) -> bool:
        """Whether the response is proven to be the only best one, by the margin."""
        return all(len(actions) == 1 for actions in self.close)

    @property
    def safe(self) -> bool:
        """Whether the leader's value is proven not to depend on what the follower picks among close actions."""
        return self.unique or self.tie_loss <= self.allowance

    def allows(self, response: FollowerPolicy) -> bool:
        """Whether a response consists of close actions."""
        return all(action in close for action, close in zip(response.actions.tolist(), self.close, strict=True))

    def secured(self, weights: FloatArray) -> Interval:
        """The leader's weighted value in the worst case over the close actions."""
        return weighted_sum(exact_weights(weights), self.leader_values)


def certify_margin(
    game: Game,
    policy: LeaderPolicy,
    margin: float,
    *,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
    checkpoint: Checkpoint = unhurried,
) -> MarginCertificate:
    """Prove what a policy secures against a follower that may pick any action within a margin of the best.

    Parameters
    ----------
    game, policy
        The game and the commitment.
    margin
        In the follower's units, positive.
    tolerances
        For the rounding allowance.
    checkpoint
        Called now and then; what it raises ends the work.

    Raises
    ------
    InvalidPolicyError
        If the policy does not fit the game.
    """
    leader, follower, view = derive(ExactGame.of(game), policy_rows(game, policy), tolerances, checkpoint)
    least = Fraction(margin)
    states = range(follower.num_states)
    chosen = set(view.optimum.chosen)
    close = [
        [slot for slot in follower.slots(state) if slot in chosen or view.shortfalls[slot].lower < least]
        for state in states
    ]
    kept = {slot for slots in close for slot in slots}
    apart = [shortfall.lower for slot, shortfall in enumerate(view.shortfalls) if slot not in kept]
    best = optimal_values(leader, close, checkpoint).values
    worst = best
    if any(len(slots) > 1 for slots in close):
        worst = tuple(-value for value in optimal_values(leader.negated(), close, checkpoint).values)
    firsts = follower.offsets
    scale = local_scale(game, leader=True, checkpoint=checkpoint)
    checkpoint()
    return MarginCertificate(
        policy=policy,
        response=FollowerPolicy(np.array([view.optimum.chosen[state] - firsts[state] for state in states])),
        close=tuple(tuple(slot - firsts[state] for slot in close[state]) for state in states),
        margin=min(apart, default=None),
        leader_values=worst,
        tie_loss=max(high.upper - low.lower for high, low in zip(best, worst, strict=True)),
        allowance=max(scale.slack(best, leader.discount)),
    )
