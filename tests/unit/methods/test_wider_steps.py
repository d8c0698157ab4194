"""Policy iteration where states may use a few actions, where values must be reached and where costs are bounded."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, Problem, solve, verify, verify_bounds
from ssg_mip.base.status import Status, Termination
from ssg_mip.errors import InvalidResultError, OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.mdp import induced_by_leader
from ssg_mip.library import random_game
from ssg_mip.result import Result

KIN = ("policy-iteration", "restarted-policy-iteration", "response-regions", "backtracking")
SEEDS = range(6)


def asked(problem: Problem, method: str, **options: object) -> Result:
    """The result, of backtracking after a few restarts."""
    few = {"iteration_limit": 8} if method == "backtracking" else {}
    return solve(problem, method, **few, **options)  # type: ignore[arg-type]


def one_step_gain(game: Game, policy: LeaderPolicy, values: np.ndarray) -> np.ndarray:
    """``Q_t - V_t`` of a policy under the tied answer that is best for the leader in every state."""
    response = best_response(game, policy)
    leader, _ = induced_by_leader(game, policy)
    gains = leader.action_values(values) - values[game.follower_slot_state]
    return np.maximum.reduceat(np.where(response.tied, gains, -np.inf), game.follower_offsets[:-1])


def discounted(game: Game, result: Result, costs: np.ndarray) -> float:
    """What the printed pair of policies costs from the start, by a dense linear solve."""
    states = game.num_states
    matrix, reward = np.eye(states), np.zeros(states)
    assert result.leader_policy is not None
    assert result.follower_policy is not None
    for state, answer in enumerate(result.follower_policy.actions.tolist()):
        for action, share in enumerate(
            result.leader_policy.slots(game)[slice(*game.leader_offsets[state : state + 2])]
        ):
            row = game.row(state, action, answer)
            reward[state] += share * costs[state, action, answer]
            for successor, p in zip(*game.next_states(row), strict=True):
                matrix[state, successor] -= game.leader_discount * share * p
    return float(game.initial @ np.linalg.solve(matrix, reward))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("method", KIN)
def test_limits_are_kept_and_no_state_loses(seed: int, method: str) -> None:
    game = random_game(seed, 3, 3, 2, 2)
    first, second, _ = game.state_names
    problem = Problem(game).at_most_actions(first, 2).at_most_actions(second, 1)
    result = asked(problem, method)
    assert verify(problem, result).passed
    assert result.leader_policy is not None
    mine = np.split(result.leader_policy.slots(game), game.leader_offsets[1:-1])
    used = [int(np.count_nonzero(row > 1e-9)) for row in mine]
    assert used[0] <= 2
    assert used[1] == 1
    if method != "backtracking":  # which goes back
        values = np.array([point.leader_values for point in result.trajectory])
        assert (np.diff(values, axis=0) >= -1e-6).all()
    best = solve(problem, "commitment", gap=1e-6).leader_value
    assert result.leader_value <= best + 1e-5
    assert result.dual_bound >= best - 1e-5


@pytest.mark.parametrize("seed", SEEDS)
def test_where_a_run_within_limits_stops_no_allowed_policy_gains(seed: int) -> None:
    game = random_game(seed, 2, 3, 2, 2)
    problem = Problem(game).at_most_actions(game.state_names[0], 2).deterministic([game.state_names[1]])
    result = solve(problem, "policy-iteration")
    assert result.status in {Status.STATIONARY, Status.OPTIMAL}
    assert result.leader_values is not None
    grid = np.linspace(0.0, 1.0, 81)
    pairs = [np.eye(3)[a] * p + np.eye(3)[b] * (1.0 - p) for a, b in ((0, 1), (0, 2), (1, 2)) for p in grid]
    gains = [
        one_step_gain(game, LeaderPolicy([mine, pure]), result.leader_values)
        for mine, pure in itertools.product(pairs, np.eye(3))
    ]
    allowed = [gain.mean() for gain in gains if gain.min() >= -1e-9]
    assert max(allowed, default=0.0) <= result.trajectory[-1].step_bound + 1e-9
    assert result.trajectory[-1].step_bound < 1e-2


def test_stops_within_limits_are_certified(tmp_path: Path) -> None:
    game = random_game(0, 3, 3, 2, 2)
    problem = Problem(game).at_most_actions(game.state_names[0], 2).at_most_actions(game.state_names[1], 1)
    path = tmp_path / "proof.jsonl"
    result = solve(problem, "policy-iteration", certificate=path)
    assert result.status is Status.STATIONARY
    replayed = verify_bounds(game, path)
    assert [one.passed for one in replayed] == [True, True]
    assert verify(problem, result, bounds=replayed).passed
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    header = next(line for line in lines if '"most": [[0, 2], [1, 1]]' in line and '"values": null' not in line)
    path.write_text(text.replace(header, header.replace('"most": [[0, 2], [1, 1]]', '"most": []')), encoding="utf-8")
    with pytest.raises(InvalidResultError, match="state 1, which may use several"):
        verify_bounds(game, path)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("method", KIN)
def test_values_that_must_be_reached_are_kept_from_the_start_on(seed: int, method: str) -> None:
    game = random_game(seed, 3, 3, 2, 2)
    uniform = best_response(game, LeaderPolicy.uniform(game)).leader_values
    best = solve(game, "commitment").leader_values
    state = int(np.argmax(best - uniform))
    least = float(0.5 * (uniform[state] + best[state]))
    assert uniform[state] < least, "the uniform policy would do"
    problem = Problem(game).value_at_least(game.state_names[state], least)
    result = asked(problem, method)
    assert verify(problem, result).passed
    assert all(point.leader_values[state] >= least - 1e-6 for point in result.trajectory)


def test_values_that_no_policy_reaches_are_infeasible() -> None:
    game = random_game(0, 3, 3, 2, 2)
    problem = Problem(game).value_at_least(game.state_names[0], 9.9)
    for method in KIN:
        assert asked(problem, method).status is Status.INFEASIBLE


def test_a_value_from_the_start_is_kept() -> None:
    game = random_game(3, 3, 3, 2, 2)
    free = solve(game, "policy-iteration")
    least = 0.5 * (free.leader_value + solve(game, "commitment").leader_value)
    problem = Problem(game).value_at_least(None, least)
    result = solve(problem, "policy-iteration")
    assert result.leader_values is not None
    assert game.initial @ result.leader_values >= least - 1e-6
    assert verify(problem, result).passed


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.2, 0.6])
def test_costs_are_kept_while_no_state_loses(seed: int, share: float) -> None:
    game = random_game(seed, 3, 3, 2, 2)
    costs = np.random.default_rng([seed, 7]).random((3, 3, 2))
    cheapest = -solve(Problem(game.replace(leader_rewards=-costs.ravel())), "commitment").leader_value
    dear = discounted(game, solve(game, "commitment"), costs)
    limit = cheapest + share * max(0.5, dear - cheapest)
    problem = Problem(game).cost(costs, at_most=limit, name="fuel")
    result = solve(problem, "policy-iteration")
    assert verify(problem, result).passed
    assert discounted(game, result, costs) <= limit + 2e-7
    values = np.array([point.leader_values for point in result.trajectory])
    assert (np.diff(values, axis=0) >= -1e-6).all()
    best = solve(problem, "commitment", time_limit=10.0)
    assert result.leader_value <= best.dual_bound + 1e-6
    assert result.dual_bound >= best.leader_value - 1e-6


def test_a_stop_under_costs_claims_nothing() -> None:
    game = random_game(2, 3, 3, 2, 2)
    costs = np.random.default_rng([2, 99]).random((3, 3, 2))
    problem = Problem(game).cost(costs, at_most=3.5, name="fuel")
    result = solve(problem, "policy-iteration")
    assert result.termination is Termination.CONVERGED
    assert result.status is Status.FEASIBLE
    assert "not excluded" in result.trajectory[-1].note
    assert result.trajectory[-1].step_bound == np.inf
    assert solve(problem, "commitment").leader_value > result.leader_value + 0.05, "there was more to gain"


def test_answers_to_iterates_are_printed_and_checked_where_costs_decide_them() -> None:
    game = random_game(1, 3, 3, 2, 2)
    costs = np.random.default_rng([1, 99]).random((3, 3, 2))
    problem = Problem(game).cost(costs, at_most=4.5, name="fuel")
    result = solve(problem, "policy-iteration")
    data = result.to_dict()
    answers = data["trajectory"][0]["follower_policy"]
    assert verify(problem, data).passed
    other = {state: {"b0": "b1", "b1": "b0"}[action] for state, action in answers.items()}
    data["trajectory"][0]["follower_policy"] = other
    assert not verify(problem, data).passed
    assert "follower_policy" not in solve(game, "policy-iteration").to_dict()["trajectory"][0]


@pytest.mark.parametrize("method", KIN[1:])
def test_the_others_refuse_costs_by_name(method: str) -> None:
    game = random_game(1, 3, 3, 2, 2)
    problem = Problem(game).cost(np.ones((3, 3, 2)), at_most=20.0, name="fuel")
    with pytest.raises(OptionError, match=r"discounted costs, and there are some: fuel; ask for .*policy-iteration"):
        solve(problem, method)
