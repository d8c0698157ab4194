r"""By how much, at most, the action values of tied actions differ, and how exact printed values are: conventions.

The package calls actions tied in a state if their values differ by at most ``tie (1 - gamma)`` times the spread of the
values that the follower could have there, over all pairs of policies; at least by what floating point can tell. How far
a printed value may be off depends on the spread there and on the sizes of what the state reaches, and on no others:
riches that nothing leads to are no excuse.

Spreads are derived again here, in floating point. What two honest derivations may differ by is left in doubt
(:data:`ssg_mip.checker.response.DOUBT`), and nothing proven rests on it.
"""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ssg_mip.base.tolerances import TELLABLE, TIE_ROUNDINGS, Tolerances
from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.directed import suits
from ssg_mip.checker.reached import largest_reached
from ssg_mip.checker.response import float_optimum
from ssg_mip.checker.values import DENSE_STATES, FloatProcess, LocalScale
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray

CONSTANT_SHARE = 1.5
"""A constant of the rewards counts as large beyond this many times their spread."""

REACH_SWEEPS = 10
"""Steps over which it counts how likely a state is to be reached."""

FAR = 128
"""Times their largest spread that values may be far from 0 when the package computes them."""


@dataclasses.dataclass(frozen=True, eq=False)
class _Spread:
    """The least and the largest value in each state, up to rounding; a constant of all rewards is taken out."""

    rewards: FloatArray
    lowest: FloatArray
    highest: FloatArray

    @property
    def size(self) -> FloatArray:
        """How far from 0 a value may be in each state."""
        return np.maximum(np.abs(self.lowest), np.abs(self.highest))


_SPREADS: weakref.WeakKeyDictionary[Game, dict[bool, _Spread]] = weakref.WeakKeyDictionary()
_THRESHOLDS: weakref.WeakKeyDictionary[Game, dict[Tolerances, tuple[Fraction, ...]]] = weakref.WeakKeyDictionary()
_SCALES: weakref.WeakKeyDictionary[Game, dict[bool, LocalScale]] = weakref.WeakKeyDictionary()


def tie_thresholds(game: Game, tolerances: Tolerances, checkpoint: Checkpoint = unhurried) -> tuple[Fraction, ...]:
    """The largest difference of tied actions in each state, in the follower's units."""
    known = _THRESHOLDS.setdefault(game, {})
    if tolerances not in known:
        spread = _spread(game, leader=False, checkpoint=checkpoint)
        share = max(tolerances.tie * (1.0 - game.follower_discount), TELLABLE)
        largest = np.maximum.reduceat(np.abs(spread.rewards), game.row_offsets[:-1])
        rounding = TIE_ROUNDINGS * float(np.finfo(float).eps) * (spread.size + largest)
        thresholds = share * np.maximum(spread.highest - spread.lowest, 0.0) + rounding
        known[tolerances] = _fractions(thresholds)
    return known[tolerances]


def local_scale(game: Game, *, leader: bool, checkpoint: Checkpoint = unhurried) -> LocalScale:
    """The size of a player's values in each state, and in what it reaches; in large games in all states."""
    known = _SCALES.setdefault(game, {})
    if leader not in known:
        known[leader] = _local_scale(game, leader=leader, checkpoint=checkpoint)
    return known[leader]


def _local_scale(game: Game, *, leader: bool, checkpoint: Checkpoint) -> LocalScale:
    spread = _spread(game, leader=leader, checkpoint=checkpoint)
    width, size = _finite(np.maximum(spread.highest - spread.lowest, 0.0)), _finite(spread.size)
    rewards = game.leader_rewards if leader else game.follower_rewards
    discount = game.leader_discount if leader else game.follower_discount
    checkpoint()
    most = np.maximum.reduceat(rewards, game.row_offsets[:-1])
    least = np.maximum.reduceat(-rewards, game.row_offsets[:-1])
    checkpoint()
    reached = most_reached(game, *map(_fractions, (width, size, most, least)))
    widest, far, high, low = (np.array(list(map(float, numbers))) for numbers in reached)
    widest, far, rewards_reached = (
        _arriving(game, discount, *pair) for pair in ((widest, width), (far, size), (high + low, most + least))
    )
    return LocalScale(
        width=_fractions(width),
        widest=_fractions(widest),
        size=_fractions(np.minimum(FAR * widest, far)),
        rewards=_fractions(rewards_reached),
    )


def _arriving(game: Game, discount: float, reached: FloatArray, own: FloatArray) -> FloatArray:
    """Of what is reached how much arrives: discounted, and as likely as it is, but a state's own in full.

    Sweeps of ``m <- max(own, gamma max P m)`` from above; what is hardly ever reached does not round.
    """
    matrix, offsets = _transition(game), game.row_offsets[:-1]
    arriving = reached
    for _ in range(REACH_SWEEPS):
        arriving = np.maximum(own, discount * np.maximum.reduceat(matrix @ arriving, offsets))
    return arriving


def most_reached(game: Game, *vectors: Sequence[Fraction]) -> list[tuple[Fraction, ...]]:
    """Of numbers by state the largest that each state reaches; in large games the largest of all."""
    if suits(game):
        return [(max(numbers),) * len(numbers) for numbers in vectors]
    before = predecessors(game)
    return [largest_reached(numbers, before) for numbers in vectors]


def predecessors(game: Game) -> list[set[int]]:
    """Per state, the states from which a joint action leads there."""
    before: list[set[int]] = [set() for _ in range(game.num_states)]
    source = np.repeat(game.row_state, np.diff(game.indptr))
    leads = game.probabilities > 0.0
    for place, state in zip(game.successors[leads].tolist(), source[leads].tolist(), strict=True):
        before[place].add(state)
    return before


def _spread(game: Game, *, leader: bool, checkpoint: Checkpoint) -> _Spread:
    known = _SPREADS.setdefault(game, {})
    if leader not in known:
        rewards = game.leader_rewards if leader else game.follower_rewards
        discount = game.leader_discount if leader else game.follower_discount
        highest = FloatProcess(_transition(game), rewards - _constant(rewards), discount)
        lowest = dataclasses.replace(highest, rewards=-highest.rewards)
        offsets = game.row_offsets.tolist()
        known[leader] = _Spread(
            rewards=highest.rewards,
            lowest=-float_optimum(lowest, offsets, checkpoint),
            highest=float_optimum(highest, offsets, checkpoint),
        )
    return known[leader]


def _constant(rewards: FloatArray) -> float:
    """What all rewards have in common where that is large beside their spread, which would drown in its rounding."""
    middle, spread = 0.5 * float(rewards.min()) + 0.5 * float(rewards.max()), float(np.ptp(rewards))
    return middle if abs(middle) > CONSTANT_SHARE * spread else 0.0


def _transition(game: Game) -> Any:
    """The stored transitions ``[num_rows, num_states]``."""
    if game.num_states <= DENSE_STATES:
        return game.dense_transition
    from scipy.sparse import csr_array

    return csr_array((game.probabilities, game.successors, game.indptr), shape=(game.num_rows, game.num_states))


def _fractions(numbers: FloatArray) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, _finite(numbers).tolist()))


def _finite(numbers: FloatArray) -> FloatArray:
    return np.where(np.isfinite(numbers), numbers, 0.0)
