"""Riches here, pennies there, constants by state, patient players: answers are right, or say what they are."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import Game, WeightedSum, enclose_front, solve, verify, verify_bounds
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


def side_by_side(constant: float, discount: float, riches: float = 0.0) -> Game:
    """Two states that never meet. All weight is on the second, where the leader picks 0 or 1.

    In the first one the leader picks ``constant`` or one more and, if ``riches`` are at stake, the follower adds or
    subtracts them.
    """
    stay = np.zeros((2, 2, 2, 2))
    stay[0, :, :, 0] = stay[1, :, :, 1] = 1.0
    leader = np.zeros((2, 2, 2))
    leader[0] = constant + np.array([[0.0, 0.0], [1.0, 1.0]]) + riches * np.array([-1.0, 1.0])
    leader[1, 1] = 1.0
    follower = np.zeros((2, 2, 2))
    follower[0, :, 1] = 1.0
    return Game.from_arrays(stay, leader, follower, leader_discount=discount, follower_discount=0.9, initial=1)


STEPPING = ("policy-iteration", "restarted-policy-iteration", "response-regions", "backtracking")


@pytest.mark.parametrize("method", STEPPING)
@pytest.mark.parametrize("certified", [False, True])
@pytest.mark.parametrize(
    ("constant", "discount", "riches"),
    [(1e4, 0.9, 0.0), (1e6, 0.9, 0.0), (1e9, 0.9, 0.0), (0.0, 0.99, 2e4), (0.0, 0.9999, 1e3), (0.0, 0.9, 1e6)],
)
def test_steps_go_on_where_the_weight_lies_whatever_is_elsewhere(
    method: str, certified: bool, constant: float, discount: float, riches: float, tmp_path: Path
) -> None:
    """Neither constants nor riches of a state that nobody counts hide what is left to gain in the one that counts."""
    game = side_by_side(constant, discount, riches)
    start = {game.state_names[s]: {game.leader_actions[s][0]: 1.0} for s in range(2)}
    file = tmp_path / "proof.cert" if certified else None
    result = solve(game, method, start=start, certificate=file, time_limit=20.0, guarantee=False)
    assert result.leader_values[1] == pytest.approx(1.0 / (1.0 - discount), rel=1e-3)
    assert result.check.passed, result.check.reason


@pytest.mark.parametrize("method", STEPPING)
def test_riches_of_a_state_that_nobody_counts_hide_no_step(method: str) -> None:
    """3.33 is attained in the poor state, where all the weight is."""
    assert solve(apart(1.0, 1e6), method, guarantee=False).leader_value == pytest.approx(10.0 / 3.0, rel=1e-3)


@pytest.mark.parametrize("share", [40, 53])
@pytest.mark.parametrize("pay", [1e-6, 1e-5, 1e-4])
@pytest.mark.parametrize("method", ["commitment", "policy-iteration", "deterministic"])
def test_riches_that_are_hardly_ever_reached_excuse_no_loss(method: str, pay: float, share: int) -> None:
    """The follower earns three times as much one step later by his first action, for which the leader gets nothing.

    Both actions lead to riches of 1e9 with probability ``2 ** -share``: no more than rounding of those, and plain here.
    """
    rarely = 2.0**-share
    moves = np.zeros((5, 2, 2, 5))
    moves[0, :, 0, 1] = moves[0, :, 1, 2] = 1.0 - rarely
    moves[0, :, :, 3] = rarely
    moves[1, :, :, 2] = moves[2, :, :, 2] = moves[3, :, :, 3] = moves[4, :, :, 2] = 1.0
    leader, follower = np.zeros((5, 2, 2)), np.zeros((5, 2, 2))
    leader[0, :, 1], follower[0, :, 1], follower[1] = 1.0, pay, 3.0 * pay
    follower[3, 0], follower[3, 1] = 1e8, -1e8
    leader[4], follower[4] = [[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]  # the leader mixes here
    game = Game.from_arrays(
        moves, leader, follower, leader_discount=0.9, follower_discount=0.9, initial=[0.5, 0.0, 0.0, 0.0, 0.5]
    )
    result = solve(game, method, guarantee=False, node_limit=100)  # no linear program can tell these riches
    assert result.check.passed, result.check.reason
    assert result.follower_policy is not None
    assert result.follower_policy.actions[0] == 0
    assert result.leader_values[0] == 0.0


@pytest.mark.parametrize("unit", [1.0, 1000.0, 1e6])
def test_a_bound_on_the_rise_of_the_sum_is_in_the_units_of_the_game(unit: float) -> None:
    """The pure policy gains 0.3 * 500 + 0.7 * 1500 in one step from the uniform one, in units of a thousand."""
    stay = np.zeros((2, 2, 1, 2))
    stay[0, :, :, 0] = stay[1, :, :, 1] = 1.0
    leader = unit * np.array([[[0.0], [1.0]], [[3.0], [0.0]]])
    game = Game.from_arrays(stay, leader, np.zeros_like(leader), leader_discount=0.9, follower_discount=0.9)
    first = solve(game, scalarisation=WeightedSum([0.3, 0.7])).trajectory[0]
    assert 1.2 * unit * (1.0 - 1e-9) <= first.scalarised_step_bound < 10.0 * unit
