r"""Bounds on a concave scalarisation over all stationary policies, from bounds on weighted sums.

``L[v] = min_k (w_k @ v + c_k)`` lies below every mixture of its pieces: with shares ``m_k`` that sum to one,
``L[v] <= w_m @ v + c_m``, and the root relaxation of the commitment program bounds ``w_m @ V`` over all policies. Which
mixture is best is found by cutting planes: the linear program ``max z`` subject to ``z <= w_k @ v + c_k``, to the sums
that are bounded already and to the box of all values has the shares as its multipliers; their sum is bounded, and that
is a new row.

Mixtures see the convex hull of what policies attain. Where the front has a dent, ``L`` may prefer a point inside it,
and no mixture of weighted sums can prove that: use :func:`ssg_mip.solve_chebyshev`, which can.
"""

from __future__ import annotations

import numpy as np

from ssg_mip.evaluation.value_bounds import ValueBounds, leader_value_bounds
from ssg_mip.exact.wider import allowed_root_bound
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LinearProgram, LpStatus
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import ConcavePieces, Scalarised, WeightedCeiling
from ssg_mip.runs.run import Run

ROUNDS = 3
"""Weighted sums that are bounded."""

MOST_STATES = 200
"""Above, the best pair of policies is the only bound: a row for each state and piece becomes too much."""

TIME_SHARE = 0.1
"""Share of the remaining time that the bounds may take."""

WORTHWHILE = 1e-6
"""Shares of the pieces that differ by less are the same mixture."""


def scalarised(problem: Problem, run: Run) -> Scalarised | None:
    """What is proven about the problem's scalarisation; ``None`` where it has none but the weighted sum."""
    game = problem.game
    what, box = problem.objective.scalarisation, leader_value_bounds(game)
    if what is None:
        return None
    ceilings: list[WeightedCeiling] = []
    limited = run.sharing(TIME_SHARE).quietly()
    for _ in range(ROUNDS if game.num_states <= MOST_STATES else 0):
        mixture = None if limited.stopped else _mixture(what.pieces, box, ceilings)
        if mixture is None or any(np.abs(mixture - one.mixture).max() <= WORTHWHILE for one in ceilings):
            break
        ceilings.append(_ceiling(problem, limited, what.pieces, mixture))
    return Scalarised.of(what, tuple(ceilings), game)


def _ceiling(problem: Problem, run: Run, pieces: ConcavePieces, mixture: FloatArray) -> WeightedCeiling:
    """The bound on the weighted sum of a mixture."""
    weights = mixture @ pieces.weights
    weights = weights / weights.sum()
    recorder = None if run.recorder is None else run.recorder.another()
    bound = allowed_root_bound(problem.weighing(weights), run.recording(recorder))
    return WeightedCeiling(mixture, weights, bound)


def _mixture(pieces: ConcavePieces, box: ValueBounds, ceilings: list[WeightedCeiling]) -> FloatArray | None:
    """The shares of the pieces whose sum limits ``L`` most, as far as is known."""
    rows = np.vstack((-pieces.weights, *(one.weights[None] for one in ceilings)))
    levels = np.concatenate((np.ones(len(pieces.weights)), np.zeros(len(ceilings))))
    upper = np.concatenate((pieces.offsets, [one.bound for one in ceilings]))
    matrix = np.hstack((rows, levels[:, None]))
    dense_rows, columns = np.nonzero(matrix)
    most = pieces.each(box.upper).max()
    program = LinearProgram(
        objective=np.concatenate((np.zeros(len(box.lower)), [1.0])),
        starts=np.searchsorted(dense_rows, np.arange(len(matrix) + 1)),
        indices=columns,
        values=matrix[dense_rows, columns],
        row_lower=np.full(len(matrix), -np.inf),
        row_upper=upper,
        column_lower=np.concatenate((box.lower, [-np.inf])),
        column_upper=np.concatenate((box.upper, [most])),
    )
    answer = OneShotLp().solve(program)
    if answer.status is not LpStatus.OPTIMAL:
        return None
    shares = np.abs(answer.row_dual[: len(pieces.weights)])
    mixture: FloatArray = shares / shares.sum() if shares.sum() > 0.0 else np.full(len(shares), 1.0 / len(shares))
    return mixture
