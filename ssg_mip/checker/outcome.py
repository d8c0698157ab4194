"""The outcome of checking one answer, small enough to stand in every row."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ssg_mip.checker.values import Interval
from ssg_mip.checker.verification import rounded


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckOutcome:
    """What the exact checker says about an answer.

    Attributes
    ----------
    passed
        Whether every check passed; ``None`` if none failed and not everything was checked.
    epsilon
        Proven: in no state does the follower lose more by the response than this; ``None`` without a policy.
    leader_value, follower_value
        Proven intervals for both players' weighted values; ``None`` without a policy.
    reason
        Which check failed and where, or what was not checked and why; empty for a verified answer.
    in_part
        Whether some claims were checked, without a failure, while there was no time for others.
    claimed
        What is said of the answer and has not been proven here: ``"status optimal"``, ``"dual_bound"``, ...
    has_values
        Whether there were policies whose values could be checked.
    seconds
        What the check cost.
    arithmetic
        How the intervals are proven: in exact arithmetic, or for large games in floating point with every rounding
        counted (:mod:`ssg_mip.checker.directed`).
    """

    passed: bool | None
    epsilon: Fraction | None = None
    leader_value: Interval | None = None
    follower_value: Interval | None = None
    reason: str = ""
    in_part: bool = False
    claimed: tuple[str, ...] = ()
    has_values: bool = True
    seconds: float = 0.0
    arithmetic: str = "exact arithmetic"

    @property
    def verified(self) -> bool | None:
        """Whether everything that is said was proven; ``False`` if a check failed, ``None`` in all other cases."""
        return None if self.passed and self.claimed else self.passed

    @property
    def word(self) -> str:
        """The outcome in a word or three.

        ``verified``: policies, values, bounds, status and termination are proven. ``values verified``: the policies and
        their values are, and :attr:`claimed` is not (``claimed`` alone where there is no policy). ``FAILED``,
        ``checked in part``, ``not checked``.
        """
        if self.passed is None:
            return "checked in part" if self.in_part else "not checked"
        if not self.passed:
            return "FAILED"
        if self.claimed:
            return "values verified" if self.has_values else "claimed"
        return "verified"

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data; intervals and epsilon rounded outwards, ``None`` beyond the range of floats."""
        return {
            "word": self.word,
            "verified": self.verified,
            "claimed": list(self.claimed),
            "epsilon": None if self.epsilon is None else rounded_up(self.epsilon),
            "leader_value": interval_to_list(self.leader_value),
            "follower_value": interval_to_list(self.follower_value),
            "reason": self.reason,
            "seconds": self.seconds,
            "arithmetic": self.arithmetic,
        }


def claimed_words(claimed: Sequence[str]) -> str:
    """What is said and not proven, in words; empty if there is nothing."""
    return f"claimed, not checked: {', '.join(claimed)}" if claimed else ""


UNCHECKED = CheckOutcome(passed=None, reason="not checked")
"""The outcome of a check that was not made."""

STOPPED = CheckOutcome(passed=None, reason="it was interrupted")
"""The outcome of a check that the user ended."""

NO_TIME = CheckOutcome(passed=None, reason="no time was left for it")
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
