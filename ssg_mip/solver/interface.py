"""What a linear-programming solver is asked and what it answers. Everything is maximised."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

import numpy as np

from ssg_mip.game import FloatArray, IntArray

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

    def absolute_product(self, weights: FloatArray) -> FloatArray:
        """``|A|^T |weights|``."""
        product = np.bincount(self.indices, np.abs(self.values * weights[self.row_of]), self.num_columns)
        return product.astype(float, copy=False)


def dual_bound(program: LinearProgram, matrix: SparseRows, multipliers: FloatArray) -> tuple[float, float]:
    """An upper bound on the LP's maximum, valid for *any* multipliers (weak duality with column bounds).

    ``max c x <= sum_i max(y_i lower_i, y_i upper_i) + sum_j max over the column's bounds of (c - A^T y)_j x_j``;
    multipliers that would meet an infinite row bound are set to zero first.

    Parameters
    ----------
    program
        The LP; every column with a non-zero reduced cost needs a finite bound on that side for a finite answer.
    matrix
        ``A``.
    multipliers
        One number per row.

    Returns
    -------
    bound
        The bound as computed in floating point.
    slack
        A bound on the rounding error of ``bound``: unit roundoff times the number of operations times the sum of the
        magnitudes of all terms (Higham, *Accuracy and Stability of Numerical Algorithms*, section 3.1). Infinite
        where ``bound`` is.
    """
    y = np.where((multipliers > 0.0) & np.isinf(program.row_upper), 0.0, multipliers)
    y = np.where((y < 0.0) & np.isinf(program.row_lower), 0.0, y)
    bound_of_rows = np.where(y > 0.0, program.row_upper, program.row_lower)
    used = np.flatnonzero(y)
    from_rows = float(y[used] @ bound_of_rows[used])
    size = float(np.abs(y[used]) @ np.abs(bound_of_rows[used]))
    reduced = program.objective - matrix.transposed_product(y)
    bound_of_columns = np.where(reduced > 0.0, program.column_upper, program.column_lower)
    used = np.flatnonzero(reduced)
    bound = from_rows + float(reduced[used] @ bound_of_columns[used])
    if not np.isfinite(bound):
        return bound, np.inf
    operations = program.num_rows + program.num_columns
    terms = np.abs(program.objective) + matrix.absolute_product(y)
    return bound, _EPSILON * operations * size + rounding(operations, terms, program)


def rounding(operations: int, terms: FloatArray, program: LinearProgram) -> float:
    """A bound on the rounding error of ``sum_j terms_j x_j`` over the finite column bounds, in so many operations."""
    largest = np.maximum(np.abs(program.column_lower), np.abs(program.column_upper))
    bounded = np.isfinite(largest)
    return _EPSILON * operations * float(terms[bounded] @ largest[bounded])
