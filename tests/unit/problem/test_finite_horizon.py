"""A game of so many steps: values by hand, discounts of 1, and what is told of the steps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response, finite_horizon
from ssg_mip.base.status import Status
from ssg_mip.errors import OptionError
from ssg_mip.problem.finite_horizon import END
from tests.oracles.games import Array, PlainGame, random_game, static_game
from tests.unit.questions import answered

GAP = 1e-4
TIE = 1e-9


def plain(seed: int) -> PlainGame:
    rng = np.random.default_rng([47, seed])
    return random_game(rng, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=0.8, follower_discount=0.7)


def by_recursion(game: PlainGame, plan: list[list[Array]], discounts: tuple[float, float]) -> tuple[Array, Array]:
    """Both players' values from the first step: the follower's best answers from the last step to the first.

    Where several are as good for him the leader's choice counts.
    """
    leader, follower = np.zeros(game.num_states), np.zeros(game.num_states)
    for policy in reversed(plan):
        theirs = [
            policy[s] @ (game.follower_reward[s] + discounts[1] * game.transition[s] @ follower) for s in range(2)
        ]
        mine = [policy[s] @ (game.leader_reward[s] + discounts[0] * game.transition[s] @ leader) for s in range(2)]
        tied = [q >= q.max() - TIE for q in theirs]
        leader = np.array([np.where(t, q, -np.inf).max() for t, q in zip(tied, mine, strict=True)])
        follower = np.array([q.max() for q in theirs])
    return leader, follower


def plans(steps: int, levels: int) -> Iterator[list[list[Array]]]:
    shares = np.linspace(0.0, 1.0, levels)
    for flat in itertools.product(shares, repeat=2 * steps):
        rows = [np.array([p, 1.0 - p]) for p in flat]
        yield [rows[2 * t : 2 * t + 2] for t in range(steps)]


@pytest.mark.parametrize("discounts", [(0.8, 0.7), (1.0, 1.0), (1.0, 0.5), (0.0, 1.0)])
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_values_of_a_plan_are_those_of_the_recursion(steps: int, discounts: tuple[float, float]) -> None:
    game, rng = plain(1), np.random.default_rng(steps)
    problem = finite_horizon(game.to_game(), steps, leader_discount=discounts[0], follower_discount=discounts[1])
    plan = [[rng.dirichlet(np.ones(2)) for _ in range(2)] for _ in range(steps)]
    policy = LeaderPolicy(np.array([row for step in plan for row in step] + [np.array([1.0, 0.0])]))
    response = best_response(problem.game, policy)
    leader, follower = by_recursion(game, plan, discounts)
    assert response.leader_values[:2] == pytest.approx(leader)
    assert response.follower_values[:2] == pytest.approx(follower)
    assert response.leader_values[-1] == response.follower_values[-1] == 0.0


@pytest.mark.parametrize("discounts", [(0.8, 0.7), (1.0, 1.0)])
@pytest.mark.parametrize("seed", range(3))
def test_no_plan_on_a_grid_is_better_and_the_steps_tell_the_values(seed: int, discounts: tuple[float, float]) -> None:
    game = plain(seed)
    problem = finite_horizon(game.to_game(), 2, leader_discount=discounts[0], follower_discount=discounts[1])
    result = answered(problem, gap=GAP)
    assert result.status is Status.OPTIMAL
    best = max(float(game.initial @ by_recursion(game, plan, discounts)[0]) for plan in plans(2, 13))
    assert best <= result.dual_bound + 1e-7
    plan = [[np.array(list(one["policy"][f"s{s}"].values())) for s in range(2)] for one in result.details["steps"]]
    for t, one in enumerate(result.details["steps"]):
        leader, follower = by_recursion(game, plan[t:], discounts)
        assert list(one["leader_values"].values()) == pytest.approx(leader.tolist(), abs=1e-6)
        assert list(one["follower_values"].values()) == pytest.approx(follower.tolist(), abs=1e-6)
    assert result.leader_value == pytest.approx(float(game.initial @ by_recursion(game, plan, discounts)[0]), abs=1e-6)


def test_a_promise_for_later_is_worth_something() -> None:
    """What backward induction misses: the follower works today for what he is promised for tomorrow, if he may stay."""
    work, idle = [3.0, -1.0], [0.0, 0.0]
    leader = np.array([[work[0], idle[0]], [work[0] - 2.0, idle[0] - 2.0]])
    follower = np.array([[work[1], idle[1]], [work[1] + 2.0, idle[1] + 2.0]])
    moves = np.zeros((2, 2, 2, 2))
    moves[0, :, 0, 0] = moves[0, :, 1, 1] = moves[1, ..., 1] = 1.0
    none = np.zeros((2, 2))
    game = PlainGame(tuple(moves), (leader, none), (follower, none), 0.9, 0.9, np.array([1.0, 0.0])).to_game()
    result = answered(finite_horizon(game, 2, leader_discount=1.0, follower_discount=1.0), gap=1e-6)
    # paid with 2 half the time at the end, he works in the first step for -1 + 1 and rests in the last one
    first = result.details["steps"][0]
    assert first["policy"]["s0"]["a0"] == pytest.approx(1.0)
    assert first["answers"]["s0"] == "b0"
    assert result.leader_value == pytest.approx(2.0, abs=1e-5)


def test_one_policy_for_all_steps_costs_the_leader() -> None:
    game = plain(2).to_game()
    free = finite_horizon(game, 3)
    tied = free.observe({state: state for state in game.state_names})
    results = [answered(problem, gap=GAP) for problem in (tied, free)]
    assert results[0].leader_value <= results[1].leader_value + 1e-9
    policies = [one["policy"] for one in results[0].details["steps"]]
    assert policies == [policies[0]] * 3


def test_one_step_is_the_game_without_a_future() -> None:
    game = static_game([[2.0, 4.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 2.0]]).to_game()
    result = answered(finite_horizon(game, 1, leader_discount=1.0, follower_discount=1.0), gap=1e-6)
    assert result.leader_value == pytest.approx(11.0 / 3.0, abs=1e-5)


def test_the_game_that_is_made() -> None:
    game = plain(0).to_game()
    problem = finite_horizon(game, 3)
    assert problem.game.state_names == ("s0 @ 0", "s1 @ 0", "s0 @ 1", "s1 @ 1", "s0 @ 2", "s1 @ 2", END)
    assert problem.game.leader_discount == 0.8
    assert problem.origin is not None
    assert problem.origin.meant_by("s1") == (1, 3, 5)
    assert problem.origin.meant_by(END) == ()


@pytest.mark.parametrize(
    ("steps", "options", "words"),
    [
        (0, {}, "steps is 0; it must be a whole number of at least 1"),
        (2.5, {}, "steps is 2.5"),
        (60_000, {}, "steps is 60000; plain has 2 states, and at most 100,000 pairs"),
        (3, {"leader_discount": 1.5}, "leader_discount is 1.5; it must be a number at least 0 and at most 1"),
        (3, {"follower_discount": -0.1}, "follower_discount is -0.1"),
    ],
)
def test_horizons_that_are_none_are_refused(steps: Any, options: dict[str, float], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        finite_horizon(plain(0).replace(name="plain").to_game(), steps, **options)
