"""Values that are as accurate in every state as what that state reaches allows, whatever is at stake elsewhere.

A linear solve is accurate beside the largest value of all. States that never leave an island of small rewards, or end
where nothing is earned any more, then carry the rounding of the others: an exact 0 becomes 1e-16, and what is tied or
worth something there is decided by noise. Both functions keep apart what the equations keep apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.validation import FloatArray

ROUNDING = 1024.0 * float(np.finfo(np.float64).eps)
"""Up to this residual, relative to the terms of its own row, a row of a sparse system is solved."""

FAINT = 1e-8
"""Share of the largest value below which one may be nothing but rounding."""

MOST_SWEEPS = 500
"""Sweeps at most; each reduces what is off by the discount."""


def dominant_solution(system: FloatArray, right: FloatArray, *, transposed: bool = False) -> FloatArray:
    """The solution ``x`` of ``system @ x = right``, where the rows of ``system`` are strictly diagonally dominant.

    Row exchanges would mix a state's equation with those of states that it never reaches. The transposed matrix is
    dominant by columns, so that inverting it makes none; the inverse is 0 where a state does not reach another.

    Parameters
    ----------
    system, right
        ``I - gamma P``, shape ``[n, n]``, and the right-hand side, shape ``[n]``.
    transposed
        Whether to solve ``system.T @ x = right`` instead.
    """
    matrix, inverse = (system.T, np.linalg.inv(system.T)) if transposed else (system, np.linalg.inv(system.T).T)
    solution: FloatArray = inverse @ right
    refined: FloatArray = solution + inverse @ (right - matrix @ solution)
    return refined


def local_solution(
    later: Any, right: FloatArray, solution: FloatArray, checkpoint: Callable[[], None] = lambda: None
) -> FloatArray:
    """A solution of ``x = right + later @ x`` that is accurate beside the largest value, made accurate row by row.

    Parameters
    ----------
    later
        SciPy CSR array ``[n, n]`` without negative entries, whose powers vanish.
    right, solution
        Shape ``[n]``.
    checkpoint
        Called in every sweep; what it raises ends the work.
    """
    sizes = np.abs(solution)
    if np.any(sizes[right == 0.0] <= FAINT * sizes.max()):
        solution = np.where(_comes_to_something(later, right, checkpoint), solution, 0.0)
    for _ in range(MOST_SWEEPS):
        checkpoint()
        improved = right + later @ solution
        off = np.abs(improved - solution) > ROUNDING * (np.abs(right) + later @ np.abs(solution))
        if not off.any():
            break
        solution = np.where(off, improved, solution)
    return solution


def _comes_to_something(later: Any, right: FloatArray, checkpoint: Callable[[], None]) -> NDArray[np.bool_]:
    """Which rows reach one with a right-hand side, shape ``[n]``."""
    found: NDArray[np.bool_] = right != 0.0
    while not found.all():
        checkpoint()
        further: NDArray[np.bool_] = found | (later @ found.astype(np.float64) > 0.0)
        if np.array_equal(further, found):
            break
        found = further
    return found
