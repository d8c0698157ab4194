"""Static games: one linear program per follower action (Conitzer & Sandholm, EC 2006), pure commitment, exact vertices.

For follower action ``b`` the leader maximises ``sum_a f(a) A(a,b)`` over the distributions ``f`` to which ``b`` is
a best response, ``sum_a f(a) [B(a,b') - B(a,b)] <= 0`` for every ``b'``. The best program wins (strong ties).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

from tests.oracles.games import Array


def mixed_commitment(leader: Array, follower: Array) -> tuple[float, Array, int]:
    """The strong Stackelberg value, a leader strategy and the follower action (rows = leader)."""
    a_matrix, b_matrix = np.asarray(leader, dtype=float), np.asarray(follower, dtype=float)
    best: tuple[float, Array, int] | None = None
    for b in range(a_matrix.shape[1]):
        solved = linprog(
            -a_matrix[:, b],
            A_ub=(b_matrix - b_matrix[:, [b]]).T,
            b_ub=np.zeros(a_matrix.shape[1]),
            A_eq=np.ones((1, len(a_matrix))),
            b_eq=[1.0],
            method="highs",
        )
        if solved.status == 0 and (best is None or -solved.fun > best[0]):
            best = (-float(solved.fun), solved.x, b)
    if best is None:
        raise ValueError("no follower action is ever a best response")
    return best


def pure_commitment(leader: Array, follower: Array) -> tuple[float, int, int]:
    """The best value over pure leader strategies, ties in the leader's favour, with the row and the column."""
    a_matrix, b_matrix = np.asarray(leader, dtype=float), np.asarray(follower, dtype=float)
    outcomes = [
        (float(a_matrix[row, column]), row, int(column))
        for row in range(len(a_matrix))
        for column in np.flatnonzero(b_matrix[row] == b_matrix[row].max())
    ]
    return max(outcomes, key=lambda outcome: outcome[0])


def exact_mixed_commitment(leader: object, follower: object) -> Fraction:
    """The strong Stackelberg value as a fraction, by listing the vertices of every best-response region.

    Cheap for two or three leader actions only. Entries are integers, fractions or strings such as ``"1/3"``.
    """
    a_matrix = [[Fraction(entry) for entry in row] for row in leader]  # type: ignore[attr-defined]
    b_matrix = [[Fraction(entry) for entry in row] for row in follower]  # type: ignore[attr-defined]
    return max(
        _dot([row[b] for row in a_matrix], point)
        for b in range(len(a_matrix[0]))
        for point in response_vertices(b_matrix, b)
    )


def response_vertices(
    follower: list[list[Fraction]], b: int, slack: Fraction = Fraction(0)
) -> Iterator[list[Fraction]]:
    """The vertices of the leader mixes against which action ``b`` is worth at most ``slack`` less than any other."""
    size, columns = len(follower), len(follower[0])
    rows = [
        [follower[a][b] - follower[a][other] + slack for a in range(size)] for other in range(columns) if other != b
    ]
    rows += [[Fraction(int(a == k)) for a in range(size)] for k in range(size)]
    for tight in itertools.combinations(rows, size - 1):
        point = solve_exactly([[Fraction(1)] * size, *tight], [Fraction(1)] + [Fraction(0)] * (size - 1))
        if point is not None and all(_dot(row, point) >= 0 for row in rows):
            yield point


def _dot(left: list[Fraction], right: list[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(left, right, strict=True)), Fraction(0))


def solve_exactly(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Gauss-Jordan elimination; ``None`` for a singular system."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(len(rows)):
        pivot = next((k for k in range(column, len(rows)) if rows[k][column] != 0), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [entry / rows[column][column] for entry in rows[column]]
        for other in range(len(rows)):
            if other != column and rows[other][column] != 0:
                factor = rows[other][column]
                rows[other] = [x - factor * y for x, y in zip(rows[other], rows[column], strict=True)]
    return [row[-1] for row in rows]
