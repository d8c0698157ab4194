"""Unconnected parts of a game, which are solved apart and put together again.

A state is *settled* if neither there nor anywhere that play can lead from there the leader has a choice: both players'
values in it are the same under every policy. The others fall into parts between which play never moves, so that what
the leader does in one changes nothing in another; a part takes the settled states along that it reaches. The weighted
value of the game is the sum of those of its parts, each times the weight that its states have.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.evaluation.reach import reached_states, spread
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.presolve.restriction import reduced_by
from ssg_mip.proofs.reduction import Reduction, Round

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """A part of a game.

    Attributes
    ----------
    states
        The part's states in rising order; nothing leads out of them.
    share
        Their part of all weights.
    weights
        The weights that this part answers for, divided by their sum: shape ``[states of the part]``. No state has a
        weight in two parts.
    """

    states: IntArray
    share: float
    weights: FloatArray


def split_parts(game: Game, weights: FloatArray) -> tuple[Part, ...]:
    """The parts of a game that have weights.

    Parameters
    ----------
    game
        The game.
    weights
        One number of at least 0 for each state, not all of them 0.

    Returns
    -------
    tuple of Part
        By their first states. One part if the game is connected. Settled states whose weights no other part can
        answer for are one part.
    """
    weights = np.asarray(weights, dtype=float)
    origin, target = _moves(game)
    free = spread(game.leader_counts > 1, target, origin)
    label = _components(game.num_states, free, origin, target)
    owned: list[tuple[Mask, Mask]] = []
    left = weights > 0.0
    for number in np.unique(label[free & (reached_states(game, left))]).tolist():
        inside = reached_states(game, free & (label == number))
        answers = left & inside
        if answers.any():
            owned.append((inside, answers))
            left = left & ~inside
    if left.any():
        owned.append((reached_states(game, left), left))
    return tuple(_part(inside, answers, weights) for inside, answers in owned)


def restricted(reduction: Reduction, states: IntArray) -> Reduction:
    """A reduction to a part of what it leaves.

    Parameters
    ----------
    reduction
        What was removed before.
    states
        The states of the part, as numbered in ``reduction.reduced``.
    """
    if len(states) == len(reduction.states):
        return reduction
    return reduced_by(reduction, Round(states=reduction.states[states]))


def _part(inside: Mask, answers: Mask, weights: FloatArray) -> Part:
    own = np.where(answers, weights, 0.0)
    return Part(
        states=np.flatnonzero(inside), share=float(own.sum() / weights.sum()), weights=own[inside] / float(own.sum())
    )


def _moves(game: Game) -> tuple[IntArray, IntArray]:
    """From where to where play can move, each pair once."""
    positive = game.probabilities > 0.0
    origin = np.repeat(game.row_state, np.diff(game.indptr))[positive]
    pairs = np.unique(origin * game.num_states + game.successors[positive])
    return pairs // game.num_states, pairs % game.num_states


def _components(count: int, free: Mask, origin: IntArray, target: IntArray) -> IntArray:
    """For each free state the least state that is connected to it by moves among free states."""
    between = free[origin] & free[target] & (origin != target)
    first, second = origin[between], target[between]
    label: IntArray = np.arange(count)
    while True:
        least = label.copy()
        np.minimum.at(least, first, label[second])
        np.minimum.at(least, second, label[first])
        least = least[least]
        if np.array_equal(least, label):
            return label
        label = least
