"""Algorithm 3: it goes back to choices not tried, files candidates, and says when Theorem 10 was conclusive."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, verify
from ssg_mip.best_response import best_response
from ssg_mip.methods import find_method
from ssg_mip.methods.policy_iteration.improving import ImprovingPolicies
from ssg_mip.methods.request import Request, StepSelection
from ssg_mip.result import Result
from ssg_mip.status import Status, Termination
from tests.oracles.games import PlainGame, random_game
from tests.oracles.sampling import answer, random_policy

GAP = 1e-3
TESTS = ("sufficient_held", "sufficient_failed", "sufficient_open")


def _game(seed: int, leader_discount: float = 0.9) -> PlainGame:
    return random_game(
        np.random.default_rng([5, seed]),
        leader_counts=[2, 2, 2],
        follower_counts=[2, 2, 2],
        leader_discount=leader_discount,
        follower_discount=0.9,
    )


def _run(plain: PlainGame, **options: Any) -> Result:
    return find_method("backtracking")(plain.to_game(), Request(weights=plain.initial, gap=GAP, **options))


@pytest.mark.parametrize("seed", [1, 3])
def test_where_theorem_10_holds_the_point_is_the_answer_and_no_sample_dominates_it(seed: int) -> None:
    plain = _game(seed)
    result = _run(plain)
    assert result.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL}
    assert result.provenance.counts["sufficient_held"] == 1
    assert "Theorem 10" in result.trajectory[-1].note
    assert verify(plain.to_game(), result).passed
    rng = np.random.default_rng(seed)
    slack = 10.0 * GAP * float(np.abs(result.leader_values).max())
    for _ in range(200):
        gains = answer(plain, random_policy(plain, rng)).leader_values - result.leader_values
        assert gains.min() < 0.0 or gains.max() <= slack


@pytest.mark.parametrize(("selection", "epsilon"), [("first", None), ("epsilon", 0.9)])
def test_it_goes_back_to_policies_not_tried(selection: StepSelection, epsilon: float | None) -> None:
    """Where the test is not conclusive, more than one candidate is filed and the best one comes back."""
    plain = _game(2)
    result = _run(plain, selection=selection, epsilon=epsilon, iteration_limit=8)
    counts = result.provenance.counts
    assert counts["candidates"] >= 2
    assert counts["candidates"] + counts["sufficient_held"] == sum(counts[name] for name in TESTS)
    values = [point.leader_value for point in result.trajectory]
    assert np.any(np.diff(values[:-1]) < 0.0)
    assert result.leader_value == values[-1]
    stationary = [point.leader_value for point in result.trajectory if "stationary" in point.note]
    assert result.leader_value == pytest.approx(max(stationary), abs=1e-12)
    assert result.status is Status.STATIONARY
    assert verify(plain.to_game(), result).passed


def test_a_myopic_leader_needs_no_test() -> None:
    result = _run(_game(0, leader_discount=0.0))
    assert result.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL}
    assert not any(result.provenance.counts[name] for name in TESTS)


@pytest.mark.parametrize("limits", [{"iteration_limit": 1}, {"node_limit": 1}])
def test_a_limit_before_the_first_candidate_leaves_the_best_point(limits: dict[str, int]) -> None:
    result = _run(_game(0), **limits)
    assert result.termination.is_limit
    assert result.status is Status.FEASIBLE
    assert result.leader_value == max(point.leader_value for point in result.trajectory)


def test_the_kept_policies_improve_every_state_and_differ() -> None:
    plain = _game(2)
    game = plain.to_game()
    start = LeaderPolicy.uniform(game)
    values = best_response(game, start).leader_values
    solver = ImprovingPolicies(0.0)
    found = solver(game, values, game.initial, Request(weights=game.initial, gap=GAP, start=start), 1e-6)
    assert found.policy is not None
    assert found.termination is Termination.GAP
    others = solver.others(found.policy)
    assert len(others) >= 2
    assert len({tuple(policy.probabilities.ravel()) for policy in others}) == len(others)
    for policy in others:
        assert np.all(best_response(game, policy).leader_values >= values - 1e-6)
    strict = ImprovingPolicies(1.0)
    strict(game, values, game.initial, Request(weights=game.initial, gap=GAP, start=start), 1e-6)
    assert len(strict.others(found.policy)) <= len(others)
