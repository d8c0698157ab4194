"""Linear forms in arrays, families of rows and columns, and the compiled program that they become."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.programs.tags import NONE, Axis, ColumnKind, RowKind, Tags

Index = Mapping[str, IntArray]
"""What the members of a family are about: one array for each letter of :class:`~ssg_mip.programs.tags.Axis`."""


@dataclasses.dataclass(frozen=True, eq=False)
class Forms:
    """Linear forms ``sum factor * column``, many at once: one entry of each array for every term.

    Attributes
    ----------
    row, column
        The number of the form that a term belongs to, and of its column.
    factor
        Its coefficient. Terms of one form and one column add up.
    """

    row: IntArray
    column: IntArray
    factor: FloatArray

    def __add__(self, other: Forms) -> Forms:
        return joined([self, other])

    def __sub__(self, other: Forms) -> Forms:
        return self + dataclasses.replace(other, factor=-other.factor)

    def __rmul__(self, number: float) -> Forms:
        return dataclasses.replace(self, factor=number * self.factor)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """Rows or columns of one kind and block, ``count`` of them, within bounds.

    ``letters`` say what the index means. ``value`` is the box variable that each row is a multiple by, or -1.
    """

    name: str
    kind: RowKind | ColumnKind
    block: int
    index: Index
    lower: FloatArray
    upper: FloatArray
    value: IntArray

    @property
    def count(self) -> int:
        """Its members."""
        return len(self.lower)

    @property
    def names(self) -> list[str]:
        """Those that Pyomo gives."""
        places = zip(*(numbers.tolist() for numbers in self.index.values()), strict=True)
        return [f"{self.name}[{','.join(map(str, place))}]" for place in places] if self.index else [self.name]


class Sheet:
    """A program while it is written: families of columns and rows, numbered in the order in which they come.

    Attributes
    ----------
    box
        The columns of the box variables, in branching order.
    """

    def __init__(self) -> None:
        self.box: IntArray = np.zeros(0, dtype=np.int64)
        self._columns: list[Family] = []
        self._rows: list[Family] = []
        self._forms: list[Forms] = []
        self._products: list[tuple[IntArray, IntArray, IntArray]] = []
        self._differences: list[tuple[IntArray, IntArray]] = []
        self._num_columns = self._num_rows = 0

    def add_columns(
        self, kind: ColumnKind, block: int, index: Index, lower: float | FloatArray, upper: float | FloatArray
    ) -> IntArray:
        """Add columns with their bounds, and say their numbers."""
        family = _family("", kind, block, index, (lower, upper))
        self._columns.append(family)
        self._num_columns += family.count
        return np.arange(self._num_columns - family.count, self._num_columns)

    def add_products(self, results: IntArray, factors: IntArray, values: IntArray) -> None:
        """Declare ``results == factors * values``; values count within the box."""
        self._products.append((results, factors, values))

    def add_rows(
        self,
        name: str,
        kind: RowKind,
        block: int,
        index: Index,
        forms: Forms,
        *,
        lower: float | FloatArray = -math.inf,
        upper: float | FloatArray = math.inf,
        value: IntArray | None = None,
    ) -> IntArray:
        """Add the rows ``lower <= forms <= upper``, and say their numbers.

        Parameters
        ----------
        value
            The place in the box of the variable that each row is a multiple by, if they are multiples of other rows.
        """
        family = _family(name, kind, block, index, (lower, upper), value)
        first, self._num_rows = self._num_rows, self._num_rows + family.count
        self._rows.append(family)
        self._forms.append(dataclasses.replace(forms, row=forms.row + first))
        return np.arange(first, self._num_rows)

    def add_differences(self, rows: IntArray, others: IntArray) -> None:
        """Declare pairs of rows whose difference is worth multiplying by a box variable."""
        self._differences.append((rows, others))

    def compiled(self, objective: Forms) -> CompiledProgram:
        """The program that maximises a form over all rows.

        Rows without terms that hold are left out, and results of products that are in no row.
        """
        matrix = _summed(joined(self._forms), self._num_columns)
        costs: FloatArray = np.bincount(objective.column, objective.factor, self._num_columns).astype(float, copy=False)
        low, high = (np.concatenate([getattr(one, end) for one in self._rows]) for end in ("lower", "upper"))
        result, factor, value = (np.concatenate(part) for part in zip(*self._products, strict=True))
        rows = _Kept(_occurs(matrix.row, self._num_rows) | ~((low <= 0.0) & (high >= 0.0)))
        columns = _Kept(_occurs(matrix.column, self._num_columns) | (costs != 0.0) | ~_occurs(result, len(costs)))
        asked = columns.flags[result]
        names = np.array([name for family in self._rows for name in family.names])
        return CompiledProgram(
            objective=costs[columns.flags],
            offset=0.0,
            row_index=rows.number[matrix.row],
            column_index=columns.number[matrix.column],
            coefficient=matrix.factor,
            row_lower=low[rows.flags],
            row_upper=high[rows.flags],
            column_lower=np.concatenate([one.lower for one in self._columns])[columns.flags],
            column_upper=np.concatenate([one.upper for one in self._columns])[columns.flags],
            integer=np.zeros(int(columns.flags.sum()), dtype=bool),
            box=columns.number[self.box],
            product_result=columns.number[result[asked]],
            product_factor=columns.number[factor[asked]],
            product_value=value[asked],
            multiplied_value=np.concatenate([one.value for one in self._rows])[rows.flags],
            multiplied_side=np.zeros(int(rows.flags.sum()), dtype=np.int64),
            differences=rows.number[np.hstack([np.array(pair) for pair in self._differences])].T.copy(),
            row_tags=_tags(self._rows, rows),
            column_tags=_tags(self._columns, columns),
            row_names=tuple(names[rows.flags].tolist()),
            column_of={},
        )


class _Kept:
    """Which rows or columns are kept, and their numbers among these."""

    def __init__(self, flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        self.flags = flags
        self.number: IntArray = np.cumsum(flags) - 1


def _family(
    name: str,
    kind: RowKind | ColumnKind,
    block: int,
    index: Index,
    bounds: tuple[float | FloatArray, float | FloatArray],
    value: IntArray | None = None,
) -> Family:
    count = len(next(iter(index.values()))) if index else 1
    lower, upper = (np.full(count, end, dtype=float) for end in bounds)
    value = np.full(count, NONE) if value is None else value
    return Family(name=name, kind=kind, block=block, index=index, lower=lower, upper=upper, value=value)


def joined(forms: Sequence[Forms]) -> Forms:
    """All terms together."""
    return Forms(
        np.concatenate([one.row for one in forms]),
        np.concatenate([one.column for one in forms]),
        np.concatenate([one.factor for one in forms]),
    )


def _summed(forms: Forms, num_columns: int) -> Forms:
    """The same with one term for each form and column, in their order, and none that is 0."""
    places, term = np.unique(forms.row * num_columns + forms.column, return_inverse=True)
    factor = np.bincount(term, forms.factor, len(places))
    row, column = np.divmod(places[factor != 0.0], num_columns)
    return Forms(row, column, factor[factor != 0.0])


def _occurs(numbers: IntArray, count: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Of the numbers below ``count``, which there are."""
    found = np.zeros(count, dtype=bool)
    found[numbers] = True
    return found


def _tags(families: list[Family], kept: _Kept) -> Tags[Any]:
    """What all members of some families stand for."""
    fields = {axis.name.lower(): [one.index.get(axis, np.full(one.count, NONE)) for one in families] for axis in Axis}
    for field in ("kind", "block"):
        fields[field] = [np.full(one.count, int(getattr(one, field))) for one in families]
    return Tags(**{field: np.concatenate(parts)[kept.flags] for field, parts in fields.items()})
