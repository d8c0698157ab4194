"""Interval propagation shrinks boxes and loses no consistent policy, answer and values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from ssg_mip import Game, LeaderPolicy, best_response
from ssg_mip.evaluation.bound_propagation import IntervalBellman
from ssg_mip.evaluation.mixing import PairMixes
from ssg_mip.evaluation.value_bounds import follower_value_bounds
from ssg_mip.library import random_game

SIZES = [(3, 2, 2), (4, 3, 3), (5, 2, 4), (4, 4, 1), (3, 1, 3)]


def games() -> list[Game]:
    return [
        random_game(seed=seed, states=states, leader_actions=leader, follower_actions=follower)
        for seed, (states, leader, follower) in enumerate(SIZES)
    ]


def matrix_game_value(matrix: np.ndarray) -> float:  # type: ignore[type-arg]
    """``max_beta min_a`` by linear programming."""
    rows, columns = matrix.shape
    answer = linprog(
        np.append(np.zeros(columns), -1.0),
        A_ub=np.column_stack((-matrix, np.ones(rows))),
        b_ub=np.zeros(rows),
        A_eq=np.append(np.ones(columns), 0.0)[None, :],
        b_eq=[1.0],
        bounds=[(0, None)] * columns + [(None, None)],
    )
    return float(-answer.fun)


@pytest.mark.parametrize("game", games(), ids=lambda game: game.name)
def test_no_true_value_or_answer_is_lost(game: Game) -> None:
    """Boxes of all widths around the values of sampled policies keep those values and the follower's answers."""
    rng = np.random.default_rng(7)
    interval, bounds = IntervalBellman(game), follower_value_bounds(game)
    shrunk = 0
    for _ in range(200):
        policy = LeaderPolicy.random(game, rng)
        response = best_response(game, policy)
        values = response.follower_values
        width = bounds.width * rng.uniform(0.0, 1.0) ** 3
        lower = np.maximum(bounds.lower, values - width * rng.random(game.num_states))
        upper = np.minimum(bounds.upper, values + width * rng.random(game.num_states))
        tightened = interval.tighten(lower, upper, np.ones(int(game.follower_offsets[-1]), dtype=bool))
        assert tightened is not None
        new_lower, new_upper, answers = tightened
        assert np.all(new_lower <= values + 1e-9)
        assert np.all(new_upper >= values - 1e-9)
        assert answers[response.follower_policy.slots(game)].all()
        assert np.all(new_lower >= lower)
        assert np.all(new_upper <= upper)
        shrunk += bool(np.any(new_upper - new_lower < 0.99 * (upper - lower)))
    assert shrunk > 0 or bounds.width.max() < 1e-6  # nothing is left to shrink where the leader has no choice


@pytest.mark.parametrize("game", games(), ids=lambda game: game.name)
def test_a_mix_of_two_secures_no_more_than_the_matrix_game_and_no_less_than_one_action(game: Game) -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        values = rng.normal(size=game.num_rows)
        secured = PairMixes(game).secured(values)
        for state in range(game.num_states):
            first, last = game.row_offsets[state : state + 2]
            matrix = values[first:last].reshape(-1, int(game.follower_counts[state]))
            if matrix.shape[1] == 1:
                assert secured[state] == -np.inf
                continue
            exact = matrix_game_value(matrix)
            assert secured[state] <= exact + 1e-9
            if matrix.shape[1] == 2 and matrix.shape[0] > 1:
                assert max(secured[state], matrix.min(axis=0).max()) == pytest.approx(exact, abs=1e-9)


def test_a_follower_that_can_mix_secures_more_than_any_of_its_actions() -> None:
    """Matching pennies: each action alone secures -1, the even mix 0."""
    game = Game.from_arrays(
        np.ones((1, 2, 2, 1)),
        np.zeros((1, 2, 2)),
        np.array([[[1.0, -1.0], [-1.0, 1.0]]]),
        leader_discount=0.0,
        follower_discount=0.0,
    )
    assert PairMixes(game).secured(game.follower_rewards)[0] == pytest.approx(0.0)
    tightened = IntervalBellman(game).tighten(np.array([-1.0]), np.array([1.0]), np.ones(2, dtype=bool))
    assert tightened is not None
    assert tightened[0][0] == pytest.approx(0.0, abs=1e-8)


def test_what_a_state_is_worth_says_what_its_only_successor_is_worth() -> None:
    """A chain: ``v(start) = v(end) / 2`` and ``end`` may be worth anything between 0 and 1."""
    transition = np.zeros((2, 1, 2, 2))
    transition[:, :, :, 1] = 1.0
    game = Game.from_arrays(
        transition,
        np.zeros((2, 1, 2)),
        np.array([[[0.0, 0.0]], [[0.0, 0.5]]]),
        leader_discount=0.5,
        follower_discount=0.5,
    )
    every = np.ones(4, dtype=bool)
    tightened = IntervalBellman(game).tighten(np.array([0.0, 0.0]), np.array([0.3, 2.0]), every)
    assert tightened is None or tightened[1][1] <= 0.6 + 1e-8
    tightened = IntervalBellman(game).tighten(np.array([0.4, 0.0]), np.array([1.0, 2.0]), every)
    assert tightened is not None
    assert tightened[0][1] >= 0.8 - 1e-8
