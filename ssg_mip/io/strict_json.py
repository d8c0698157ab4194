"""JSON without surprises: what Python's parser lets pass is refused, with the place where it stands.

Refused are repeated keys, ``NaN`` and ``Infinity``, numbers that no float can hold (``1e999``), integers of absurd
length, text that is not UTF-8, lone surrogates and deep nesting. Work and memory are bounded before parsing starts, by
the size of the text and by the number of its brackets and commas.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from ssg_mip.errors import SsgError
from ssg_mip.game.assembly import Place

MAX_VALUES = 2_000_000
"""Most values (counted by brackets and commas) in one text: an empty list costs 2 bytes here, 60 in memory."""

MAX_DIGITS = 309
"""Most digits of an integer: the largest float has 309."""

MAX_DEPTH = 64
"""Deepest nesting that is accepted."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_KEY_LIMIT = 60
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Refusal(Exception):  # noqa: N818  (never leaves this package: turned into InvalidInstanceError)
    """Something in a file is wrong: where, and what."""

    def __init__(self, text: str, place: Place | None = None) -> None:
        super().__init__(text if place is None else f"{json_path(place)} {text}")


def without_repetition(place: str, error: type[SsgError]) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """A hook of ``json.loads`` that makes a table of pairs and raises an error where a key stands there twice."""

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            keys = [key for key, _ in pairs]
            repeated = next(key for index, key in enumerate(keys) if key in keys[:index])
            raise error(f"{place} holds the key {repeated!r} twice")
        return table

    return made


class _Refused:
    """Stands in the parsed tree where something was refused."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def json_path(place: Place) -> str:
    """``$.transitions[3].next.dock``; keys that are not plain words are quoted: ``$.states['north gate']``."""
    return "$" + "".join(_step(part) for part in place)


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if len(part) <= _KEY_LIMIT and _PLAIN_KEY.fullmatch(part) else f"[{shorten(part)}]"


def shorten(value: object, limit: int = _KEY_LIMIT) -> str:
    """``repr`` of a value, cut to a readable length without writing out large containers."""
    if isinstance(value, dict):
        return f"an object with {len(value)} keys"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return repr(value) if len(value) <= limit else f"{value[:limit]!r}... ({len(value)} characters)"
    if isinstance(value, int) and abs(value) >= 10**limit:
        return "an integer of more than 60 digits"
    return repr(value)


def count_values(data: bytes) -> int:
    """How many values JSON text holds at most, judged by its commas and brackets."""
    return sum(data.count(mark) for mark in (b",", b"[", b"{"))


def parse_json(data: bytes) -> Any:
    """Parse UTF-8 JSON text.

    Raises
    ------
    Refusal
        With the JSON path, or the line and column.
    """
    if count_values(data) > MAX_VALUES:
        raise Refusal(f"holds more than {MAX_VALUES} values; write large games as .npz")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(f"is not UTF-8 text (byte {error.start} is 0x{data[error.start]:02x})") from None
    parser = _Parser()
    try:
        tree = parser.parse(text)
    except json.JSONDecodeError as error:
        raise Refusal(
            f"is not JSON: {error.msg.removesuffix(' at')} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise Refusal("is nested too deeply") from None
    # Lone surrogates can come from escapes only; without any, strings need no look. The places of all values take
    # longer to write down than the text took to parse.
    escapes = b"\\u" in data
    if not (parser.refused or escapes or _is_deep(tree)):
        return tree
    for place, value in _walk(tree, strings=escapes):
        if isinstance(value, _Refused):
            raise Refusal(value.reason, place)
        if len(place) > MAX_DEPTH:
            raise Refusal(f"is nested more than {MAX_DEPTH} deep", place[:3])
        for piece in (value, place[-1] if place else ""):
            if isinstance(piece, str) and _SURROGATE.search(piece):
                raise Refusal("holds a lone surrogate; write text in UTF-8", place)
    return tree


class _Parser:
    def __init__(self) -> None:
        self.refused = False

    def parse(self, text: str) -> Any:
        return json.loads(
            text,
            object_pairs_hook=self._object,
            parse_int=self._integer,
            parse_float=self._float,
            parse_constant=lambda word: self._refuse(f"is {word}; numbers must be finite"),
        )

    def _refuse(self, reason: str) -> _Refused:
        self.refused = True
        return _Refused(reason)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    result[key] = self._refuse("is given twice; keys must be distinct")
                seen.add(key)
        return result

    def _integer(self, text: str) -> int | _Refused:
        digits = len(text.lstrip("-"))
        if digits > MAX_DIGITS:
            return self._refuse(f"is an integer of {digits} digits; at most {MAX_DIGITS} are read")
        return int(text)

    def _float(self, text: str) -> float | _Refused:
        value = float(text)
        if math.isinf(value):
            shown = text if len(text) <= 30 else f"{text[:30]}..."
            return self._refuse(f"is {shown}, which is too large; numbers must be finite")
        return value


def _is_deep(tree: Any) -> bool:
    """Whether some container lies more than :data:`MAX_DEPTH` deep."""
    level = [tree]
    for _ in range(MAX_DEPTH + 1):
        parts = (part.values() if isinstance(part, dict) else part for part in level if isinstance(part, (dict, list)))
        level = [item for part in parts for item in part if isinstance(item, (dict, list))]
        if not level:
            return False
    return True


def _walk(tree: Any, *, strings: bool) -> Iterator[tuple[Place, Any]]:
    """Everything refused and every container with its place, in the order of the text; ``strings`` adds the rest."""
    stack: list[tuple[Place, Any]] = [((), tree)]
    kinds = (dict, list, _Refused)
    while stack:
        place, value = stack.pop()
        yield place, value
        if isinstance(value, dict):
            inner: Any = value.items()
        elif isinstance(value, list):
            inner = enumerate(value)
        else:
            continue
        held = [((*place, key), item) for key, item in inner if strings or isinstance(item, kinds)]
        stack.extend(reversed(held))
