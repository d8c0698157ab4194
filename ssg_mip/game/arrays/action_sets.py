"""Which actions each state has: all of the arrays', those under a mask, or those that a list names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.naming import names_of
from ssg_mip.errors import InvalidGameError
from ssg_mip.game.arrays.moves import BoolArray


def numbered(prefix: str, count: int) -> tuple[str, ...]:
    """``s0, s1, ...``."""
    return tuple(f"{prefix}{index}" for index in range(count))


def action_sets(
    given: Any, available: Any, shape: tuple[int, int], prefix: str, player: str
) -> tuple[tuple[tuple[str, ...], ...], BoolArray]:
    """Names of the actions of each state, and which of the arrays' actions they are, ``[s, a]``."""
    states, width = shape
    there = None if available is None else _mask(available, shape, f"{player}_available")
    label = f"{player}_actions"
    if given is None:
        given = numbered(prefix, width)
    listed = given if isinstance(given, (str, bytes, dict, set)) or not isinstance(given, Iterable) else list(given)
    if isinstance(listed, list) and listed and all(isinstance(one, list) for one in listed):
        return _named_by_state(listed, there, shape, label)
    names = names_of(listed, label)
    if len(names) != width:
        raise InvalidGameError(
            f"{label} holds {len(names)} names; the arrays have {width}: give as many, or one list for each state"
        )
    if there is None:
        return (names,) * states, np.ones(shape, dtype=bool)
    return tuple(tuple(names[action] for action in np.flatnonzero(row)) for row in there), there


def _mask(available: Any, shape: tuple[int, int], label: str) -> BoolArray:
    mask = _as_array(available, label)
    if mask.shape != shape or mask.dtype.kind not in "biuf" or not np.all((mask == 0) | (mask == 1)):
        raise InvalidGameError(
            f"{label} has shape {mask.shape} and type {mask.dtype}; it must be an array {shape} of True and False: "
            "one for each state and action"
        )
    there: BoolArray = mask.astype(bool)
    return there


def _as_array(given: Any, label: str) -> NDArray[Any]:
    try:
        return np.asarray(given)
    except Exception as error:  # ragged, or whatever an object does when it is asked for its elements
        raise InvalidGameError(f"{label} is not a regular array: {error}; give True or False for each action") from None


def _named_by_state(
    listed: list[list[Any]], there: BoolArray | None, shape: tuple[int, int], label: str
) -> tuple[tuple[tuple[str, ...], ...], BoolArray]:
    """One list of names for each state; without a mask they name the first of the arrays' actions."""
    states, width = shape
    if len(listed) != states:
        raise InvalidGameError(
            f"{label} holds {len(listed)} lists of names; there must be one for each of {states} states"
        )
    names = tuple(names_of(one, f"{label}[{state}]") for state, one in enumerate(listed))
    if there is None:
        there = np.arange(width) < np.array([len(one) for one in names])[:, None]
    for state, (one, row) in enumerate(zip(names, there, strict=True)):
        if len(one) != row.sum():
            raise InvalidGameError(
                f"{label}[{state}] holds {len(one)} names; the arrays have {int(row.sum())} actions in that state: "
                "give as many"
            )
    return names, there
