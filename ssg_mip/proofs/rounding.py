"""The units of a standard form in a certificate, and what the rounding of its rewards may change."""

from __future__ import annotations

from typing import Any

from ssg_mip.evaluation.standard_form import StandardForm

ROUNDED = 2.0
"""Times the rounding of values by which bounds on them are moved outwards."""


def rounding_of(form: StandardForm | None) -> tuple[float, float]:
    """What the rounded rewards of a standard form may change of the follower's and of the leader's values.

    Nothing without one.
    """
    if form is None:
        return 0.0, 0.0
    follower, leader = form.follower, form.leader
    return ROUNDED * follower.rounding / follower.unit, ROUNDED * leader.rounding / leader.unit


def units_of(form: StandardForm) -> list[list[Any]]:
    """What was taken out of the rewards, and what is one in the standard form, by player."""
    return [
        [scale.constant, scale.unit, None if scale.potential is None else scale.potential.tolist()]
        for scale in (form.leader, form.follower)
    ]
