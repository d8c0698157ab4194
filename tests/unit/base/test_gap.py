"""Gaps are relative to the value, within bounds that only the spread of the values sets."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ssg_mip.base.gap import SPREAD_SHARE, gap_in_units, gap_size, relative_gap
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, TELLABLE, Tolerances
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.standard_form import value_range
from ssg_mip.evaluation.value_bounds import tie_thresholds
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.result import gap_denominator
from tests.unit.unit_games import NEAR_TIE, pay_for_effort, vault


@pytest.mark.parametrize(
    ("primal", "size"), [(0.0, 0.01), (0.005, 0.01), (-0.5, 0.5), (1.0, 1.0), (7.0, 1.0), (-math.inf, 1.0)]
)
def test_a_gap_is_relative_to_the_value_between_a_hundredth_of_the_spread_and_all_of_it(
    primal: float, size: float
) -> None:
    assert gap_size(primal, SPREAD_SHARE * 1.0) == pytest.approx(size)


def test_without_a_spread_the_value_is_all_there_is() -> None:
    assert gap_size(-3.0, 0.0) == 3.0
    assert relative_gap(2.0, 3.0) == 0.5
    assert relative_gap(0.0, 1.0) == math.inf


def test_gaps_are_never_negative_and_infinite_without_a_side() -> None:
    assert gap_in_units(1.0, 0.5, 1.0) == 0.0
    assert gap_in_units(1.0, 2.0, 4.0) == 0.25
    assert gap_in_units(1.0, math.inf, 1.0) == math.inf
    assert relative_gap(-math.inf, 1.0, 0.5) == math.inf


@pytest.mark.parametrize("revenue", [0.0, 1e3, 1e6])
def test_a_constant_does_not_move_what_a_gap_is_relative_to(revenue: float) -> None:
    game = pay_for_effort(revenue=revenue)
    weights = game.initial
    spread = float(weights @ value_range(game, leader=True).width)
    found = gap_denominator(game, np.array(weights), revenue + 0.275)
    assert SPREAD_SHARE * spread * (1.0 - 1e-6) <= found <= spread * (1.0 + 1e-6)


def test_tie_thresholds_are_local() -> None:
    own, other = tie_thresholds(vault(1e9)), tie_thresholds(vault(1.0))
    share = DEFAULT_TOLERANCES.tie * 0.5
    assert own[0] == pytest.approx(other[0], rel=1e-3) == pytest.approx(share * 2.0, rel=1e-3)


@pytest.mark.parametrize("wage", [0.0, 1e4, 1e7])
def test_tie_thresholds_do_not_grow_with_constants(wage: float) -> None:
    plain, paid = tie_thresholds(pay_for_effort()), tie_thresholds(pay_for_effort(wage=wage))
    assert paid == pytest.approx(plain, rel=0.5, abs=1e-7)


def test_tie_thresholds_shrink_with_patience_down_to_what_floats_tell() -> None:
    game = vault(1.0).replace(follower_discount=0.9)
    found = tie_thresholds(game)
    assert found[0] == pytest.approx(DEFAULT_TOLERANCES.tie * (1.0 - 0.9) * 10.0, rel=1e-3)
    tight = tie_thresholds(game, Tolerances(tie=1e-9))
    assert tight[0] < found[0]
    assert tight[0] >= TELLABLE * 10.0


def test_actions_within_the_threshold_are_tied_and_no_others() -> None:
    """The near tie is 9e-9 of a spread of 1: within the default threshold of 1e-8, beyond one of 5e-9."""
    policy = LeaderPolicy.uniform(NEAR_TIE)
    assert best_response(NEAR_TIE, policy).tied.tolist() == [True, True, False]
    tight = Tolerances(tie=5e-9)
    assert best_response(NEAR_TIE, policy, tolerances=tight).tied.tolist() == [True, False, False]
