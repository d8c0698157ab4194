"""Goals as plain data and as the text of a command line: those that leave the game as it is.

Goals that are other rewards make another game, whose results are about that game: they are asked for in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ssg_mip.base.rules import shown
from ssg_mip.errors import OptionError
from ssg_mip.problem.goal import Goal
from ssg_mip.problem.goals.lexicographic import Lexicographic
from ssg_mip.problem.goals.worst import WorstStart


def goal_from_document(document: Any) -> Goal:
    """A goal from plain data.

    Parameters
    ----------
    document
        ``{"kind": "worst-start", "starts": ["s0", {"s0": 1, "s1": 3}]}``, or
        ``{"kind": "lexicographic", "weights": [{"s0": 1}, {"s1": 1}], "tolerance": 0}``.

    Raises
    ------
    OptionError
        If it is no object, its kind is unknown, or a member is unknown, missing or out of range. Whether it fits a game
        is looked at where the game is known.
    """
    if not isinstance(document, Mapping):
        raise OptionError(f"goal is {shown(document)}; it must be an object with a kind: {_KNOWN}")
    members = {str(name): value for name, value in document.items()}
    kind = members.pop("kind", None)
    if not isinstance(kind, str) or kind not in _KINDS:
        raise OptionError(f"goal has the kind {shown(kind)}; it must be {_KNOWN}; others are asked for in Python")
    make, needed, others = _KINDS[kind]
    missing = next((name for name in needed if name not in members), None)
    if missing is not None:
        raise OptionError(f"goal {kind!r} has no {missing!r}; give it")
    unknown = next((name for name in members if name not in (*needed, *others)), None)
    if unknown is not None:
        raise OptionError(f"goal {kind!r} has the unknown member {unknown!r}; it takes {', '.join((*needed, *others))}")
    return make(**members)


def goal_from_text(text: str) -> Goal:
    """A goal from the short form of a command line: ``worst-start:STATE,STATE`` or ``lexicographic:STATE,STATE``.

    Each state stands for a start, or for a sum with all weight on it.

    Raises
    ------
    OptionError
        If the kind is unknown, or there are too few states.
    """
    kind, _, rest = text.strip().partition(":")
    states = [state.strip() for state in rest.split(",") if state.strip()]
    if kind == "lexicographic":
        return goal_from_document({"kind": kind, "weights": [{state: 1.0} for state in states]})
    return goal_from_document({"kind": kind, "starts": states})


_KINDS: Mapping[str, tuple[Callable[..., Goal], tuple[str, ...], tuple[str, ...]]] = {
    "worst-start": (WorstStart, ("starts",), ()),
    "lexicographic": (Lexicographic, ("weights",), ("tolerance",)),
}
"""What makes a goal of each kind, the members that it needs, and those that may be left out."""

_KNOWN = " or ".join(_KINDS)
