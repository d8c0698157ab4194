r"""The linear relaxation of a program on a box, in unit coordinates, kept in one LP.

On a box ``l <= v <= u`` every box variable is written ``v(t) = l(t) + d(t) h(t)`` with ``d = u - l`` and ``h`` in
``[0, 1]``, and every product ``w = y v(t)`` as ``w = l(t) y + d(t) m`` where ``m`` stands for ``y h(t)``. Then

* ``0 <= m <= y`` whatever the box (the McCormick rows are constant);
* a row that is another row times ``v(t)`` keeps its coefficients, read in ``m`` and ``h``;
* rows without products or box variables do not change at all;
* only the remaining rows depend on the box, linearly in ``l`` and ``d``: their coefficients are replaced in place.

Together with the multiplied rows this is the hull of (simplex x interval) for each factor block. Columns of the LP
are those of the compiled program, with ``h`` in the place of ``v`` and ``m`` in the place of ``w``.

The bound of a node is recomputed from the LP's multipliers by weak duality, so it does not depend on what the solver
claims about its own accuracy.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.branching.box import Box
from ssg_mip.branching.level_two import Cuts, LevelTwo
from ssg_mip.errors import SolverError
from ssg_mip.game import FloatArray, IntArray
from ssg_mip.solver.compiled import CompiledProgram
from ssg_mip.solver.highs import HighsLp
from ssg_mip.solver.interface import LinearProgram, LpAnswer, LpStatus, SparseRows, dual_bound
from ssg_mip.tolerances import DEFAULT_TOLERANCES

UNPRICED_SHARE = 0.1
"""Share of a product's importance that does not depend on multipliers."""


@dataclasses.dataclass(frozen=True, eq=False)
class Point:
    """What the relaxation of one box says.

    Attributes
    ----------
    status
        How the LP ended.
    bound
        Safe upper bound on the program over the box; ``-inf`` if the box is proven empty.
    columns
        Values per column of the compiled program, box variables and products in original units; empty if none.
    error
        ``|m - y h|`` per product, in unit coordinates, weighted by how much it matters; empty without a point.
    unit_values
        ``h`` per box variable; empty without a point.
    """

    status: LpStatus
    bound: float
    columns: FloatArray
    error: FloatArray
    unit_values: FloatArray


class _BoxRows:
    """The non-zeros that depend on the box: ``value = base + low @ l + width @ d``, and where they sit."""

    def __init__(self, program: CompiledProgram, kind: IntArray, product_of: IntArray, place_of: IntArray) -> None:
        entries: dict[tuple[int, int], int] = {}
        base: list[float] = []
        low: list[tuple[int, int, float]] = []
        width: list[tuple[int, int, float]] = []

        def entry(row: int, column: int) -> int:
            if (row, column) not in entries:
                entries[row, column] = len(base)
                base.append(0.0)
            return entries[row, column]

        moves = np.isin(program.row_index, np.unique(program.row_index[kind[program.column_index] > 0]))
        moves &= program.multiplied_value[program.row_index] < 0
        self.moves = moves
        self.shift: list[tuple[int, int, float]] = []
        for row, column, value in zip(
            program.row_index[moves].tolist(),
            program.column_index[moves].tolist(),
            program.coefficient[moves].tolist(),
            strict=True,
        ):
            match int(kind[column]):
                case 0:
                    base[entry(row, column)] += value
                case 1:
                    width.append((entry(row, column), int(place_of[column]), value))
                    self.shift.append((row, int(place_of[column]), value))
                case _:
                    product = int(product_of[column])
                    place = int(program.product_value[product])
                    low.append((entry(row, int(program.product_factor[product])), place, value))
                    width.append((entry(row, column), place, value))
        self.rows = np.array([row for row, _ in entries], dtype=np.int64)
        self.columns = np.array([column for _, column in entries], dtype=np.int64)
        self._base = np.array(base)
        self._low = _triples(low)
        self._width = _triples(width)

    def coefficients(self, box: Box) -> FloatArray:
        """The box-dependent coefficients."""
        values = self._base.copy()
        values += _map(self._low, box.lower, len(values))
        values += _map(self._width, box.width, len(values))
        return values


Triples = tuple[IntArray, IntArray, FloatArray]


def _triples(entries: list[tuple[int, int, float]]) -> Triples:
    """Row, column and value of a sparse linear map."""
    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    return np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64), np.array(values, dtype=float)


def _map(triples: Triples, vector: FloatArray, size: int) -> FloatArray:
    """A sparse linear map applied to a vector."""
    rows, columns, values = triples
    return np.bincount(rows, values * vector[columns], size).astype(float, copy=False)


class BoxRelaxation:
    """The relaxation of a compiled program, moved from box to box in place.

    Parameters
    ----------
    program
        The compiled program; integer columns are relaxed.
    choice_of
        Per column, the choice that it belongs to, or -1; closing a choice fixes its columns at zero.
    seed
        Seed for the LP solver.
    """

    def __init__(self, program: CompiledProgram, choice_of: IntArray, *, seed: int = 0) -> None:
        self.program = program
        self._choice_of = choice_of
        self._kind = np.zeros(program.num_columns, dtype=np.int64)
        self._kind[program.box] = 1
        self._kind[program.product_result] = 2
        product_of = np.full(program.num_columns, -1)
        product_of[program.product_result] = np.arange(len(program.product_result))
        place_of = np.full(program.num_columns, -1)
        place_of[program.box] = np.arange(len(program.box))
        self._box_rows = _BoxRows(program, self._kind, product_of, place_of)
        self._matrix, self._positions = self._assemble_matrix()
        self._row_lower, self._row_upper = self._assemble_row_bounds()
        self._lower, self._upper = self._unit_column_bounds()
        self._shift = _triples(self._box_rows.shift)
        self._shifted_rows = np.unique(self._shift[0])
        self._lp: HighsLp | None = None
        self._interrupted: Callable[[], bool] | None = None
        self._seed = seed
        self._loaded = np.empty(0)
        self._box: Box | None = None
        self._now: LinearProgram | None = None
        self._level_two = LevelTwo(program)
        self.cuts = Cuts.none()
        self._cut_matrix: SparseRows | None = None
        self._dual = np.empty(0)
        self._unit_point = np.empty(0)

    def stop_when(self, interrupted: Callable[[], bool]) -> None:
        """Give up a long LP soon after ``interrupted()`` is true; call it before the first box is loaded."""
        self._interrupted = interrupted

    # ------------------------------------------------------------------ assembly

    def _assemble_matrix(self) -> tuple[SparseRows, IntArray]:
        """All rows, box-dependent entries zero-filled in place; then ``m - y <= 0``; the objective as a row last."""
        program, moving = self.program, self._box_rows
        costs = np.flatnonzero(program.objective)
        if np.any(self._kind[costs] > 0):
            raise SolverError(
                "an objective over box variables or products cannot be relaxed: use an objective variable"
            )
        still = ~moving.moves
        count = len(program.product_result)
        extra = program.num_rows + np.arange(count)
        marker = np.arange(1, len(moving.rows) + 1, dtype=float)
        last = np.full(len(costs), program.num_rows + count)
        rows = np.concatenate((program.row_index[still], moving.rows, extra, extra, last))
        columns = np.concatenate(
            (program.column_index[still], moving.columns, program.product_result, program.product_factor, costs)
        )
        shape = (program.num_rows + count + 1, program.num_columns)
        values = np.concatenate(
            (
                program.coefficient[still],
                np.zeros(len(marker)),
                np.ones(count),
                np.full(count, -1.0),
                program.objective[costs],
            )
        )
        tags = np.concatenate((np.zeros(int(still.sum())), marker, np.zeros(2 * count + len(costs))))
        order = np.lexsort((columns, rows))
        starts = np.searchsorted(rows[order], np.arange(shape[0] + 1))
        matrix = SparseRows(starts, columns[order], values[order], rows[order], shape[1])
        place = np.flatnonzero(tags[order] > 0.0)
        positions = np.empty(len(place), dtype=np.int64)
        positions[tags[order][place].astype(np.int64) - 1] = place
        return matrix, positions

    def _assemble_row_bounds(self) -> tuple[FloatArray, FloatArray]:
        count = len(self.program.product_result)
        return (
            np.concatenate((self.program.row_lower, np.full(count + 1, -np.inf))),
            np.concatenate((self.program.row_upper, np.zeros(count), [np.inf])),
        )

    def _unit_column_bounds(self) -> tuple[FloatArray, FloatArray]:
        lower, upper = self.program.column_lower.copy(), self.program.column_upper.copy()
        lower[self.program.box], upper[self.program.box] = 0.0, 1.0
        lower[self.program.product_result] = 0.0
        upper[self.program.product_result] = upper[self.program.product_factor]
        return lower, upper

    # ------------------------------------------------------------------ work

    @property
    def lps(self) -> int:
        """Linear programs solved so far."""
        return 0 if self._lp is None else self._lp.lps

    @property
    def lp_seconds(self) -> float:
        """Seconds spent inside the LP solver."""
        return 0.0 if self._lp is None else self._lp.seconds

    @property
    def basis(self) -> Any:
        """The basis of the last LP."""
        return None if self._lp is None else self._lp.basis

    def forget(self) -> None:
        """Start the next linear program from scratch."""
        self._loaded_lp.forget()

    def load(self, box: Box, cuts: Cuts | None = None) -> None:
        """Move to a box with some cuts: replace the coefficients and bounds that differ.

        Intervals narrower than a tiny share of their values are widened to it, which loses no point and keeps the
        coefficients apart from rounding noise.
        """
        box = _widened(box)
        coefficients = self._box_rows.coefficients(box)
        self._matrix.values[self._positions] = coefficients
        closed = (self._choice_of >= 0) & ~box.open_choices[self._choice_of]
        upper = np.where(closed, 0.0, self._upper)
        shift = _map(self._shift, box.lower, self.program.num_rows)
        row_lower, row_upper = self._row_lower.copy(), self._row_upper.copy()
        row_lower[: len(shift)] -= shift
        row_upper[: len(shift)] -= shift
        self._now = LinearProgram(
            objective=self.program.objective,
            starts=self._matrix.starts,
            indices=self._matrix.indices,
            values=self._matrix.values,
            row_lower=row_lower,
            row_upper=row_upper,
            column_lower=self._lower,
            column_upper=upper,
        )
        self._box = box
        if self._lp is None:
            self._lp = HighsLp(self._now, seed=self._seed)
            if self._interrupted is not None:
                self._lp.stop_when(self._interrupted)
        else:
            self._lp.drop_rows(self._now.num_rows)
            changed = np.flatnonzero(coefficients != self._loaded)
            self._lp.set_coefficients(
                self._box_rows.rows[changed], self._box_rows.columns[changed], coefficients[changed]
            )
            self._lp.set_column_bounds(self._lower, upper)
            rows = self._shifted_rows
            self._lp.set_row_bounds(rows, row_lower[rows], row_upper[rows])
        self._loaded = coefficients
        self.cuts = Cuts.none()
        self._cut_matrix = None
        if cuts is not None and cuts.count:
            self._append(cuts)

    def _append(self, cuts: Cuts) -> None:
        rows = self._level_two.rows(cuts, self._loaded_box)
        self._loaded_lp.append_rows(rows)
        self.cuts = self.cuts.joined(cuts)
        self._cut_matrix = rows if self._cut_matrix is None else self._level_two.rows(self.cuts, self._loaded_box)

    def separate(self, limit: int) -> int:
        """Add the most violated second-level cuts at the last point; how many were added."""
        if not self._level_two.available or not len(self._unit_point):
            return 0
        cuts = self._level_two.separate(self._unit_point, self._loaded_box, limit)
        if cuts.count:
            self._append(cuts)
        return cuts.count

    def binding(self) -> tuple[Cuts, Any]:
        """The cuts that carry a multiplier at the last point, and the basis without the others."""
        first = self._loaded_program.num_rows
        keep = np.abs(self._dual[first:]) > 0.0
        if len(keep) != self.cuts.count or keep.all():
            return self.cuts, self.basis
        return self.cuts.only(keep), self._loaded_lp.basis_of_rows(first, keep)

    @property
    def _loaded_lp(self) -> HighsLp:
        if self._lp is None:
            raise ValueError("load a box before solving")
        return self._lp

    @property
    def _loaded_program(self) -> LinearProgram:
        if self._now is None:
            raise ValueError("load a box before solving")
        return self._now

    @property
    def _loaded_box(self) -> Box:
        if self._box is None:
            raise ValueError("load a box before solving")
        return self._box

    def solve(self, *, basis: Any = None, cut_off: float = -math.inf, time_limit: float = math.inf) -> Point:
        """Solve the relaxation of the loaded box.

        Parameters
        ----------
        basis
            A basis to start from; the last one if absent.
        cut_off
            The LP may stop once its bound is below this.
        time_limit
            Seconds for this LP.
        """
        answer = self._loaded_lp.solve(basis=basis, cut_off=cut_off - self.program.offset, time_limit=time_limit)
        self._dual = answer.row_dual
        self._unit_point = answer.point
        bound = self._bound_of(self._loaded_program, answer) + self.program.offset
        if answer.status is not LpStatus.OPTIMAL:
            return Point(answer.status, bound, np.empty(0), np.empty(0), np.empty(0))
        return self._read_point(answer, bound)

    def extreme(self, place: int, target: float, *, largest: bool) -> float:
        """A safe bound on one box variable, in unit coordinates, over points whose objective exceeds ``target``.

        Returns
        -------
        float
            An upper bound (``largest``) or a lower bound; ``-inf`` or ``inf`` if there is no such point.
        """
        sign = 1.0 if largest else -1.0
        lp, now = self._loaded_lp, self._loaded_program
        objective = np.zeros(now.num_columns)
        objective[self.program.box[place]] = sign
        row_lower = now.row_lower.copy()
        row_lower[-1] = target - self.program.offset
        last, free = np.array([len(row_lower) - 1]), np.array([np.inf])
        asked = dataclasses.replace(now, objective=objective, row_lower=row_lower)
        lp.set_objective(objective)
        lp.set_row_bounds(last, row_lower[last], free)
        answer = lp.solve()
        lp.set_objective(now.objective)
        lp.set_row_bounds(last, -free, free)
        bound = self._bound_of(asked, answer)
        return sign * bound if bound == -math.inf else sign * min(bound, 1.0 if largest else 0.0)

    def _bound_of(self, program: LinearProgram, answer: LpAnswer) -> float:
        """A safe bound from the multipliers of the rows and of the cuts, its rounding error included."""
        if not len(answer.row_dual):
            return math.inf
        first, dual = program.num_rows, answer.row_dual
        empty = answer.status is LpStatus.INFEASIBLE
        if empty:
            program = dataclasses.replace(program, objective=np.zeros(program.num_columns))
        if self._cut_matrix is not None:
            # A cut reads ``row @ x >= 0``: in a maximisation its multiplier is at most 0, and its share of the bound
            # is the change of the reduced costs.
            helpful = np.minimum(dual[first:], 0.0)
            reduced = program.objective - self._cut_matrix.transposed_product(helpful)
            program = dataclasses.replace(program, objective=reduced)
        bound, slack = dual_bound(program, self._matrix, dual[:first])
        if empty:
            return -math.inf if bound + slack < 0.0 else math.inf
        return bound + slack

    def _read_point(self, answer: LpAnswer, bound: float) -> Point:
        program, box = self.program, self._loaded_box
        unit = answer.point
        columns = unit.copy()
        h = np.clip(unit[program.box], 0.0, 1.0)
        y, m = unit[program.product_factor], unit[program.product_result]
        columns[program.box] = box.lower + box.width * h
        columns[program.product_result] = box.lower[program.product_value] * y + box.width[program.product_value] * m
        error = np.abs(m - y * h[program.product_value]) * self._importance(answer.row_dual)
        return Point(answer.status, bound, columns, error, h)

    def _importance(self, dual: FloatArray) -> FloatArray:
        """How much an error in each product moves the bound: by the multipliers of the rows it sits in.

        A small share is independent of the multipliers, so that products of slack rows are told apart too.
        """
        moving = self._box_rows.moves
        rows, columns = self.program.row_index[moving], self.program.column_index[moving]
        size = np.abs(self.program.coefficient[moving])
        priced = np.bincount(columns, size * np.abs(dual[rows]), self.program.num_columns)
        plain = np.bincount(columns, size, self.program.num_columns)
        largest = max(float(priced.max(initial=0.0)), DEFAULT_TOLERANCES.arithmetic)
        weights: FloatArray = (priced / largest + UNPRICED_SHARE * plain)[self.program.product_result]
        return weights


def _widened(box: Box) -> Box:
    """The box with every interval at least a tiny share of its values wide."""
    least = DEFAULT_TOLERANCES.interval * (1.0 + np.abs(box.lower) + np.abs(box.upper))
    missing = np.maximum(least - box.width, 0.0)
    if not missing.any():
        return box
    return Box(box.lower - 0.5 * missing, np.maximum(box.lower, box.upper) + 0.5 * missing, box.open_choices)


def all_open(choices: int) -> NDArray[np.bool_]:
    """Every choice open."""
    return np.ones(choices, dtype=bool)
