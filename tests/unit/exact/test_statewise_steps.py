"""Steps without a program: no state ever loses, and large games make progress."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response, solve
from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.best_response import Response
from ssg_mip.exact import improve_without_program
from ssg_mip.exact.heuristics.statewise_steps import statewise_line_search
from ssg_mip.exact.improvement_bridge import ImprovementBridge
from ssg_mip.library import random_game
from tests.unit.methods.grid_improvement import one_step_values
from tests.unit.questions import asked

TOLERANCE = 1e-7


def step(game: Game, policy: LeaderPolicy) -> tuple[Response, LeaderPolicy | None]:
    """The response to a policy and one step from it."""
    response = best_response(game, policy)
    problem, run = asked(game, start=policy)
    problem = ImprovementBridge(problem, run, response.leader_values, game.initial)
    return response, statewise_line_search(game, policy, response, problem.judge, lambda: False)


@pytest.mark.parametrize("states", [5, 40, 150])
def test_a_step_lies_in_the_improving_set_and_no_true_value_falls(states: int) -> None:
    """``Q_t >= V_t`` everywhere, judged here by another code, and with it ``V^f >= Q_t`` (Theorem 8)."""
    game = random_game(seed=2, states=states, leader_actions=3, follower_actions=3)
    policy = LeaderPolicy.uniform(game)
    for _ in range(3):
        response, target = step(game, policy)
        assert target is not None
        promised = one_step_values(game, target, response.leader_values)
        values = best_response(game, target).leader_values
        assert np.all(promised >= response.leader_values - TOLERANCE)
        assert np.all(values >= promised - TOLERANCE)
        assert values.sum() > response.leader_values.sum() + 1e-3
        policy = target


def test_where_no_state_can_gain_there_is_no_step() -> None:
    """A leader who is paid the same whatever happens stays."""
    game = random_game(seed=2, states=6, leader_actions=3, follower_actions=3)
    game = game.replace(leader_rewards=np.zeros(game.num_rows))
    assert step(game, LeaderPolicy.uniform(game))[1] is None


def test_no_time_means_no_step() -> None:
    game = random_game(seed=2, states=6, leader_actions=3, follower_actions=3)
    policy = LeaderPolicy.uniform(game)
    response = best_response(game, policy)
    problem = ImprovementBridge(*asked(game), response.leader_values, game.initial)
    assert statewise_line_search(game, policy, response, problem.judge, lambda: True) is None


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_an_improvement_without_a_program_keeps_the_margin(share: float) -> None:
    """Any share of the advantage that the follower's answer to the uniform policy has; without one, any step."""
    game = random_game(seed=2, states=12, leader_actions=3, follower_actions=3)
    policy = LeaderPolicy.uniform(game)
    response = best_response(game, policy)
    margin = share * response.advantage
    problem, run = asked(game, start=policy, margin=margin)
    answer = improve_without_program(problem, run, response.leader_values, game.initial, enough=1e-3)
    assert answer.policy is not None
    assert answer.primal_bound > 1e-3
    assert best_response(game, answer.policy).advantage >= margin - TOLERANCE
    assert np.all(best_response(game, answer.policy).leader_values >= response.leader_values - TOLERANCE)


def test_a_game_too_large_for_its_program_is_improved_and_nothing_is_claimed() -> None:
    """120 states with 3 x 3 actions: every iterate is better in every state, and the stop is a limit."""
    game = random_game(seed=3, states=120, leader_actions=3, follower_actions=3)
    result = solve(game, "policy-iteration", iteration_limit=4)
    values = np.array([point.leader_values for point in result.trajectory])
    assert len(values) == 5
    assert np.all(np.diff(values, axis=0) >= -TOLERANCE)
    assert result.leader_value > result.trajectory[0].leader_value + 0.1
    assert (result.status, result.termination) == (Status.FEASIBLE, Termination.ITERATION_LIMIT)
    assert result.leader_values == pytest.approx(best_response(game, result.leader_policy).leader_values)
