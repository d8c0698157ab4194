r"""All corners of the regions in which an answer is best, where states have few actions.

The mixes ``x`` to which ``b`` is a best response are those with ``sum_a x(a) [q(a,b) - q(a,c)] >= 0`` for every other
``c`` and ``x >= 0``. In a corner all but one of as many of these rows as there are leader actions hold with equality,
so the corners come from listing such sets and solving one small system each, for thousands of states at once. A set
``T`` also gives multipliers: those with which ``r(a) + sum_{c in T} k(c) [q(a,b) - q(a,c)]`` is the same number for
every ``a`` that ``T`` leaves free. Some set is right for both (the bases of the simplex method); any non-negative
multipliers prove a bound.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from ssg_mip.exact.statewise.mixes import MixPool
from ssg_mip.exact.statewise.multipliers import Multipliers, advantages
from ssg_mip.game.game import Game
from ssg_mip.game.shapes import Shape
from ssg_mip.numerics.array_types import FloatArray, IntArray

MOST_BASES = 70
"""Sets of rows, for one answer, up to which corners are listed: 4 x 5 actions have 56, 3 x 10 have 55."""

MOST_NUMBERS = 4_000_000
"""Numbers in the arrays of a part of the states."""

FLAT = 1e-9
"""Below this determinant of normalised rows a set counts as dependent."""

TOUCHING = 1e-12
"""By how much a corner may miss a normalised row."""


def are_few(shape: Shape) -> bool:
    """Whether the corners of a shape are listed."""
    leader, follower = shape.actions
    return math.comb(follower - 1 + leader, leader - 1) <= MOST_BASES


def parts_of(shape: Shape) -> list[Shape]:
    """The states of a shape in parts whose arrays are small."""
    leader, follower = shape.actions
    each = math.comb(follower - 1 + leader, leader - 1) * leader * (2 * leader + follower)
    return list(shape.parts(max(1, MOST_NUMBERS // each)))


class _Systems:
    """The systems of all sets of rows of one answer, for the states of a shape."""

    def __init__(self, follower: FloatArray, answer: int) -> None:
        self.gains = advantages(follower, answer)  # [n, c, a]
        count, others, width = self.gains.shape
        size = np.abs(self.gains).max(axis=2, initial=0.0, keepdims=True)
        self._size = np.where(size > 0.0, size, 1.0)
        nonneg = np.broadcast_to(np.eye(width), (count, width, width))
        self._normals = np.concatenate((self.gains / self._size, nonneg), axis=1)
        sets = list(itertools.combinations(range(others + width), width - 1))
        self._sets: IntArray = np.array(sets, dtype=np.int64).reshape(len(sets), width - 1)
        matrices = np.ones((count, len(sets), width, width))
        matrices[:, :, 1:, :] = self._normals[:, self._sets]
        self._dependent: NDArray[np.bool_] = np.abs(np.linalg.det(matrices)) < FLAT
        matrices[self._dependent] = np.eye(width)
        self._inverse = np.linalg.inv(matrices)

    def corners(self, margin: FloatArray) -> tuple[IntArray, FloatArray]:
        """Places of states and mixes in which the answer is better than those that differ, by a margin per state."""
        others = self.gains.shape[1]
        least = np.zeros(self._normals.shape[:2])
        least[:, :others] = np.where(np.any(self.gains != 0.0, axis=2), margin[:, None] / self._size[:, :, 0], 0.0)
        right = np.ones((*self._inverse.shape[:2], self._inverse.shape[2]))
        right[:, :, 1:] = least[:, self._sets]
        mixes = np.einsum("ntij,ntj->nti", self._inverse, right)
        slack = np.einsum("nra,nta->ntr", self._normals, mixes) - least[:, None, :]
        kept = ~self._dependent & np.all(slack >= -TOUCHING, axis=2)
        place, number = np.nonzero(kept)
        return place, np.maximum(mixes[place, number], 0.0)

    def multipliers(self, payoffs: FloatArray) -> FloatArray:
        """Multipliers ``[n, c]`` that bound the leader's payoffs ``[n, a]`` best, of all sets and of none."""
        count, others, _ = self.gains.shape
        shadow = -np.einsum("ntij,ni->ntj", self._inverse, payoffs)[:, :, 1:]
        found = np.zeros((count, 1 + len(self._sets), others))
        for number, rows in enumerate(self._sets):
            for place in np.flatnonzero(rows < others).tolist():
                found[:, 1 + number, rows[place]] = np.maximum(shadow[:, number, place], 0.0)
        found[:, 1:][self._dependent] = 0.0
        found = found / self._size[:, None, :, 0]
        bound = (payoffs[:, None, :] + found @ self.gains).max(axis=2)
        best: FloatArray = found[np.arange(count), bound.argmin(axis=1)]
        return best


def add_corners(game: Game, shape: Shape, margin: FloatArray, pool: MixPool) -> None:
    """Add the corners of all answers in the states of a shape to the mixes that are known.

    Parameters
    ----------
    game, shape
        The game and its states.
    margin
        By how much answers must be better than others there, one number for each state of the game.
    pool
        Where they go.
    """
    follower = game.follower_rewards[shape.rows]
    for answer in range(shape.actions[1]):
        place, mixes = _Systems(follower, answer).corners(margin[shape.states])
        pool.add(shape.states[place], shape.rows[place, :, answer], mixes)


def add_multipliers(game: Game, shape: Shape, payoffs: FloatArray, multipliers: Multipliers) -> None:
    """Take the multipliers of all answers in the states of a shape, for the leader's payoffs by row."""
    follower = game.follower_rewards[shape.rows]
    for answer in range(shape.actions[1]):
        systems = _Systems(follower, answer)
        multipliers.take(shape, answer, systems.multipliers(payoffs[shape.rows[:, :, answer]]))
