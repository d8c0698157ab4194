"""Values of states that keep to themselves carry nothing of what is at stake elsewhere."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from scipy.sparse import csr_array

from ssg_mip import FollowerPolicy, Game, GameBuilder, solve, verify, verify_bound
from ssg_mip.base.status import Status
from ssg_mip.checker.iterative import candidate_values
from ssg_mip.checker.linear_solve import solve_exactly
from ssg_mip.evaluation import mdp
from ssg_mip.evaluation.mdp import DecisionProcess, evaluate, upper_solution
from ssg_mip.numerics.local_accuracy import discounted_values, discounted_visits
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


def test_the_largest_that_processes_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """In sparse processes that take many steps the largest of all, but nothing where nothing is reached."""
    matrix, rewards = islands(24, 1)
    dense, sparse = (DecisionProcess(np.arange(25), rewards, one, DISCOUNT) for one in (matrix, csr_array(matrix)))
    reached = mdp.largest_reached(dense, rewards)
    assert np.array_equal(mdp.largest_reached(sparse, rewards), reached)
    assert set(reached[reached < 1.0]) == {0.0, max(rewards[rewards < 1.0])}
    monkeypatch.setattr(mdp, "MOST_STEPS_AHEAD", 1)
    coarse = mdp.largest_reached(sparse, rewards)
    assert set(coarse) == {0.0, rewards.max()}
    assert np.count_nonzero(coarse == 0.0) == np.count_nonzero(reached == 0.0) == 6


def corridor(states: int, pay: float, riches: float, discount: float, length: int = 30) -> Game:
    """Staying pays the follower nothing and the leader 1 a step; at the end of a long walk ``pay`` a step awaits him.

    The other states are ends worth ``riches`` a step, or as much less than nothing, that nothing leads to.
    """
    game = GameBuilder("corridor", leader_discount=discount, follower_discount=discount)
    for place in range(states):
        game.add_state(place, leader_actions=["a"], follower_actions=["stay", "walk"] if place == 0 else ["go"])
    game.add_transition(0, "a", "stay", leader_reward=1.0, follower_reward=0.0, next=0)
    game.add_transition(0, "a", "walk", leader_reward=0.0, follower_reward=0.0, next=1)
    for place in range(1, states):
        worth = 0.0 if place < length else pay if place == length else riches * (-1) ** place
        later = place + 1 if place < length else place
        game.add_transition(place, "a", "go", leader_reward=0.0, follower_reward=worth, next=later)
    return game.build()


@pytest.mark.parametrize("discount", [0.9, 0.9999])
@pytest.mark.parametrize(("pay", "riches"), [(1e-4, 1e9), (1.0, 1e12), (1e-6, 1e6)])
@pytest.mark.parametrize("states", [40, 101])
def test_a_small_reward_far_away_beside_riches(states: int, pay: float, riches: float, discount: float) -> None:
    game = corridor(states, pay, riches, discount)
    due = pay * discount**30 / (1.0 - discount)
    result = solve(game, "commitment", guarantee=False)
    assert (result.status, result.leader_value) == (Status.OPTIMAL, 0.0)
    assert result.follower_values[0] == pytest.approx(due, rel=1e-12)
    assert result.check.passed
    staying = dataclasses.replace(
        result,
        follower_policy=FollowerPolicy(np.zeros(states, dtype=np.int64)),
        follower_values=np.concatenate([[0.0], result.follower_values[1:]]),
        leader_values=np.concatenate([[1.0 / (1.0 - discount)], result.leader_values[1:]]),
        leader_value=float(result.weights @ np.concatenate([[1.0 / (1.0 - discount)], result.leader_values[1:]])),
    )
    assert "response_is_optimal" in {check.name for check in verify(game, staying).failed}


def test_values_of_states_that_were_left_out() -> None:
    """Rewards of a state that nothing leads to take no constant from those of the others."""
    stay = np.zeros((2, 1, 2, 2))
    stay[0, :, :, 0] = stay[1, :, :, 1] = 1.0
    rewards = [[[1000.0, 1001.0]], [[0.1, 300000.7]]], [[[0.0, 0.0]], [[0.0, 1.0]]]
    game = Game.from_arrays(stay, *rewards, leader_discount=0.5, follower_discount=0.0, initial=0)
    for method in ("commitment", "deterministic", "grid"):
        result = solve(game, method)
        assert result.leader_values.tolist() == [2002.0, 600001.4]
        assert result.check.passed


def test_a_gap_is_never_relative_to_more_than_the_spread() -> None:
    """Riches that a myopic leader never sees are no excuse for a wide gap."""
    move = np.zeros((2, 3, 3, 2))
    move[..., 1] = 1.0
    leader, follower = np.zeros((2, 3, 3)), np.zeros((2, 3, 3))
    leader[0], follower[0] = [[20, 0, 0], [30, 10, 0], [0, 0, 5]], [[15, 0, 0], [0, 5, 0], [0, 0, 10]]
    leader[1, 0] = 1e9
    game = Game.from_arrays(move, leader, follower, leader_discount=0.0, follower_discount=0.0, initial=0)
    result = solve(game, "commitment")
    assert result.gap_scale == pytest.approx(27.5)  # of the spread of 30
    assert result.leader_value == pytest.approx(27.5)
    assert result.check.passed


@pytest.mark.parametrize("index", [15, 16])
def test_a_myopic_follower_in_many_states(index: int, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """What he could gain later is no part of any row, and restricts nothing."""
    game = wide_game(1, index).to_game()
    assert game.follower_discount == 0.0
    file = tmp_path / "one.cert"
    result = solve(game, "commitment", node_limit=3, guarantee=False, certificate=file)
    assert result.check.passed
    assert verify_bound(game, file).passed
