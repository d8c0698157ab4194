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
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.tolerances import ARITHMETIC, INTERVAL
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.errors import SolverError
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.lp.interface import LinearProgram, SparseRows
from ssg_mip.numerics.array_types import FloatArray, IntArray

UNPRICED_SHARE = 0.1
"""Share of a product's importance that does not depend on multipliers."""


class _BoxRows:
    """The non-zeros that depend on the box: ``value = base + low @ l + width @ d``, and where they sit."""

    def __init__(self, program: CompiledProgram, kind: IntArray, product_of: IntArray, place_of: IntArray) -> None:
        entries: dict[tuple[int, int], int] = {}
        base: list[float] = []
        low: list[tuple[int, int, float]] = []
        width: list[tuple[int, int, float]] = []

        def entry(row: int, column: int) -> int:
            if (row, column) not in entries:
                entries[row, column] = len(base)
                base.append(0.0)
            return entries[row, column]

        moves = np.isin(program.row_index, np.unique(program.row_index[kind[program.column_index] > 0]))
        moves &= program.multiplied_value[program.row_index] < 0
        self.moves = moves
        self.shift: list[tuple[int, int, float]] = []
        for row, column, value in zip(
            program.row_index[moves].tolist(),
            program.column_index[moves].tolist(),
            program.coefficient[moves].tolist(),
            strict=True,
        ):
            match int(kind[column]):
                case 0:
                    base[entry(row, column)] += value
                case 1:
                    width.append((entry(row, column), int(place_of[column]), value))
                    self.shift.append((row, int(place_of[column]), value))
                case _:
                    product = int(product_of[column])
                    place = int(program.product_value[product])
                    low.append((entry(row, int(program.product_factor[product])), place, value))
                    width.append((entry(row, column), place, value))
        self.rows = np.array([row for row, _ in entries], dtype=np.int64)
        self.columns = np.array([column for _, column in entries], dtype=np.int64)
        self._base = np.array(base)
        self._low = _triples(low)
        self._width = _triples(width)

    def coefficients(self, box: Box) -> FloatArray:
        """The box-dependent coefficients."""
        values = self._base.copy()
        values += _map(self._low, box.lower, len(values))
        values += _map(self._width, box.width, len(values))
        return values

    def sizes(self, box: Box) -> FloatArray:
        """The sum of the magnitudes of the numbers that each box-dependent coefficient is computed from."""
        values: FloatArray = np.abs(self._base)
        values += _map(_magnitudes(self._low), np.abs(box.lower), len(values))
        values += _map(_magnitudes(self._width), box.width, len(values))
        return values


Triples = tuple[IntArray, IntArray, FloatArray]


def _triples(entries: list[tuple[int, int, float]]) -> Triples:
    """Row, column and value of a sparse linear map."""
    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    return np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64), np.array(values, dtype=float)


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
    return np.bincount(rows, values * vector[columns], size).astype(float, copy=False)


class UnitForm:
    """The relaxation of a compiled program as a function of the box.

    Parameters
    ----------
    program
        The compiled program; integer columns are relaxed.
    choice_of
        Per column, the choice that it belongs to, or -1; closing a choice fixes its columns at zero.

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
        self._kind = np.zeros(program.num_columns, dtype=np.int64)
        self._kind[program.box] = 1
        self._kind[program.product_result] = 2
        product_of = np.full(program.num_columns, -1)
        product_of[program.product_result] = np.arange(len(program.product_result))
        place_of = np.full(program.num_columns, -1)
        place_of[program.box] = np.arange(len(program.box))
        self._box_rows = _BoxRows(program, self._kind, product_of, place_of)
        moving = np.isin(np.arange(program.num_rows), self._box_rows.rows)
        self.objective_row = int((~moving).sum()) + len(program.product_result)
        self.first_moving = self.objective_row + 1
        self.place_of_row = np.where(moving, self.objective_row + np.cumsum(moving), np.cumsum(~moving) - 1)
        self.matrix, self._positions = self._assemble_matrix()
        self.sizes = dataclasses.replace(self.matrix, values=magnitude(self.matrix.values))
        self._row_lower, self._row_upper = self._assemble_row_bounds()
        self._lower, self._upper = self._unit_column_bounds()
        self._shift = _triples(self._box_rows.shift)

    def _assemble_matrix(self) -> tuple[SparseRows, IntArray]:
        """All rows, and where the box-dependent entries are, which are zero for now."""
        program, moving = self.program, self._box_rows
        costs = np.flatnonzero(program.objective)
        if np.any(self._kind[costs] > 0):
            raise SolverError(
                "an objective over box variables or products cannot be relaxed: use an objective variable"
            )
        still = ~moving.moves
        count = len(program.product_result)
        extra = self.objective_row - count + np.arange(count)
        marker = np.arange(1, len(moving.rows) + 1, dtype=float)
        last = np.full(len(costs), self.objective_row)
        place = self.place_of_row
        rows = np.concatenate((place[program.row_index[still]], place[moving.rows], extra, extra, last))
        columns = np.concatenate(
            (program.column_index[still], moving.columns, program.product_result, program.product_factor, costs)
        )
        shape = (program.num_rows + count + 1, program.num_columns)
        values = np.concatenate(
            (
                program.coefficient[still],
                np.zeros(len(marker)),
                np.ones(count),
                np.full(count, -1.0),
                program.objective[costs],
            )
        )
        tags = np.concatenate((np.zeros(int(still.sum())), marker, np.zeros(2 * count + len(costs))))
        order = np.lexsort((columns, rows))
        starts = np.searchsorted(rows[order], np.arange(shape[0] + 1))
        matrix = SparseRows(starts, columns[order], values[order], rows[order], shape[1])
        found = np.flatnonzero(tags[order] > 0.0)
        positions = np.empty(len(found), dtype=np.int64)
        positions[tags[order][found].astype(np.int64) - 1] = found
        return matrix, positions

    def _assemble_row_bounds(self) -> tuple[FloatArray, FloatArray]:
        rows = len(self.place_of_row) + len(self.program.product_result) + 1
        lower, upper = np.full(rows, -np.inf), np.zeros(rows)
        lower[self.place_of_row], upper[self.place_of_row] = self.program.row_lower, self.program.row_upper
        upper[self.objective_row] = np.inf
        return lower, upper

    def _unit_column_bounds(self) -> tuple[FloatArray, FloatArray]:
        lower, upper = self.program.column_lower.copy(), self.program.column_upper.copy()
        lower[self.program.box], upper[self.program.box] = 0.0, 1.0
        lower[self.program.product_result] = 0.0
        upper[self.program.product_result] = upper[self.program.product_factor]
        return lower, upper

    def at(self, box: Box) -> LinearProgram:
        """The linear program of a box."""
        self.matrix.values[self._positions] = self._box_rows.coefficients(box)
        self.sizes.values[self._positions] = self._box_rows.sizes(box)
        closed = (self._choice_of >= 0) & ~box.open_choices[self._choice_of]
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
        moving = self._box_rows.moves
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
