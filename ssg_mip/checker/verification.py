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
    word
        The outcome in a word or three, as in :class:`~ssg_mip.checker.outcome.CheckOutcome`.
    claimed
        What is said of the answer and has not been proven here: bounds, statuses, why the work ended.
    left_out
        What there was no time for, in words; empty if nothing was left out.
    bound_certified
        Whether every dual bound was proven here: by the replay of a certificate, or because no pair of policies is
        worth more.
    not_checked
        What no check covers, in words.
    """

    subject: str
    word: str = ""
    claimed: tuple[str, ...] = ()
    left_out: str = ""
    bound_certified: bool = False
    not_checked: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            "format": VERIFICATION_FORMAT,
            "subject": self.subject,
            "passed": self.passed,
            "word": self.word,
            "claimed": list(self.claimed),
            "left_out": self.left_out,
            "bound_certified": self.bound_certified,
            "checks": [check.to_dict() for check in self.checks],
            "not_checked": list(self.not_checked),
        }


def in_floats(value: Fraction) -> str:
    """A fraction for people, also where it is beyond the range of floats."""
    number = rounded(value)
    return f"{'-' if value < 0 else ''}more than the largest float" if number is None else repr(number)


def rounded(value: Fraction) -> float | None:
    """The nearest float, or ``None`` beyond the range of floats."""
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
