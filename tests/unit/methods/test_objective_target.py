"""The stop of policy iteration by a bound on the weighted optimum, and steps whose proof would take too long."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import solve, verify, verify_bounds
from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.exact import Answer, solve_commitment, solve_improvement
from ssg_mip.exact.wider import solve_allowed
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.policy_iteration import objective_target, step
from ssg_mip.methods.policy_iteration import solve as iterate
from ssg_mip.methods.policy_iteration.objective_target import WeightedBound
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run
from tests.benchmarks.families import FAMILIES, Size
from tests.oracles.games import agreement_game
from tests.oracles.known import figure_1
from tests.unit.questions import asked


def even(game: Game) -> FloatArray:
    return np.full(game.num_states, 1.0 / game.num_states)


def team() -> Game:
    """Figure 1 with a follower that wants what the leader wants: the best pair of policies is attained."""
    game = figure_1(1.0, 2.0).to_game()
    return game.replace(follower_rewards=game.leader_rewards, follower_discount=game.leader_discount)


def optimum_of(game: Game) -> LeaderPolicy:
    policy = solve_commitment(*asked(game, weights=even(game))).policy
    assert policy is not None
    return policy


def refused(*_: object) -> Answer:
    raise AssertionError("no program was needed")


@pytest.mark.parametrize("seed", range(6))
def test_no_policy_that_loses_nowhere_gains_more_than_the_ceiling_leaves(seed: int) -> None:
    """The one-step gain that the improvement program proves possible is below what the optimum leaves."""
    game = agreement_game(seed, 3).to_game()
    optimum = solve_commitment(*asked(game, weights=even(game))).dual_bound
    for policy in (LeaderPolicy.uniform(game), LeaderPolicy.random(game, np.random.default_rng(seed))):
        values = best_response(game, policy).leader_values
        problem, run = asked(game, weights=even(game), start=policy)
        gain = solve_improvement(problem, run, values, even(game)).primal_bound
        assert gain <= WeightedBound(even(game), optimum).gain_bound(values) + 1e-9


def test_the_bound_on_the_gain_is_the_room_over_the_smallest_weight() -> None:
    """Room .5 * 1 + .25 * 2 + .25 * 3 = 1.75 - 1.25 = .5 with the smallest weight a quarter of three states."""
    weighted = WeightedBound(np.array([0.5, 0.25, 0.25]), 2.25)
    assert weighted.gain_bound(np.array([1.0, 2.0, 3.0])) == pytest.approx(0.5 / 0.75)
    assert weighted.gain_bound(np.array([9.0, 2.0, 3.0])) == 0.0
    assert WeightedBound(np.array([1.0, 0.0]), 2.0).gain_bound(np.zeros(2)) == math.inf
    assert WeightedBound(np.array([0.5, 0.5]), math.inf).gain_bound(np.zeros(2)) == math.inf


def test_at_the_optimum_the_run_stops_without_a_program() -> None:
    """Started at the optimum that the root of the commitment program proves."""
    game = team()
    best = optimum_of(game)
    result = iterate(*asked(game, weights=even(game), start=best), improve=refused)
    assert (result.termination, result.status) == (Termination.STATIONARY, Status.OPTIMAL)
    assert "the bound on the weighted value shows it" in result.trajectory[-1].note
    assert 0.0 <= result.trajectory[-1].step_bound <= 1e-4 * float(np.abs(result.leader_values).max())


@pytest.mark.parametrize("method", ["policy-iteration", "restarted-policy-iteration", "response-regions"])
def test_the_other_methods_stop_there_as_well(method: str) -> None:
    game = team()
    best = optimum_of(game)
    result = solve(game, method, weights=even(game), start=best)
    assert result.status is Status.OPTIMAL
    assert result.check.passed
    assert len(result.trajectory) == 1


def test_a_patrol_whose_stop_test_is_hard_ends_by_the_ceiling() -> None:
    """The programs of this game took 2,515 nodes; its optimum is proven at the root."""
    game = FAMILIES["patrol"].build(Size(6, 5, 5), 2)
    result = solve(game, check=False, guarantee=False, node_limit=1_000)
    assert (result.status, result.termination) == (Status.OPTIMAL, Termination.STATIONARY)
    assert result.provenance.counts["nodes"] <= 2 * step.STEP_NODES + 10


def test_a_step_that_a_few_nodes_do_not_prove_takes_the_best_policy_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """With two nodes a step there are still steps, none of which loses in any state."""
    monkeypatch.setattr(step, "STEP_NODES", 2)
    limits: list[int | None] = []

    def watched(problem: Problem, run: Run, values: FloatArray, weights: FloatArray, absolute_gap: float) -> Answer:
        limits.append(run.limits.nodes)
        return step.exact_improvement(problem, run, values, weights, absolute_gap)

    game = FAMILIES["patrol"].build(Size(5, 3, 3), 1)
    result = iterate(*asked(game, weights=even(game)), improve=watched)
    values = np.array([point.leader_values for point in result.trajectory])
    assert len(values) > 1
    assert np.all(np.diff(values, axis=0) >= -1e-7)
    assert limits[0] == 2
    assert set(limits) == {2, None}
    assert result.termination is Termination.STATIONARY


def test_the_search_for_a_ceiling_ends_at_a_policy_that_shows_there_is_none() -> None:
    """From the uniform policy of figure 1, worth 0: the first better policy ends the search, and proves nothing."""
    game = figure_1(1.0, 2.0).to_game()
    values = best_response(game, LeaderPolicy.uniform(game)).leader_values
    problem, run = asked(game, weights=even(game), start=LeaderPolicy.uniform(game))
    better, answer = objective_target.sharpened(problem, run, WeightedBound(even(game), 100.0), values, 1e-3)
    assert answer.termination is Termination.GOOD_ENOUGH or answer.primal_bound > 1e-3
    assert better.searched
    assert better.bound <= 100.0
    assert better.gain_bound(values) > 1e-3


def test_the_ceiling_is_searched_for_once_in_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several hard stop tests only the first one asks; its limits are those of the run."""
    runs: list[Run] = []

    def watched(problem: Problem, run: Run) -> Answer:
        runs.append(run)
        return solve_allowed(problem, run)

    monkeypatch.setattr(objective_target, "solve_allowed", watched)
    monkeypatch.setattr(step, "STEP_NODES", 1)
    game = FAMILIES["patrol"].build(Size(5, 3, 3), 1)
    solve(game, check=False, guarantee=False, node_limit=200)
    assert len(runs) <= 1
    assert all((one.limits.nodes or 0) <= 200 for one in runs)


def test_a_certificate_of_the_bound_proves_the_stop_and_a_forged_one_does_not(tmp_path: Path) -> None:
    """``stationary`` near the optimum: a certificate of the weighted bound leaves no more than the step bound says."""
    game = team()
    slots = optimum_of(game).slots(game)
    best = LeaderPolicy.from_slots(game, 0.99999 * slots + 0.00001 * LeaderPolicy.uniform(game).slots(game))
    file = tmp_path / "bound.jsonl"
    result = solve(game, weights=even(game), start=best, certificate=file)
    assert result.trajectory[-1].step_bound > 1e-6
    stationary = dataclasses.replace(result, status=Status.STATIONARY)
    bounds = verify_bounds(game, file)
    assert verify(game, stationary, bounds=bounds).passed
    forged = json.loads(json.dumps(stationary.to_dict()))
    forged["trajectory"][-1]["step_bound"] *= 0.5
    checked = {check.name: check.passed for check in verify(game, forged, bounds=bounds).checks}
    assert not checked["certified_stop"]
