"""Payments: by hand, against linear programs for every answer, and what is told of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response, solve, with_menu, with_payments
from ssg_mip.base.status import Status
from ssg_mip.errors import OptionError
from ssg_mip.problem.payments import PAYMENTS_TOLD, Payments
from ssg_mip.problem.problem import Problem
from tests.oracles.games import PlainGame, plain_from_arrays, random_game, static_game
from tests.oracles.payments import best_payments
from tests.unit.questions import answered

SEEDS = range(5)
GAP = 1e-6


def employer() -> PlainGame:
    """Work costs the follower 1 and gives the leader 3; to shirk gives both nothing. One state, discounts 1/2."""
    return plain_from_arrays(
        [[[[1.0], [1.0]]]], [[[0.0, 3.0]]], [[[0.0, -1.0]]], leader_discount=0.5, follower_discount=0.5
    )


def without_choice(seed: int) -> PlainGame:
    """Three states, two or three answers in each, and a leader who can only pay."""
    rng = np.random.default_rng([61, seed])
    return random_game(
        rng, leader_counts=[1, 1, 1], follower_counts=[2, 3, 2], leader_discount=0.8, follower_discount=0.7
    )


def origin_of(problem: Problem) -> Payments:
    assert isinstance(problem.origin, Payments)
    return problem.origin


def test_the_employer_pays_what_work_costs() -> None:
    """``3 - 1`` a step, for ever at 1/2; with less than 1 to promise nobody works."""
    result = answered(with_payments(employer().to_game(), 2.0), gap=GAP)
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(4.0, abs=1e-6)
    told = result.details[PAYMENTS_TOLD]["s0"]
    assert told["answer"] == "b1"
    assert told["promised"] == pytest.approx({"b1": 1.0}, abs=1e-6)
    assert told["paid"] == pytest.approx(1.0, abs=1e-6)
    assert answered(with_payments(employer().to_game(), 0.99), gap=GAP).leader_value == pytest.approx(0.0, abs=1e-9)
    tight = answered(with_payments(employer().to_game(), 2.0, promised=0.5), gap=GAP)
    assert tight.leader_value == pytest.approx(0.0, abs=1e-6)
    free = answered(with_payments(employer().to_game(), 2.0, cost=0.0, promised=1.25), gap=GAP)
    assert free.leader_value == pytest.approx(6.0, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("limits", [{}, {"cost": 0.5}, {"promised": 0.6}, {"cost": 0.0, "promised": 0.3}])
def test_payments_are_those_of_a_linear_program_for_every_answer(seed: int, limits: dict[str, float]) -> None:
    """The oracle may pay for every answer up to the cap; lotteries over single payments lose nothing by that."""
    plain = without_choice(seed)
    truth = best_payments(plain, 1.5, **limits)
    result = answered(with_payments(plain.to_game(), 1.5, **limits), gap=GAP)
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(truth, abs=1e-4)
    assert result.dual_bound >= truth - 1e-7
    promised = [sum(one["promised"].values()) for one in result.details[PAYMENTS_TOLD].values()]
    assert sum(promised) <= limits.get("promised", np.inf) + 1e-6


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_told_is_what_both_players_get(seed: int) -> None:
    """Playing the told mix and paying the told amounts gives the values of the result, in the game without payments."""
    rng = np.random.default_rng([62, seed])
    plain = random_game(rng, leader_counts=[2, 2], follower_counts=[2, 3], leader_discount=0.7, follower_discount=0.6)
    game = plain.to_game()
    result = answered(with_payments(game, {("s0", "b1"): 0.8, ("s1", "b0"): 0.4, ("s1", "b2"): 0.4}), gap=1e-4)
    assert result.leader_value >= solve(game, "commitment").leader_value - 1e-3
    told = result.details[PAYMENTS_TOLD]
    mixes = [np.array(list(told[state]["policy"].values())) for state in game.state_names]
    moved, mine, theirs = [], [], []
    for s, state in enumerate(game.state_names):
        b = game.follower_actions[s].index(told[state]["answer"])
        moved.append(mixes[s] @ plain.transition[s][:, b])
        mine.append(mixes[s] @ plain.leader_reward[s][:, b] - told[state]["paid"])
        theirs.append(mixes[s] @ plain.follower_reward[s][:, b] + told[state]["paid"])
    values = np.linalg.solve(np.eye(2) - 0.7 * np.array(moved), mine)
    assert values == pytest.approx(result.leader_values, abs=1e-9)
    values = np.linalg.solve(np.eye(2) - 0.6 * np.array(moved), theirs)
    assert values == pytest.approx(result.follower_values, abs=1e-9)


def test_a_menu_is_chosen_from_by_lottery() -> None:
    """Of schedules that pay 2 for work or 1 for either answer only the first helps, and half of it is enough."""
    menu = {"bonus": {("s0", "b1"): 2.0}, "wage": {("s0", "b0"): 1.0, ("s0", "b1"): 1.0}}
    problem = with_menu(employer().to_game(), menu)
    assert problem.game.leader_actions == (("a0", "a0, bonus", "a0, wage"),)
    assert origin_of(problem).promised().tolist() == [0.0, 2.0, 2.0]
    result = answered(problem, gap=GAP)
    assert result.leader_value == pytest.approx(4.0, abs=1e-6)
    assert result.details[PAYMENTS_TOLD]["s0"]["promised"] == pytest.approx({"b1": 1.0}, abs=1e-6)


def test_the_made_game_repeats_every_row_with_every_schedule() -> None:
    rng = np.random.default_rng(3)
    plain = random_game(rng, leader_counts=[2, 1], follower_counts=[2, 3], leader_discount=0.7, follower_discount=0.6)
    game = plain.to_game()
    problem = with_payments(game, {("s0", "b1"): 0.5, ("s1", "b2"): 2.0}, cost=3.0)
    made = problem.game
    assert made.leader_actions == (("a0", "a0, 0.5 for b1", "a1", "a1, 0.5 for b1"), ("a0", "a0, 2 for b2"))
    for state, action, schedule, answer, paid in (
        (0, 1, 1, 1, 0.5),
        (0, 1, 1, 0, 0.0),
        (1, 0, 1, 2, 2.0),
        (1, 0, 0, 2, 0),
    ):
        row, base = made.row(state, 2 * action + schedule, answer), game.row(state, action, answer)
        assert made.leader_rewards[row] == game.leader_rewards[base] - 3.0 * paid
        assert made.follower_rewards[row] == game.follower_rewards[base] + paid
        assert np.array_equal(made.next_states(row), game.next_states(base))
        assert origin_of(problem).paid()[row] == paid
    assert best_response(made, _first(made)).leader_values == pytest.approx(
        best_response(game, _first(game)).leader_values
    )


def _first(game: Game) -> LeaderPolicy:
    return LeaderPolicy.deterministic(game, np.zeros(game.num_states, dtype=int))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda game: with_payments(game, -1.0), "at_most is -1.0"),
        (lambda game: with_payments(game, float("nan")), "at_most"),
        (lambda game: with_payments(game, {("s9", "b0"): 1.0}), "unknown state 's9'"),
        (lambda game: with_payments(game, {("s0", "b9"): 1.0}), "unknown follower action 'b9'"),
        (lambda game: with_payments(game, {"s0": 1.0}), r"must be \(state, follower action\)"),
        (lambda game: with_payments(game, {("s0", "b0"): -2.0}), "at_most.s0, b0. is -2.0"),
        (lambda game: with_payments(game, 1.0, cost=-1.0), "cost is -1.0"),
        (lambda game: with_payments(game, 1.0, promised=-1.0), "promised is -1.0"),
        (lambda game: with_menu(game, {"nothing": {("s0", "b0"): 1.0}}), "every state has already"),
        (lambda game: with_menu(game, {"bonus": 1.0}), "menu.bonus. is 1.0"),
        (lambda game: with_payments("game", 1.0), "must be a Game"),
    ],
)
def test_wrong_payments_are_told(wrong: Any, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        wrong(static_game([[1.0, 0.0]], [[0.0, 1.0]]).to_game())
