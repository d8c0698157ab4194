"""Linear systems and policy iteration for many similar processes, none of which has to be solved to the last digit.

Everything here is looked at again by what counts its rounding: the follower's exact answers, and intervals. So a system
is factorised once for all its right-hand sides and not refined.
"""

from __future__ import annotations

import numpy as np

from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.evaluation.mdp import DecisionProcess, evaluate, first_best
from ssg_mip.numerics.array_types import FloatArray, IntArray

SUCCESSORS = 8.0
"""Successors of a state, on average, up to which sparse systems are factorised: with more the factors may fill up."""

ROUNDS = 200
"""Rounds of policy iteration at most."""


def solutions(process: DecisionProcess, chosen: IntArray, rights: FloatArray) -> FloatArray:
    """Solve ``(I - gamma P) x = right`` for every column of ``rights``, where a policy picks slot ``chosen[s]``."""
    matrix = process.transition[chosen]
    if isinstance(matrix, np.ndarray):
        system: FloatArray = np.eye(len(chosen)) - process.discount * matrix
        return np.asarray(np.linalg.solve(system, rights), dtype=np.float64)
    if matrix.nnz > SUCCESSORS * len(chosen):
        return np.stack([_alone(process, chosen, right) for right in rights.T], axis=1)
    from scipy.sparse import csc_array, eye_array
    from scipy.sparse.linalg import splu

    found: FloatArray = splu(csc_array(eye_array(len(chosen)) - process.discount * matrix)).solve(rights)
    return found


def _alone(process: DecisionProcess, chosen: IntArray, right: FloatArray) -> FloatArray:
    """The solution for one right-hand side, without a factorisation."""
    places = np.arange(len(chosen) + 1)
    return evaluate(DecisionProcess(places, right, process.transition[chosen], process.discount), places[:-1])


def best_policy(process: DecisionProcess, chosen: IntArray | None = None) -> tuple[IntArray, FloatArray]:
    """An optimal policy, up to rounding, and its values; slots of ``chosen`` are left only for better ones."""
    chosen = first_best(process.reward, process.offsets) if chosen is None else chosen
    for _ in range(ROUNDS):
        values = solutions(process, chosen, process.reward[chosen][:, None])[:, 0]
        q = process.action_values(values)
        rises = np.maximum.reduceat(q, process.offsets[:-1]) - q[chosen]
        improves = rises > ARITHMETIC * (1.0 + float(np.abs(values).max()))
        if not improves.any():
            break
        chosen = np.where(improves, first_best(q, process.offsets), chosen)
    return chosen, values
