"""The operator's policies as starts: what the exact search and the fallback without a program gain by them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response, solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Termination
from ssg_mip.branch_and_bound.options import SearchOptions
from ssg_mip.exact import Answer, commitment_bridge, solve_commitment
from ssg_mip.exact.heuristics.operator_policies import STATIC_GAMES, STEPS, operator_policies
from ssg_mip.exact.heuristics.simple import best_simple_policy, simple_policies
from ssg_mip.exact.size_limit import commitment_products
from ssg_mip.library import highway_merge, random_game
from ssg_mip.lp.interface import MilpAnswer
from ssg_mip.methods.restricted import milp
from tests.unit.questions import asked

MERGE = highway_merge(5, 2)
"""Long paths: its optimum is 30.115, which the operator's first step attains."""


def _value(game: Game, policy: LeaderPolicy) -> float:
    return float(game.initial @ best_response(game, policy).leader_values)


def _answer(game: Game, *, operator: bool, floor: np.ndarray | None = None, **options: Any) -> Answer:
    search = SearchOptions(operator_starts=operator)
    problem, run = asked(game, search=search, **options)
    return solve_commitment(problem.above(floor), run)


def test_a_game_with_long_paths_is_solved_at_a_node() -> None:
    """Without the operator's policies the search is no better."""
    assert commitment_products(MERGE, MERGE.initial) >= commitment_bridge.OPERATOR_PRODUCTS
    alone = _answer(MERGE, operator=False, node_limit=1)
    helped = _answer(MERGE, operator=True, node_limit=1)
    assert helped.termination is Termination.GAP
    assert 30.0 < helped.primal_bound <= alone.dual_bound
    assert alone.primal_bound <= helped.dual_bound
    assert helped.policy is not None
    assert _value(MERGE, helped.policy) == pytest.approx(helped.primal_bound, abs=1e-9)


def test_restricted_methods_have_them_where_their_program_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large mixed-integer program without an answer: the operator's deterministic policies are there all the same."""
    nothing = MilpAnswer("limit", np.empty(0), -np.inf, np.inf, 0)
    monkeypatch.setattr(milp, "solve_milp", lambda *_, **__: nothing)
    result = solve(MERGE, "deterministic", node_limit=1, presolve=False)
    assert result.leader_value > 30.0
    assert result.trajectory[-1].note == "a policy of the fixed-point operator"
    monkeypatch.setattr(milp, "OPERATOR_PRODUCTS", np.inf)
    assert solve(MERGE, "deterministic", node_limit=1, presolve=False).leader_value < 30.0


@pytest.mark.parametrize(
    "options", [{}, {"margin": 0.05}, {"ties": "adverse"}, {"ties": "first"}, {"floored": True}], ids=str
)
@pytest.mark.parametrize("seed", [0, 2])
def test_the_operator_changes_no_proven_answer(
    monkeypatch: pytest.MonkeyPatch, seed: int, options: dict[str, Any]
) -> None:
    """Margin, tie rule and floor hold for its policies as for all others."""
    monkeypatch.setattr(commitment_bridge, "OPERATOR_PRODUCTS", 0)
    game = random_game(seed, 3, 2, 2)
    options = dict(options)
    floor = None
    if options.pop("floored", False):
        best = _answer(game, operator=False, gap=1e-5)
        assert best.response is not None
        floor = np.full(3, -np.inf)
        floor[int(np.argmin(best.response.leader_values))] = best.response.leader_values.min() + 0.05
    alone = _answer(game, operator=False, floor=floor, gap=1e-5, **options)
    helped = _answer(game, operator=True, floor=floor, gap=1e-5, **options)
    assert helped.termination is alone.termination
    assert helped.primal_bound <= alone.dual_bound + 1e-9
    assert alone.primal_bound <= helped.dual_bound + 1e-9
    if helped.policy is not None and helped.response is not None:
        truth = best_response(game, helped.policy, options.get("ties", "leader"))
        assert helped.primal_bound == pytest.approx(float(game.initial @ truth.leader_values), abs=1e-9)
        assert truth.advantage >= options.get("margin", -np.inf) - 1e-6
        assert floor is None or np.all(truth.leader_values >= floor - 1e-6)


def test_its_policies_differ_and_are_few() -> None:
    game = random_game(1, 6, 3, 3)
    policies = list(operator_policies(*asked(game)))
    assert len({policy.probabilities.tobytes() for policy in policies}) == len(policies)
    assert 1 < len(policies) <= 2 * len(STATIC_GAMES) * STEPS
    assert any(0.0 < policy.probabilities.max(axis=1).min() < 1.0 for policy in policies)


def test_there_are_none_without_time_nor_where_one_step_would_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(1, 6, 3, 3)
    problem, run = asked(game)
    assert not list(operator_policies(problem, dataclasses.replace(run, deadline=Deadline(0.0))))
    for leader_class in STATIC_GAMES:
        monkeypatch.setitem(STATIC_GAMES, leader_class, game.num_states - 1)
    assert not list(operator_policies(problem, run))


def test_without_a_program_the_answer_is_at_least_as_good_as_any_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 50 states the first of them beat every simple policy by far."""
    game = random_game(0, 50, 3, 3)
    for leader_class in STATIC_GAMES:
        monkeypatch.setitem(STATIC_GAMES, leader_class, 3 * game.num_states)
    problem, run = asked(game)
    best, tried = best_simple_policy(problem, run)
    simple = max(_value(game, policy) for policy in simple_policies(game))
    found = [_value(game, policy) for policy in operator_policies(problem, run)]
    assert tried > len(found)
    assert best.value >= max(found) > simple + 1.0
