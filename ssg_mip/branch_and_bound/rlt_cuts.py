r"""RLT cuts: box-dependent rows multiplied by ``h(t)`` and by ``1 - h(t)``, linearised term by term.

In unit coordinates a box-dependent homogeneous row reads ``sum_j alpha_j y_j + sum_k beta_k m_k >= 0`` with
``m_k = y_j h(t')``. Its products with ``h(t) >= 0`` and ``1 - h(t) >= 0`` hold too and contain
``Z = y_j h(t') h(t)``. Each ``Z`` is replaced by a bound that suits the sign of its coefficient:

=============================  ==========================================  =====================================
term                           upper bounds (``beta > 0``)                 lower bounds (``beta < 0``)
=============================  ==========================================  =====================================
``y h(t') h(t)``               ``m(t')`` or ``m(t)``                       ``0`` or ``m(t) + m(t') - y``
``y h(t)^2``                   ``m(t)``                                    tangent ``2 c m(t) - c^2 y``
``y h(t') (1 - h(t))``         ``m(t')`` or ``y - m(t)``                   ``0`` or ``m(t') - m(t)``
``y h(t) (1 - h(t))``          tangent ``(1 - 2 c) m(t) + c^2 y``          ``0``
=============================  ==========================================  =====================================

The choice between two bounds is made at the relaxed point; because the better of two linear functions may be taken
term by term, this separates exactly. The tangent point ``c`` is stored as a value of ``v(t)``. A cut is therefore a
row, a ``t``, a side and its choices (:mod:`ssg_mip.branch_and_bound.rlt_cut_sets`); its coefficients are recomputed for
every box it is inherited by (:mod:`ssg_mip.branch_and_bound.rlt_rows`).

Optima sit where the follower is indifferent. There the error of the first-level relaxation falls only linearly with
the box, with these cuts quadratically.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.tolerances import CUT_VIOLATION, ROUNDING
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.rlt_cut_sets import NO_CUTS, Cuts
from ssg_mip.branch_and_bound.rlt_factors import RltFactors
from ssg_mip.branch_and_bound.rlt_rows import RltRows, rank_within
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.lp.interface import SparseRows
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.ranges import expand


class RltSeparation:
    """Separates and evaluates the RLT cuts of a compiled program."""

    def __init__(self, program: CompiledProgram) -> None:
        base = RltFactors(program)
        self.base = self._base = base
        self._cut_rows = RltRows(program, base)
        self._places = len(program.box)
        per_row = np.diff(base.beta_starts)
        per_place = np.bincount(base.beta_row * self._places + base.value_of[base.beta_product])
        self._longest = int(per_row.max(initial=0))
        self._most_squares = int(per_place.max(initial=0))

    @property
    def available(self) -> bool:
        """Whether the program has rows to multiply and every product that the cuts need."""
        return self._base.multipliable

    def rows_and_sizes(self, cuts: Cuts, box: Box) -> tuple[SparseRows, SparseRows]:
        """The cuts on a box, every row at least 0, and the magnitudes that their entries are computed from."""
        return self._cut_rows.rows_and_sizes(cuts, box)

    def separate(self, unit_point: FloatArray, box: Box, limit: int) -> Cuts:
        """The most violated cuts at a relaxed point given in unit coordinates, at most ``limit``."""
        y = np.maximum(unit_point[self._base.factors], 0.0)
        m = np.clip(unit_point[self._base.result], 0.0, y[:, None])
        score = self._violation(y, m, box)
        chosen = np.flatnonzero(score.ravel() > CUT_VIOLATION)
        if len(chosen) > limit:
            chosen = chosen[np.argpartition(-score.ravel()[chosen], limit)[:limit]]
        if not len(chosen):
            return NO_CUTS
        side, row, place = np.unravel_index(np.sort(chosen), score.shape)
        return self._choose(side == 1, row, place, y, m, box)

    def _violation(self, y: FloatArray, m: FloatArray, box: Box) -> FloatArray:
        """By how much each product of a row with ``h(t)`` and with ``1 - h(t)`` is violated ``[2, rows, places]``."""
        base = self._base
        alpha, beta = base.coefficients(box)
        up, down = np.maximum(beta, 0.0), np.minimum(beta, 0.0)
        mine = m[base.factor_of, base.value_of][:, None]
        every, weight = m[base.factor_of], y[base.factor_of][:, None]
        diagonal = base.value_of[:, None] == np.arange(self._places)[None, :]
        square = np.where(weight > 0.0, every**2 / np.where(weight > 0.0, weight, 1.0), 0.0)
        high_0 = np.where(diagonal, every, np.minimum(mine, every))
        low_0 = np.where(diagonal, square, np.maximum(0.0, every + mine - weight))
        high_1 = np.where(diagonal, every - square, np.minimum(mine, weight - every))
        low_1 = np.where(diagonal, 0.0, np.maximum(0.0, mine - every))
        value = np.stack(
            (
                self._plain(alpha, m) + self._mixed(up, high_0) + self._mixed(down, low_0),
                self._plain(alpha, y[:, None] - m) + self._mixed(up, high_1) + self._mixed(down, low_1),
            )
        )
        norm = np.sqrt(np.bincount(base.alpha_row, alpha**2, base.count))
        norm += np.sqrt(np.bincount(base.beta_row, beta**2, base.count))
        violation: FloatArray = -value / np.maximum(norm, ROUNDING)[None, :, None]
        return violation

    def _plain(self, alpha: FloatArray, terms: FloatArray) -> FloatArray:
        """``sum_j alpha_j terms_j`` per row and place."""
        return self._sum_by_row(self._base.alpha_row, alpha[:, None] * terms[self._base.alpha_factor])

    def _mixed(self, beta: FloatArray, terms: FloatArray) -> FloatArray:
        """``sum_k beta_k terms_k`` per row and place."""
        return self._sum_by_row(self._base.beta_row, beta[:, None] * terms[self._base.beta_product])

    def _sum_by_row(self, row: IntArray, terms: FloatArray) -> FloatArray:
        cell = (row * self._places)[:, None] + np.arange(self._places)
        total = np.bincount(cell.ravel(), terms.ravel(), self._base.count * self._places).astype(float, copy=False)
        return total.reshape(self._base.count, self._places)

    def _choose(
        self, upper_side: NDArray[np.bool_], row: IntArray, place: IntArray, y: FloatArray, m: FloatArray, box: Box
    ) -> Cuts:
        """The better of two bounds for every term of the chosen products, and the tangent points."""
        base = self._base
        cut, entry = expand(base.beta_starts, row)
        product, t = base.beta_product[entry], place[cut]
        factor, other = base.factor_of[product], base.value_of[product]
        m_t, m_other, weight = m[factor, t], m[factor, other], y[factor]
        positive, second = base.beta_scale[entry] >= 0.0, upper_side[cut]
        below = np.where(second, m_other <= weight - m_t, m_other <= m_t)
        above = np.where(second, m_other > m_t, m_t + m_other > weight)
        bits = np.zeros((len(row), self._longest), dtype=bool)
        bits[cut, rank_within(cut)] = np.where(positive, below, above)
        tangent = np.zeros((len(row), self._most_squares))
        at = np.flatnonzero(t == other)
        ratio = np.where(weight > 0.0, m_t / np.where(weight > 0.0, weight, 1.0), 0.5)
        tangent[cut[at], rank_within(cut[at])] = (box.lower[t] + box.width[t] * ratio)[at]
        return Cuts(row.astype(np.int32), place.astype(np.int32), upper_side, np.packbits(bits, axis=1), tangent)
