"""Answers that must not depend on constants, units, unreachable riches or near ties: cases with known values."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, enclose_front, read_instance, solve, trace_front, verify, verify_bound
from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import DEFAULT_GAP
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.evaluation.standard_form import value_range
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.library import iterated_prisoners_dilemma, random_game
from tests.unit.unit_games import NEAR_TIE, TINY_LEADER, pay_for_effort, vault

INSTANCES = Path(__file__).parents[3] / "instances"

TIE_RULES: tuple[Ties, ...] = ("leader", "first", "adverse")


@pytest.mark.parametrize("ties", TIE_RULES)
@pytest.mark.parametrize("method", ["commitment", "policy-iteration", "deterministic", "policy-gradient"])
def test_a_near_tie_is_no_tie(method: str, ties: Ties) -> None:
    result = solve(NEAR_TIE, method, ties=ties)
    assert result.leader_value == pytest.approx(0.0, abs=1e-9)
    assert result.check.passed
    assert result.dual_bound >= -1e-9
    if ties == "leader" and method == "commitment":
        assert (result.status, result.termination) == (Status.FEASIBLE, Termination.NEAR_TIE)


def test_no_certificate_contradicts_a_verified_value(tmp_path: Path) -> None:
    """The value 10 was verified under one tie rule while a certificate proved "at most 0" under another."""
    file = tmp_path / "near.cert"
    answers = [solve(NEAR_TIE, "commitment", ties=ties) for ties in TIE_RULES]
    solve(NEAR_TIE, "commitment", ties="adverse", certificate=file)
    bound = verify_bound(NEAR_TIE, file)
    assert bound.passed
    assert bound.claimed is not None
    assert all(answer.leader_value <= bound.claimed + 1e-9 for answer in answers)


def test_no_front_rests_on_a_near_tie() -> None:
    front = trace_front(NEAR_TIE, num_weights=3)
    assert front.check.passed
    assert all(float(point.leader_values.max()) <= 1e-9 for point in front.points)


def test_no_enclosure_that_rests_on_a_near_tie_is_verified() -> None:
    found = enclose_front(NEAR_TIE, objectives=["s0"], program_limit=20)
    near = [point for point in found.points if point.leader_values.max() > 1.0]
    assert near
    assert all(point.check.passed is False for point in near)
    assert found.check.passed is False
    assert "tie tolerance" in found.check.reason


@pytest.mark.parametrize("worth", [1.0, 1e9])
@pytest.mark.parametrize("method", ["commitment", "policy-iteration", "restarted-policy-iteration", "deterministic"])
def test_an_unreachable_vault_buys_no_compliance(method: str, worth: float) -> None:
    result = solve(vault(worth), method)
    assert result.leader_value == pytest.approx(0.0, abs=1e-8)
    assert result.check.passed
    wrong = dataclasses.replace(result, leader_value=0.01)
    assert not verify(result.game, wrong).passed


def test_the_bound_of_a_game_with_a_vault_is_certified_without_it(tmp_path: Path) -> None:
    file = tmp_path / "vault.cert"
    game = vault(1e9)
    result = solve(game, "commitment", certificate=file)
    found = verify_bound(game, file)
    assert found.passed
    assert found.claimed == result.dual_bound
    assert result.status is Status.OPTIMAL
    assert result.dual_bound == pytest.approx(0.0, abs=1e-6)


def test_a_leader_with_tiny_rewards_gets_the_best_of_them() -> None:
    result = solve(TINY_LEADER, "commitment")
    assert result.status is Status.OPTIMAL
    assert result.leader_value == pytest.approx(1e-8, rel=DEFAULT_GAP)


@pytest.mark.parametrize("wage", [0.0, 1e4, 1e5, 1e6, 1e7])
def test_a_base_wage_buys_no_effort(wage: float) -> None:
    result = solve(pay_for_effort(wage=wage), "commitment", node_limit=2000)
    assert result.check.passed
    assert result.leader_value <= 0.275 + 2.0 * DEFAULT_GAP
    assert result.leader_value == pytest.approx(0.275, abs=2.0 * DEFAULT_GAP)
    assert result.dual_bound >= 0.275 - 1e-6


@pytest.mark.parametrize("revenue", [1e3, 1e4, 1e5, 1e6])
def test_a_base_revenue_hides_no_loss(revenue: float) -> None:
    result = solve(pay_for_effort(revenue=revenue), "commitment", node_limit=2000)
    assert result.check.passed
    assert result.leader_value - revenue == pytest.approx(0.275, abs=2.0 * DEFAULT_GAP)
    assert result.dual_bound - revenue >= 0.275 - 1e-6


def _in_units(game: Game, unit: float) -> Game:
    return game.replace(leader_rewards=unit * game.leader_rewards, follower_rewards=unit * game.follower_rewards)


@pytest.mark.parametrize("method", ["deterministic", "grid"])
def test_restricted_methods_give_the_same_policy_in_all_units(method: str) -> None:
    game = read_instance(INSTANCES / "repeated" / "prisoners_dilemma.json")
    options: dict[str, Any] = {"levels": 2} if method == "grid" else {}
    first = solve(game, method, **options)
    for unit in (1e-6, 1e6):
        other = solve(_in_units(game, unit), method, **options)
        assert other.status is first.status
        assert other.leader_value == pytest.approx(unit * first.leader_value, rel=1e-6)


@pytest.mark.parametrize("discount", [0.99, 0.999, 0.9999])
def test_patience_promises_nothing_that_cannot_be_had(discount: float) -> None:
    """Mutual cooperation with memory is worth ``-1 / (2 g (1 - g))``: a formula that fits proven values."""
    known = -1.0 / (2.0 * discount * (1.0 - discount))
    result = solve(iterated_prisoners_dilemma(discount=discount), "commitment", node_limit=60)
    assert result.check.passed
    assert result.leader_value <= known + DEFAULT_GAP * result.gap_scale
    assert result.dual_bound >= known - 1e-6 * result.gap_scale


@pytest.mark.parametrize("power", [-30, -5, 0, 30])
def test_the_planner_s_bound_is_as_close_in_every_unit(power: int) -> None:
    """What a bound is raised by for rounding is a share of what is at stake, not an amount of money."""
    game = random_game(1, 4, 2, 2, 2)
    unit = 2.0**power
    restated = game.replace(leader_rewards=unit * game.leader_rewards)
    planner = value_range(restated, leader=True).upper
    room = leader_value_bounds(restated).upper - planner
    assert np.all(room >= 0.0)
    assert room.max() <= 1e-10 * np.abs(planner).max()
