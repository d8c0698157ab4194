"""A node's region: an interval for every box variable, and the choices that are still open.

A *choice* is a set of columns that vanish together (one possible follower answer in one state, say). Choices come in
*groups* of alternatives (the answers of one state) of which a solution takes exactly one. Boxes are values: operations
return new ones.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.numerics.array_types import FloatArray


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Box:
    """``lower <= v <= upper`` and a boolean per choice, true while it is open."""

    lower: FloatArray
    upper: FloatArray
    open_choices: NDArray[np.bool_]

    @property
    def width(self) -> FloatArray:
        """Width of each interval, never negative."""
        return np.maximum(self.upper - self.lower, 0.0)

    def without(self, closed: NDArray[np.bool_]) -> Box:
        """The same intervals with some choices closed."""
        return Box(self.lower, self.upper, self.open_choices & ~closed)

    def split(self, place: int, value: float) -> tuple[Box, Box]:
        """The parts below and above ``value`` in one coordinate."""
        upper, lower = self.upper.copy(), self.lower.copy()
        upper[place] = value
        lower[place] = value
        return Box(self.lower, upper, self.open_choices), Box(lower, self.upper, self.open_choices)


def all_open(choices: int) -> NDArray[np.bool_]:
    """Every choice open."""
    return np.ones(choices, dtype=bool)
