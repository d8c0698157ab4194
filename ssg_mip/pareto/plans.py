"""Which weights to solve next: a list made in advance, or a dialogue with the points found so far."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.pareto.dominance import non_dominated
from ssg_mip.pareto.weight_sets import normal_weights
from ssg_mip.problem.weights import weight_key


class Plan(Protocol):
    """Says which scalarisation comes next."""

    def next_weights(self, values: FloatArray, tolerance: float) -> FloatArray | None:
        """The next weights, given all values found so far ``[points, states]``; ``None`` when nothing is left."""

    @property
    def pending(self) -> int:
        """How many more scalarisations are known to come."""

    @property
    def termination(self) -> Termination:
        """Why it ended: ``CONVERGED``, or ``ITERATION_LIMIT`` if questions were left."""


class ListPlan:
    """The given weights, one after the other."""

    def __init__(self, weights: Sequence[FloatArray]) -> None:
        self._left = list(weights)

    def next_weights(self, values: FloatArray, tolerance: float) -> FloatArray | None:  # noqa: ARG002
        """The next one of the list."""
        return self._left.pop(0) if self._left else None

    @property
    def pending(self) -> int:
        """Weights left in the list."""
        return len(self._left)

    @property
    def termination(self) -> Termination:
        """A list leaves no questions."""
        return Termination.CONVERGED


class DichotomicPlan:
    """The scheme of Aneja & Nair for two objectives: after the corners, the normal of the widest open segment.

    Between two neighbouring supported points there is another supported one if and only if the weights under which
    the two are equal have a better optimum. With exact scalarisations the scheme ends with all extreme supported
    points; a segment narrower than the tolerance is not asked about.

    Parameters
    ----------
    corners
        The weights to begin with.
    states
        The two states between which weight is traded.
    limit
        How many scalarisations at most, the corners included.
    """

    def __init__(self, corners: Sequence[FloatArray], states: IntArray, limit: int) -> None:
        self._corners = list(corners)
        self._states = states
        self._limit = max(limit, len(corners))
        self._asked: set[bytes] = set()
        self._cut_off = False

    @property
    def pending(self) -> int:
        """Corners left, and one for the segment that comes next."""
        return len(self._corners) + 1

    @property
    def termination(self) -> Termination:
        """Whether the limit came before the last open segment."""
        return Termination.ITERATION_LIMIT if self._cut_off else Termination.CONVERGED

    def next_weights(self, values: FloatArray, tolerance: float) -> FloatArray | None:
        """A corner if one is left, else the widest segment whose normal has not been asked."""
        if self._corners:
            weights = self._corners.pop(0)
            self._asked.add(weight_key(weights))
            return weights
        for normal in self._open_normals(values[:, self._states], tolerance):
            weights = np.zeros(values.shape[1])
            weights[self._states] = normal
            if weight_key(weights) in self._asked:
                continue
            if len(self._asked) >= self._limit:
                self._cut_off = True
                return None
            self._asked.add(weight_key(weights))
            return weights
        return None

    def _open_normals(self, pairs: FloatArray, tolerance: float) -> list[FloatArray]:
        """Normals of the segments of the upper right hull, widest segment first."""
        hull = supported_chain(pairs, tolerance)
        wide = [(a, b) for a, b in itertools.pairwise(hull) if np.all(np.abs(a - b) > tolerance)]
        wide.sort(key=lambda segment: -float(np.abs(segment[0] - segment[1]).sum()))
        return [normal_weights(a, b) for a, b in wide]


def supported_chain(pairs: FloatArray, tolerance: float) -> FloatArray:
    """The non-dominated points ``[points, 2]`` on the upper right convex hull, largest first coordinate first."""
    if not len(pairs):
        return pairs
    points = pairs[non_dominated(pairs, tolerance)]
    chain: list[FloatArray] = []
    for point in points[np.argsort(-points[:, 0], kind="stable")]:
        while len(chain) >= 2 and _turns_inwards(chain[-2], chain[-1], point):
            chain.pop()
        chain.append(point)
    return np.array(chain)


def _turns_inwards(first: FloatArray, middle: FloatArray, last: FloatArray) -> bool:
    """Whether ``middle`` lies on or below the segment from ``first`` to ``last``."""
    (x, y), (u, w) = middle - first, last - first
    return bool(x * w - y * u <= 0.0)
