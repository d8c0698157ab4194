"""Made games whose rewards are in other units refuse what would be said in units of the original."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import (
    LeaderPolicy,
    PriceOnChange,
    Problem,
    WorstStart,
    bayesian,
    evaluate_policy,
    finite_horizon,
    solve,
    with_menu,
    with_payments,
    write_instance,
)
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.game.game import Game
from ssg_mip.library import random_game
from ssg_mip.problem.follower import Follower, Rational
from ssg_mip.problem.followers.myopic import Myopic
from ssg_mip.problem.followers.near_optimal import NearOptimal
from ssg_mip.problem.followers.quantal import Quantal

GAME = random_game(1, 2, 2, 2, 2)
SCALED = [Rational(margin=0.2), Myopic(margin=0.2), NearOptimal(0.2), NearOptimal(0.2, "pessimistic"), Quantal(0.2)]


def horizon(leader: float = 0.9, follower: float = 0.9) -> Problem:
    return finite_horizon(GAME, 3, leader_discount=leader, follower_discount=follower)


def types(first: float = 0.3, second: float = 0.6) -> Problem:
    games = {str(one): random_game(0, 2, 2, 2, 2, follower_discount=one) for one in (first, second)}
    return bayesian(games, [0.5] * len(games)) if first != second else bayesian({"a": GAME, "b": GAME}, [0.5, 0.5])


@pytest.mark.parametrize("follower", SCALED, ids=repr)
def test_followers_in_units_of_rewards_do_not_go_with_rewards_that_are_scaled(follower: Follower) -> None:
    """With all discounts below 1, or alike, they do."""
    for problem in (horizon(follower=1.0), types()):
        with pytest.raises(OptionError, match=r"is asked for .* discount"):
            problem.answered_by(follower)
        with pytest.raises(OptionError, match=r"is asked for .* discount"):
            solve(problem, method="commitment", follower=follower)
    assert horizon(leader=1.0).answered_by(follower).follower == follower
    assert types(0.9, 0.9).answered_by(follower).follower == follower
    assert horizon(follower=1.0).answered_by(Myopic()).follower == Myopic()


def test_costs_and_values_do_not_go_with_a_leader_who_counts_all_steps_alike() -> None:
    place = ("s0 @ 2", "a0", "b0")
    for ask in (
        lambda problem: problem.cost({place: 1.0}, at_most=0.5),
        lambda problem: problem.value_at_least("s0 @ 2", 0.1),
        lambda problem: problem.value_at_least(None, 0.1),
    ):
        with pytest.raises(OptionError, match="costs or least values are asked for over 3 steps"):
            ask(horizon(leader=1.0))
        assert ask(horizon(follower=1.0)).constraints


def test_costs_do_not_go_with_types_at_different_paces_and_values_do() -> None:
    problem = types()
    state = problem.game.state_names[0]
    with pytest.raises(OptionError, match="bounds costs of types whose discounts differ"):
        problem.cost({(state, "a0", "b0"): 1.0}, at_most=0.5)
    assert problem.value_at_least(state, 0.1).constraints


@pytest.mark.parametrize("follower", SCALED[2:], ids=repr)
def test_payments_of_any_amount_are_for_one_best_answer(follower: Follower) -> None:
    with pytest.raises(OptionError, match="offer schedules with with_menu"):
        with_payments(GAME, 1.0).answered_by(follower)
    menu = {"both": {("s0", "b0"): 1.0, ("s0", "b1"): 1.0}}
    assert with_menu(GAME, menu).answered_by(follower).follower == follower
    assert with_payments(GAME, 1.0).answered_by(Rational(margin=0.1)).follower.margin == 0.1


@pytest.mark.parametrize(
    "goal", [WorstStart(["s0", "s1"]), PriceOnChange(LeaderPolicy.uniform(GAME), 5.0, "policy")], ids=repr
)
def test_what_has_a_goal_is_neither_written_nor_evaluated_without_it(goal: Any, tmp_path: Path) -> None:
    problem = Problem(GAME).maximise(goal)
    with pytest.raises(OptionError, match="a goal, for which files have no place"):
        write_instance(problem, tmp_path / "game.json")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OptionError, match="is said by weights alone"):
        evaluate_policy(problem, LeaderPolicy.uniform(problem.game))


def test_rows_beside_a_follower_whom_no_method_holds_to_them_say_so() -> None:
    with pytest.raises(
        OptionError, match=r"forbid s0/a0; no method honours them beside such a follower: leave them out"
    ):
        solve(Problem(GAME).forbid("s0", "a0"), method="commitment", follower="quantal:0.2")


@pytest.mark.parametrize("follower", SCALED[2:], ids=repr)
def test_constraints_beside_followers_who_mix_or_forgo_are_not_evaluated(follower: Follower) -> None:
    """Without the constraint, or beside a myopic follower, they are."""
    uniform = LeaderPolicy.uniform(GAME)
    problem = Problem(GAME).at_least("s0", "a0", 0.1)
    with pytest.raises(OptionError, match="no constraint is held against"):
        evaluate_policy(problem.answered_by(follower), uniform)
    assert evaluate_policy(Problem(GAME).answered_by(follower), uniform).check.passed
    assert evaluate_policy(problem.answered_by(Myopic()), uniform).check.passed


def test_a_limit_that_a_policy_breaks_is_named() -> None:
    with pytest.raises(InvalidPolicyError, match=r"deterministic.* by 1 actions"):
        evaluate_policy(Problem(GAME).deterministic(), LeaderPolicy.uniform(GAME))


def soft_recursion(game: Game, policy: list[np.ndarray[Any, Any]], temperature: float) -> float:
    """The leader's value of a plan against a soft follower, from the last step to the first, discounts below 1."""
    mine, theirs = np.zeros(game.num_states), np.zeros(game.num_states)
    moves = game.dense_transition
    for step in reversed(policy):
        weights = step[game.row_state, game.row_leader]
        q = [
            game.leader_rewards + game.leader_discount * moves @ mine,
            game.follower_rewards + game.follower_discount * moves @ theirs,
        ]
        slots = [np.bincount(game.row_follower_slot, weights * one) for one in q]
        soft = slots[1].reshape(game.num_states, -1) / temperature
        top = soft.max(1, keepdims=True)
        chances = np.exp(soft - top)
        theirs = temperature * (np.log(chances.sum(1)) + top[:, 0])
        mine = (chances / chances.sum(1, keepdims=True) * slots[0].reshape(game.num_states, -1)).sum(1)
    return float(game.initial @ mine)


def test_a_soft_follower_over_some_steps_is_the_recursion() -> None:
    problem = finite_horizon(GAME, 3).answered_by(Quantal(0.2))
    result = solve(problem, method="commitment", time_limit=10.0)
    assert result.leader_policy is not None
    plan = [result.leader_policy.probabilities[2 * t : 2 * t + 2] for t in range(3)]
    assert result.check.passed
    assert soft_recursion(GAME, plan, 0.2) == pytest.approx(result.leader_value, abs=1e-7)
