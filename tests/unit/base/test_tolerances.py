"""Tolerances: positive, in order, defaults valid."""

from __future__ import annotations

import dataclasses
import math

import pytest

from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.errors import OptionError

MEMBERS = [field.name for field in dataclasses.fields(Tolerances)]


def test_defaults_are_in_order() -> None:
    t = DEFAULT_TOLERANCES
    assert 0.0 < t.arithmetic <= t.feasibility <= t.tie <= t.monotone


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("value", [0.0, -1e-9, math.nan])
def test_a_member_that_is_not_positive_is_refused_by_name(member: str, value: float) -> None:
    with pytest.raises(OptionError, match=f"tolerance {member} is"):
        Tolerances(**{member: value})


@pytest.mark.parametrize(
    ("changes", "low", "high"),
    [
        ({"arithmetic": 1e-8}, "arithmetic", "tightest"),
        ({"feasibility": 1e-6}, "feasibility", "tie"),
        ({"tie": 1e-5}, "tie", "monotone"),
        ({"monotone": 1e-9}, "tie", "monotone"),
    ],
)
def test_a_broken_order_names_both_members(changes: dict[str, float], low: str, high: str) -> None:
    """A linear program less accurate than the tie tolerance would invent ties, and so on up the chain."""
    with pytest.raises(OptionError, match=rf"tolerance {low} = .* exceeds {high} = "):
        Tolerances(**changes)


def test_equal_neighbours_are_in_order() -> None:
    assert Tolerances(feasibility=1e-7, tie=1e-7, monotone=1e-7).feasibility == 1e-7


def test_tolerances_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT_TOLERANCES.tie = 1.0  # type: ignore[misc]
