"""Members of printed documents, read without believing any of them.

Everything raises :class:`~ssg_mip.errors.InvalidResultError` with the place where it does not find what it should.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ssg_mip.errors import InvalidResultError


def interval_of(data: Mapping[str, Any], key: str, at: str) -> tuple[float, float]:
    """A list of two numbers in order."""
    ends = [number(end, f"{at}{key}") for end in list_of(data, key, at)]
    if len(ends) != 2 or ends[0] > ends[1]:
        raise InvalidResultError(f"{at}{key} is {ends!r}; it must be an interval [lower, upper]")
    return ends[0], ends[1]


def member(data: Mapping[str, Any], key: str, at: str) -> Any:
    """What stands under a key that must be there."""
    if key not in data:
        raise InvalidResultError(f"{at}{key} is missing")
    return data[key]


def mapping(value: Any, place: str) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(value, Mapping):
        raise InvalidResultError(f"{place.rstrip('.')} is a {type(value).__name__}; it must be an object")
    return value


def list_of(data: Mapping[str, Any], key: str, at: str) -> Sequence[Any]:
    """A list under a key."""
    value = member(data, key, at)
    if not isinstance(value, (list, tuple)):
        raise InvalidResultError(f"{at}{key} is a {type(value).__name__}; it must be a list")
    return value


def entries(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """A list of objects under a key of the document."""
    return [mapping(entry, f"{key}[{index}]") for index, entry in enumerate(list_of(data, key, ""))]


def vector(value: Any, length: int, place: str) -> tuple[float, ...]:
    """A list of so many finite numbers."""
    if not isinstance(value, (list, tuple)) or len(value) != length:
        raise InvalidResultError(f"{place} is {value!r}; it must be a list of {length} numbers")
    return tuple(number(entry, place) for entry in value)


def text(data: Mapping[str, Any], key: str, at: str) -> str:
    """A text under a key."""
    value = member(data, key, at)
    if not isinstance(value, str):
        raise InvalidResultError(f"{at}{key} is {value!r}; it must be a text")
    return value


def one_of(known: Sequence[str], data: Mapping[str, Any], key: str, at: str) -> str:
    """One of some texts under a key."""
    value = text(data, key, at)
    if value not in known:
        raise InvalidResultError(f"{at}{key} is {value!r}; it must be one of {', '.join(known)}")
    return value


def number(value: Any, place: str) -> float:
    """A finite number."""
    try:
        number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidResultError(f"{place} is not a finite number")
    return number


def bound(data: Mapping[str, Any], key: str, at: str) -> float:
    """A number, or infinity where none is printed."""
    value = member(data, key, at)
    return math.inf if value is None else number(value, f"{at}{key}")


def expect_names(table: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    """Refuse names that the game does not have."""
    unknown = sorted(set(map(str, table)) - set(known))
    if unknown:
        raise InvalidResultError(f"{place} names {unknown[0]!r}, which the game does not have there")
