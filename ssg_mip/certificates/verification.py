"""What a verification says: named checks, each with the worst deviation and how much was allowed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

VERIFICATION_FORMAT = "ssg-mip-verification/1"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check:
    """One claim, checked.

    Attributes
    ----------
    name
        Which claim, for example ``leader_values``.
    passed
        Whether ``violation <= tolerance`` everywhere.
    violation, tolerance
        The deviation that comes closest to, or goes furthest beyond, what is allowed there; exact fractions.
    detail
        Where that is, in words.
    """

    name: str
    passed: bool
    violation: Fraction
    tolerance: Fraction
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data; the fractions rounded to floats, too large ones ``None``."""
        return {
            "name": self.name,
            "passed": self.passed,
            "violation": rounded(self.violation),
            "tolerance": rounded(self.tolerance),
            "detail": self.detail,
        }


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trial:
    """One comparison of a check: a deviation, what is allowed, and where."""

    deviation: Fraction
    allowed: Fraction
    place: str


def worst_of(name: str, trials: Iterable[Trial]) -> Check:
    """The check made of many comparisons: the one that exceeds its allowance by most speaks for it."""
    worst = max(trials, key=lambda trial: trial.deviation - trial.allowed, default=None)
    if worst is None:
        return Check(name=name, passed=True, violation=Fraction(0), tolerance=Fraction(0), detail="nothing claimed")
    return Check(
        name=name,
        passed=worst.deviation <= worst.allowed,
        violation=worst.deviation,
        tolerance=worst.allowed,
        detail=worst.place,
    )


def yes_or_no(name: str, holds: bool, detail: str) -> Check:
    """A check without a size: the violation is 0 or 1."""
    return Check(name=name, passed=holds, violation=Fraction(not holds), tolerance=Fraction(0), detail=detail)


NOT_CHECKED = (
    "without its certificate that dual_bound, and that step_bound and the bound named in a note are upper bounds: only "
    "that no attained value exceeds dual_bound, and that the printed gap follows from it",
    "the statuses that rest on such bounds alone: restricted_optimal, stationary",
    "the gain_bound and second_solve of a front, which rest on such bounds too, and its hypervolume",
    "the proven bounds and ceilings of an enclosure, its boxes and gain_bound: only that no point exceeds the bounds, "
    "and that the resolution follows from them",
    "the rows of progress: which value and which bound was known when",
    "a gap_scale that is below the size of the value and plays no part in the gap",
    "the details that a method reports of itself",
    "the options, the tolerance of a front, the counts of work, the times, the versions, the seed and the messages",
)
"""What no check here covers."""

NOT_CHECKED_WITH_CERTIFICATES = (
    "the status restricted_optimal and the bound named in a note, which trust a mixed-integer program of HiGHS",
    "the step_bound of iterates before the last one, and of other methods than policy-iteration",
    *NOT_CHECKED[2:],
)
"""The same where certificates of the bounds were replayed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checked:
    """Named checks, failed ones included; what they are about is verified if all of them passed."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verification(Checked):
    """The outcome of checking a result, a front or an enclosure against its game.

    Attributes
    ----------
    subject
        ``"result"``, ``"front"`` or ``"enclosure"``.
    bound_certified
        Whether the dual bound was proven here: only the replay of a certificate does
        (:mod:`ssg_mip.certificates.dual.replay`).
    not_checked
        What no check covers, in words.
    """

    subject: str
    bound_certified: bool = False
    not_checked: tuple[str, ...] = NOT_CHECKED

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            "format": VERIFICATION_FORMAT,
            "subject": self.subject,
            "passed": self.passed,
            "bound_certified": self.bound_certified,
            "checks": [check.to_dict() for check in self.checks],
            "not_checked": list(self.not_checked),
        }


def rounded(value: Fraction) -> float | None:
    """The nearest float, or ``None`` beyond the range of floats."""
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
