"""Riches here, pennies there, constants by state, patient players: answers are right, or say what they are."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import Game, enclose_front, solve, verify, verify_bounds
from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.library import random_game

GAP = 1e-3


def constants_by_state(seed: int, discount: float, noise: float = 1.0) -> Game:
    """Rewards of 1e6 +- 1e5 by state and of ``noise`` within one; rows sum to one up to rounding."""
    rng = np.random.default_rng(seed)
    states = int(rng.integers(2, 5))
    moves = rng.dirichlet(np.ones(states), size=(states, 2, 2))
    base = 1e5 * rng.normal(size=states) + 1e6
    leader = base[:, None, None] - discount * (moves @ base) + noise * rng.normal(size=(states, 2, 2))
    follower = rng.normal(size=(states, 2, 2))
    return Game.from_arrays(moves, leader, follower, leader_discount=discount, follower_discount=0.5)


def apart(small: float, rich: float) -> Game:
    """Two states that never meet, each a game of one round; all the weight is on the first."""
    stay = np.zeros((2, 2, 2, 2))
    stay[0, :, :, 0] = stay[1, :, :, 1] = 1.0
    leader = np.array([[[1.0, -2.0], [3.0, 0.0]], [[1.0, 4.0], [0.0, 2.0]]])
    follower = np.array([[[1.0, 0.0], [0.0, 2.0]], [[1.0, 0.0], [0.0, 2.0]]])
    leader *= np.array([small, rich])[:, None, None]
    return Game.from_arrays(stay, leader, follower, leader_discount=0.5, follower_discount=0.5, initial=0)


@pytest.mark.parametrize("discount", [0.9, 0.999, 0.9999])
@pytest.mark.parametrize("noise", [1.0, 1e-3])
def test_constants_by_state_leave_values_and_bounds_right(discount: float, noise: float) -> None:
    for seed in range(4):
        game = constants_by_state(seed, discount, noise)
        result = solve(game, "deterministic", guarantee=False)
        assert result.check.passed, result.check.reason


@pytest.mark.parametrize("discount", [0.5, 0.9, 0.999])
def test_certificates_beside_constants_by_state(discount: float, tmp_path: Path) -> None:
    """What the tree proves is printed; nothing is refused after the work."""
    for seed in range(8):
        game = constants_by_state(seed, discount)
        file = tmp_path / f"{seed}.cert"
        result = solve(game, "policy-iteration", gap=GAP, certificate=file, guarantee=False)
        assert result.check.passed, result.check.reason
        assert all(one.passed for one in verify_bounds(game, file))


def test_an_optimum_whose_gap_rounding_opens_is_none() -> None:
    """The bound counts the rounding of the standard form, and the status what the bound says."""
    for seed in range(6):
        game = constants_by_state(seed, 0.9999, 1e-4)
        result = solve(game, "commitment", gap=1e-6, node_limit=50, guarantee=False)
        assert not standard_form(game, game.initial).is_exact
        assert result.status is not Status.OPTIMAL or result.relative_gap <= 1e-6 * (1.0 + 1e-9)
        assert result.check.passed, result.check.reason


def test_a_resolution_that_rounding_undoes_is_not_reached() -> None:
    for seed in range(3):
        found = enclose_front(constants_by_state(seed, 0.9999, 1e-5), program_limit=10, time_limit=5.0)
        assert found.termination is not Termination.CONVERGED or found.resolution <= found.wanted
        assert found.check.passed, found.check.reason


@pytest.mark.parametrize("method", ["policy-iteration", "restarted-policy-iteration"])
def test_a_stop_beside_riches_is_not_called_verified(method: str) -> None:
    """An average over the states says nothing about the poor one, where all the weight is: 3.33 is attained there."""
    result = solve(apart(1.0, 1e6), method, guarantee=False)
    assert result.leader_value < 3.0
    assert result.status in {Status.STATIONARY, Status.PARETO_OPTIMAL}
    assert result.check.passed
    assert not result.check.verified
    assert any("status" in claim for claim in result.check.claimed)


@pytest.mark.parametrize(("small", "rich"), [(1e-6, 1e9), (1e-9, 1e6)])
def test_scales_that_no_program_holds_together_end_in_an_answer(small: float, rich: float) -> None:
    for method in ("policy-iteration", "commitment", "backtracking"):
        result = solve(apart(small, rich), method, guarantee=False)
        assert result.leader_policy is not None
        assert result.check.passed, (method, result.check.reason)


def test_values_without_choice_are_right_at_any_discount() -> None:
    """States whose values are far from 0 and certain, beside one where something is at stake."""
    for discount in (0.99, 0.9999, 1.0 - 1e-6):
        for rewards in np.random.default_rng(0).random((5, 2)):
            moves, leader, follower = np.zeros((3, 1, 2, 3)), np.zeros((3, 1, 2)), np.zeros((3, 1, 2))
            moves[:2, :, :, :2], moves[2, :, :, 2] = 0.5, 1.0
            follower[0], follower[1], follower[2] = rewards[0], rewards[1], [[-1.0, 0.5]]
            game = Game.from_arrays(moves, leader, follower, leader_discount=0.9, follower_discount=discount)
            result = solve(game, "deterministic", guarantee=False)
            assert result.check.passed, result.check.reason


def test_verify_ends_by_its_limit_in_a_game_of_many_near_ties() -> None:
    """600 states whose rewards differ in the last digits: every tie is in doubt, and each judgement takes a second."""
    game = random_game(3, 600, 2, 2, 3)
    game = game.replace(
        leader_rewards=1e-3 * game.leader_rewards + 1e9, follower_rewards=1e-3 * game.follower_rewards + 1e9
    )
    result = solve(game, "deterministic", time_limit=4.0, guarantee=False, check=False)
    began = time.monotonic()
    found = verify(game, result, time_limit=2.0)
    assert time.monotonic() - began < 10.0
    assert (found.word, found.left_out) == ("not checked", "no time was left for it")
