"""The outcome of checking one answer, small enough to stand in every row."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from typing import Any

from ssg_mip.certificates.values import Interval
from ssg_mip.certificates.verification import rounded


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckOutcome:
    """What the exact checker says about an answer.

    Attributes
    ----------
    verified
        Whether every check passed; ``None`` if none failed and not everything was checked.
    epsilon
        Proven: in no state does the follower lose more by the response than this; ``None`` without a policy.
    leader_value, follower_value
        Proven intervals for both players' weighted values; ``None`` without a policy.
    reason
        Which check failed and where, or what was not checked and why; empty for a verified answer.
    in_part
        Whether some claims were checked, without a failure, while there was no time for others.
    seconds
        What the check cost.
    arithmetic
        How the intervals are proven: in exact arithmetic, or for large games in floating point with every rounding
        counted (:mod:`ssg_mip.certificates.directed`).
    """

    verified: bool | None
    epsilon: Fraction | None = None
    leader_value: Interval | None = None
    follower_value: Interval | None = None
    reason: str = ""
    in_part: bool = False
    seconds: float = 0.0
    arithmetic: str = "exact arithmetic"

    @property
    def word(self) -> str:
        """``verified``, ``FAILED``, ``checked in part`` or ``not checked``."""
        if self.verified is None:
            return "checked in part" if self.in_part else "not checked"
        return "verified" if self.verified else "FAILED"

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data; intervals and epsilon rounded outwards, ``None`` beyond the range of floats."""
        return {
            "verified": self.verified,
            "epsilon": None if self.epsilon is None else rounded_up(self.epsilon),
            "leader_value": interval_to_list(self.leader_value),
            "follower_value": interval_to_list(self.follower_value),
            "reason": self.reason,
            "seconds": self.seconds,
            "arithmetic": self.arithmetic,
        }


UNCHECKED = CheckOutcome(verified=None, reason="not checked")
"""The outcome of a check that was not made."""

STOPPED = CheckOutcome(verified=None, reason="it was interrupted")
"""The outcome of a check that the user ended."""

NO_TIME = CheckOutcome(verified=None, reason="no time was left for it")
"""The outcome of a check that was not begun because the time was up."""


def interval_to_list(interval: Interval | None) -> list[float | None] | None:
    """``[lower, upper]`` as floats that enclose the interval."""
    return None if interval is None else [rounded_down(interval.lower), rounded_up(interval.upper)]


def rounded_down(value: Fraction) -> float | None:
    """The largest float that is not above, up to one step; ``None`` beyond the range of floats."""
    nearest = rounded(value)
    return nearest if nearest is None or Fraction(nearest) <= value else math.nextafter(nearest, -math.inf)


def rounded_up(value: Fraction) -> float | None:
    """The smallest float that is not below, up to one step; ``None`` beyond the range of floats."""
    below = rounded_down(-value)
    return None if below is None else 0.0 - below
