r"""A compiled program in the unit coordinates of a box.

On a box ``l <= v <= u`` every box variable is written ``v(t) = l(t) + d(t) h(t)`` with ``d = u - l`` and ``h`` in
``[0, 1]``, and every product ``w = y v(t)`` as ``w = l(t) y + d(t) m`` where ``m`` stands for ``y h(t)``. Then

* ``0 <= m <= y`` whatever the box (the McCormick rows are constant);
* a row that is another row times ``v(t)`` keeps its coefficients, read in ``m`` and ``h``;
* rows without products or box variables do not change at all;
* only the remaining rows depend on the box, linearly in ``l`` and ``d``.

Together with the multiplied rows this is the hull of (simplex x interval) for each factor block. Columns are those of
the compiled program, with ``h`` in the place of ``v`` and ``m`` in the place of ``w``. Rows are, in this order, the
compiled ones that are the same on every box, ``m - y <= 0`` per product, the objective as a row of its own (free unless
a cut-off is wanted), and the compiled rows that depend on the box: those are replaced on the way from box to box.

A product of three factors ``x v e`` with ``v = l + d h`` and ``e = k + c g`` is ``l k x + d k m + l c n + d c w`` where
``m = x h``, ``n = x g`` and ``w = x h g``. The hull of ``m``, ``n`` and ``w`` over ``x`` is ``w >= 0``, ``w <= m``,
``w <= n`` and ``w >= m + n - x``, constant again.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.tolerances import ARITHMETIC, INTERVAL
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.monomials import NO_PLACE, NO_ROOT, Monomials, subsets
from ssg_mip.errors import SolverError
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.lp.interface import LinearProgram, SparseRows
from ssg_mip.numerics.array_types import FloatArray, IntArray

UNPRICED_SHARE = 0.1
"""Share of a product's importance that does not depend on multipliers."""


class _Terms:
    """What some non-zeros of a program become in unit coordinates.

    Of a multiple of another row only what is multiplied counts, without the variable that it is multiplied with.

    Attributes
    ----------
    row, column, value
        The terms: their row and column, and what is multiplied with numbers of the box.
    places, taken
        Per term, the places in the box of these numbers after ``NO_PLACE``, shape ``[terms, 2]``, and whether the width
        is meant (else the lower end).
    shift
        The terms that are numbers of the box alone: row, place and coefficient.
    constant
        Rows and amounts by which their bounds move.
    """

    def __init__(self, program: CompiledProgram, monomials: Monomials, chosen: NDArray[np.bool_]) -> None:
        row, column, value = program.row_index[chosen], program.column_index[chosen], program.coefficient[chosen]
        times, side = program.multiplied_value[row, None], program.multiplied_side[row]
        multiplied = monomials.places[column] == times
        counts = (times[:, 0] < 0) | multiplied.any(axis=1)
        rest = np.sort(np.where(multiplied, NO_PLACE, monomials.places[column]), axis=1)
        owner, taken = subsets(rest[counts])
        row, value, side, times, rest = (part[counts][owner] for part in (row, value, side, times, rest))
        root, within = monomials.root[column[counts]][owner], np.where(taken, rest, NO_PLACE)
        bare = root == NO_ROOT
        shifts, below = bare & (times[:, 0] < 0) & ~taken.any(axis=1), side < 0
        self.shift = row[shifts], rest[shifts, 1], value[shifts]
        self.constant = row[below & bare], value[below & bare]
        plus, minus = ~shifts, below & ~bare  # to the upper bound: x (u - v) is d (x - x h)
        self.column = np.concatenate(
            (
                monomials.columns(root[plus], np.hstack((within, times))[plus]),
                monomials.columns(root[minus], within[minus]),
            )
        )
        self.row, self.places, self.taken = (np.concatenate((part[plus], part[minus])) for part in (row, rest, taken))
        self.value = np.concatenate((value[plus], -value[minus]))

    def entries(self, num_columns: int) -> tuple[tuple[IntArray, IntArray], IntArray]:
        """Rows and columns of the non-zeros that the terms add up to, and the non-zero of each term."""
        places, entry = np.unique(self.row * num_columns + self.column, return_inverse=True)
        rows, columns = np.divmod(places, num_columns)
        return (rows, columns), entry


class _BoxRows:
    """Rows in unit coordinates that differ from those of the program.

    Most depend on the box: each non-zero is ``base + low @ l + width @ d``, and where products have three factors also
    sums of products of two numbers of the box. A row that is an inequality times the distance to a bound is written
    anew, but is the same on every box.

    Attributes
    ----------
    moves, anew
        Per non-zero of the program, whether its row depends on the box, and whether it is written anew.
    rows, columns
        Of the non-zeros that depend on the box.
    fixed
        The non-zeros of the rows that are written anew: row, column, value.
    constant
        Per row of the program, what its finite bounds are instead of those of the program; NaN where they stay.
    shift
        Rows, places and coefficients of the box variables in rows that depend on the box.
    priced
        Per non-zero of the program, whether its row depends on the box and is no multiple of another.
    """

    def __init__(self, program: CompiledProgram, monomials: Monomials) -> None:
        degree = (monomials.places >= 0).sum(axis=1)[program.column_index]
        degree -= program.multiplied_value[program.row_index] >= 0
        moving = np.isin(np.arange(program.num_rows), np.unique(program.row_index[degree > 0]))
        sided = ~moving & (program.multiplied_side != 0)
        self.moves = moving[program.row_index]
        self.anew = sided[program.row_index]
        self.priced = self.moves & (program.multiplied_value[program.row_index] < 0)
        still, terms = (_Terms(program, monomials, chosen) for chosen in (self.anew, self.moves))
        self.constant = np.full(program.num_rows, np.nan)
        self.constant[program.multiplied_side != 0] = 0.0
        for one in (still, terms):
            np.add.at(self.constant, *one.constant)
        self.shift = terms.shift
        (rows, columns), entry = still.entries(program.num_columns)
        self.fixed = rows, columns, _sums(entry, still.value, len(rows))
        (self.rows, self.columns), entry = terms.entries(program.num_columns)
        factors = (terms.places >= 0).sum(axis=1)
        self._base = _sums(entry[factors == 0], terms.value[factors == 0], len(self.rows))
        self._low, self._width = (
            (entry[own], terms.places[own, 1], terms.value[own])
            for own in ((factors == 1) & (terms.taken[:, 1] == kind) for kind in (False, True))
        )
        self._pairs = [
            (kind, entry[own], terms.places[own, 0], terms.places[own, 1], terms.value[own])
            for kind in itertools.product((False, True), repeat=2)
            for own in [(factors == 2) & (terms.taken == kind).all(axis=1)]
            if own.any()
        ]

    def coefficients(self, box: Box) -> FloatArray:
        """The box-dependent coefficients."""
        values = self._base.copy()
        values += _map(self._low, box.lower, len(values))
        values += _map(self._width, box.width, len(values))
        for (first_kind, second_kind), entries, first, second, scale in self._pairs:
            ends = _ends(box, first_kind)[first] * _ends(box, second_kind)[second]
            values += np.bincount(entries, scale * ends, len(values))
        return values

    def sizes(self, box: Box) -> FloatArray:
        """The sum of the magnitudes of the numbers that each box-dependent coefficient is computed from."""
        values: FloatArray = np.abs(self._base)
        values += _map(_magnitudes(self._low), np.abs(box.lower), len(values))
        values += _map(_magnitudes(self._width), box.width, len(values))
        for (first_kind, second_kind), entries, first, second, scale in self._pairs:
            ends = np.abs(_ends(box, first_kind)[first]) * np.abs(_ends(box, second_kind)[second])
            values += np.bincount(entries, magnitude(scale) * ends, len(values))
        return values


def _ends(box: Box, width: bool) -> FloatArray:
    return box.width if width else box.lower


Triples = tuple[IntArray, IntArray, FloatArray]
"""Row, column and value of a sparse linear map."""


def _sums(entry: IntArray, value: FloatArray, count: int) -> FloatArray:
    """The sums of the values with the same entry."""
    return np.bincount(entry, value, count).astype(float, copy=False)


def magnitude(coefficients: FloatArray) -> FloatArray:
    """The sum of the magnitudes behind coefficients: one between 0 and 1 may be 1 less a probability."""
    sizes: FloatArray = np.abs(coefficients) + np.where((coefficients > 0.0) & (coefficients < 1.0), 2.0, 0.0)
    return sizes


def _magnitudes(triples: Triples) -> Triples:
    """The map with the magnitudes behind its coefficients."""
    rows, columns, values = triples
    return rows, columns, magnitude(values)


def _map(triples: Triples, vector: FloatArray, size: int) -> FloatArray:
    """A sparse linear map applied to a vector."""
    rows, columns, values = triples
    return _sums(rows, values * vector[columns], size)


class UnitForm:
    """The relaxation of a compiled program as a function of the box.

    Parameters
    ----------
    program
        The compiled program; integer columns are relaxed.
    choice_of
        Per column, the choice that it belongs to, or -1; closing a choice fixes its columns at zero. Columns that
        belong to several have one row for each, shape ``[kinds, columns]``.

    Attributes
    ----------
    matrix
        The rows; the entries at ``rows[k], columns[k]`` are those of the box that was asked for last.
    sizes
        As many entries, each at least the magnitude of what the entry of ``matrix`` was computed from: its rounding
        error is a few units of this size.
    place_of_row
        Per row of the compiled program, its place among the rows.
    objective_row
        The place of the objective as a row.
    first_moving
        The rows from here on depend on the box.
    """

    def __init__(self, program: CompiledProgram, choice_of: IntArray) -> None:
        self.program = program
        self._choice_of = choice_of
        self.monomials = Monomials(program)
        self._box_rows = _BoxRows(program, self.monomials)
        self._extra = self._rows_of_products()
        moving = np.isin(np.arange(program.num_rows), self._box_rows.rows)
        self.objective_row = int((~moving).sum()) + self._extra.num_rows
        self.first_moving = self.objective_row + 1
        self.place_of_row = np.where(moving, self.objective_row + np.cumsum(moving), np.cumsum(~moving) - 1)
        self.matrix, self._positions = self._assemble_matrix()
        self.sizes = dataclasses.replace(self.matrix, values=magnitude(self.matrix.values))
        self._row_lower, self._row_upper = self._assemble_row_bounds()
        self._lower, self._upper = self._unit_column_bounds()
        self._shift = self._box_rows.shift

    def _rows_of_products(self) -> SparseRows:
        """``m <= y``; of three factors ``w <= m``, ``w <= n`` and ``w >= m + n - x``, which imply it. All ``<= 0``."""
        program, nested = self.program, self.monomials.nested
        implied = np.isin(program.product_result, np.concatenate((nested.inner, nested.other)))
        kept = self.monomials.plain_products & ~implied
        result, factor = program.product_result[kept], program.product_factor[kept]
        x, m, n, w = nested.root, nested.inner, nested.other, nested.result
        plain, three = np.tile([1.0, -1.0], len(result)), np.tile([1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0], len(w))
        columns = (np.column_stack((result, factor)), np.column_stack((w, m, w, n, m, n, x, w)))
        lengths = np.concatenate((np.full(len(result), 2), np.tile([2, 2, 4], len(w))))
        return SparseRows(
            np.concatenate(([0], np.cumsum(lengths))),
            np.concatenate([part.ravel() for part in columns]),
            np.concatenate((plain, three)),
            np.repeat(np.arange(len(lengths)), lengths),
            program.num_columns,
        )

    def _assemble_matrix(self) -> tuple[SparseRows, IntArray]:
        """All rows, and where the box-dependent entries are, which are zero for now."""
        program, moving, extra = self.program, self._box_rows, self._extra
        costs = np.flatnonzero(program.objective)
        if (self.monomials.places[costs] >= 0).any():
            raise SolverError(
                "an objective over box variables or products cannot be relaxed: use an objective variable"
            )
        still = ~(moving.moves | moving.anew)
        place = self.place_of_row
        marker = np.arange(1, len(moving.rows) + 1, dtype=float)
        parts = [
            (place[program.row_index[still]], program.column_index[still], program.coefficient[still]),
            (place[moving.fixed[0]], moving.fixed[1], moving.fixed[2]),
            (place[moving.rows], moving.columns, np.zeros(len(marker))),
            (self.objective_row - extra.num_rows + extra.row_of, extra.indices, extra.values),
            (np.full(len(costs), self.objective_row), costs, program.objective[costs]),
        ]
        rows, columns, values = (np.concatenate(same) for same in zip(*parts, strict=True))
        first = sum(len(part[0]) for part in parts[:2])
        tags = np.zeros(len(rows))
        tags[first : first + len(marker)] = marker
        order = np.lexsort((columns, rows))
        starts = np.searchsorted(rows[order], np.arange(program.num_rows + extra.num_rows + 2))
        matrix = SparseRows(starts, columns[order], values[order], rows[order], program.num_columns)
        found = np.flatnonzero(tags[order] > 0.0)
        positions = np.empty(len(found), dtype=np.int64)
        positions[tags[order][found].astype(np.int64) - 1] = found
        return matrix, positions

    def _assemble_row_bounds(self) -> tuple[FloatArray, FloatArray]:
        rows = len(self.place_of_row) + self._extra.num_rows + 1
        lower, upper = np.full(rows, -np.inf), np.zeros(rows)
        program, constant = self.program, self._box_rows.constant
        for ends, given in ((lower, program.row_lower), (upper, program.row_upper)):
            ends[self.place_of_row] = np.where(np.isfinite(given) & np.isfinite(constant), constant, given)
        upper[self.objective_row] = np.inf
        return lower, upper

    def _unit_column_bounds(self) -> tuple[FloatArray, FloatArray]:
        lower, upper = self.program.column_lower.copy(), self.program.column_upper.copy()
        lower[self.program.box], upper[self.program.box] = 0.0, 1.0
        lower[self.program.product_result] = 0.0
        upper[self.program.product_result] = upper[self.monomials.root[self.program.product_result]]
        return lower, upper

    def at(self, box: Box) -> LinearProgram:
        """The linear program of a box."""
        self.matrix.values[self._positions] = self._box_rows.coefficients(box)
        self.sizes.values[self._positions] = self._box_rows.sizes(box)
        closed = np.atleast_2d((self._choice_of >= 0) & ~box.open_choices[self._choice_of]).any(axis=0)
        shift = _map(self._shift, box.lower, self.program.num_rows)
        row_lower, row_upper = self._row_lower.copy(), self._row_upper.copy()
        row_lower[self.place_of_row] -= shift
        row_upper[self.place_of_row] -= shift
        return LinearProgram(
            objective=self.program.objective,
            starts=self.matrix.starts,
            indices=self.matrix.indices,
            values=self.matrix.values,
            row_lower=row_lower,
            row_upper=row_upper,
            column_lower=self._lower,
            column_upper=np.where(closed, 0.0, self._upper),
        )

    def importance(self, dual: FloatArray) -> FloatArray:
        """How much an error in each product moves the bound: by the multipliers of the compiled rows it sits in.

        A small share is independent of the multipliers, so that products of slack rows are told apart too.
        """
        moving = self._box_rows.priced
        rows, columns = self.program.row_index[moving], self.program.column_index[moving]
        size = np.abs(self.program.coefficient[moving])
        priced = np.bincount(columns, size * np.abs(dual[rows]), self.program.num_columns)
        plain = np.bincount(columns, size, self.program.num_columns)
        largest = max(float(priced.max(initial=0.0)), ARITHMETIC)
        weights: FloatArray = (priced / largest + UNPRICED_SHARE * plain)[self.program.product_result]
        return weights


def narrow(box: Box) -> NDArray[np.bool_]:
    """Which intervals are too narrow to be told from rounding noise."""
    return box.width < INTERVAL * (1.0 + np.abs(box.lower) + np.abs(box.upper))


def widened(box: Box) -> Box:
    """The box with every interval at least a tiny share of its values wide."""
    if not narrow(box).any():
        return box
    least = INTERVAL * (1.0 + np.abs(box.lower) + np.abs(box.upper))
    missing = np.maximum(least - box.width, 0.0)
    return Box(box.lower - 0.5 * missing, np.maximum(box.lower, box.upper) + 0.5 * missing, box.open_choices)
