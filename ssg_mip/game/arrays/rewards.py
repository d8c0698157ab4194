"""Rewards as arrays: of the joint action, or of the next state too, of which the expectation is taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from ssg_mip.errors import InvalidGameError
from ssg_mip.game.arrays.moves import Moves, sparse_matrices
from ssg_mip.game.validation import float_array
from ssg_mip.numerics.array_types import FloatArray


def expected_reward(given: Any, label: str, moves: Moves) -> FloatArray:
    """One reward for each joint action: as given, or what next states make of it on average."""
    states = moves.shape[0]
    matrices = sparse_matrices(given, label)
    if matrices is not None:
        shape = (len(matrices), len(matrices[0]))
        if shape != moves.shape[1:] or any(one.shape != (states, states) for row in matrices for one in row):
            raise InvalidGameError(f"{label} must hold one sparse matrix {(states, states)} for each joint action")
        from scipy.sparse import csr_array, vstack

        stacked = csr_array(vstack([one for row in matrices for one in row], format="csr"), dtype=np.float64)
        row = moves.rows
        state, joint = np.divmod(row, moves.shape[1] * moves.shape[2])
        return _expected(np.asarray(stacked[joint * states + state, moves.successors]).ravel(), moves)
    array = float_array(given, label)
    if array.shape == moves.shape:
        return array.ravel()
    if array.shape == (*moves.shape, states):
        return _expected(array.reshape(-1, states)[moves.rows, moves.successors], moves)
    raise InvalidGameError(
        f"{label} has shape {array.shape}; it must be [s, a, b] = {moves.shape}, or [s, a, b, t] for rewards that "
        "depend on the next state"
    )


def _expected(rewards: FloatArray, moves: Moves) -> FloatArray:
    """``sum_t p(t) r(t) / sum_t p(t)`` for each joint action."""
    rows, count = moves.rows, len(moves.indptr) - 1
    with np.errstate(
        invalid="ignore", divide="ignore", over="ignore"
    ):  # what is no game is refused later, with its place
        total = np.bincount(rows, moves.probabilities * rewards, minlength=count)
        sums = np.bincount(rows, moves.probabilities, minlength=count)
        expected: FloatArray = np.where(sums == 0.0, 0.0, total / sums)
    return expected
