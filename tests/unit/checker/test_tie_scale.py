"""What the checker measures ties and rounding by: derived by itself, local, free of constants."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, solve, verify
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.checker.reached import largest_reached
from ssg_mip.checker.response import DOUBT
from ssg_mip.checker.tie_scale import local_scale, tie_thresholds
from ssg_mip.evaluation import value_bounds as bounds
from ssg_mip.game.policy import FollowerPolicy
from ssg_mip.methods.exact_ties import certain_losses, exact_response, loses_for_certain
from ssg_mip.methods.near_ties import Answered, rests_on_near_tie
from tests.attacks.unit_changes import all_at_once, whole_game
from tests.oracles.games import static_game
from tests.unit.unit_games import NEAR_TIE, TINY_LEADER, pay_for_effort, vault


@pytest.mark.parametrize("index", range(8))
def test_the_checker_finds_the_same_thresholds_up_to_its_doubt(index: int) -> None:
    game = all_at_once(whole_game(6, index, patient=True), np.random.default_rng(index)).changed.to_game()
    mine = np.array([float(one) for one in tie_thresholds(game, DEFAULT_TOLERANCES)])
    assert mine == pytest.approx(bounds.tie_thresholds(game), rel=float(DOUBT))


def test_thresholds_and_scales_are_local() -> None:
    rich, poor = vault(1e9), vault(1.0)
    assert tie_thresholds(rich, DEFAULT_TOLERANCES)[0] == pytest.approx(
        float(tie_thresholds(poor, DEFAULT_TOLERANCES)[0]), rel=float(DOUBT)
    )
    scale = local_scale(rich, leader=False)
    assert float(scale.width[0]) == pytest.approx(2.0)
    assert float(scale.widest[0]) == pytest.approx(2.0)
    assert scale.rewards == (1, 0)


def test_the_largest_number_that_is_reached_follows_the_way() -> None:
    """0 leads to 1, 1 to 2 and back; 3 leads to 0."""
    before = [{3}, {0, 2}, {1}, set()]
    numbers = [Fraction(n) for n in (5, 1, 3, 4)]
    assert largest_reached(numbers, before) == (5, 3, 3, 5)


@pytest.mark.parametrize("wrong", [1e-3, 0.02, 2.0])
def test_riches_that_nothing_leads_to_excuse_no_wrong_value(wrong: float) -> None:
    result = solve(vault(1e9), "policy-iteration")
    higher = result.leader_values + np.array([wrong, 0.0])
    forged = dataclasses.replace(result, leader_value=result.leader_value + wrong, leader_values=higher)
    assert verify(result.game, result).passed
    assert not verify(result.game, forged).passed


def test_a_wrong_response_is_not_excused_by_riches() -> None:
    game = vault(1e9)
    result = solve(game, "policy-iteration")
    forged = dataclasses.replace(result, follower_policy=FollowerPolicy(np.array([1, 0])), leader_value=20.0)
    failed = {check.name for check in verify(game, forged).failed}
    assert {"response_is_optimal", "response_follows_tie_rule"} <= failed


# -------------------------------------------------------------------- near ties

UNIFORM = LeaderPolicy.uniform(NEAR_TIE)


def test_what_the_follower_loses_is_proven_in_fractions() -> None:
    second = FollowerPolicy(np.array([1]))
    assert certain_losses(NEAR_TIE, UNIFORM, second, DEFAULT_TOLERANCES) == (1 - Fraction(0.999999991),)
    assert certain_losses(NEAR_TIE, UNIFORM, FollowerPolicy(np.array([0])), DEFAULT_TOLERANCES) == (0,)


def test_a_mix_that_is_no_float_is_not_held_against_an_answer() -> None:
    """Indifference at a tenth: floats miss it by a little."""
    game = static_game([[1.0, 0.0], [1.0, 0.0]], [[9.0, 0.0], [0.0, 1.0]]).to_game()
    tenth = LeaderPolicy(np.array([[0.1, 0.9]]))
    losses = [certain_losses(game, tenth, FollowerPolicy(np.array([b])), DEFAULT_TOLERANCES)[0] for b in range(2)]
    assert 0 < max(losses) < Fraction(1, 10**15)
    assert not any(loses_for_certain(game, tenth, FollowerPolicy(np.array([b])), DEFAULT_TOLERANCES) for b in range(2))
    far = LeaderPolicy(np.array([[0.1 - 1e-12, 0.9 + 1e-12]]))
    assert loses_for_certain(game, far, FollowerPolicy(np.array([0])), DEFAULT_TOLERANCES)
    almost = static_game([[0.0, 10.0]], [[1.0, np.nextafter(1.0, 0.0)]]).to_game()
    assert loses_for_certain(almost, LeaderPolicy.uniform(almost), FollowerPolicy(np.array([1])), DEFAULT_TOLERANCES)


@pytest.mark.parametrize("ties", ["leader", "first", "adverse"])
def test_the_exact_response_knows_exact_ties_alone(ties: str) -> None:
    found = exact_response(NEAR_TIE, UNIFORM, ties, DEFAULT_TOLERANCES)  # type: ignore[arg-type]
    assert found.follower_policy.actions.tolist() == [0]
    assert found.leader_values.tolist() == [0.0]
    assert found.regret == 0.0
    # exact ties are decided by the rule: both a0 and a1 of the tiny leader leave b0 tied under a1
    second = LeaderPolicy(np.array([[0.0, 1.0]]))
    assert exact_response(TINY_LEADER, second, ties, DEFAULT_TOLERANCES).leader_values[0] == pytest.approx(  # type: ignore[arg-type]
        0.0 if ties == "adverse" else 1e-8, abs=1e-15
    )


def test_an_answer_on_a_near_tie_is_told_from_one_that_a_neighbour_secures() -> None:
    near = Answered(
        game=NEAR_TIE, policy=UNIFORM, response=FollowerPolicy(np.array([1])), weights=np.array(NEAR_TIE.initial)
    )
    assert near.loses(DEFAULT_TOLERANCES)
    assert rests_on_near_tie(near, 10.0, 1e-3, DEFAULT_TOLERANCES)
    game = pay_for_effort()
    result = solve(game, "commitment", node_limit=2000)
    assert result.leader_policy is not None
    assert result.follower_policy is not None
    paid = Answered(
        game=game, policy=result.leader_policy, response=result.follower_policy, weights=np.array(game.initial)
    )
    assert not rests_on_near_tie(paid, result.leader_value, 1e-4, DEFAULT_TOLERANCES)


def game_with_quarters(seed: int, worth: float) -> Game:
    """Twelve lively states that lead everywhere, and four that stay among themselves, with rewards up to ``worth``."""
    rng = np.random.default_rng(seed)
    moves, mine, theirs = np.zeros((16, 2, 2, 16)), np.zeros((16, 2, 2)), np.zeros((16, 2, 2))
    for s, a, b in np.ndindex(16, 2, 2):
        to, weights = (rng.choice(16, 3, replace=False), (0.5, 0.3, 0.2)) if s < 12 else (rng.integers(12, 16, 1), 1.0)
        moves[s, a, b, to] = weights
    mine[:12], theirs[:12] = rng.random((2, 12, 2, 2))
    theirs[12:] = worth * rng.random((4, 2, 2))
    return Game.from_arrays(moves, mine, theirs, leader_discount=0.95, follower_discount=0.95)


@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_is_at_stake_rounding_elsewhere_is_no_loss(seed: int) -> None:
    """Of more states than are solved in fractions intervals have a width; where all is worth 0 only that allows it."""
    result = solve(game_with_quarters(seed, 0.0), "fixed-point", guarantee=False)
    assert result.check.passed is True
    assert "FAILED" not in result.check.word


@pytest.mark.parametrize("worth", [1.0, 1e-6, 1e-11])
def test_a_loss_where_little_is_at_stake_is_found(worth: float) -> None:
    game = game_with_quarters(0, worth)
    result = solve(game, "fixed-point", guarantee=False)
    assert result.check.passed is True
    assert result.follower_policy is not None
    actions = np.array(result.follower_policy.actions)
    actions[12:] = 1 - actions[12:]
    other = FollowerPolicy(actions)
    forged = dataclasses.replace(result, follower_policy=other)
    assert [check.name for check in verify(game, forged).failed][:1] == ["response_is_optimal"]
