r"""What one player can secure against every action of the other by mixing two actions.

The most that a mix ``beta`` over the columns of a matrix ``q`` secures is ``max_beta min_a sum_b beta_b q(a, b)``,
the value of a matrix game (von Neumann, 1928). *Any* ``beta`` gives a valid lower bound on it; mixes of two columns
already give most of it, and their best shares are known in closed form: ``min_a`` of a line is concave in the share
and breaks where two rows cross.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.shapes import shapes_of
from ssg_mip.numerics.array_types import FloatArray, IntArray

LARGEST = 1_000_000
"""Numbers in the largest array to be made; beyond that only even mixes are tried."""


@dataclasses.dataclass(frozen=True, eq=False)
class _Group:
    """States with the same numbers of actions, their joint-action rows ``[states, a, b]``, and the pairs of actions."""

    states: IntArray
    rows: IntArray
    leader_pairs: tuple[IntArray, IntArray]
    follower_pairs: tuple[IntArray, IntArray]


class PairMixes:
    """The follower's mixes of two actions in every state of a game."""

    def __init__(self, game: Game) -> None:
        self._num_states = game.num_states
        self._groups = [
            _Group(shape.states, shape.rows, *map(_pairs, shape.actions))
            for shape in shapes_of(game, np.flatnonzero(game.follower_counts > 1))
        ]

    def secured(self, values: FloatArray) -> FloatArray:
        """Per state, the best ``min_a`` of a mix of two follower actions; ``-inf`` where there is only one.

        Parameters
        ----------
        values
            A number per joint action, shape ``[num_rows]``.
        """
        answer = np.full(self._num_states, -np.inf)
        for group in self._groups:
            answer[group.states] = _best_pair(values[group.rows], group)
        return answer


def _pairs(count: int) -> tuple[IntArray, IntArray]:
    first, second = np.triu_indices(count, k=1)
    return first, second


def _best_pair(q: FloatArray, group: _Group) -> FloatArray:
    """The best mix of two columns for each matrix of ``q [matrices, rows, columns]``."""
    (first, second), (i, j) = group.follower_pairs, group.leader_pairs
    x, y = np.swapaxes(q[:, :, first], 1, 2), np.swapaxes(q[:, :, second], 1, 2)  # [matrices, pairs, rows]
    if len(i) == 0 or x.size * len(i) > LARGEST:
        share = np.full((*x.shape[:2], 1), 0.5)
    else:
        difference = x - y
        slope = difference[..., i] - difference[..., j]
        crossing = np.divide(y[..., j] - y[..., i], slope, out=np.full(slope.shape, 0.5), where=slope != 0.0)
        share = np.clip(crossing, 0.0, 1.0)
    mixed = share[..., None] * x[:, :, None, :] + (1.0 - share[..., None]) * y[:, :, None, :]
    best: FloatArray = mixed.min(axis=3).max(axis=(1, 2))
    return best
