"""Which states move in a step, and how far: all of them in smaller games, neighbours around a promising one above."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy

SMALLEST_RADIUS = 1e-4
"""The radius at which some states have nothing left to gain."""


class Moving:
    """The states of the next step, and its radius."""

    def __init__(self, game: Game, first_radius: float) -> None:
        self._game = game
        self.radius = first_radius
        self._done = False

    def states(self, here: EvaluatedPolicy, weights: FloatArray) -> NDArray[np.bool_] | None:
        """The states that may move; ``None`` where nothing is left to try."""
        del here, weights
        return None if self._done else np.ones(self._game.num_states, dtype=bool)

    def failed(self, moved: float) -> None:
        """A step that moved so far was no better."""
        self.radius = 0.25 * min(self.radius, moved)
        self._done = self.radius <= SMALLEST_RADIUS

    def succeeded(self, counts: bool) -> None:
        """A step was better, by so much that it counts or not."""
        self.radius = min(1.0, 2.0 * self.radius)
        self._done = not counts
