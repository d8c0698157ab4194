"""Numbers and lists in the lines of a certificate, checked as they are read."""

from __future__ import annotations

import math
from typing import Any

from ssg_mip.errors import InvalidResultError


def number(value: Any, label: str) -> float:
    """A finite float.

    Raises
    ------
    InvalidResultError
        With the label, if it is not.
    """
    if type(value) is int and abs(value) < 1 << 53:
        value = float(value)
    if type(value) is not float or not math.isfinite(value):
        raise InvalidResultError(f"{label}: {value!r} must be a finite number")
    return value


def numbers(values: Any, count: int | None, label: str) -> tuple[float, ...]:
    """So many finite floats; any number of them but none if the count is ``None``.

    Raises
    ------
    InvalidResultError
        With the label, if they are not.
    """
    listed = listed_values(values, count, label)
    if count is None and not listed:
        raise InvalidResultError(f"{label} must not be empty")
    return tuple(number(value, label) for value in listed)


def whole(value: Any, least: int, most: int | None, label: str) -> int:
    """A whole number within a range.

    Raises
    ------
    InvalidResultError
        With the label, if it is not.
    """
    if type(value) is not int:
        raise InvalidResultError(f"{label} is {value!r}; it must be a whole number")
    if value < least or (most is not None and value > most):
        raise InvalidResultError(f"{label} is {value!r}; it must lie between {least} and {most}")
    return value


def listed_values(values: Any, count: int | None = None, label: str = "an entry") -> list[Any]:
    """A list, of so many values if a count is given.

    Raises
    ------
    InvalidResultError
        With the label, if it is not.
    """
    if not isinstance(values, list) or (count is not None and len(values) != count):
        raise InvalidResultError(f"{label} must be a list{'' if count is None else f' of {count}'}")
    return values
