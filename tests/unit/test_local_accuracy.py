"""Values of states that keep to themselves carry nothing of what is at stake elsewhere."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.sparse import csr_array

from ssg_mip import mdp, solve, verify_bound
from ssg_mip.certificates.iterative import candidate_values
from ssg_mip.certificates.linear_solve import solve_exactly
from ssg_mip.local_accuracy import discounted_values, discounted_visits
from ssg_mip.mdp import DecisionProcess, evaluate, upper_solution
from tests.attacks.wide import wide_game

DISCOUNT = 0.95


def islands(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A lively half that leads everywhere with rewards near a thousand, a quarter in millionths, a quarter of zeros."""
    rng = np.random.default_rng(seed)
    half, rest = size // 2, 3 * size // 4
    matrix, rewards = np.zeros((size, size)), np.zeros(size)
    for s in range(size):
        among = np.arange(size) if s < half else np.arange(half, rest) if s < rest else np.arange(rest, size)
        matrix[s, rng.choice(among, 3, replace=False)] = (0.5, 0.25, 0.25)
    rewards[:half], rewards[half:rest] = 1e3 * rng.random(half), 1e-6 * rng.random(rest - half)
    order = rng.permutation(size)
    return matrix[np.ix_(order, order)], rewards[order]


def exact(matrix: np.ndarray, rewards: np.ndarray) -> np.ndarray:
    """The values, by a solve in fractions (twentieths and quarters are none of the difficulty)."""
    size, scale = len(rewards), 2**60
    system = [
        [(20 * (s == t) * 4 - 19 * int(4 * matrix[s, t])) for t in range(size)] for s in range(size)
    ]  # 80 (I - 19/20 P)
    right = [int(80 * Fraction(reward) * scale) for reward in rewards.tolist()]
    return np.array([float(value / scale) for value in solve_exactly(system, right)])


@pytest.mark.parametrize("seed", range(3))
def test_dense_solutions_are_accurate_row_by_row(seed: int) -> None:
    matrix, rewards = islands(24, seed)
    truth = exact(matrix, rewards)
    np.testing.assert_allclose(discounted_values(matrix, DISCOUNT, rewards), truth, rtol=1e-12, atol=0.0)
    visits = discounted_visits(matrix, DISCOUNT, rewards)
    np.testing.assert_allclose(visits - DISCOUNT * (matrix.T @ visits), rewards, atol=1e-9)


@pytest.mark.parametrize("discount", [0.9, 0.999, 0.9999, 1 - 1e-6, 1 - 1e-9])
def test_values_are_accurate_at_any_discount(discount: float) -> None:
    """Where there is nothing to choose they round like numbers, not like numbers times ``1 / (1 - discount)``."""
    for rewards in np.random.default_rng(3).random((20, 2)):
        found = discounted_values(np.full((2, 2), 0.5), discount, rewards)
        mine, theirs = map(Fraction, rewards.tolist())
        later = Fraction(discount) / (1 - Fraction(discount)) * (mine + theirs) / 2
        np.testing.assert_allclose(found, [float(mine + later), float(theirs + later)], rtol=1e-15, atol=0.0)


@pytest.mark.parametrize("seed", range(3))
def test_sparse_solutions_are_accurate_row_by_row(seed: int) -> None:
    matrix, rewards = islands(24, seed)
    truth = exact(matrix, rewards)
    process = DecisionProcess(np.arange(25), rewards, csr_array(matrix), DISCOUNT)
    for found in (evaluate(process, np.arange(24)), candidate_values(csr_array(matrix), DISCOUNT, rewards)):
        np.testing.assert_allclose(found, truth, rtol=1e-10, atol=0.0)
        assert np.count_nonzero(found == 0.0) == np.count_nonzero(truth == 0.0) == 6


@pytest.mark.parametrize("sparse", [False, True])
def test_upper_bounds_are_raised_by_what_a_state_reaches(sparse: bool) -> None:
    matrix, rewards = islands(24, 0)
    process = DecisionProcess(np.arange(25), rewards, csr_array(matrix) if sparse else matrix, DISCOUNT)
    truth = exact(matrix, rewards)
    upper = upper_solution(process, evaluate(process, np.arange(24)))
    assert np.all(upper >= truth)
    assert np.all(upper[truth == 0.0] == 0.0)
    if not sparse:
        np.testing.assert_allclose(upper, truth, rtol=1e-9, atol=0.0)
        wrong = truth - np.where(truth > 1.0, 1.0, 0.0)  # too low where much is at stake
        raised = upper_solution(process, wrong)
        assert np.all(raised >= truth)
        np.testing.assert_allclose(raised[truth < 1.0], truth[truth < 1.0], rtol=1e-9, atol=0.0)


def test_the_largest_that_sparse_processes_reach_is_nothing_where_nothing_is_reached() -> None:
    matrix, rewards = islands(24, 1)
    process = DecisionProcess(np.arange(25), rewards, csr_array(matrix), DISCOUNT)
    reached = mdp.largest_reached(process, rewards)
    assert sorted(set(reached.tolist())) == [0.0, rewards.max()]
    assert np.count_nonzero(reached == 0.0) == 6


@pytest.mark.parametrize("index", [15, 16])
def test_a_myopic_follower_in_many_states(index: int, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """What he could gain later is no part of any row, and restricts nothing."""
    game = wide_game(1, index).to_game()
    assert game.follower_discount == 0.0
    file = tmp_path / "one.cert"
    result = solve(game, "commitment", node_limit=3, guarantee=False, certificate=file)
    assert result.check.passed
    assert verify_bound(game, file).passed
