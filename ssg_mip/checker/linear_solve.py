"""Exact solution of small linear systems in whole numbers: Bareiss's fraction-free elimination.

Every intermediate number is a minor of the system (Bareiss, *Mathematics of Computation* 22, 1968), so divisions are
exact and numbers stay as small as the determinants they are. With ``python-flint`` installed its solver takes over;
the answer of a regular system is unique, so the results are the same fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from importlib import import_module
from typing import Any

from ssg_mip.errors import OptionError

Integers = Sequence[Sequence[int]]


def _find_flint() -> Any:
    try:
        return import_module("flint")
    except ImportError:
        return None


FLINT = _find_flint()
"""The module ``flint``, or ``None`` without it."""


def solve_exactly(matrix: Integers, right: Sequence[int]) -> tuple[Fraction, ...]:
    """The one ``x`` with ``matrix @ x == right``.

    Raises
    ------
    OptionError
        If the matrix is singular.
    """
    return solve_by_bareiss(matrix, right) if FLINT is None else solve_by_flint(matrix, right)


def solve_by_flint(matrix: Integers, right: Sequence[int]) -> tuple[Fraction, ...]:
    """As :func:`solve_exactly`, by ``python-flint``."""
    try:
        answer = FLINT.fmpz_mat([list(row) for row in matrix]).solve(FLINT.fmpz_mat([[entry] for entry in right]))
    except ZeroDivisionError:
        raise _singular(len(matrix)) from None
    return tuple(Fraction(int(answer[row, 0].p), int(answer[row, 0].q)) for row in range(len(right)))


def solve_by_bareiss(matrix: Integers, right: Sequence[int]) -> tuple[Fraction, ...]:
    """As :func:`solve_exactly`, in pure Python."""
    size = len(right)
    work = [[*row, entry] for row, entry in zip(matrix, right, strict=True)]
    previous = 1
    for step in range(size):
        pivot_row = next((row for row in range(step, size) if work[row][step]), None)
        if pivot_row is None:
            raise _singular(size)
        work[step], work[pivot_row] = work[pivot_row], work[step]
        pivot, top = work[step][step], work[step]
        for row in work[step + 1 :]:
            factor = row[step]
            for column in range(step + 1, size + 1):
                row[column] = (pivot * row[column] - factor * top[column]) // previous
        previous = pivot
    # Cramer: the last pivot is the determinant (up to sign), so every numerator below is a whole number.
    scaled = [0] * size
    for step in range(size - 1, -1, -1):
        row = work[step]
        known = sum(row[column] * scaled[column] for column in range(step + 1, size))
        scaled[step] = (previous * row[size] - known) // row[step]
    return tuple(Fraction(numerator, previous) for numerator in scaled)


def _singular(size: int) -> OptionError:
    return OptionError(f"the {size} x {size} system is singular; it must have exactly one solution")
