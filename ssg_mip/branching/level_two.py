r"""Second-level cuts: box-dependent rows multiplied by ``h(t)`` and by ``1 - h(t)``, linearised term by term.

In unit coordinates a box-dependent homogeneous row reads ``sum_j alpha_j y_j + sum_k beta_k m_k >= 0`` with
``m_k = y_j h(t')``. Its products with ``h(t) >= 0`` and ``1 - h(t) >= 0`` hold too and contain
``Z = y_j h(t') h(t)``. Each ``Z`` is replaced by a bound that suits the sign of its coefficient:

=============================  ==========================================  =====================================
term                           upper bounds (``beta > 0``)                 lower bounds (``beta < 0``)
=============================  ==========================================  =====================================
``y h(t') h(t)``               ``m(t')`` or ``m(t)``                       ``0`` or ``m(t) + m(t') - y``
``y h(t)^2``                   ``m(t)``                                    tangent ``2 c m(t) - c^2 y``
``y h(t') (1 - h(t))``         ``m(t')`` or ``y - m(t)``                   ``0`` or ``m(t') - m(t)``
``y h(t) (1 - h(t))``          tangent ``(1 - 2 c) m(t) + c^2 y``          ``0``
=============================  ==========================================  =====================================

The choice between two bounds is made at the relaxed point; because the better of two linear functions may be taken
term by term, this separates exactly. The tangent point ``c`` is stored as a value of ``v(t)``. A cut is therefore a
row, a ``t``, a side and its choices; its coefficients are recomputed for every box it is inherited by.

Optima sit where the follower is indifferent. There the error of the first-level relaxation falls only linearly with
the box, with these cuts quadratically.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ssg_mip.branching.box import Box
from ssg_mip.game import FloatArray, IntArray
from ssg_mip.solver.compiled import CompiledProgram
from ssg_mip.solver.interface import SparseRows
from ssg_mip.tolerances import DEFAULT_TOLERANCES


@dataclasses.dataclass(frozen=True, eq=False)
class _Pattern:
    """Sparse rows without values, and the non-zero that each term adds to."""

    starts: IntArray
    indices: IntArray
    row_of: IntArray
    place_of_term: IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class Cuts:
    """A set of cuts as one flat list of terms.

    A term adds ``data[source] (c0 + c1 c + c2 c^2)`` to column ``column`` of cut ``cut``, where ``c`` is the tangent
    point in the unit coordinates of the box, stored as ``tangent`` in units of ``v(place)``.
    """

    count: int
    cut: IntArray
    source: IntArray
    column: IntArray
    power: FloatArray
    tangent: FloatArray
    place: IntArray

    def pattern(self, num_columns: int) -> _Pattern:
        """Where the terms end up in a sparse matrix; worked out once, because boxes share their parent's cuts."""
        if "_pattern" not in self.__dict__:
            keys, place = np.unique(self.cut * num_columns + self.column, return_inverse=True)
            row_of, indices = np.divmod(keys, num_columns)
            starts = np.searchsorted(row_of, np.arange(self.count + 1))
            object.__setattr__(self, "_pattern", _Pattern(starts, indices, row_of, place))
        pattern: _Pattern = self.__dict__["_pattern"]
        return pattern

    @classmethod
    def none(cls) -> Cuts:
        """No cuts."""
        empty = np.empty(0, dtype=np.int64)
        return cls(0, empty, empty, empty, np.empty((0, 3)), np.empty(0), empty)

    def joined(self, other: Cuts) -> Cuts:
        """These cuts, then the others."""
        return Cuts(
            self.count + other.count,
            np.concatenate((self.cut, other.cut + self.count)),
            np.concatenate((self.source, other.source)),
            np.concatenate((self.column, other.column)),
            np.concatenate((self.power, other.power)),
            np.concatenate((self.tangent, other.tangent)),
            np.concatenate((self.place, other.place)),
        )

    def only(self, keep: NDArray[np.bool_]) -> Cuts:
        """The cuts marked in a boolean array ``[count]``, in their order."""
        if keep.all():
            return self
        terms = keep[self.cut]
        number = np.cumsum(keep) - 1
        return Cuts(
            int(keep.sum()),
            number[self.cut[terms]],
            self.source[terms],
            self.column[terms],
            self.power[terms],
            self.tangent[terms],
            self.place[terms],
        )


@dataclasses.dataclass(frozen=True, eq=False)
class _Expanded:
    """Entries of a sparse matrix, repeated for each cut that uses their row."""

    cut: IntArray
    entry: IntArray


class LevelTwo:
    """Separates and evaluates the second-level cuts of a compiled program."""

    def __init__(self, program: CompiledProgram) -> None:
        self._program = program
        places = len(program.box)
        factors = np.unique(program.product_factor)
        factor_of = np.full(program.num_columns, -1)
        factor_of[factors] = np.arange(len(factors))
        self._factors = factors
        self._factor = factor_of[program.product_factor]
        self._value = program.product_value
        product = np.full((len(factors), places), -1)
        product[self._factor, self._value] = np.arange(len(program.product_result))
        self._complete = bool(np.all(product >= 0))
        self._result = program.product_result[product]
        rows = _homogeneous_rows(program)
        self._plain, self._mixed = _split_columns(program, rows)
        self._plain_factor = factor_of[self._plain.indices]
        self._move_row = np.repeat(np.arange(rows.shape[0]), np.diff(self._mixed.indptr))
        self._links()

    def _links(self) -> None:
        """``alpha = plain + mixed l`` needs every product's factor among the plain entries: add the missing ones."""
        count = self._mixed.shape[0]
        factors = len(self._factors)
        plain_row = np.repeat(np.arange(count), np.diff(self._plain.indptr))
        move_factor = self._factor[self._mixed.indices]
        keys = np.concatenate((plain_row * factors + self._plain_factor, self._move_row * factors + move_factor))
        unique, inverse = np.unique(keys, return_inverse=True)
        base = np.zeros(len(unique))
        np.add.at(base, inverse[: len(plain_row)], self._plain.data)
        self._alpha_base = base
        self._alpha_factor = unique % factors
        self._alpha_starts = np.searchsorted(unique // factors, np.arange(count + 1))
        self._low = csr_array(
            (self._mixed.data, (inverse[len(plain_row) :], self._value[self._mixed.indices])),
            shape=(len(unique), len(self._program.box)),
        )
        self._alpha_row = unique // factors
        shape = (count, factors)
        self._alpha = csr_array((base.copy(), self._alpha_factor, self._alpha_starts), shape=shape)
        self._up, self._down = self._mixed.copy(), self._mixed.copy()

    @property
    def available(self) -> bool:
        """Whether the program has rows to multiply and every product that the cuts need."""
        return self._complete and self._mixed.nnz > 0

    def data(self, box: Box) -> tuple[FloatArray, FloatArray]:
        """The coefficients ``alpha`` and ``beta`` of the rows on a box."""
        alpha: FloatArray = self._alpha_base + self._low @ box.lower
        return alpha, self._mixed.data * box.width[self._value[self._mixed.indices]]

    # ------------------------------------------------------------------ separation

    def separate(self, unit_point: FloatArray, box: Box, limit: int) -> Cuts:
        """The most violated cuts at a relaxed point given in unit coordinates, at most ``limit``."""
        y = np.maximum(unit_point[self._factors], 0.0)
        m = np.clip(unit_point[self._result], 0.0, y[:, None])
        alpha_data, beta_data = self.data(box)
        alpha, up, down = self._alpha, self._up, self._down
        alpha.data[:] = alpha_data
        np.maximum(beta_data, 0.0, out=up.data)
        np.minimum(beta_data, 0.0, out=down.data)
        mine = m[self._factor, self._value][:, None]
        every, weight = m[self._factor], y[self._factor][:, None]
        diagonal = self._value[:, None] == np.arange(m.shape[1])[None, :]
        square = np.where(weight > 0.0, every**2 / np.where(weight > 0.0, weight, 1.0), 0.0)
        high_0 = np.where(diagonal, every, np.minimum(mine, every))
        low_0 = np.where(diagonal, square, np.maximum(0.0, every + mine - weight))
        high_1 = np.where(diagonal, every - square, np.minimum(mine, weight - every))
        low_1 = np.where(diagonal, 0.0, np.maximum(0.0, mine - every))
        value = np.stack(
            (alpha @ m + up @ high_0 + down @ low_0, alpha @ (y[:, None] - m) + up @ high_1 + down @ low_1)
        )
        rows = len(self._alpha_starts) - 1
        norm = np.sqrt(np.bincount(self._alpha_row, alpha_data**2, rows))
        norm += np.sqrt(np.bincount(self._move_row, beta_data**2, rows))
        score = -value / np.maximum(norm, DEFAULT_TOLERANCES.feasibility)[None, :, None]
        chosen = np.flatnonzero(score.ravel() > DEFAULT_TOLERANCES.cut_violation)
        if len(chosen) > limit:
            chosen = chosen[np.argpartition(-score.ravel()[chosen], limit)[:limit]]
        chosen = np.sort(chosen)
        side, row, place = np.unravel_index(chosen, score.shape)
        return self._terms(side, row, place, y, m, box, beta_data)

    def _terms(
        self, side: IntArray, row: IntArray, place: IntArray, y: FloatArray, m: FloatArray, box: Box, beta: FloatArray
    ) -> Cuts:
        """The chosen products written out as terms."""
        writer = _TermWriter(len(side))
        plain = _expand(self._alpha_starts, row)
        factor, t = self._alpha_factor[plain.entry], place[plain.cut]
        first = side[plain.cut] == 0
        writer.add(plain.cut, plain.entry, self._result[factor, t], np.where(first, 1.0, -1.0))
        second = ~first
        writer.add(plain.cut[second], plain.entry[second], self._factors[factor[second]], 1.0)

        mixed = _expand(self._mixed.indptr, row)
        k = self._mixed.indices[mixed.entry]
        source = mixed.entry + len(self._alpha_base)
        f, t, t_other = self._factor[k], place[mixed.cut], self._value[k]
        in_t, in_other, factor_column = self._result[f, t], self._program.product_result[k], self._factors[f]
        first, positive, square = side[mixed.cut] == 0, beta[mixed.entry] >= 0.0, t == t_other
        m_t, m_other, weight = m[f, t], m[f, t_other], y[f]
        tangent = box.lower[t] + box.width[t] * np.where(weight > 0.0, m_t / np.where(weight > 0.0, weight, 1.0), 0.5)

        def add(where: NDArray[np.bool_], column: IntArray, *powers: float) -> None:
            writer.add(mixed.cut[where], source[where], column[where], *powers, tangent=tangent[where], place=t[where])

        add(first & square & positive, in_t, 1.0)
        add(first & square & ~positive, in_t, 0.0, 2.0)
        add(first & square & ~positive, factor_column, 0.0, 0.0, -1.0)
        add(~first & square & positive, in_t, 1.0, -2.0)
        add(~first & square & positive, factor_column, 0.0, 0.0, 1.0)
        upper = ~square & positive
        add(first & upper & (m_other <= m_t), in_other, 1.0)
        add(first & upper & (m_other > m_t), in_t, 1.0)
        add(~first & upper & (m_other <= weight - m_t), in_other, 1.0)
        add(~first & upper & (m_other > weight - m_t), factor_column, 1.0)
        add(~first & upper & (m_other > weight - m_t), in_t, -1.0)
        lower = ~square & ~positive
        both = first & lower & (m_t + m_other > weight)
        add(both, in_t, 1.0)
        add(both, in_other, 1.0)
        add(both, factor_column, -1.0)
        ahead = ~first & lower & (m_other > m_t)
        add(ahead, in_other, 1.0)
        add(ahead, in_t, -1.0)
        return writer.cuts()

    # ------------------------------------------------------------------ evaluation

    def rows(self, cuts: Cuts, box: Box) -> SparseRows:
        """The cuts on a box; every row is at least 0."""
        data = np.concatenate(self.data(box))
        width = box.width[cuts.place]
        c = np.where(width > 0.0, (cuts.tangent - box.lower[cuts.place]) / np.where(width > 0.0, width, 1.0), 0.0)
        power = cuts.power
        values = data[cuts.source] * (power[:, 0] + c * (power[:, 1] + c * power[:, 2]))
        columns = self._program.num_columns
        pattern = cuts.pattern(columns)
        merged = np.bincount(pattern.place_of_term, values, len(pattern.indices)).astype(float, copy=False)
        return SparseRows(pattern.starts, pattern.indices, merged, pattern.row_of, columns)


class _TermWriter:
    """Collects terms of several cuts."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._parts: list[tuple[IntArray, IntArray, IntArray, FloatArray, FloatArray, IntArray]] = []

    def add(
        self,
        cut: IntArray,
        source: IntArray,
        column: IntArray,
        c0: float | FloatArray = 0.0,
        c1: float = 0.0,
        c2: float = 0.0,
        *,
        tangent: FloatArray | None = None,
        place: IntArray | None = None,
    ) -> None:
        """Add one term per entry of ``cut``."""
        power = np.zeros((len(cut), 3))
        power[:, 0], power[:, 1], power[:, 2] = c0, c1, c2
        self._parts.append(
            (
                cut,
                source,
                column,
                power,
                np.zeros(len(cut)) if tangent is None else tangent,
                np.zeros(len(cut), dtype=np.int64) if place is None else place,
            )
        )

    def cuts(self) -> Cuts:
        """Everything added."""
        cut, source, column, power, tangent, place = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        return Cuts(self._count, cut, source, column, power, tangent, place)


def _expand(starts: IntArray, rows: IntArray) -> _Expanded:
    """For each chosen row, in turn, all entries of it."""
    lengths = starts[rows + 1] - starts[rows]
    cut = np.repeat(np.arange(len(rows)), lengths)
    within = np.arange(len(cut)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return _Expanded(cut, starts[rows][cut] + within)


def _homogeneous_rows(program: CompiledProgram) -> Any:
    """Rows over factors and products alone with right-hand side 0, each turned to ``>= 0``; equalities both ways."""
    matrix = csr_array(
        (program.coefficient, (program.row_index, program.column_index)), shape=(program.num_rows, program.num_columns)
    )
    allowed = np.zeros(program.num_columns, dtype=bool)
    allowed[program.product_factor] = True
    allowed[program.product_result] = True
    products = np.zeros(program.num_columns, dtype=bool)
    products[program.product_result] = True
    ones = csr_array((np.ones(len(program.coefficient)), matrix.indices, matrix.indptr), shape=matrix.shape)
    usable = (ones @ (~allowed).astype(float) == 0.0) & (ones @ products.astype(float) > 0.0)
    usable &= program.multiplied_value < 0
    parts = []
    for sign, side in ((1.0, program.row_lower), (-1.0, program.row_upper)):
        parts.append(sign * matrix[np.flatnonzero(usable & (side == 0.0))])
    first, second = program.differences[:, 0], program.differences[:, 1]
    parts.append(matrix[first] - matrix[second])
    from scipy.sparse import vstack

    return csr_array(vstack(parts))


def _split_columns(program: CompiledProgram, rows: Any) -> tuple[Any, Any]:
    """The part over factors ``[rows, columns]`` and the part over products ``[rows, products]``."""
    product_of = np.full(program.num_columns, -1)
    product_of[program.product_result] = np.arange(len(program.product_result))
    entries = rows.tocoo()
    row, column = entries.coords
    mixed = product_of[column] >= 0
    nonzero = entries.data != 0.0
    plain, mixed = ~mixed & nonzero, mixed & nonzero
    return (
        csr_array((entries.data[plain], (row[plain], column[plain])), shape=rows.shape),
        csr_array(
            (entries.data[mixed], (row[mixed], product_of[column[mixed]])),
            shape=(rows.shape[0], len(program.product_result)),
        ),
    )
