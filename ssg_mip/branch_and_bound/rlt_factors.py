r"""The rows that RLT cuts multiply, as functions of the box; those of single leader actions are left out.

A row over factors and products alone with right-hand side 0 reads in unit coordinates
``sum_j alpha_j y_j + sum_k beta_k m_k >= 0`` where ``m_k = y_j h(t')``. On a box ``l <= v <= u`` of widths ``d``,
``alpha`` is affine in ``l`` and ``beta`` is proportional to ``d``.
"""

from __future__ import annotations

import numpy as np

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.ranges import expand
from ssg_mip.programs.tags import RowKind

Entries = tuple[IntArray, IntArray, FloatArray]
"""Rows, columns and values of a sparse matrix, ordered by row and then by column."""


class RltFactors:
    """The homogeneous rows with products of a compiled program, each turned to ``>= 0``; equalities both ways.

    Attributes
    ----------
    count
        Number of rows.
    factors
        Columns of the factors ``y``; a factor is named below by its place in this list.
    factor_of, value_of
        Per product, its factor and its box variable.
    result
        The product's column for each factor and box variable ``[factors, box variables]``; -1 where there is none.
    alpha_row, alpha_factor, alpha_starts
        Row and factor of each ``alpha``; those of row ``i`` are at ``alpha_starts[i]:alpha_starts[i + 1]``.
    beta_row, beta_product, beta_starts
        Row and product of each ``beta``, likewise.
    beta_scale
        Each ``beta`` on a box of unit widths.
    origin
        Per row, the row of the program, the sign that it is taken with, and the row that is subtracted (-1 for none).
    """

    def __init__(self, program: CompiledProgram) -> None:
        places = len(program.box)
        self.factors = np.unique(program.product_factor)
        place_of = np.full(program.num_columns, -1)
        place_of[self.factors] = np.arange(len(self.factors))
        self.factor_of = place_of[program.product_factor]
        self.value_of = program.product_value
        self.result = np.full((len(self.factors), places), -1)
        self.result[self.factor_of, self.value_of] = program.product_result

        product_of = np.full(program.num_columns, -1)
        product_of[program.product_result] = np.arange(len(program.product_result))
        self.origin, (row, column, value) = _homogeneous(program)
        self.count = len(self.origin)
        mixed = product_of[column] >= 0
        self.beta_row, self.beta_product, self.beta_scale = _ordered(
            row[mixed], product_of[column[mixed]], value[mixed]
        )
        self.beta_starts = np.searchsorted(self.beta_row, np.arange(self.count + 1))
        self._join_factors(row[~mixed], place_of[column[~mixed]], value[~mixed])

    def _join_factors(self, row: IntArray, factor: IntArray, value: FloatArray) -> None:
        """``alpha = base + low @ l``: the factors of a row are those of its plain terms and of its products."""
        factors = len(self.factors)
        keys = np.concatenate(
            (row * factors + factor, self.beta_row * factors + self.factor_of[self.beta_product]),
        )
        unique, place = np.unique(keys, return_inverse=True)
        self._base = np.bincount(place[: len(row)], value, len(unique)).astype(float, copy=False)
        self._low = _ordered(place[len(row) :], self.value_of[self.beta_product], self.beta_scale)
        self.alpha_row, self.alpha_factor = np.divmod(unique, factors) if factors else (unique, unique)
        self.alpha_starts = np.searchsorted(self.alpha_row, np.arange(self.count + 1))

    @property
    def multipliable(self) -> bool:
        """Whether there are rows to multiply, and a product of every factor with every box variable."""
        return len(self.beta_row) > 0 and bool(np.all(self.result >= 0))

    def coefficients(self, box: Box) -> tuple[FloatArray, FloatArray]:
        """The coefficients ``alpha`` and ``beta`` on a box."""
        entry, value, scale = self._low
        alpha: FloatArray = self._base + np.bincount(entry, scale * box.lower[value], len(self._base))
        return alpha, self.beta_scale * box.width[self.value_of[self.beta_product]]

    def sizes(self, box: Box) -> tuple[FloatArray, FloatArray]:
        """The sums of the magnitudes of the numbers that ``alpha`` and ``beta`` are computed from.

        A ``beta`` on unit widths is a sum of ones and probabilities, of which at most two are ones.
        """
        entry, value, scale = self._low
        low = np.bincount(entry, (np.abs(scale) + 2.0) * np.abs(box.lower[value]), len(self._base))
        alpha: FloatArray = np.abs(self._base) + low
        return alpha, (np.abs(self.beta_scale) + 2.0) * box.width[self.value_of[self.beta_product]]


def _homogeneous(program: CompiledProgram) -> tuple[IntArray, Entries]:
    """Where each row comes from, and the entries of all over the columns of the program."""
    is_product = np.zeros(program.num_columns, dtype=bool)
    is_product[program.product_result] = True
    allowed = is_product.copy()
    allowed[program.product_factor] = True
    row, column = program.row_index, program.column_index
    usable = np.bincount(row, ~allowed[column], program.num_rows) == 0.0
    usable &= np.bincount(row, is_product[column], program.num_rows) > 0.0
    usable &= program.multiplied_value < 0
    usable &= ~np.isin(program.row_tags.kind, (RowKind.SINGLE_OWN, RowKind.SINGLE_INCENTIVE))
    lower, upper = (np.flatnonzero(usable & (side == 0.0)) for side in (program.row_lower, program.row_upper))
    first, second = program.differences[:, 0], program.differences[:, 1]
    chosen = np.concatenate((lower, upper, first, second))
    sign = np.repeat([1.0, -1.0, 1.0, -1.0], [len(lower), len(upper), len(first), len(second)])
    count = len(lower) + len(upper) + len(first)
    target = np.concatenate((np.arange(count), np.arange(count - len(first), count)))
    cut, entry = expand(np.searchsorted(row, np.arange(program.num_rows + 1)), chosen)
    keys = target[cut] * program.num_columns + column[entry]
    unique, place = np.unique(keys, return_inverse=True)
    value = np.bincount(place, sign[cut] * program.coefficient[entry], len(unique)).astype(float, copy=False)
    rows, columns = np.divmod(unique[value != 0.0], program.num_columns)
    plain = np.concatenate((lower, upper, first))
    signs = np.repeat([1, -1, 1], [len(lower), len(upper), len(first)])
    subtracted = np.concatenate((np.full(len(lower) + len(upper), -1), second))
    return np.stack((plain, signs, subtracted), axis=1), (rows, columns, value[value != 0.0])


def _ordered(row: IntArray, column: IntArray, value: FloatArray) -> Entries:
    order = np.lexsort((column, row))
    return row[order], column[order], value[order]
