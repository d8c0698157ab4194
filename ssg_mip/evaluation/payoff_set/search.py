"""Multipliers that lower the operator, for the answers and slopes that are asked about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ssg_mip.evaluation.payoff_set.blocks import Block
from ssg_mip.evaluation.payoff_set.operator import Multipliers, Operator
from ssg_mip.numerics.array_types import FloatArray, IntArray

COMPARED = 50000
"""Numbers that are compared at a time: few enough for a processor's cache."""


def searched(
    operator: Operator, block: Block, after: FloatArray, chosen: Multipliers, asked: NDArray[np.bool_]
) -> Multipliers:
    """Multipliers that lower ``max_a { ... }`` where they are asked about, others as they are; none raises it.

    For each answer and slope the best mix is found for the slope that is jumped to now, and for the next ones above and
    below as long as that is better: in the multipliers together what is lowered is convex wherever ``H`` is in ``k``.

    Parameters
    ----------
    operator, block, after
        What is applied, to which states, and :meth:`Operator.after` of the support.
    chosen, asked
        The multipliers so far, and where others are looked for, shape ``[states, follower, slopes]``.
    """
    jumps, mixes = chosen.jumps.copy(), chosen.mixes.copy()
    places = np.argwhere(asked)
    punished = np.ascontiguousarray(operator.punished(block).transpose(1, 2, 0))
    most = max(1, COMPARED // len(block.mixes))
    for start in range(0, len(places), most):
        s, b, k = part = tuple(places[start : start + most].T)
        found = _Descent(operator, after, block.rows[s, :, b].T, punished[:, :, s], k)
        jumps[part], mixes[part] = found.run(chosen.jumps[part], chosen.mixes[part])
    return Multipliers(jumps, mixes)


class _Descent:
    """The search for some triples of state, answer and slope.

    Parameters
    ----------
    operator, after
        As above.
    rows
        The joint actions of each, shape ``[leader, n]``.
    punished
        What each mix of each would get, shape ``[leader, mixes, n]``.
    slopes
        The place of each one's slope in the grid, shape ``[n]``.
    """

    def __init__(
        self, operator: Operator, after: FloatArray, rows: IntArray, punished: FloatArray, slopes: IntArray
    ) -> None:
        self._grid = operator.slopes
        self._after = after
        self._rows = rows
        self._punished = punished
        self._slopes = slopes

    def run(self, jumps: IntArray, mixes: IntArray) -> tuple[IntArray, IntArray]:
        """The slope to jump to and the mix of each, from these on."""
        everywhere = np.arange(len(jumps))
        best, mixes = self._least(everywhere, jumps, mixes)
        for direction in (1, -1):
            at = jumps.copy()
            some = everywhere
            while len(some):
                at[some] += direction
                some = some[(at[some] >= self._slopes[some]) & (at[some] < len(self._grid))]
                worth, mix = self._least(some, at[some], mixes[some])
                better = worth < best[some]
                some = some[better]
                best[some], jumps[some], mixes[some] = worth[better], at[some], mix[better]
        return jumps, mixes

    def _least(self, some: IntArray, jumps: IntArray, mixes: IntArray) -> tuple[FloatArray, IntArray]:
        """``min_m max_a`` of some, and where it is; at the mix there is unless another one is better."""
        total = self._grid[self._slopes[some]] - self._grid[jumps]
        values = self._after[self._rows[:, some], jumps]
        worth = self._punished[0][:, some] * total + values[0]
        for action in range(1, len(values)):
            np.maximum(worth, self._punished[action][:, some] * total + values[action], out=worth)
        count = np.arange(len(some))
        found = worth.argmin(axis=0)
        least, own = worth[found, count], worth[mixes, count]
        return least, np.where(least < own, found, mixes)
