"""The attacks with units and constants would notice what they look for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ssg_mip.base.status import Status
from ssg_mip.result import Result
from tests.attacks import unit_changes
from tests.attacks.driver import run
from tests.attacks.registry import ATTACKS
from tests.attacks.unit_changes import GRAIN, PATIENT, Restated, whole_game
from tests.attacks.units import answered, checked, compared, judge
from tests.oracles.sampling import pair_values

SEED = 8


@pytest.fixture(scope="module")
def played() -> tuple[Restated, Result, Result]:
    """A game moved by exact constants and units, and the answers to both."""
    restated = unit_changes.all_at_once(whole_game(SEED, 1), np.random.default_rng(2))
    return restated, answered(restated.base, "commitment"), answered(restated.changed, "commitment")


def _said(restated: Restated, proven: Result, result: Result) -> str:
    return "; ".join(judge(restated, proven, result).violations)


def test_true_answers_pass(played: tuple[Restated, Result, Result]) -> None:
    restated, before, after = played
    assert after.status is Status.OPTIMAL
    assert _said(restated, before, after) == ""
    assert not checked(restated, after).violations
    assert not compared(restated, "commitment", before, after).violations


def test_wrong_answers_do_not(played: tuple[Restated, Result, Result]) -> None:
    restated, before, after = played
    step = 1e-2 * restated.leader.unit * float(before.gap_scale)
    high = dataclasses.replace(after, leader_values=after.leader_values + step, leader_value=after.leader_value + step)
    assert "exceeds the bound" in _said(restated, before, high)
    assert "the leader's values are off" in _said(restated, before, high)
    assert "the printed value" in _said(restated, before, dataclasses.replace(after, leader_value=high.leader_value))
    low = dataclasses.replace(after, dual_bound=after.dual_bound - step)
    assert "cuts off" in _said(restated, before, low)
    short = dataclasses.replace(after, leader_values=after.leader_values - step, leader_value=after.leader_value - step)
    assert "called optimal" in _said(restated, before, short)
    assert "proves" in "; ".join(compared(restated, "commitment", before, short).violations)
    unchecked = dataclasses.replace(after, check=dataclasses.replace(after.check, passed=False, reason="forged"))
    assert "the check says FAILED: forged" in "; ".join(checked(restated, unchecked).violations)


@pytest.mark.parametrize("change", ["add_constants", "change_units", "add_potentials", "sure_bonus", "all_at_once"])
def test_values_of_any_pair_of_policies_move_as_the_change_says(change: str) -> None:
    for index in range(6):
        restated: Restated = getattr(unit_changes, change)(whole_game(SEED, index), np.random.default_rng(index))
        rows = [np.full(count, 1.0 / count) for count in restated.base.leader_counts]
        first = [0] * restated.base.num_states
        before = pair_values(restated.base, rows, first)
        after = pair_values(restated.changed, rows, first)
        for units, mine, theirs in zip((restated.leader, restated.follower), before, after, strict=True):
            size = 1.0 + float(np.abs(mine).max()) + 1e-7 * float(np.abs(units.base).max())
            assert units.back(theirs) == pytest.approx(mine, abs=1e-6 * size)


def test_games_are_whole_and_some_are_patient() -> None:
    games = [whole_game(SEED, index, patient=True) for index in range(8)]
    assert {game.leader_discount for game in games} == set(PATIENT)
    assert all(np.all(block * GRAIN == np.rint(block * GRAIN)) for game in games for block in game.leader_reward)


FAILED_ONCE = (
    ("change-units", 451),  # the room of a planner's bound was an amount of money
    ("unreachable-riches", 663),  # the checker's ties knew an unreachable debt
    ("unreachable-riches", 742),
    ("patient-all-at-once", 238),  # a run without a node left asked for none
    ("patient-all-at-once", 532),  # more than single precision takes is refused
    ("units-certificate", 11),  # the tree proves a little more than the search had found
    ("units-certificate", 59),  # some leaves of the tree prove nothing
    ("units-certificate", 516),  # the ceiling of a certificate lay below an exact 0
    ("patient-all-at-once", 855),  # beside a constant no policy could be told from another
)


@pytest.mark.parametrize(("name", "index"), FAILED_ONCE)
def test_games_that_failed_once_pass(name: str, index: int) -> None:
    report = run(ATTACKS[name], 1, [index], tell=lambda _: None)
    assert report.passed, str(report)
