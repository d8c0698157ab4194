"""Transitions as arrays: dense ``[s, a, b, t]``, or one sparse matrix ``[s, t]`` for each joint action."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.errors import InvalidGameError
from ssg_mip.game.validation import checked_array, float_array
from ssg_mip.numerics.array_types import FloatArray, IntArray

BoolArray = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, eq=False)
class Moves:
    """Transitions of all ``num_states * num_a * num_b`` joint actions, in compressed sparse rows."""

    shape: tuple[int, int, int]
    precision: np.dtype[Any]
    indptr: IntArray
    successors: IntArray
    probabilities: FloatArray

    @property
    def rows(self) -> IntArray:
        """The joint action of each transition."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    def only(self, keep: BoolArray) -> Moves:
        """The transitions of some joint actions."""
        lengths = np.diff(self.indptr)
        there = np.repeat(keep, lengths)
        indptr = np.concatenate(([0], np.cumsum(lengths[keep])))
        return dataclasses.replace(
            self, indptr=indptr, successors=self.successors[there], probabilities=self.probabilities[there]
        )


def read_moves(transition: Any) -> Moves:
    """The transitions that a dense array or nested sparse matrices describe.

    Raises
    ------
    InvalidGameError
        If they have the wrong shape or hold no real numbers.
    """
    matrices = sparse_matrices(transition, "transition")
    if matrices is not None:
        return _sparseread_moves(matrices)
    given = checked_array(transition, "transition")
    dense = float_array(given, "transition")
    if dense.ndim != 4 or dense.shape[0] != dense.shape[3] or 0 in dense.shape:
        raise InvalidGameError(
            f"transition has shape {dense.shape}; it must be [s, a, b, t] with as many t as s and nothing empty, or "
            "hold one sparse matrix [s, t] for each joint action, transition[a][b]"
        )
    states, num_a, num_b, _ = dense.shape
    rows = dense.reshape(states * num_a * num_b, states)
    keep = rows != 0.0
    return Moves(
        (states, num_a, num_b),
        given.dtype,
        np.concatenate(([0], np.cumsum(keep.sum(axis=1)))),
        np.nonzero(keep)[1],
        rows[keep],
    )


def _is_sparse(value: object) -> bool:
    return hasattr(value, "tocsr") and hasattr(value, "nnz")


def sparse_matrices(given: Any, label: str) -> list[list[Any]] | None:
    """``given[a][b]``, if it holds sparse matrices."""
    if _is_sparse(given):
        raise InvalidGameError(
            f"{label} is one sparse matrix; it must hold one [s, t] for each joint action: {label}[a][b]"
        )
    if (
        not isinstance(given, (list, tuple, np.ndarray))
        or not len(given)
        or (isinstance(given, np.ndarray) and given.dtype != object)
    ):
        return None
    rows = [list(row) if isinstance(row, (list, tuple, np.ndarray)) else row for row in given]
    if not any(_is_sparse(one) for row in rows for one in (row if isinstance(row, list) else [row])):
        return None
    widths = {len(row) if isinstance(row, list) else -1 for row in rows}
    if len(widths) != 1 or widths <= {-1, 0} or not all(_is_sparse(one) for row in rows for one in row):
        raise InvalidGameError(
            f"{label} mixes sparse matrices with other things, or has rows of different lengths; it must hold one "
            f"sparse matrix [s, t] for each joint action: {label}[a][b]"
        )
    return rows


def _sparseread_moves(matrices: list[list[Any]]) -> Moves:
    from scipy.sparse import csr_array, vstack

    num_a, num_b = len(matrices), len(matrices[0])
    states = matrices[0][0].shape[0]
    flat = [one for row in matrices for one in row]
    for one in flat:
        if one.shape != (states, states):
            raise InvalidGameError(
                f"transition holds a sparse matrix of shape {one.shape}; it must be {(states, states)}"
            )
        checked_array(one.tocsr().data, "transition")
    stacked = csr_array(vstack(flat, format="csr"))  # [a, b, s]
    order = np.arange(num_a * num_b * states).reshape(num_a * num_b, states).T.ravel()
    rows = stacked[order]
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return Moves(
        (states, num_a, num_b),
        np.result_type(*(one.dtype for one in flat)),
        rows.indptr.astype(np.int64),
        rows.indices.astype(np.int64),
        rows.data.astype(np.float64),
    )
