"""Programs too large to be written: the estimate is right, and the answer without a program is honest."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from models import patrol_graph
from ssg_mip import Game, LeaderPolicy, best_response, solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.evaluation.value_bounds import follower_value_bounds, leader_value_bounds
from ssg_mip.exact import size_limit
from ssg_mip.exact.commitment_bridge import CommitmentBridge
from ssg_mip.exact.heuristics.simple import best_simple_policy, reply
from ssg_mip.exact.improvement_bridge import ImprovementBridge
from ssg_mip.exact.size_limit import (
    commitment_products,
    commitment_size,
    comparisons,
    improvement_products,
    improvement_size,
    obstacle,
    restricted_products,
)
from ssg_mip.exact.solving import solve_commitment
from ssg_mip.game.policy import FollowerPolicy
from ssg_mip.library import kudo_akimoto_figure_1, random_game
from ssg_mip.methods.instead_of_program import with_local_search
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.commitment import commitment
from ssg_mip.programs.deterministic import deterministic_commitment
from ssg_mip.programs.improvement import improvement
from ssg_mip.runs.run import Run
from tests.unit.questions import asked

LARGE = random_game(seed=3, states=40, leader_actions=3, follower_actions=3)
SMALL = random_game(seed=3, states=4, leader_actions=2, follower_actions=3)

WITH_PROGRAMS = (
    "policy-iteration",
    "restarted-policy-iteration",
    "commitment",
    "response-regions",
    "backtracking",
    "deterministic",
    "grid",
)
"""Methods that write exact programs; learners and operators have no such limit."""


@pytest.mark.parametrize("start", [np.full(4, 0.25), np.array([1.0, 0.0, 0.0, 0.0])])
def test_the_estimate_is_the_number_of_products(start: np.ndarray[Any, Any]) -> None:
    """States without weight get a second block, and count twice."""
    bounds = follower_value_bounds(SMALL)
    assert len(commitment(SMALL, start, bounds).products) == commitment_products(SMALL, start)
    written = improvement(SMALL, leader_value_bounds(SMALL).lower, start, bounds)
    assert len(written.products) == improvement_products(SMALL)


@pytest.mark.parametrize("game", [SMALL, patrol_graph.build()])
def test_the_estimate_for_restricted_policies_is_not_below_the_products_of_a_leader_action(game: Game) -> None:
    """``w(s, a, t)`` over the states ``t`` that some follower action reaches, and ``s`` itself."""
    model = deterministic_commitment(game, game.initial).model
    assert len(model.w) <= restricted_products(game, 1) < restricted_products(game, 2)


def test_pairs_of_follower_actions_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer is compared with every other action, over leader actions and successors: 3 x 2 x 400 x 400 each."""
    wide = random_game(seed=0, states=2, leader_actions=3, follower_actions=400)
    even = np.full(2, 0.5)
    assert comparisons(wide) == 2 * 3 * 2 * 400 * 400 // size_limit.ENTRIES_PER_PRODUCT
    assert commitment_size(wide, even) == improvement_size(wide) == comparisons(wide)
    assert improvement_size(SMALL) == improvement_products(SMALL)
    monkeypatch.setattr(size_limit, "MOST_PRODUCTS", comparisons(wide) - 1)
    for program in (CommitmentBridge, ImprovementBridge):
        monkeypatch.setattr(program, "write", None)
    for method in ("commitment", "policy-iteration"):
        result = solve(wide, method, time_limit=6.0, presolve=False)
        assert result.termination is Termination.SIZE_LIMIT
        assert result.leader_value < result.dual_bound < np.inf


def test_an_obstacle_is_named_by_what_would_remove_it() -> None:
    generous, short = Run(), Run(deadline=Deadline(1.0))
    assert obstacle(size_limit.MOST_PRODUCTS, generous) is None
    assert obstacle(size_limit.MOST_PRODUCTS + 1, generous) is Termination.SIZE_LIMIT
    assert obstacle(2 * size_limit.PRODUCTS_PER_SECOND, short) is Termination.TIME_LIMIT
    assert obstacle(size_limit.MOST_PRODUCTS + 1, short) is Termination.SIZE_LIMIT
    assert obstacle(1, Run(deadline=Deadline(0.0))) is Termination.TIME_LIMIT


@pytest.mark.parametrize("method", WITH_PROGRAMS)
def test_a_large_game_gets_a_policy_with_its_exact_value_and_the_payoff_bound(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is proven but the bound, and the reason is given; no program is written."""
    monkeypatch.setattr(size_limit, "MOST_PRODUCTS", 100)
    for program in (CommitmentBridge, ImprovementBridge):
        monkeypatch.setattr(program, "write", None)
    result = solve(LARGE, method, time_limit=10.0)
    assert result.termination is Termination.SIZE_LIMIT
    assert result.status is Status.FEASIBLE
    assert isinstance(result.leader_policy, LeaderPolicy)
    response = best_response(LARGE, result.leader_policy)
    assert result.leader_value == pytest.approx(float(LARGE.initial @ response.leader_values), abs=1e-9)
    planner = float(LARGE.initial @ leader_value_bounds(LARGE).upper)
    assert planner - 0.1 < result.dual_bound < planner
    assert result.bound_proof is BoundProof.PAYOFFS
    assert result.leader_value < result.dual_bound


def test_a_time_limit_is_used_for_a_local_search_where_no_program_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one the simple policies are the answer; a limit that is over at once leaves it as it is."""
    monkeypatch.setattr(size_limit, "MOST_PRODUCTS", 100)
    simple, timed = solve(LARGE, "commitment"), solve(LARGE, "commitment", time_limit=8.0)
    assert simple.termination is timed.termination is Termination.SIZE_LIMIT
    assert timed.leader_value > simple.leader_value + 0.01
    assert timed.check.passed
    assert timed.leader_values == pytest.approx(best_response(LARGE, timed.leader_policy).leader_values)


def test_there_is_no_local_search_without_a_limit_or_under_a_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssg_mip.methods.instead_of_program.HOME", "none.such")
    problem, answer = Problem(LARGE), solve_commitment(Problem(SMALL), Run())
    answer = dataclasses.replace(answer, termination=Termination.SIZE_LIMIT, lps=0)
    floored = problem.above(np.full(LARGE.num_states, -1e3))
    limited = Run(deadline=Deadline(60.0))
    for question, run in ((problem, Run()), (floored, limited), (problem, Run(deadline=Deadline(0.0)))):
        assert with_local_search(question, run, answer) is answer
    searched = dataclasses.replace(answer, lps=1)
    assert with_local_search(problem, limited, searched) is searched
    with pytest.raises(ModuleNotFoundError):
        with_local_search(problem, limited, answer)


def test_a_simple_policy_that_meets_the_bound_is_optimal_without_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody gains by conflict the plan of both attains the bound of both."""
    monkeypatch.setattr(size_limit, "MOST_PRODUCTS", 1)
    team = LARGE.replace(follower_rewards=LARGE.leader_rewards)
    result = solve(team, "commitment")
    assert result.status is Status.OPTIMAL
    assert result.termination is Termination.GAP


def test_the_best_simple_policy_is_no_worse_than_the_start_and_keeps_to_a_floor() -> None:
    """A floor above everything that is attained leaves no policy."""
    start = LeaderPolicy.random(LARGE, np.random.default_rng(1))
    problem, run = asked(LARGE, start=start)
    best, tried = best_simple_policy(problem, run)
    assert tried >= 1 + 1 + 3 + 1
    assert best.value >= float(LARGE.initial @ best_response(LARGE, start).leader_values)
    above = leader_value_bounds(LARGE).upper + 1.0
    assert best_simple_policy(problem.above(above), run)[0].value == -np.inf


def test_no_time_leaves_one_policy() -> None:
    problem, run = asked(LARGE, deadline=Deadline(0.0))
    best, tried = best_simple_policy(problem, run)
    assert tried == 1
    assert np.array_equal(best.policy.probabilities, LeaderPolicy.uniform(LARGE).probabilities)


def test_the_reply_is_optimal_against_a_fixed_response() -> None:
    """Fig. 1, the follower fixed to b1 in both states: the leader plays a1 for ever, worth 10."""
    game = kudo_akimoto_figure_1()
    policy = reply(game, FollowerPolicy(np.array([0, 0])))
    assert policy.probabilities.tolist() == [[1.0, 0.0], [1.0, 0.0]]
