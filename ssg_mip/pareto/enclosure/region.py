r"""The part of the objective space in which values that no returned point covers may still lie.

With local lower bounds ``l`` of the attained points, local upper bounds ``u`` of the proven corners
(:mod:`ssg_mip.pareto.enclosure.search_region`) and proven ceilings ``lambda @ y <= B``, every attained ``y`` is at or
below a point, or lies in a box ``[l, u]`` and under the ceilings. The **depth** of a box is the largest ``w`` for which
``l + w`` (in every component) may lie under its ``u`` and the ceilings:

    w(l, u) = min( min_k (u_k - l_k),  min over ceilings (B - lambda @ l) / sum lambda ).

The largest depth is the *resolution* ``R``: *for every attained* ``y`` *some point is at least* ``y - R`` *in each
objective.* For if no point covers ``y - w``, that vector is above some ``l`` in every component, and ``y`` is below
some ``u`` and under the ceilings, so ``w < w(l, u) <= R``.

The number of local bounds grows exponentially with the number of objectives. Points and corners that would leave more
than can be looked at in a second are left out of the region: it is larger then than it need be, and still right.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.enclosure.search_region import LowerBounds, UpperBounds
from ssg_mip.programs.direction import Ceiling

MOST_CELLS = 4_000_000
"""Local lower bounds times local upper bounds times objectives, at most."""

MOST_BOUNDS = 4_000
"""Local bounds of a kind, at most."""


@dataclasses.dataclass(frozen=True, eq=False)
class OpenBox(FrozenArrays):
    """A box of objective values that may hold values which no point covers.

    ``lower`` and ``upper`` are corners of shape ``[objectives]``; ``lower`` is ``-inf`` where no point bounds the box.
    For every value in it some point is at most ``depth`` worse in each objective, as far as this box is concerned.
    """

    lower: FloatArray
    upper: FloatArray
    depth: float


class Region:
    """What attained points and proven bounds leave open.

    Parameters
    ----------
    ideal
        No attained value is above this in any objective.
    """

    def __init__(self, ideal: FloatArray) -> None:
        self.lower = LowerBounds(len(ideal))
        self.upper = UpperBounds(ideal)
        self.ceilings: list[Ceiling] = []
        self.full = False

    def add_point(self, values: FloatArray) -> bool:
        """Take an attained point into account; whether anything changed."""
        return self._add(self.lower, self.lower.most_after(values), len(self.upper.corners), values)

    def add_corner(self, corner: FloatArray) -> bool:
        """Take a proven corner into account; whether anything changed."""
        return self._add(self.upper, self.upper.most_after(corner), len(self.lower.corners), corner)

    def _add(self, bounds: LowerBounds | UpperBounds, count: int, others: int, values: FloatArray) -> bool:
        """Add to one kind of bounds, unless the region becomes too large to be looked at."""
        if count > MOST_BOUNDS or count * others * len(values) > MOST_CELLS:
            self.full = True
            return False
        return bounds.add(values)

    def boxes(self, deeper_than: float = 0.0) -> list[OpenBox]:
        """All open boxes of more than a depth, deepest first; a box within another one is left out."""
        low, high = self.lower.corners, self.upper.corners
        reach, depth = self._under_ceilings(low)
        edges = np.minimum(high[None] - low[:, None], reach[:, None])
        deep = np.minimum(edges.min(axis=2, initial=np.inf), depth[:, None])
        found = []
        for i, j in zip(*np.nonzero(deep > deeper_than), strict=True):
            bounded = np.isfinite(low[i])
            upper = high[j].copy()
            upper[bounded] = low[i, bounded] + edges[i, j, bounded]
            found.append(OpenBox(low[i], upper, float(deep[i, j])))
        found.sort(key=lambda box: (-box.depth, *box.lower.tolist()))
        return found

    @property
    def resolution(self) -> float:
        """The largest depth; 0 where nothing is left open."""
        low, high = self.lower.corners, self.upper.corners
        if not len(high):
            return 0.0
        reach, depth = self._under_ceilings(low)
        edges = np.minimum(high[None] - low[:, None], reach[:, None])
        return max(0.0, float(np.minimum(edges.min(axis=2), depth[:, None]).max(initial=0.0)))

    def gain_bound(self, value: FloatArray) -> float:
        """How much better than an attained value, in one objective, another one is at most that loses in none."""
        above = self.upper.corners[np.all(self.upper.corners >= value, axis=1)]
        reach, _ = self._under_ceilings(value[None])
        return float(np.minimum(above - value, reach).max(initial=0.0))

    def holds(self, value: FloatArray, tolerance: float = 0.0) -> bool:
        """Whether no proven bound excludes a value by more than the tolerance."""
        under = np.any(np.all(value <= self.upper.corners + tolerance, axis=1))
        return bool(under) and all(
            float(one.weights @ value) <= one.bound + tolerance * float(one.weights.sum()) for one in self.ceilings
        )

    def _under_ceilings(self, low: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How far each corner may rise in one component alone, and in all of them at once, under the ceilings."""
        reach, depth = np.full(low.shape, np.inf), np.full(len(low), np.inf)
        for one in self.ceilings:
            weighted = one.weights > 0.0
            bounded = np.all(np.isfinite(low[:, weighted]), axis=1)
            room = one.bound - low[np.ix_(bounded, weighted)] @ one.weights[weighted]
            narrow = np.ix_(bounded, weighted)
            reach[narrow] = np.minimum(reach[narrow], room[:, None] / one.weights[weighted])
            depth[bounded] = np.minimum(depth[bounded], room / one.weights.sum())
        return reach, depth
