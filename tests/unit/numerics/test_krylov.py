"""BiCGSTAB, what the solver and the checker make of it, and that both can be told to stop."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, eye_array

from ssg_mip.base.deadline import OutOfTime
from ssg_mip.checker import iterative
from ssg_mip.checker.iterative import candidate_values
from ssg_mip.evaluation import mdp
from ssg_mip.evaluation.mdp import transition_matrix
from ssg_mip.library import random_game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.numerics.krylov import bicgstab


def chain(states: int) -> tuple[csr_array, FloatArray]:
    """The transitions of a random game under the first actions, and rewards."""
    game = random_game(1, states, 2, 2, 3)
    return transition_matrix(game)[game.row_offsets[:-1]], game.leader_rewards[game.row_offsets[:-1]]


@pytest.mark.parametrize("discount", [0.0, 0.9, 0.999, 0.9999])
def test_solutions_agree_with_dense_ones(discount: float) -> None:
    matrix, rewards = chain(300)
    exact = np.linalg.solve(np.eye(300) - discount * matrix.toarray(), rewards)
    size = float(np.abs(exact).max())
    system = csr_array(eye_array(300, format="csr") - discount * matrix)
    plain = bicgstab(system.__matmul__, rewards, reduction=1e-13, most_steps=500)
    np.testing.assert_allclose(plain, exact, rtol=0.0, atol=1e-9 * size)
    np.testing.assert_allclose(candidate_values(matrix, discount, rewards), exact, rtol=0.0, atol=1e-11 * size)


def test_sweeps_finish_what_the_iteration_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a single step of BiCGSTAB: in the checker, and in the solver above the size that is factorised."""
    matrix, rewards = chain(300)
    exact = np.linalg.solve(np.eye(300) - 0.9 * matrix.toarray(), rewards)
    monkeypatch.setattr(iterative, "STEPS", 0)
    np.testing.assert_allclose(candidate_values(matrix, 0.9, rewards), exact, rtol=0.0, atol=1e-12)
    monkeypatch.setattr(mdp, "MOST_STEPS", 0)
    system = csr_array(eye_array(300, format="csr") - 0.9 * matrix)
    for largest in (10, 1000):
        monkeypatch.setattr(mdp, "FACTORISED_STATES", largest)
        np.testing.assert_allclose(mdp._sparse_solution(system, rewards), exact, rtol=0.0, atol=1e-12)


def test_no_right_hand_side_and_a_singular_map_end_at_once() -> None:
    assert not bicgstab(lambda v: v, np.zeros(3), reduction=1e-10, most_steps=10).any()
    assert np.isfinite(bicgstab(np.zeros_like, np.ones(3), reduction=1e-10, most_steps=10)).all()


def test_a_checkpoint_ends_the_iteration() -> None:
    matrix, rewards = chain(300)
    calls = []

    def third() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise OutOfTime

    with pytest.raises(OutOfTime):
        candidate_values(matrix, 0.99, rewards, third)
    assert len(calls) == 3
