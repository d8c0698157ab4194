"""What constraints are said to cost: does the arithmetic hold? The optima without them are claimed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.checker import fields
from ssg_mip.checker.claims import Claims
from ssg_mip.checker.verification import Check, Trial, worst_of, yes_or_no
from ssg_mip.errors import InvalidResultError

KEYS = {"constraint", "leader_value", "dual_bound", "at_least", "at_most"}


def price_checks(data: Mapping[str, Any], claims: Claims) -> list[Check]:
    """The printed prices are the differences of the printed values and bounds; nothing where none are printed."""
    if "prices" not in data:
        return []
    try:
        return [worst_of("prices", [*_trials(data, claims)])]
    except InvalidResultError as error:
        return [yes_or_no("prices", False, str(error))]


def _trials(data: Mapping[str, Any], claims: Claims) -> Iterator[Trial]:
    known = [one.name for one in claims.constraints]
    own, bound = claims.scalarisations[0].leader_value, claims.scalarisations[0].dual_bound
    seen: set[str] = set()
    for index, entry in enumerate(fields.entries(data, "prices")):
        at = f"prices[{index}]."
        name = fields.text(entry, "constraint", at)
        if set(entry) != KEYS or name not in known or name in seen:
            raise InvalidResultError(f"{at.rstrip('.')} must say of a constraint, once, {', '.join(sorted(KEYS))}")
        seen.add(name)
        given = {
            key: None if entry[key] is None else fields.number(entry[key], f"{at}{key}")
            for key in KEYS - {"constraint"}
        }
        least = given["leader_value"], bound if math.isfinite(bound) else None
        most = given["dual_bound"], own
        yield _difference(least, given["at_least"], f"{at}at_least")
        yield _difference(most, given["at_most"], f"{at}at_most")


def _difference(sides: tuple[float | None, float | None], printed: float | None, place: str) -> Trial:
    """``max(0, first - second)``; nothing where a side is missing."""
    first, second = sides
    if first is None or second is None or printed is None:
        whole = (first is None or second is None) and printed is None
        return Trial(deviation=Fraction(not whole), allowed=Fraction(0), place=f"{place} without both sides")
    due = max(Fraction(0), Fraction(first) - Fraction(second))
    size = abs(Fraction(first)) + abs(Fraction(second))
    return Trial(
        deviation=abs(Fraction(printed) - due),
        allowed=Fraction(ROUNDING) * due + size * Fraction(1, 10**15),
        place=f"{place} printed {printed!r}, due {float(due)!r}",
    )
