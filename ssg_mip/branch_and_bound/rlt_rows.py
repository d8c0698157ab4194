"""What RLT cuts say on a box: their terms, and the rows that they become."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.rlt_cut_sets import Cuts
from ssg_mip.branch_and_bound.rlt_factors import RltFactors
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.lp.interface import SparseRows
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.ranges import expand

_T, _OTHER, _FACTOR = range(3)
"""The columns that a term is spread over: ``m(t)``, ``m(t')`` and ``y``."""

_PLAIN, _SQUARE_UP, _SQUARE_DOWN, _UP_CHOSEN, _UP, _DOWN_CHOSEN, _DOWN = range(7)
"""Kinds of terms: ``alpha``; ``beta`` in ``h(t)^2`` and elsewhere, by its sign and by the bound that is chosen."""

_MIXED = np.array([[[_DOWN, _DOWN_CHOSEN], [_UP, _UP_CHOSEN]], [[_SQUARE_DOWN] * 2, [_SQUARE_UP] * 2]])
"""The kind of a ``beta``: ``[square, positive, chosen]``."""


def _table() -> FloatArray:
    """The coefficients ``c0, c1, c2`` that replace a term, ``[side, kind, column, 3]``.

    They are the table of :mod:`ssg_mip.branch_and_bound.rlt_cuts`, in its order of bounds; side 1 is that of ``1 -
    h(t)``.
    """
    table = np.zeros((2, 7, 3, 3))
    table[0, _PLAIN, _T, 0] = 1.0
    table[0, _SQUARE_UP, _T, 0] = 1.0
    table[0, _SQUARE_DOWN, _T, 1] = 2.0
    table[0, _SQUARE_DOWN, _FACTOR, 2] = -1.0
    table[0, _UP, _T, 0] = 1.0
    table[0, _DOWN_CHOSEN, [_T, _OTHER, _FACTOR], 0] = (1.0, 1.0, -1.0)
    table[1, _PLAIN, [_T, _FACTOR], 0] = (-1.0, 1.0)
    table[1, _SQUARE_UP, _T] = (1.0, -2.0, 0.0)
    table[1, _SQUARE_UP, _FACTOR, 2] = 1.0
    table[1, _UP, [_T, _FACTOR], 0] = (-1.0, 1.0)
    table[1, _DOWN_CHOSEN, [_T, _OTHER], 0] = (-1.0, 1.0)
    table[:, _UP_CHOSEN, _OTHER, 0] = 1.0
    return table


_TERMS = _table()
_USED = np.abs(_TERMS).sum(axis=3) > 0.0


@dataclasses.dataclass(frozen=True, eq=False)
class _Terms:
    """The terms of a set of cuts, whatever the box is.

    A term adds ``data[source] (c0 + c1 c + c2 c^2)`` to a non-zero of the rows. Here ``data`` is ``alpha`` followed by
    ``beta``, and ``c`` is the tangent point in the unit coordinates of the box, kept as the value ``tangent`` of
    ``v(square_place)``; ``c1`` and ``c2`` vanish but for the terms listed in ``square``.
    """

    source: IntArray
    c0: FloatArray
    square: IntArray
    c1: FloatArray
    c2: FloatArray
    tangent: FloatArray
    square_place: IntArray
    place_of_term: IntArray
    starts: IntArray
    indices: IntArray
    row_of: IntArray


class RltRows:
    """Evaluates the cuts of a program.

    The terms of the last two sets are kept: two boxes share their parent's, and one of them is cut in between.
    """

    def __init__(self, program: CompiledProgram, base: RltFactors) -> None:
        self._base = base
        self._product_result = program.product_result
        self._num_columns = program.num_columns
        self._terms = functools.lru_cache(maxsize=2)(self._expand)

    def rows_and_sizes(self, cuts: Cuts, box: Box) -> tuple[SparseRows, SparseRows]:
        """The cuts on a box, every row at least 0, and the magnitudes that their entries are computed from."""
        terms = self._terms(cuts)
        factor, size = terms.c0.copy(), np.abs(terms.c0)
        c = unit_tangents(terms.tangent, box.lower[terms.square_place], box.width[terms.square_place])
        factor[terms.square] += c * (terms.c1 + c * terms.c2)
        size[terms.square] += np.abs(c) * (np.abs(terms.c1) + np.abs(c * terms.c2))
        return (
            self._merged(terms, np.concatenate(self._base.coefficients(box)), factor),
            self._merged(terms, np.concatenate(self._base.sizes(box)), size),
        )

    def _merged(self, terms: _Terms, data: FloatArray, factor: FloatArray) -> SparseRows:
        merged = np.bincount(terms.place_of_term, data[terms.source] * factor, len(terms.indices))
        return SparseRows(
            terms.starts, terms.indices, merged.astype(float, copy=False), terms.row_of, self._num_columns
        )

    def _expand(self, cuts: Cuts) -> _Terms:
        base = self._base
        row, place = cuts.row.astype(np.int64), cuts.place.astype(np.int64)
        plain_cut, plain = expand(base.alpha_starts, row)
        mixed_cut, mixed = expand(base.beta_starts, row)
        product = base.beta_product[mixed]
        square = base.value_of[product] == place[mixed_cut]
        chosen = np.unpackbits(cuts.choice, axis=1)[mixed_cut, rank_within(mixed_cut)]
        kinds = _MIXED[square.astype(int), (base.beta_scale[mixed] >= 0.0).astype(int), chosen]

        cut, kind = np.concatenate((plain_cut, mixed_cut)), np.concatenate((np.full(len(plain), _PLAIN), kinds))
        factor = np.concatenate((base.alpha_factor[plain], base.factor_of[product]))
        t, side = place[cut], cuts.upper_side.astype(int)[cut]
        columns = np.stack((base.result[factor, t], base.factors[factor], base.factors[factor]), axis=1)
        columns[len(plain) :, _OTHER] = self._product_result[product]
        term, which = np.nonzero(_USED[side, kind])
        powers, column, of_cut = _TERMS[side, kind][term, which], columns[term, which], cut[term]

        tangent, squares = np.zeros(len(cut)), np.flatnonzero(square)
        tangent[len(plain) + squares] = cuts.tangent[mixed_cut[squares], rank_within(mixed_cut[squares])]
        curved = np.flatnonzero(np.abs(powers[:, 1]) + np.abs(powers[:, 2]))
        keys, place_of_term = np.unique(of_cut * self._num_columns + column, return_inverse=True)
        row_of, indices = np.divmod(keys, self._num_columns)
        return _Terms(
            source=np.concatenate((plain, mixed + len(base.alpha_row)))[term],
            c0=powers[:, 0].copy(),
            square=curved,
            c1=powers[curved, 1],
            c2=powers[curved, 2],
            tangent=tangent[term[curved]],
            square_place=t[term[curved]],
            place_of_term=place_of_term,
            starts=np.searchsorted(row_of, np.arange(cuts.count + 1)),
            indices=indices,
            row_of=row_of,
        )


def unit_tangents(tangent: FloatArray, lower: FloatArray, width: FloatArray) -> FloatArray:
    """Tangent points in the unit coordinates of a box; 0 on an interval without width."""
    c: FloatArray = np.where(width > 0.0, (tangent - lower) / np.where(width > 0.0, width, 1.0), 0.0)
    return c


def rank_within(groups: IntArray) -> IntArray:
    """The position of each element among those of its group; equal groups stand together."""
    if not len(groups):
        return groups
    places = np.arange(len(groups))
    begins = np.concatenate(([True], groups[1:] != groups[:-1]))
    rank: IntArray = places - np.maximum.accumulate(np.where(begins, places, 0))
    return rank
