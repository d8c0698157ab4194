"""Constraints on probabilities through the front door: every method that takes them, checked and certified."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, Problem, Result, best_response, solve, verify, verify_bounds
from ssg_mip.methods.registry import METHODS, methods_that_honour
from ssg_mip.problem.policy_space import Scope
from tests.oracles.games import random_game

METHODS_WITH_ROWS = tuple(name for name in methods_that_honour(Scope.COUPLING) if not METHODS[name].extra)
STORIES = ("budget", "same policy", "all of them")
NEAR_TIGHT_ROWS = (1, 3, 4)
"""Games whose answers, found by policy iteration, sit on a row."""


@cache
def problem(story: str, seed: int) -> Problem:
    game = random_game(
        np.random.default_rng(seed),
        leader_counts=[2, 2, 2],
        follower_counts=[2, 2, 2],
        leader_discount=0.8,
        follower_discount=0.7,
    ).to_game()
    states, first = game.state_names, [actions[0] for actions in game.leader_actions]
    found = Problem(game)
    if story != "same policy":
        found = found.budget(dict.fromkeys(zip(states, first, strict=True), 1.0), 1.2, name="budget")
    if story != "budget":
        found = found.same_policy([states[0], states[1]])
    return found.at_least(states[2], first[2], 0.1, name="some") if story == "all of them" else found


@pytest.mark.parametrize("name", METHODS_WITH_ROWS)
@pytest.mark.parametrize("story", STORIES)
def test_answers_are_allowed_checked_and_certified(name: str, story: str, tmp_path: Path) -> None:
    asked, file = problem(story, 1), tmp_path / "bound.jsonl"
    limits = {"iteration_limit": 4} if name == "backtracking" else {}
    result = solve(asked, method=name, gap=1e-3, certificate=file, **limits)
    assert result.leader_policy is not None
    assert result.check.passed, result.check
    assert min(result.slacks.values()) >= -1e-7
    assert all(asked.policies.holds(asked.game, point.leader_policy) for point in result.trajectory)
    bounds = verify_bounds(asked.game, file)
    assert all(one.passed for one in bounds)
    assert verify(asked, result.to_dict(), bounds=bounds).passed


@pytest.mark.parametrize("name", ["policy-iteration", "restarted-policy-iteration"])
def test_without_the_rows_its_certificate_serves_no_document(name: str, tmp_path: Path) -> None:
    """A stop that is proven of the allowed policies is no proof about all of them."""
    asked, file = problem("all of them", 4), tmp_path / "bound.jsonl"
    result = solve(asked, method=name, gap=1e-3, certificate=file)
    document = result.to_dict()
    bounds = verify_bounds(asked.game, file)
    assert verify(asked, document, bounds=bounds).passed
    forged = {key: value for key, value in document.items() if key not in {"constraints", "problem_hash"}}
    failed = {check.name for check in verify(asked.game, forged, bounds=bounds).checks if not check.passed}
    assert failed & {"certified_bounds", "certified_stop"}


@cache
def stopped(seed: int) -> Result:
    return solve(problem("budget", seed), gap=1e-3)


@pytest.mark.parametrize("seed", NEAR_TIGHT_ROWS)
def test_what_is_guaranteed_beside_an_answer_is_allowed(seed: int) -> None:
    asked, result = problem("budget", seed), stopped(seed)
    assert result.guaranteed is not None
    if result.guaranteed.certificate is not None:
        assert asked.policies.holds(asked.game, result.guaranteed.certificate.policy)


def test_a_neighbour_is_looked_for_along_the_rows() -> None:
    """Where the answer sits on the budget there is mostly one that keeps it, and its value is secured."""
    found = [stopped(seed) for seed in NEAR_TIGHT_ROWS]
    on_the_row = [one for one in found if one.slacks["budget"] <= 1e-6]
    assert on_the_row
    secured = [one.guaranteed for one in on_the_row if one.guaranteed is not None]
    assert any(one.certificate is not None for one in secured)


@pytest.mark.parametrize("name", ["fixed-point", "policy-gradient", "bilevel-q", "local"])
def test_the_others_refuse_them_by_name(name: str) -> None:
    with pytest.raises(Exception, match=rf"'{name}' takes no .* across states.*budget.*ask for policy-iteration or"):
        solve(problem("budget", 1), method=name)


def test_a_start_outside_is_moved_and_the_result_says_so() -> None:
    asked = problem("budget", 1)
    outside = LeaderPolicy.deterministic(asked.game, [0, 0, 0])
    result = solve(asked, start=outside, gap=1e-3)
    assert "moved to the nearest" in result.trajectory[0].note
    assert "no allowed policy without a losing state" in result.trajectory[-1].note
    assert result.trajectory[0].note in str(result.to_dict()["trajectory"][0])
    values = best_response(asked.game, result.trajectory[0].leader_policy).leader_values
    assert (result.leader_values - values).min() >= -1e-7
