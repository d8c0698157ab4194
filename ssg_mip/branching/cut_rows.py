"""What second-level cuts say on a box: their terms, and the rows that they become."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.branching.box import Box
from ssg_mip.branching.cuts import NO_CUTS, Cuts
from ssg_mip.branching.homogeneous import HomogeneousRows, expand
from ssg_mip.game import FloatArray, IntArray
from ssg_mip.solver.compiled import CompiledProgram
from ssg_mip.solver.interface import SparseRows


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


class CutRows:
    """Evaluates the cuts of a program; the terms of the last set are kept, because two boxes share their parent's."""

    def __init__(self, program: CompiledProgram, base: HomogeneousRows) -> None:
        self._base = base
        self._product_result = program.product_result
        self._num_columns = program.num_columns
        self._last: tuple[Cuts, _Terms | None] = (NO_CUTS, None)

    def rows_and_sizes(self, cuts: Cuts, box: Box) -> tuple[SparseRows, SparseRows]:
        """The cuts on a box, every row at least 0, and the magnitudes that their entries are computed from."""
        known, terms = self._last
        if terms is None or known is not cuts:
            terms = self._expand(cuts)
            self._last = (cuts, terms)
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
        base, writer = self._base, _TermWriter()
        row, place = cuts.row.astype(np.int64), cuts.place.astype(np.int64)
        cut, entry = expand(base.alpha_starts, row)
        factor, second = base.alpha_factor[entry], cuts.upper_side[cut]
        writer.add(cut, entry, base.result[factor, place[cut]], np.where(second, -1.0, 1.0))
        writer.add(cut[second], entry[second], base.factors[factor[second]], 1.0)
        cut, entry = expand(base.beta_starts, row)
        self._add_products(writer, cuts, cut, entry, place[cut])
        return writer.terms(cuts.count, self._num_columns)

    def _add_products(self, writer: _TermWriter, cuts: Cuts, cut: IntArray, entry: IntArray, t: IntArray) -> None:
        """The terms of the table in :mod:`ssg_mip.branching.level_two`, in its order of bounds."""
        base = self._base
        product = base.beta_product[entry]
        factor = base.factor_of[product]
        source = entry + len(base.alpha_row)
        in_t, in_other, in_factor = base.result[factor, t], self._product_result[product], base.factors[factor]
        second, positive, square = cuts.upper_side[cut], base.beta_scale[entry] >= 0.0, base.value_of[product] == t
        first = ~second
        tangent = np.zeros(len(cut))
        squares = np.flatnonzero(square)
        tangent[squares] = cuts.tangent[cut[squares], rank_within(cut[squares])]
        bits = np.unpackbits(cuts.choice, axis=1)
        chosen = bits[cut, rank_within(cut)] == 1

        def add(where: NDArray[np.bool_], column: IntArray, c0: float, c1: float = 0.0, c2: float = 0.0) -> None:
            at = np.flatnonzero(where)
            if c1 or c2:
                writer.add_squares(cut[at], source[at], column[at], (c0, c1, c2), tangent[at], t[at])
            else:
                writer.add(cut[at], source[at], column[at], c0)

        add(first & square & positive, in_t, 1.0)
        add(first & square & ~positive, in_t, 0.0, 2.0)
        add(first & square & ~positive, in_factor, 0.0, 0.0, -1.0)
        add(second & square & positive, in_t, 1.0, -2.0)
        add(second & square & positive, in_factor, 0.0, 0.0, 1.0)
        upper, lower = ~square & positive, ~square & ~positive & chosen
        add(upper & chosen, in_other, 1.0)
        add(first & upper & ~chosen, in_t, 1.0)
        add(second & upper & ~chosen, in_factor, 1.0)
        add(second & upper & ~chosen, in_t, -1.0)
        add(first & lower, in_t, 1.0)
        add(lower, in_other, 1.0)
        add(first & lower, in_factor, -1.0)
        add(second & lower, in_t, -1.0)


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


class _TermWriter:
    """Collects terms of several cuts."""

    def __init__(self) -> None:
        self._parts: list[tuple[IntArray, IntArray, IntArray, FloatArray]] = []
        self._squares: list[tuple[IntArray, FloatArray, FloatArray, FloatArray, IntArray]] = []
        self._count = 0

    def add(self, cut: IntArray, source: IntArray, column: IntArray, c0: float | FloatArray) -> None:
        """Add one term per entry of ``cut`` that has no tangent point."""
        self._parts.append((cut, source, column, c0 if isinstance(c0, np.ndarray) else np.full(len(cut), c0)))
        self._count += len(cut)

    def add_squares(
        self,
        cut: IntArray,
        source: IntArray,
        column: IntArray,
        power: tuple[float, float, float],
        tangent: FloatArray,
        place: IntArray,
    ) -> None:
        """Add one term per entry of ``cut`` with the given powers of its tangent point."""
        number = np.arange(self._count, self._count + len(cut))
        self._squares.append((number, np.full(len(cut), power[1]), np.full(len(cut), power[2]), tangent, place))
        self.add(cut, source, column, power[0])

    def terms(self, count: int, num_columns: int) -> _Terms:
        """Everything added, for that many cuts, and the sparse rows that the terms add up to."""
        cut, source, column, c0 = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        square, c1, c2, tangent, place = (np.concatenate(part) for part in zip(*self._squares, strict=True))
        keys, place_of_term = np.unique(cut * num_columns + column, return_inverse=True)
        row_of, indices = np.divmod(keys, num_columns)
        starts = np.searchsorted(row_of, np.arange(count + 1))
        return _Terms(source, c0, square, c1, c2, tangent, place, place_of_term, starts, indices, row_of)
