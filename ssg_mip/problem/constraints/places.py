"""States, actions, names and numbers as users give them: looked up in a game, with errors that say what would do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ssg_mip.base.naming import name_of
from ssg_mip.base.rules import is_number, is_whole, shown
from ssg_mip.errors import InvalidGameError, OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.validation import UNPRINTABLE

SHOWN = 8
"""Names that a message lists at most."""


def place_of(given: Any, names: Sequence[str], what: str, where: str) -> int:
    """The position of a name, or a position as it is.

    Parameters
    ----------
    given
        A name, or what names are made of (:mod:`ssg_mip.base.naming`); a whole number is a position, counted from 0.
    names
        The known names.
    what, where
        What it is, and the constraint or argument that names it, for messages.

    Raises
    ------
    OptionError
        If there is no such name or position, or a number is a position and another one's name.
    """
    known = ", ".join(map(shown, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
    if is_whole(given):
        number = int(given)
        own = names.index(str(number)) if str(number) in names else number
        if own != number:
            raise OptionError(
                f"{where} names the {what} {number}, which is the position of one and the name of another; give "
                f"{str(number)!r} for the name, or the name of the one at this position"
            )
        if not 0 <= number < len(names):
            raise OptionError(
                f"{where} names the {what} at position {number}; positions count from 0 to {len(names) - 1}"
            )
        return number
    try:
        name = name_of(given, where)
    except InvalidGameError as error:
        raise OptionError(str(error)) from None
    if name not in names:
        raise OptionError(f"{where} names the unknown {what} {shown(given)}; there are {known}")
    return names.index(name)


def state_of(game: Game, given: Any, where: str) -> int:
    """The position of a state."""
    return place_of(given, game.state_names, "state", where)


def leader_action_of(game: Game, state: int, given: Any, where: str) -> int:
    """The position of an action of the leader within its state."""
    what = f"leader action of state {game.state_names[state]!r}"
    return place_of(given, game.leader_actions[state], what, where)


def follower_action_of(game: Game, state: int, given: Any, where: str) -> int:
    """The position of an action of the follower within its state."""
    what = f"follower action of state {game.state_names[state]!r}"
    return place_of(given, game.follower_actions[state], what, where)


def states_of(game: Game, given: Any, where: str, least: int = 1) -> tuple[int, ...]:
    """The positions of several different states, in the order in which they are given.

    Raises
    ------
    OptionError
        If they are no list, fewer than ``least``, or one is named twice.
    """
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise OptionError(f"{where}: the states are {shown(given)}; give a list of states, such as ['a', 'b']")
    found = tuple(state_of(game, one, where) for one in given)
    if len(found) < least:
        raise OptionError(f"{where} names {len(found)} states; it needs at least {least}")
    twice = next((one for place, one in enumerate(found) if one in found[:place]), None)
    if twice is not None:
        raise OptionError(f"{where} names the state {game.state_names[twice]!r} twice; name it once")
    return found


def number_of(value: Any, where: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number in a range, ends included.

    Raises
    ------
    OptionError
        If it is none.
    """
    if not is_number(value) or not math.isfinite(value) or not low <= value <= high:
        ends = f" of at least {low:g}" if math.isfinite(low) else ""
        ends = f" between {low:g} and {high:g}" if math.isfinite(high) else ends
        raise OptionError(f"{where} is {shown(value)}; it must be a finite number{ends}")
    return float(value)


def count_of(value: Any, where: str) -> int:
    """A whole number of at least 1.

    Raises
    ------
    OptionError
        If it is none.
    """
    if not is_whole(value) or int(value) < 1:
        raise OptionError(f"{where} is {shown(value)}; it must be a whole number of at least 1")
    return int(value)


def table_of(given: Any, where: str, example: str) -> Mapping[Any, Any]:
    """A mapping that is not empty.

    Raises
    ------
    OptionError
        If it is none, or empty.
    """
    if not isinstance(given, Mapping):
        raise OptionError(f"{where} is {shown(given)}; it must be a mapping such as {example}")
    if not given:
        raise OptionError(f"{where} is empty; it must be a mapping such as {example}")
    return given


def checked_name(name: object) -> str:
    """A name that messages, files and tables can show.

    Raises
    ------
    OptionError
        If it is no text, empty, or holds control characters.
    """
    if not isinstance(name, str) or not name.strip() or UNPRINTABLE.search(name):
        raise OptionError(
            f"the name of a constraint is {shown(name)}; it must be a text that is not empty and holds no control "
            "characters"
        )
    return str(name)


def listed(names: Sequence[str], most: int = 3) -> str:
    """Some names in a sentence."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")
