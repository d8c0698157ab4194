"""Chances and rewards that are said line by line, later lines above earlier ones, kept without a dense table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ssg_mip.numerics.array_types import FloatArray, IntArray

Row = tuple[IntArray, FloatArray]
"""Places, rising, and what is not zero there."""

NOTHING: Row = np.zeros(0, dtype=np.int64), np.zeros(0)


class SparseRows:
    """Rows of a matrix; what is said of whole rows is kept once for all of them.

    Attributes
    ----------
    own
        Numbers that are kept for single rows.
    """

    def __init__(self, rows: int) -> None:
        self.own = 0
        self._rows: list[Row | dict[int, float]] = [NOTHING] * rows

    def put(self, rows: Iterable[int], whole: Row) -> None:
        """Replace rows."""
        for row in rows:
            old = self._rows[row]
            if isinstance(old, dict):
                self.own -= len(old)
            self._rows[row] = whole

    def set(self, rows: Iterable[int], place: int, value: float) -> None:
        """Replace one number in rows."""
        for row in rows:
            mine = self._rows[row]
            if not isinstance(mine, dict):
                places, values = mine
                mine = self._rows[row] = dict(zip(places.tolist(), values.tolist(), strict=True))
                self.own += len(mine)
            self.own -= len(mine)
            mine[place] = value
            self.own += len(mine)

    def count(self) -> int:
        """Numbers in all rows."""
        return sum(len(row) if isinstance(row, dict) else len(row[0]) for row in self._rows)

    def sums(self) -> FloatArray:
        """The sum of each row."""
        return np.array([sum(row.values()) if isinstance(row, dict) else row[1].sum() for row in self._rows])

    def taken(self, order: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
        """Some rows one below the other: where each begins, places and values, without zeros."""
        found = [_row(self._rows[row]) for row in order.tolist()]
        lengths = np.array([len(places) for places, _ in found])
        return (
            np.concatenate(([0], np.cumsum(lengths))),
            np.concatenate([places for places, _ in found]),
            np.concatenate([values for _, values in found]),
        )


def row_of(values: FloatArray) -> Row:
    """A row that is given in full."""
    places = np.flatnonzero(values)
    return places, values[places]


def _row(given: Row | dict[int, float]) -> Row:
    if not isinstance(given, dict):
        return given
    places = sorted(place for place, value in given.items() if value)
    return np.array(places, dtype=np.int64), np.array([given[place] for place in places], dtype=float)


ANY = -1
"""In a key: whatever it is."""


class LastSaid:
    """Numbers that lines give to keys of whole numbers, where :data:`ANY` stands for all; the last line counts."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = tuple(sizes)
        self._patterns: dict[tuple[bool, ...], dict[tuple[int, ...], tuple[int, float]]] = {}
        self._lines = 0

    def say(self, key: tuple[int, ...], value: float) -> None:
        """Give a number to a key."""
        self._lines += 1
        pattern = tuple(part != ANY for part in key)
        fixed = tuple(part for part in key if part != ANY)
        self._patterns.setdefault(pattern, {})[fixed] = self._lines, value

    def of(self, keys: Sequence[IntArray]) -> FloatArray:
        """The numbers of many keys, an array for each part of them; 0 where nothing is said."""
        last, values = np.zeros(len(keys[0]), dtype=np.int64), np.zeros(len(keys[0]))
        for pattern, said in self._patterns.items():
            line, value = self._found(pattern, said, keys)
            later = line > last
            last[later], values[later] = line[later], value[later]
        return values

    def _found(
        self, pattern: tuple[bool, ...], said: dict[tuple[int, ...], tuple[int, float]], keys: Sequence[IntArray]
    ) -> tuple[IntArray, FloatArray]:
        """The line (0 if none) and the number that lines of a pattern give to each key."""
        sizes = [size for size, fixed in zip(self._sizes, pattern, strict=True) if fixed]
        asked = _joined([part for part, fixed in zip(keys, pattern, strict=True) if fixed], sizes, len(keys[0]))
        parts = np.array(list(said), dtype=np.int64).reshape(len(said), len(sizes))
        known = _joined(list(parts.T), sizes, len(said))
        order = np.argsort(known)
        place = order[np.minimum(np.searchsorted(known[order], asked), len(said) - 1)]
        line, value = (np.array(column) for column in zip(*said.values(), strict=True))
        return np.where(known[place] == asked, line[place], 0), value[place]


def _joined(parts: Sequence[IntArray], sizes: Sequence[int], count: int) -> IntArray:
    """One whole number for each key."""
    joined = np.zeros(count, dtype=np.int64)
    for part, size in zip(parts, sizes, strict=True):
        joined = joined * size + part
    return joined
