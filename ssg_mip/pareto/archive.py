"""Attained points of which none covers another: what sweeps, enclosures and the question of existence gather."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.dominance import non_dominated

Point = TypeVar("Point")


class Archive(Generic[Point]):
    """Points by what they are worth in every objective.

    Parameters
    ----------
    objectives
        How many there are.
    values_of
        What a point is worth, shape ``[objectives]``.
    equal
        Differences up to this count as none.

    Attributes
    ----------
    points
        In the order in which they came.
    values
        What they are worth, shape ``[points, objectives]``.
    """

    def __init__(self, objectives: int, values_of: Callable[[Point], FloatArray], equal: float = 0.0) -> None:
        self._values_of = values_of
        self._equal = equal
        self.points: list[Point] = []
        self.values: FloatArray = np.zeros((0, objectives))

    def knows(self, values: FloatArray, tolerance: float | None = None) -> bool:
        """Whether a point is nowhere worse by more than a tolerance, that of the archive if absent."""
        allowed = self._equal if tolerance is None else tolerance
        return bool(np.any(np.all(self.values >= values - allowed, axis=1)))

    def add(self, point: Point) -> bool:
        """Keep a point unless one covers it, in place of those that it covers; whether it was kept."""
        values = self._values_of(point)
        if self.knows(values):
            return False
        stays = ~np.all(values >= self.values - self._equal, axis=1)
        self.points = [*(one for one, kept in zip(self.points, stays.tolist(), strict=True) if kept), point]
        self.values = np.vstack((self.values[stays], values))
        return True

    def retell(self, change: Callable[[Point], Point]) -> None:
        """Put other points of the same values in the place of all."""
        self.points = [change(one) for one in self.points]

    def best(self, weights: FloatArray) -> Point | None:
        """The first of those worth most under weights; ``None`` if there is none yet."""
        return self.points[int(np.argmax(self.values @ weights))] if self.points else None

    def front(self, tolerance: float = 0.0) -> list[Point]:
        """The points that no other one covers within a tolerance, largest value of the first objective first."""
        places = np.flatnonzero(non_dominated(self.values, tolerance))
        return [self.points[place] for place in places[np.lexsort(-self.values[places].T[::-1])]]
