r"""Whether one player's reward is an affine function of the other's: players who want opposite things, or the same.

With equal discounts and ``r_B = c + k r_A`` the follower's value of every pair of policies is ``c / (1 - gamma) + k``
times the leader's: he does what the leader likes least if ``k < 0`` and best if ``k > 0``. Rewards that somebody has
written down as ``10 - r`` or ``0.3 r`` are that only up to rounding. If ``r_B - k r_A`` stays within ``[c, c + w]``, a
best response of the follower gives the leader at most ``w / (|k| (1 - gamma))`` more than the answer he would like
best: the two values of the follower differ by at most ``w / (1 - gamma)`` from what ``k`` makes of the leader's.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.game.game import Game

ROUNDED = 1e-12
"""Share of the spread of the follower's rewards by which they may miss an affine function: rounding, and no more."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Alignment:
    """``r_B = c + factor r_A`` up to rounding.

    Attributes
    ----------
    factor
        What the leader's rewards are multiplied by; not 0.
    slack
        By how much a best response may be better for the leader than an answer that the affine function would make a
        best one, in the leader's units; 0 if the rewards are equal or opposite to the last bit.
    """

    factor: float
    slack: float


def alignment(game: Game) -> Alignment | None:
    """How the follower's rewards follow from the leader's; ``None`` if they do not, or discounts differ."""
    mine, theirs = game.leader_rewards, game.follower_rewards
    if game.leader_discount != game.follower_discount:
        return None
    for sign in (1.0, -1.0):
        if np.array_equal(theirs, sign * mine):
            return Alignment(factor=sign, slack=0.0)
    most, least = int(np.argmax(mine)), int(np.argmin(mine))
    with np.errstate(over="ignore", invalid="ignore"):
        factor = float((theirs[most] - theirs[least]) / (mine[most] - mine[least])) if mine[most] > mine[least] else 0.0
        rest = theirs - factor * mine
        rounding = (
            4.0 * float(np.finfo(float).eps) * (float(np.abs(theirs).max()) + abs(factor) * float(np.abs(mine).max()))
        )
        width = float(rest.max() - rest.min()) + rounding
        if factor == 0.0 or not width <= ROUNDED * abs(factor) * float(mine[most] - mine[least]):
            return None
        slack = width / (abs(factor) * (1.0 - game.leader_discount))
    return Alignment(factor=factor, slack=slack) if np.isfinite(slack) else None
