"""Settings of a method's own: a frozen dataclass in its module, filled from names and values that the user gives.

What every method understands stands in :class:`~ssg_mip.runs.run.Run`; what only one of them does (a
temperature, a learning rate) is a member of its ``Settings``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_type_hints

from ssg_mip.errors import OptionError

T = TypeVar("T")


def read_settings(kind: type[T], given: Mapping[str, Any], method: str, *, owner: str = "method") -> T:
    """The settings of a method, defaults where nothing is given.

    Parameters
    ----------
    kind
        The method's ``Settings``, a dataclass with a default for every member.
    given
        Values by name.
    method, owner
        The method's name, and what it is the name of, for messages.

    Raises
    ------
    OptionError
        If a name is unknown, or a value has another type than its member or lies outside its range.
    """
    from pydantic import TypeAdapter, ValidationError  # takes a tenth of a second to import

    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    types = get_type_hints(kind)
    for name in given:
        if name not in known:
            raise OptionError(f"{owner} {method!r} has no setting {name!r}; its settings are {', '.join(known)}")
        if isinstance(given[name], bool) and types[name] not in (bool, Any):
            raise OptionError(
                f"setting {name} of {owner} {method!r} is {given[name]!r}; it is no matter of true or false"
            )
    try:
        return TypeAdapter(kind).validate_python(dict(given), strict=False)
    except ValidationError as error:
        first = error.errors()[0]
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, OptionError):
            raise cause from None
        where, rule = list(first["loc"]), first["msg"]
        if first["type"] == "missing":
            rule = f"its entry {where.pop()} is missing (the first is 0)"
        name = "".join(f"[{part}]" if isinstance(part, int) else str(part) for part in where) or "?"
        raise OptionError(f"setting {name} of {owner} {method!r} is {first['input']!r}: {rule}") from None


def check_settings(kind: type[Any] | None, given: Mapping[str, Any], method: str) -> None:
    """Raise :class:`OptionError` unless a method takes such settings; ``kind`` is ``None`` if it has none at all."""
    if kind is not None:
        read_settings(kind, given, method)
    elif given:
        raise OptionError(f"method {method!r} has no settings of its own; leave out {', '.join(map(str, given))}")


@dataclasses.dataclass(frozen=True)
class Range:
    """Where a setting may lie: a rule in words, and the test of it."""

    words: str
    holds: Callable[[Any], bool]

    def check(self, owner: object, *names: str) -> None:
        """Raise :class:`OptionError` unless the named members of ``owner`` lie there; absent ones (``None``) do."""
        for name in names:
            value = getattr(owner, name)
            if value is not None and not self.holds(value):
                raise OptionError(f"{name} is {value!r}; it must be {self.words}")

    def check_each(self, owner: object, *names: str) -> None:
        """The same for members that hold several values: each must lie there, and there must be one."""
        for name in names:
            values = getattr(owner, name)
            if not values:
                raise OptionError(f"{name} is empty; it must hold at least one number")
            for place, value in enumerate(values):
                if not self.holds(value):
                    raise OptionError(f"{name}[{place}] is {value!r}; it must be {self.words}")


COUNT = Range("at least 1", lambda value: value >= 1)
SIZE = Range("at least 1 and at most a million", lambda value: 1 <= value <= 10**6)
"""What memory is set aside for at once."""
WIDTH = Range("at least 1 and at most 4096", lambda value: 1 <= value <= 4096)
"""Of hidden layers: two of the widest have 17 million weights between them."""
MODERATE = Range("above 0 and at most 1000", lambda value: 0.0 < value <= 1000.0)
WEIGHT = Range("at least 0 and at most 1000", lambda value: 0.0 <= value <= 1000.0)
"""Learning rates and weights of networks, which calculate in single precision."""
POSITIVE = Range("a positive number", lambda value: 0.0 < value < math.inf)
NOT_NEGATIVE = Range("a number of at least 0", lambda value: 0.0 <= value < math.inf)
DISCOUNT = Range("at least 0 and below 1", lambda value: 0.0 <= value < 1.0)
SHARE = Range("between 0 and 1", lambda value: 0.0 <= value <= 1.0)
RATE = Range("above 0 and at most 1", lambda value: 0.0 < value <= 1.0)
FACTOR = Range("above 0 and below 1", lambda value: 0.0 < value < 1.0)
VANISHING = Range("above 0.5 and at most 1", lambda value: 0.5 < value <= 1.0)
"""Exponents of ``t ** -x`` whose sum diverges and whose squares add up to something finite."""
