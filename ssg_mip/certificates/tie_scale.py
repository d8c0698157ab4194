r"""By how much, at most, the action values of tied actions differ: a convention, not a claim.

The package calls actions tied in a state if their values differ by at most ``tie (1 - gamma)`` times the spread of the
values that the follower could have there, over all pairs of policies; at least by what floating point can tell. The
spread is derived again here, in floating point. What two honest derivations may differ by is left in doubt
(:data:`ssg_mip.certificates.response.DOUBT`), and nothing proven rests on it.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np

from ssg_mip.certificates.rational import ExactGame, Process
from ssg_mip.certificates.response import float_optimum
from ssg_mip.tolerances import TELLABLE, TIE_ROUNDINGS, Tolerances


@lru_cache(maxsize=4)
def tie_thresholds(exact: ExactGame, tolerances: Tolerances) -> tuple[Fraction, ...]:
    """The largest difference of tied actions in each state, in the follower's units."""
    game = exact.game
    least = min(exact.follower_rewards)
    # Constants are taken out first, in fractions: beside a large one the spread would drown in rounding.
    process = Process(
        offsets=tuple(game.row_offsets.tolist()),
        kernel=exact.rows,
        rewards=tuple(reward - least for reward in exact.follower_rewards),
        discount=exact.follower_discount,
    )
    highest = float_optimum(process)
    lowest = -float_optimum(process.negated())
    share = max(tolerances.tie * (1.0 - game.follower_discount), TELLABLE)
    largest = np.maximum.reduceat(np.array([float(reward) for reward in process.rewards]), game.row_offsets[:-1])
    rounding = TIE_ROUNDINGS * float(np.finfo(float).eps) * (np.abs(highest) + largest)
    thresholds = share * np.maximum(highest - lowest, 0.0) + rounding
    return tuple(map(Fraction, thresholds.tolist()))
