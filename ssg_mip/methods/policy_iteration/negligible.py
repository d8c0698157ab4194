"""What is too little to gain: an average gain that leaves next to nothing to any state that counts.

A gain is measured by what is at stake for the leader, never by the size of values: constants and riches of states that
the weights do not count would hide everything else.
"""

from __future__ import annotations

import numpy as np

from ssg_mip.evaluation.value_bounds import LEAST_GAP, leader_spreads
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray

LOCAL_SHARE = 0.1
"""Share of what is at stake in a state that a negligible average gain may leave to it at most."""


def value_scale(game: Game, values: FloatArray) -> float:
    """The size of the leader's values or rewards, whichever is larger; 1 if all are zero. For what is rounding."""
    return max(float(np.abs(values).max()), float(np.abs(game.leader_rewards).max())) or 1.0


def resolution(game: Game, values: FloatArray, gain: float) -> float:
    """The accuracy of a search for gains: one amount, but never finer than programs in floating point resolve.

    A search for less would go on for ever; where it ends before that, nothing is called stationary.
    """
    return max(gain, LEAST_GAP * value_scale(game, values))


def negligible_gain(
    game: Game, values: FloatArray, weights: FloatArray, gap: float, *, one_step: bool = False
) -> float:
    """The gain, averaged over all states, up to which nothing is left to gain.

    The gap times what is at stake: the spread of the leader's values over all pairs of policies, averaged by weight,
    or the size of values where that is less; but no more than leaves each state that counts :data:`LOCAL_SHARE` of its
    own spread, however much more is at stake elsewhere.

    Parameters
    ----------
    game
        The game.
    values
        The leader's values, shape ``[num_states]``.
    weights
        Weights over states; a state counts whose weight is positive, and whose value depends on the policies.
    gap
        Relative.
    one_step
        Whether the gain is that of one step, which the leader may have again in every later one: what it leaves to a
        state is then ``1 / (1 - gamma_A)`` times as much.
    """
    size, widths = value_scale(game, values), leader_spreads(game)
    counts = (weights > 0.0) & (widths > 0.0)
    if not counts.any():
        return gap * size
    at_stake = min(size, 2.0 * float(weights[counts] @ widths[counts]) / float(weights[counts].sum()))
    steps = 1.0 / (1.0 - game.leader_discount) if one_step else 1.0
    return min(gap * at_stake, LOCAL_SHARE * float(widths[counts].min()) / (game.num_states * steps))
