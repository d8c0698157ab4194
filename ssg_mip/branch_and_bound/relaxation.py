r"""The linear relaxation of a program on a box, kept in one LP that is moved from box to box in place.

The LP is the program in unit coordinates (:mod:`ssg_mip.branch_and_bound.scaling`) with RLT cuts
(:mod:`ssg_mip.branch_and_bound.rlt_cuts`) appended. The bound of a node is recomputed from the LP's multipliers by weak
duality, rounding errors included, so it does not depend on what the solver claims about its own accuracy.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.rlt_cut_sets import NO_CUTS, Cuts
from ssg_mip.branch_and_bound.rlt_cuts import RltSeparation
from ssg_mip.branch_and_bound.scaling import UnitForm, widened
from ssg_mip.branch_and_bound.tree_log import Proof
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.lp.highs import ACCURACY, HighsLp
from ssg_mip.lp.interface import LinearProgram, LpAnswer, LpStatus, SparseRows, column_rounding, dual_bound
from ssg_mip.numerics.array_types import FloatArray, IntArray

LEAST_SECONDS = 0.05
"""What one LP may take although no time is left: a small one ends, and gives a bound."""


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
        ``|m - y h|`` per product, in unit coordinates of its ``branch_place``, weighted by how much it matters; empty
        without a point.
    unit_values
        ``h`` per box variable; empty without a point.
    importance
        The weights of the errors; empty without a point.
    """

    status: LpStatus
    bound: float
    columns: FloatArray
    error: FloatArray
    unit_values: FloatArray
    importance: FloatArray


class BoxRelaxation:
    """The relaxation of a compiled program, moved from box to box in place.

    Parameters
    ----------
    program
        The compiled program; integer columns are relaxed.
    choice_of
        Per column, the choice that it belongs to, or -1; closing a choice fixes its columns at zero. With several kinds
        of choices one row for each.
    seed
        Seed for the LP solver.
    accuracy
        Feasibility tolerance of its linear programs.

    Attributes
    ----------
    branch_place
        Per product, the box variable whose interval its error is charged to.
    """

    def __init__(
        self, program: CompiledProgram, choice_of: IntArray, *, seed: int = 0, accuracy: float = ACCURACY
    ) -> None:
        self.program = program
        self._form = UnitForm(program, choice_of)
        self.branch_place = self._form.monomials.branch_place(program)
        self._lp: HighsLp | None = None
        self._near_basis: Any = None
        self._interrupted: Callable[[], bool] | None = None
        self._deadline = Deadline()
        self._seed = seed
        self._accuracy = accuracy
        self._box: Box | None = None
        self._now: LinearProgram | None = None
        self._level_two = RltSeparation(program)
        self.cuts = NO_CUTS
        self._cut_matrix: SparseRows | None = None
        self._cut_sizes: SparseRows | None = None
        self._dual = np.empty(0)
        self._objective_weight = 1.0
        self._proof_dual = np.empty(0)
        self._unit_point = np.empty(0)

    def stop_when(self, interrupted: Callable[[], bool]) -> None:
        """Give up a long LP soon after ``interrupted()`` is true; call it before the first box is loaded."""
        self._interrupted = interrupted

    def end_by(self, deadline: Deadline) -> None:
        """Give every LP only the time that is left, or :data:`LEAST_SECONDS`."""
        self._deadline = deadline

    @property
    def _seconds_left(self) -> float:
        return max(LEAST_SECONDS, self._deadline.remaining)

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
        """Move to a box with some cuts: replace the rows that depend on the box, and the column bounds.

        Intervals narrower than a tiny share of their values are widened to it, which loses no point and keeps the
        coefficients apart from rounding noise. Without ``cuts`` the next solve starts from the last basis.
        """
        box = widened(box)
        now, first = self._form.at(box), self._form.first_moving
        self._near_basis = None
        if self._lp is None:
            self._lp = HighsLp(now, seed=self._seed, accuracy=self._accuracy)
            if self._interrupted is not None:
                self._lp.stop_when(self._interrupted)
        else:
            if cuts is None and not self.cuts.count:
                self._near_basis = self._lp.basis
            self._lp.drop_rows(first)
            self._lp.append_rows(self._form.matrix.rows_from(first), now.row_lower[first:], now.row_upper[first:])
            self._lp.set_column_bounds(now.column_lower, now.column_upper)
        self._box, self._now = box, now
        self.cuts = NO_CUTS
        self._cut_matrix = self._cut_sizes = None
        if cuts is not None and cuts.count:
            self._append(cuts)

    def _append(self, cuts: Cuts) -> None:
        rows, sizes = self._level_two.rows_and_sizes(cuts, self._loaded_box)
        self._loaded_lp.append_rows(rows, np.zeros(cuts.count), np.full(cuts.count, np.inf))
        self.cuts = self.cuts.joined(cuts)
        self._cut_matrix = rows if self._cut_matrix is None else self._cut_matrix.followed_by(rows)
        self._cut_sizes = sizes if self._cut_sizes is None else self._cut_sizes.followed_by(sizes)

    def separate(self, limit: int) -> int:
        """Add the most violated RLT cuts at the last point; how many were added."""
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

    def solve(self, *, basis: Any = None, cut_off: float = -math.inf) -> Point:
        """Solve the relaxation of the loaded box.

        Parameters
        ----------
        basis
            A basis to start from; the last one if absent.
        cut_off
            The LP may stop once its bound is below this.
        """
        answer = self._loaded_lp.solve(
            basis=self._near_basis if basis is None else basis,
            cut_off=cut_off - self.program.offset,
            time_limit=self._seconds_left,
        )
        self._near_basis = None
        self._dual = answer.row_dual
        self._unit_point = answer.point
        self._remember(answer, 1.0)
        bound = self._bound_of(self._loaded_program, answer) + self.program.offset
        if answer.status is not LpStatus.OPTIMAL:
            return Point(answer.status, bound, np.empty(0), np.empty(0), np.empty(0), np.empty(0))
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
        row_lower, row = now.row_lower.copy(), self._form.objective_row
        row_lower[row] = target - self.program.offset
        asked = dataclasses.replace(now, objective=objective, row_lower=row_lower)
        lp.set_objective(objective)
        lp.set_row_bounds(row, row_lower[row], math.inf)
        answer = lp.solve(basis=self._near_basis, time_limit=self._seconds_left)
        self._near_basis = None
        lp.set_objective(now.objective)
        lp.set_row_bounds(row, -math.inf, math.inf)
        self._remember(answer, 0.0)
        bound = self._bound_of(asked, answer)
        return sign * bound if bound == -math.inf else sign * min(bound, 1.0 if largest else 0.0)

    def _remember(self, answer: LpAnswer, weight: float) -> None:
        self._proof_dual = answer.row_dual
        self._objective_weight = 0.0 if answer.status is LpStatus.INFEASIBLE else weight

    def proof(self) -> Proof:
        """What the last bound rests on, for a certificate."""
        dual, first = self._proof_dual, self._loaded_program.num_rows
        weight = self._objective_weight
        if len(dual):
            weight += max(0.0, -float(dual[self._form.objective_row]))
            dual = np.concatenate((dual[self._form.place_of_row], dual[first:]))
        return Proof(self.program, self._level_two.base, self._loaded_box, weight, dual, self.cuts)

    def _bound_of(self, program: LinearProgram, answer: LpAnswer) -> float:
        """A safe bound from the multipliers of the rows and of the cuts, its rounding error included."""
        if not len(answer.row_dual):
            return math.inf
        first, dual, places = program.num_rows, answer.row_dual, len(self.program.box)
        empty, noise = answer.status is LpStatus.INFEASIBLE, 0.0
        if empty:
            program = dataclasses.replace(program, objective=np.zeros(program.num_columns))
        if self._cut_matrix is not None and self._cut_sizes is not None:
            # A cut reads ``row @ x >= 0``: in a maximisation its multiplier is at most 0, and its share of the bound
            # is the change of the reduced costs.
            helpful = np.minimum(dual[first:], 0.0)
            reduced = program.objective - self._cut_matrix.transposed_product(helpful)
            program = dataclasses.replace(program, objective=reduced)
            terms = self._cut_sizes.transposed_product(-helpful)
            noise = column_rounding(self._cut_sizes.longest_column + places, terms, program)
        bound = noise + dual_bound(program, self._form.matrix, self._form.sizes, dual[:first], roundings=places)
        if empty:
            return -math.inf if bound < 0.0 else math.inf
        return bound

    def _read_point(self, answer: LpAnswer, bound: float) -> Point:
        program, box = self.program, self._loaded_box
        unit = answer.point
        columns = unit.copy()
        h = np.clip(unit[program.box], 0.0, 1.0)
        y, m = unit[program.product_factor], unit[program.product_result]
        columns[program.box] = box.lower + box.width * h
        columns[program.product_result] = box.lower[program.product_value] * y + box.width[program.product_value] * m
        off = np.abs(m - y * h[program.product_value])
        self._read_nested(unit, h, columns, off)
        importance = self._form.importance(answer.row_dual[self._form.place_of_row])
        return Point(answer.status, bound, columns, off * importance, h, importance)

    def _read_nested(self, unit: FloatArray, h: FloatArray, columns: FloatArray, off: FloatArray) -> None:
        """Products of three factors, and how far they are from ``x v e`` with ``x e`` taken as it is."""
        box, nested = self._loaded_box, self._form.monomials.nested
        x, m, n, w = (unit[at] for at in (nested.root, nested.inner, nested.other, nested.result))
        v, e = nested.inner_value, nested.outer_value
        low_v, low_e, wide_v, wide_e = box.lower[v], box.lower[e], box.width[v], box.width[e]
        columns[nested.result] = low_v * (low_e * x + wide_e * n) + wide_v * (low_e * m + wide_e * w)
        off[nested.product] = np.abs(low_e * (m - x * h[v]) + wide_e * (w - n * h[v]))
