"""Verdicts are computed: right numbers agree, wrong ones do not, and rounding decides nothing."""

from __future__ import annotations

import math

import pytest

from ssg_mip.studies.agreement import above, mean_tolerance, share_tolerance, together, within


def test_the_last_bits_of_a_number_decide_nothing() -> None:
    assert 1.0 - 0.9 != 0.1
    assert within(1.0 - 0.9, 0.1) is None
    assert within(0.1, 1.0 - 0.9) is None
    assert above(1.0 - 0.9, 0.1) is None
    assert above(0.1, 1.0 - 0.9) is None


def test_what_is_clear_is_decided() -> None:
    assert within(0.09, 0.1) is True
    assert within(-0.11, 0.1) is False
    assert within(0.0, 0.0) is True
    assert above(0.3, 0.1, error=0.05) is True
    assert above(-0.3, 0.1, error=0.05) is False
    assert above(0.15, 0.1, error=0.05) is None
    assert above(0.1, 0.1) is None


def test_no_number_decides_nothing() -> None:
    assert within(math.nan, 1.0) is None
    assert within(0.0, math.nan) is None
    assert above(math.nan, 0.0) is None
    assert above(1.0, 0.0, error=math.nan) is None


def test_one_disagreement_is_enough() -> None:
    assert together(True, None, False) is False
    assert together(True, None) is None
    assert together(True, True) is True


def test_shares_of_runs_differ_by_less_the_more_runs_there_are() -> None:
    """Agresti and Caffo's interval: of 0 and 0 in 100 the variances are (1/102)(101/102)/102 each."""
    assert share_tolerance(0.0, 100, 0.0, 100) == pytest.approx(2.0 * math.sqrt(2.0 * 101.0 / 102.0**3))
    assert share_tolerance(0.5, 10, 0.5, 10) > 2.0 * share_tolerance(0.5, 100, 0.5, 100)
    assert share_tolerance(1.0, 100, 0.9, 100) < 0.1  # 100 % here and 90 % in print are different results


def test_means_of_runs_have_a_tolerance_even_if_all_runs_are_alike() -> None:
    alike = mean_tolerance([30.0] * 100, 100, extremes=(0.0, 30.0), digit=0.05)
    assert 0.5 < alike < 1.5
    assert mean_tolerance([30.0, 15.0] * 50, 100, extremes=(0.0, 30.0), digit=0.05) > alike
    assert mean_tolerance([1.0], 10, extremes=(1.0, 1.0), digit=0.2) == pytest.approx(0.1)
