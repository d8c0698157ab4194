r"""By how much, at most, the action values of tied actions differ: a convention, not a claim.

The package calls actions tied in a state if their values differ by at most ``tie (1 - gamma)`` times the spread of the
values that the follower could have there, over all pairs of policies; at least by what floating point can tell. The
spread is derived again here, in floating point. What two honest derivations may differ by is left in doubt
(:data:`ssg_mip.certificates.response.DOUBT`), and nothing proven rests on it.
"""

from __future__ import annotations

import dataclasses
import weakref
from fractions import Fraction
from typing import Any

import numpy as np

from ssg_mip.certificates.checkpoint import Checkpoint, unhurried
from ssg_mip.certificates.response import float_optimum
from ssg_mip.certificates.values import DENSE_STATES, FloatProcess
from ssg_mip.game import Game
from ssg_mip.tolerances import TELLABLE, TIE_ROUNDINGS, Tolerances

_KNOWN: weakref.WeakKeyDictionary[Game, dict[Tolerances, tuple[Fraction, ...]]] = weakref.WeakKeyDictionary()
"""By game, because every policy is judged by them."""


def tie_thresholds(game: Game, tolerances: Tolerances, checkpoint: Checkpoint = unhurried) -> tuple[Fraction, ...]:
    """The largest difference of tied actions in each state, in the follower's units."""
    known = _KNOWN.setdefault(game, {})
    if tolerances not in known:
        known[tolerances] = _thresholds(game, tolerances, checkpoint)
    return known[tolerances]


def _thresholds(game: Game, tolerances: Tolerances, checkpoint: Checkpoint) -> tuple[Fraction, ...]:
    # Constants are taken out first: beside a large one the spread would drown in rounding.
    highest_process = FloatProcess(
        _transition(game), game.follower_rewards - game.follower_rewards.min(), game.follower_discount
    )
    lowest_process = dataclasses.replace(highest_process, rewards=-highest_process.rewards)
    offsets = game.row_offsets.tolist()
    highest = float_optimum(highest_process, offsets, checkpoint)
    lowest = -float_optimum(lowest_process, offsets, checkpoint)
    share = max(tolerances.tie * (1.0 - game.follower_discount), TELLABLE)
    largest = np.maximum.reduceat(highest_process.rewards, game.row_offsets[:-1])
    rounding = TIE_ROUNDINGS * float(np.finfo(float).eps) * (np.abs(highest) + largest)
    thresholds = share * np.maximum(highest - lowest, 0.0) + rounding
    return tuple(map(Fraction, np.where(np.isfinite(thresholds), thresholds, 0.0).tolist()))


def _transition(game: Game) -> Any:
    """The stored transitions ``[num_rows, num_states]``."""
    if game.num_states <= DENSE_STATES:
        return game.dense_transition
    from scipy.sparse import csr_array

    return csr_array((game.probabilities, game.successors, game.indptr), shape=(game.num_rows, game.num_states))
