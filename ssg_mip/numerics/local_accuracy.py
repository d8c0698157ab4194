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

from ssg_mip.numerics.array_types import FloatArray

ROUNDING = 1024.0 * float(np.finfo(np.float64).eps)
"""Up to this residual, relative to the terms of its own row, a row of a sparse system is solved."""

FAINT = 1e-8
"""Share of the largest value below which one may be nothing but rounding."""

PATIENT = 0.999
"""Discount above which the error of a dense solution is corrected twice; once leaves nothing below it."""

MOST_SWEEPS = 500
"""Sweeps at most; each reduces what is off by the discount."""


def discounted_visits(transition: FloatArray, discount: float, start: FloatArray) -> FloatArray:
    """The solution ``x`` of ``x = start + discount P.T x``.

    Row exchanges would mix the visits of states that never reach each other. The transposed system is dominant by
    columns, so that inverting it makes none; the inverse is 0 where a state does not reach another.

    Parameters
    ----------
    transition, discount, start
        ``P``, shape ``[n, n]``; below 1; shape ``[n]``.
    """
    system = (np.eye(len(start)) - discount * transition).T
    inverse = np.linalg.inv(system)
    visits: FloatArray = inverse @ start
    refined: FloatArray = visits + inverse @ (start - system @ visits)
    return refined


def discounted_values(transition: FloatArray, discount: float, right: FloatArray) -> FloatArray:
    """The solution ``x`` of ``x = right + discount P x``, where the rows of ``P`` are distributions.

    It is corrected by :func:`value_residual`. The inverse is that of the transposed system, as in
    :func:`discounted_visits`.

    Parameters
    ----------
    transition
        ``P``, shape ``[n, n]``.
    discount
        Below 1.
    right
        Shape ``[n]``.
    """
    inverse = np.linalg.inv((np.eye(len(right)) - discount * transition).T).T
    values: FloatArray = inverse @ right
    for _ in range(1 if discount <= PATIENT else 2):
        values = values + inverse @ value_residual(transition, discount, right, values)
    return values


def value_residual(transition: Any, discount: float, right: FloatArray, values: FloatArray) -> FloatArray:
    """``right - (1 - discount) x + discount sum_j P_ij (x_j - x_i)``, by how much values miss their equations.

    What a value has in common with those of the next states, up to ``1 / (1 - discount)`` times a reward, does not
    round here, and neither does a row that sums to one up to rounding. An ordinary residual leaves a rounding of the
    values times that factor.

    Parameters
    ----------
    transition
        ``P``, array or SciPy CSR array ``[n, n]``.
    discount, right, values
        Below 1; shapes ``[n]``.
    """
    residual: FloatArray = right - (1.0 - discount) * values + discount * expected_change(transition, values, values)
    return residual


def expected_change(transition: Any, values: FloatArray, now: FloatArray, *, absolute: bool = False) -> FloatArray:
    """``sum_j P_ij (values_j - now_i)``: by how much the value of the next state exceeds one on average.

    Parameters
    ----------
    transition
        ``P``, array or SciPy CSR array ``[m, n]``.
    values, now
        Shapes ``[n]`` and ``[m]``.
    absolute
        Whether differences count by their size.
    """
    sized = np.abs if absolute else np.positive
    if isinstance(transition, np.ndarray):
        change: FloatArray = np.einsum("ij,ij->i", transition, sized(values[None, :] - now[:, None]))
        return change
    row = np.repeat(np.arange(len(now)), np.diff(transition.indptr))
    steps = transition.data * sized(values[transition.indices] - now[row])
    return np.bincount(row, weights=steps, minlength=len(now)).astype(np.float64)


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
