"""Kinds of follower beside the rational one, and how all of them are written in files and on the command line.

To add a kind, write its module here and list it in :data:`KINDS`; list the function that solves for it in
:mod:`ssg_mip.methods.registry`; and say in :mod:`ssg_mip.checker.followers` how its answer is derived again.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from ssg_mip.base.rules import shown
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.problem.follower import Follower, Rational
from ssg_mip.problem.followers.myopic import Myopic
from ssg_mip.problem.followers.near_optimal import NearOptimal
from ssg_mip.problem.followers.quantal import Quantal

KINDS: dict[str, type[Follower]] = {kind.kind: kind for kind in (Rational, Myopic, NearOptimal, Quantal)}
"""All kinds by name. Their fields are their members in files; on the command line they follow each other."""


def follower_to_document(follower: Follower) -> dict[str, Any]:
    """A follower as plain JSON data: ``{"kind": "quantal", "temperature": 0.1}``."""
    return follower.to_document()


def follower_from_document(document: Any) -> Follower:
    """A follower from plain data.

    Raises
    ------
    OptionError
        If it is no object, its kind is unknown, or a member is unknown, missing or out of range.
    """
    if not isinstance(document, Mapping):
        raise OptionError(f"follower is {shown(document)}; it must be an object such as {_example()}")
    members = {str(name): value for name, value in document.items()}
    kind = _kind(members.pop("kind", None))
    return _made(kind, members)


def follower_from_text(text: str) -> Follower:
    """A follower from a command line: his kind, and what belongs to it, parted by colons (``quantal:0.1``).

    Raises
    ------
    OptionError
        If the kind is unknown, or there is too little, too much or something out of range behind it.
    """
    name, *given = text.strip().split(":")
    kind = _kind(name)
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]  # every kind is a dataclass
    if len(given) > len(names):
        raise OptionError(f"follower is {text!r}; behind {name} there may be {' and '.join(names) or 'nothing'}")
    return _made(kind, {name: _read(value) for name, value in zip(names, given, strict=False)})


def follower_of(given: Follower | Mapping[str, Any] | str | None, *, ties: Ties, margin: float) -> Follower:
    """The follower that is meant by what a function is given: himself, plain data, or the text of a command line.

    Parameters
    ----------
    given
        The follower; ``None`` for a rational one with these ties and this margin.
    ties, margin
        Left at ``"leader"`` and 0 where a follower is given.

    Raises
    ------
    OptionError
        If it is none of these, or a rule or a margin is given beside a follower.
    """
    rational = Rational(ties=ties, margin=margin)
    if given is None:
        return rational
    if isinstance(given, Follower):
        found = given
    else:
        found = follower_from_text(given) if isinstance(given, str) else follower_from_document(given)
    if rational != Rational() and found == Rational():
        return rational
    if rational != Rational():
        raise OptionError(
            f"ties are {ties!r} and the margin is {margin!r} beside a {found.words}; they belong to a rational "
            "follower: leave them out"
        )
    return found


def _kind(name: Any) -> type[Follower]:
    """The kind of a name."""
    if not isinstance(name, str) or name not in KINDS:
        raise OptionError(f"the follower's kind is {shown(name)}; it must be one of {', '.join(KINDS)}")
    return KINDS[name]


def _made(kind: type[Follower], members: Mapping[str, Any]) -> Follower:
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]  # every kind is a dataclass
    names = [field.name for field in fields]
    unknown = [name for name in members if name not in names]
    if unknown:
        raise OptionError(
            f"the follower {kind.kind!r} has no {unknown[0]!r}; he has {' and '.join(names) or 'nothing of the kind'}"
        )
    missing = [f.name for f in fields if f.default is dataclasses.MISSING and f.name not in members]
    if missing:
        raise OptionError(f"the follower {kind.kind!r} needs {missing[0]}: write {_example(kind)}")
    return kind(**members)


def _example(kind: type[Follower] = Quantal) -> str:
    needed = {f.name: 0.1 for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING}  # type: ignore[arg-type]
    text = ":".join([kind.kind, *map(str, needed.values())])
    return f"{json.dumps({'kind': kind.kind, **needed})}, on the command line {text}"


def _read(value: str) -> Any:
    try:
        return float(value)
    except ValueError:
        return value
