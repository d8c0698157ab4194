"""What a linear-programming solver is asked and what it answers. Everything is maximised."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

import numpy as np

from ssg_mip.numerics.array_types import FloatArray, IntArray

_EPSILON = float(np.finfo(float).eps)


class LpStatus(enum.Enum):
    """How an LP ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    CUT_OFF = "its bound fell below the cut-off"
    UNKNOWN = "the solver gave no usable verdict"


@dataclasses.dataclass(frozen=True, eq=False)
class LinearProgram:
    """Maximise ``objective @ x`` subject to ``row_lower <= A x <= row_upper`` and column bounds.

    ``A`` is stored by rows: ``indices[starts[i]:starts[i+1]]`` and ``values`` at the same places.
    """

    objective: FloatArray
    starts: IntArray
    indices: IntArray
    values: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    column_lower: FloatArray
    column_upper: FloatArray
    integer: np.ndarray[Any, np.dtype[np.bool_]] | None = None

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return len(self.row_lower)

    @property
    def num_columns(self) -> int:
        """Number of columns."""
        return len(self.objective)


@dataclasses.dataclass(frozen=True, eq=False)
class LpAnswer:
    """An LP's answer.

    Attributes
    ----------
    status
        How it ended.
    objective
        Objective value at ``point``; NaN without one.
    point
        Primal values per column; empty without a point.
    row_dual
        Multipliers per row (of the maximisation), or of a dual ray where the LP is infeasible; empty if none.
        Never trusted: bounds are recomputed from them.
    iterations
        Simplex iterations.
    """

    status: LpStatus
    objective: float
    point: FloatArray
    row_dual: FloatArray
    iterations: int


@dataclasses.dataclass(frozen=True, eq=False)
class MilpAnswer:
    """A MILP's answer: ``point`` is empty without an incumbent; ``dual_bound`` bounds the maximum from above."""

    status: str
    point: FloatArray
    primal_bound: float
    dual_bound: float
    nodes: int

    @property
    def has_point(self) -> bool:
        """Whether an incumbent came back."""
        return len(self.point) > 0


@dataclasses.dataclass(frozen=True, eq=False)
class SparseRows:
    """Rows of a matrix: the non-zeros of row ``i`` are at ``starts[i]:starts[i+1]``; plain arrays, for the hot path."""

    starts: IntArray
    indices: IntArray
    values: FloatArray
    row_of: IntArray
    num_columns: int

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return len(self.starts) - 1

    @property
    def longest_column(self) -> int:
        """Non-zeros in the longest column."""
        return int(np.bincount(self.indices, minlength=1).max())

    def rows_from(self, first: int) -> SparseRows:
        """The rows from ``first`` on."""
        begin = self.starts[first]
        return SparseRows(
            self.starts[first:] - begin,
            self.indices[begin:],
            self.values[begin:],
            self.row_of[begin:] - first,
            self.num_columns,
        )

    def followed_by(self, other: SparseRows) -> SparseRows:
        """These rows, then others over the same columns."""
        return SparseRows(
            np.concatenate((self.starts, other.starts[1:] + len(self.indices))),
            np.concatenate((self.indices, other.indices)),
            np.concatenate((self.values, other.values)),
            np.concatenate((self.row_of, other.row_of + self.num_rows)),
            self.num_columns,
        )

    def transposed_product(self, weights: FloatArray) -> FloatArray:
        """``A^T weights``."""
        product = np.bincount(self.indices, self.values * weights[self.row_of], self.num_columns)
        return product.astype(float, copy=False)


ROUNDINGS = 16
"""Roundings, at most, behind a coefficient and in a step of a bound that is no sum."""


def dual_bound(
    program: LinearProgram, matrix: SparseRows, sizes: SparseRows, multipliers: FloatArray, *, roundings: int = 0
) -> float:
    """An upper bound on the LP's maximum, valid for *any* multipliers (weak duality with column bounds).

    ``max c x <= sum_i max(y_i lower_i, y_i upper_i) + sum_j max over the column's bounds of (c - A^T y)_j x_j``;
    multipliers that would meet an infinite row bound are set to zero first.

    The rounding of the sum itself and of the coefficients is added: a sum of ``n`` terms errs by at most ``n`` unit
    roundoffs times the sum of their magnitudes (Higham, *Accuracy and Stability of Numerical Algorithms*, section
    4.2), a coefficient by a number of roundoffs times its size, a column's bound and a row's by as many times itself.

    Parameters
    ----------
    program
        The LP; every column with a non-zero reduced cost needs a finite bound on that side for a finite answer.
    matrix
        ``A``.
    sizes
        As many entries, each at least the magnitude of what the entry of ``A`` was computed from.
    multipliers
        One number per row.
    roundings
        Roundings behind a coefficient beyond :data:`ROUNDINGS`.
    """
    if not np.all(np.isfinite(multipliers)):
        return np.inf
    y = np.where((multipliers > 0.0) & np.isinf(program.row_upper), 0.0, multipliers)
    y = np.where((y < 0.0) & np.isinf(program.row_lower), 0.0, y)
    bound_of_rows = np.where(y > 0.0, program.row_upper, program.row_lower)
    used = np.flatnonzero(y)
    from_rows = float(y[used] @ bound_of_rows[used])
    size_of_rows = float(np.abs(y[used]) @ np.abs(bound_of_rows[used]))
    reduced = program.objective - matrix.transposed_product(y)
    bound_of_columns = np.where(reduced > 0.0, program.column_upper, program.column_lower)
    used = np.flatnonzero(reduced)
    parts = reduced[used] * bound_of_columns[used]
    bound = from_rows + float(parts.sum())
    if not np.isfinite(bound):
        return np.inf
    places = program.num_columns + ROUNDINGS
    rounding = _EPSILON * (program.num_rows + places) * size_of_rows + _EPSILON * places * float(np.abs(parts).sum())
    terms = np.abs(program.objective) + sizes.transposed_product(np.abs(y))
    return bound + rounding + column_rounding(sizes.longest_column + roundings, terms, program)


def column_rounding(operations: int, terms: FloatArray, program: LinearProgram) -> float:
    """A bound on the error of ``sum_j reduced_j x_j`` if every ``reduced_j`` is a sum of so many terms."""
    largest = np.maximum(np.abs(program.column_lower), np.abs(program.column_upper))
    bounded = np.isfinite(largest)
    return _EPSILON * (operations + ROUNDINGS) * float(terms[bounded] @ largest[bounded])
