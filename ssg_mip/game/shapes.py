"""States with equally many actions of both players, whose matrices fit into one array."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class Shape:
    """States of one shape.

    Attributes
    ----------
    states
        The states, shape ``[n]``, in rising order.
    rows
        Joint-action rows ``[n, a, b]``.
    """

    states: IntArray
    rows: IntArray

    @property
    def actions(self) -> tuple[int, int]:
        """The number of actions of the leader and of the follower."""
        return self.rows.shape[1], self.rows.shape[2]

    def parts(self, most: int) -> Iterator[Shape]:
        """The same in parts of at most so many states."""
        for start in range(0, len(self.states), most):
            yield Shape(self.states[start : start + most], self.rows[start : start + most])


def shapes_of(game: Game, among: IntArray | None = None) -> list[Shape]:
    """States of a game by shape: some in rising order, or all."""
    some = np.arange(game.num_states) if among is None else among
    counts = np.column_stack((game.leader_counts[some], game.follower_counts[some]))
    found, shape_of = np.unique(counts, axis=0, return_inverse=True)
    shapes = []
    for number, (width, height) in enumerate(found.tolist()):
        states = some[shape_of.ravel() == number]
        within = np.arange(width * height).reshape(1, width, height)
        shapes.append(Shape(states, game.row_offsets[states][:, None, None] + within))
    return shapes
