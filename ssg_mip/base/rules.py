"""What arguments must be: one rule for each kind, looked at before anything else happens.

::

    @checked(game=GAME, gap=NOT_NEGATIVE, time_limit=optional(SECONDS))
    def solve(game: Game, gap: float = 1e-4, time_limit: float | None = None) -> Result: ...

A value that breaks its rule is an :class:`~ssg_mip.errors.OptionError` that names the argument, the value and the rule.
Rules about a class stand beside that class (``GAME``, ``LEADER_POLICY``).
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ssg_mip.errors import OptionError

P = ParamSpec("P")
R = TypeVar("R")

LONGEST = 80
"""Characters of a value that a message shows."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a value must be, in words that follow "it must be", and the test of it."""

    words: str
    holds: Callable[[Any], bool]

    def check(self, label: str, value: object) -> None:
        """Raise :class:`OptionError` unless the rule holds."""
        if not self.holds(value):
            raise OptionError(f"{label} is {shown(value)}; it must be {self.words}")


def checked(**rules: Rule) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator: arguments that are given obey these rules; defaults are taken to."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        names = list(inspect.signature(function).parameters)
        unknown = set(rules) - set(names)
        if unknown:
            raise ValueError(f"{function.__qualname__} has no argument {min(unknown)!r}")

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            for name, value in (*zip(names, args, strict=False), *kwargs.items()):
                if name in rules:
                    rules[name].check(name, value)
            return function(*args, **kwargs)

        return wrapper

    return decorate


def optional(rule: Rule) -> Rule:
    """The rule, or ``None``."""
    return Rule(f"{rule.words}, or None", lambda value: value is None or rule.holds(value))


def one_of(names: Iterable[str]) -> Rule:
    """One of some words."""
    known = tuple(names)
    return Rule(f"one of {', '.join(known)}", lambda value: isinstance(value, str) and value in known)


def instance_of(kind: type | tuple[type, ...], words: str) -> Rule:
    """An instance of a class."""
    return Rule(words, lambda value: isinstance(value, kind))


def shown(value: object) -> str:
    """A value in one line of a message."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # whatever a repr does
        text = f"a {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def is_number(value: object) -> bool:
    """Whether a value is a real number of Python or NumPy that a float can hold; neither NaN nor a truth value."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    own = float(value) if isinstance(value, np.floating) else value
    return bool(-sys.float_info.max <= own <= sys.float_info.max) or bool(isinstance(own, float) and math.isinf(own))


def is_whole(value: object) -> bool:
    """Whether a value is a whole number, of Python or NumPy, and no truth value."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def number(words: str, holds: Callable[[Any], bool]) -> Rule:
    """A real number in a range."""
    return Rule(f"a number {words}", lambda value: is_number(value) and bool(holds(value)))


def whole(least: int, most: int = 10**18) -> Rule:
    """A whole number in a range."""
    return Rule(
        f"a whole number of at least {least} and at most {most:,}",
        lambda value: is_whole(value) and bool(least <= value <= most),
    )


FLAG = instance_of((bool, np.bool_), "True or False")
TEXT = instance_of(str, "a string")
COUNT = whole(1)
SEED = whole(0)
NUMBER = number("that is finite", math.isfinite)
POSITIVE = number("above 0", lambda value: 0.0 < value < math.inf)
NOT_NEGATIVE = number("of at least 0", lambda value: 0.0 <= value < math.inf)
SHARE = number("between 0 and 1", lambda value: 0.0 <= value <= 1.0)
SECONDS = number("of seconds, at least 0", lambda value: value >= 0.0)
CALLBACK = Rule("a function", callable)
TABLE = instance_of(Mapping, "a dictionary")
GENERATOR = instance_of(np.random.Generator, "a generator of random numbers, such as numpy.random.default_rng(0)")
INTERRUPT = Rule("an Interrupt", lambda value: isinstance(getattr(value, "requested", None), bool))
PATH = Rule(
    "the path of a file, as a string or Path",
    lambda value: isinstance(value, (str, os.PathLike)) and bool(os.fspath(value)),
)
LIST = Rule("a list", lambda value: isinstance(value, (list, tuple, np.ndarray)))
