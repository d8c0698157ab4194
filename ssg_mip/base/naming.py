"""Names of states and actions: strings, and what people number or place their states with.

Numbers, tuples (a cell of a grid, a vector of queue lengths) and members of an ``Enum`` become their ``str``, NumPy's
as Python's: ``(0, 1)`` is called ``"(0, 1)"``.
"""

from __future__ import annotations

import enum
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np

from ssg_mip.base.rules import shown
from ssg_mip.errors import InvalidGameError


def name_of(given: object, label: str) -> str:
    """The name that a value stands for.

    Raises
    ------
    InvalidGameError
        If it is neither a string nor a number, a tuple of these, or a member of an ``Enum``.
    """
    if isinstance(given, str) and not isinstance(given, enum.Enum):
        return str(given)
    plain = _plain(given)
    if plain is None:
        raise InvalidGameError(
            f"{label} holds {shown(given)}; names must be strings, numbers, or tuples of these: "
            "str() of them would do if it is always the same"
        )
    return str(plain)


def names_of(given: object, label: str) -> tuple[str, ...]:
    """The names that several values stand for.

    Raises
    ------
    InvalidGameError
        If they are one string, no list at all, or hold what is no name.
    """
    if isinstance(given, (str, bytes, dict, set, frozenset)) or not isinstance(given, Iterable):
        raise InvalidGameError(f"{label} is {shown(given)}; give a list of names, such as ['a', 'b']")
    return tuple(name_of(one, label) for one in given)


def _plain(given: object) -> Any:
    """The value with NumPy's scalars as Python's; ``None`` for what has no lasting ``str``."""
    if isinstance(given, np.generic):
        given = given.item()
    if isinstance(given, tuple):
        parts = tuple(_plain(part) for part in given)
        return None if any(part is None for part in parts) else parts
    return given if isinstance(given, (str, numbers.Number, enum.Enum)) else None
