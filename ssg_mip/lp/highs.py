"""The HiGHS adapter; beside it only :mod:`~ssg_mip.lp.installed` imports ``highspy``.

HiGHS minimises here; signs are turned in this file and nowhere else. Every option's return code is checked, because
HiGHS reports a refused option by a code instead of raising. Products never reach it: only linear rows are passed.
Before its first program in a process HiGHS must pass the :mod:`~ssg_mip.lp.self_test`.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.tolerances import TIGHTEST
from ssg_mip.errors import SolverError
from ssg_mip.lp import installed
from ssg_mip.lp.impatience import run_impatiently
from ssg_mip.lp.interface import LinearProgram, LpAnswer, LpStatus, MilpAnswer, SparseRows
from ssg_mip.lp.self_test import SelfTest
from ssg_mip.numerics.array_types import FloatArray

LARGEST_SEED = 2_147_483_647
"""Seeds are taken modulo this number."""

INTERRUPTIBLE_COLUMNS = 2000
"""Columns from which an LP may take long enough to be worth asking, at every iteration, whether to go on."""

_OK = highspy.HighsStatus.kOk
_MODEL = highspy.HighsModelStatus
_GIVEN_UP = (_MODEL.kTimeLimit, _MODEL.kInterrupt, _MODEL.kIterationLimit)
_run = installed.run_plainly

_NO_VERDICT = frozenset(
    {
        _MODEL.kNotset,
        _MODEL.kLoadError,
        _MODEL.kModelError,
        _MODEL.kPresolveError,
        _MODEL.kSolveError,
        _MODEL.kPostsolveError,
        _MODEL.kUnboundedOrInfeasible,
        _MODEL.kUnknown,
    }
)
"""Statuses after which a MILP is tried once more."""

ACCURACY = 1e-9
"""Feasibility tolerance of a program where nobody asks for another."""


def _new_highs(**options: Any) -> highspy.Highs:
    SELF_TEST.ensure_passed()
    highs = installed.QuietHighs()
    settings: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": 0,
        "primal_feasibility_tolerance": ACCURACY,
        "dual_feasibility_tolerance": ACCURACY,
        **options,
    }
    for name, value in settings.items():
        _set_option(highs, name, value)
    return highs


def _set_option(highs: highspy.Highs, name: str, value: Any) -> None:
    if highs.setOptionValue(name, value) != _OK:
        raise SolverError(f"HiGHS refused the option {name} = {value!r}")


def _run_to_a_verdict(highs: highspy.Highs, seed: int) -> None:
    """Solve a MILP, and once more if that ends without a verdict."""
    _run(highs)
    if highs.getModelStatus() in _NO_VERDICT:
        _prepare_second_try(highs, seed)
        _run(highs)


def _prepare_second_try(highs: highspy.Highs, seed: int) -> None:
    """The next run starts from scratch, without presolve and with another seed."""
    highs.clearSolver()
    _set_option(highs, "presolve", "off")
    _set_option(highs, "random_seed", (seed + 1) % LARGEST_SEED)


def _pass(highs: highspy.Highs, program: LinearProgram) -> None:
    integrality = np.zeros(program.num_columns, dtype=np.int32)
    if program.integer is not None:
        integrality = program.integer.astype(np.int32)
    status = highs.passModel(
        program.num_columns,
        program.num_rows,
        len(program.values),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        -program.objective,
        program.column_lower,
        program.column_upper,
        program.row_lower,
        program.row_upper,
        program.starts.astype(np.int32),
        program.indices.astype(np.int32),
        program.values,
        integrality,
    )
    if status == highspy.HighsStatus.kError:
        raise SolverError(f"HiGHS refused a model of {program.num_rows} rows and {program.num_columns} columns")


class HighsLp:
    """One linear program kept inside HiGHS; bounds and rows change in place between solves."""

    def __init__(self, program: LinearProgram, *, seed: int = 0, accuracy: float = ACCURACY) -> None:
        self.lps = 0
        self.seconds = 0.0
        self._seed = seed % LARGEST_SEED
        self._highs = _new_highs(
            presolve="off",
            solver="simplex",
            simplex_strategy=1,
            simplex_scale_strategy=0,
            simplex_dual_edge_weight_strategy=1,
            random_seed=self._seed,
            primal_feasibility_tolerance=accuracy,
            dual_feasibility_tolerance=accuracy,
        )
        self._num_columns = program.num_columns
        self._columns = np.arange(program.num_columns, dtype=np.int32)
        _pass(self._highs, program)

    def stop_when(self, interrupted: Callable[[], bool]) -> None:
        """Give up a solve soon after ``interrupted()`` is true; small LPs end soon anyway and are not asked."""
        if self._num_columns >= INTERRUPTIBLE_COLUMNS:
            _install_interrupt(self._highs, interrupted)

    def stop_after(self, iterations: int) -> None:
        """Give up a solve after so many iterations of the simplex method; its status is then ``UNKNOWN``."""
        _set_option(self._highs, "simplex_iteration_limit", iterations)

    def replace(self, program: LinearProgram) -> None:
        """Start again with another program."""
        self._num_columns = program.num_columns
        self._columns = np.arange(program.num_columns, dtype=np.int32)
        _pass(self._highs, program)

    def set_objective(self, objective: FloatArray) -> None:
        """Replace the objective."""
        self._highs.changeColsCost(self._num_columns, self._columns, -objective)

    def set_column_bounds(self, lower: FloatArray, upper: FloatArray) -> None:
        """Replace all column bounds."""
        self._highs.changeColsBounds(self._num_columns, self._columns, lower, upper)

    def set_row_bounds(self, row: int, lower: float, upper: float) -> None:
        """Replace the bounds of a row."""
        self._highs.changeRowBounds(row, lower, upper)

    def append_rows(self, matrix: SparseRows, lower: FloatArray, upper: FloatArray) -> None:
        """Add rows ``lower <= matrix @ x <= upper`` at the end."""
        count = matrix.num_rows
        status = self._highs.addRows(
            count,
            lower,
            upper,
            len(matrix.values),
            matrix.starts[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.values,
        )
        if status == highspy.HighsStatus.kError:
            raise SolverError(f"HiGHS refused {count} rows")

    def drop_rows(self, first: int) -> None:
        """Remove all rows from ``first`` on."""
        count = self._highs.getNumRow() - first
        if count > 0:
            self._highs.deleteRows(count, np.arange(first, first + count, dtype=np.int32))

    def basis_of_rows(self, first: int, keep: NDArray[np.bool_]) -> Any:
        """The current basis without the rows ``first + i`` for which ``keep[i]`` is false."""
        basis = self._highs.getBasis()
        status = basis.row_status
        reduced = highspy.HighsBasis()
        reduced.col_status = basis.col_status
        reduced.row_status = status[:first] + [s for s, kept in zip(status[first:], keep, strict=True) if kept]
        reduced.valid = True
        return reduced

    @property
    def basis(self) -> Any:
        """The current basis, to be handed back to :meth:`solve` later."""
        return self._highs.getBasis()

    def forget(self) -> None:
        """Drop basis and factorisation: the next solve starts from scratch."""
        self._highs.clearSolver()

    def solve(self, *, basis: Any = None, cut_off: float = -math.inf, time_limit: float = math.inf) -> LpAnswer:
        """Solve from a basis, giving up once the maximum is proven below ``cut_off``.

        An LP that ends without a verdict while there is time is tried once more from scratch, with another seed
        (presolve is never used here); if that fails too the status is ``UNKNOWN`` and whatever multipliers there are
        come back, for a safe bound.
        """
        if basis is not None:
            self._highs.setBasis(basis)
        _set_option(self._highs, "objective_bound", -cut_off)
        _set_option(self._highs, "time_limit", self._highs.getRunTime() + time_limit)
        answer = self._run()
        if answer.status is LpStatus.UNKNOWN and self._highs.getModelStatus() not in _GIVEN_UP:
            _prepare_second_try(self._highs, self._seed)
            _set_option(self._highs, "objective_bound", math.inf)
            answer = self._run()
            _set_option(self._highs, "random_seed", self._seed)
        return answer

    def _run(self) -> LpAnswer:
        started = time.perf_counter()
        _run(self._highs)
        self.seconds += time.perf_counter() - started
        self.lps += 1
        status = self._highs.getModelStatus()
        iterations = int(self._highs.getInfo().simplex_iteration_count)
        if status == _MODEL.kInfeasible:
            return LpAnswer(LpStatus.INFEASIBLE, math.nan, np.empty(0), self._ray(), iterations)
        solution = self._highs.getSolution()
        dual = -np.array(solution.row_dual) if solution.dual_valid else np.empty(0)
        match status:
            case _MODEL.kOptimal:
                value = -self._highs.getInfo().objective_function_value
                return LpAnswer(LpStatus.OPTIMAL, value, np.array(solution.col_value), dual, iterations)
            case _MODEL.kObjectiveBound:
                return LpAnswer(LpStatus.CUT_OFF, math.nan, np.empty(0), dual, iterations)
            case _:
                return LpAnswer(LpStatus.UNKNOWN, math.nan, np.empty(0), dual, iterations)

    def _ray(self) -> FloatArray:
        answer = self._highs.getDualRay()
        if len(answer) == 3 and answer[1]:
            return -np.array(answer[2], dtype=float)
        return np.empty(0)


class OneShotLp:
    """Solves one small LP after another from scratch, sparing the set-up of a new HiGHS object each time."""

    def __init__(self) -> None:
        self._lp: HighsLp | None = None

    def solve(self, program: LinearProgram, *, cut_off: float = -math.inf, time_limit: float = math.inf) -> LpAnswer:
        """Solve an LP, for at most some seconds, giving up once the maximum is proven below ``cut_off``."""
        if self._lp is None:
            self._lp = HighsLp(program, accuracy=TIGHTEST)
        else:
            self._lp.replace(program)
        return self._lp.solve(cut_off=cut_off, time_limit=time_limit)


def solve_by_interior_point(
    program: LinearProgram,
    *,
    seed: int = 0,
    time_limit: float = math.inf,
    interrupted: Callable[[], bool] = bool,
) -> LpAnswer:
    """Solve one large LP from scratch by the interior point method, ending at a vertex.

    It knows no warm start. On large degenerate programs it ends where the simplex method stalls, and it sees
    sooner that there is no solution. An LP that is given up, or ends without a verdict, comes back ``UNKNOWN``.
    """
    highs = _new_highs(
        solver="ipm", run_crossover="on", presolve="on", random_seed=seed % LARGEST_SEED, time_limit=time_limit
    )
    _pass(highs, program)
    _install_interrupt(highs, interrupted)
    highs.cbIpmInterrupt += lambda event: event.interrupt() if interrupted() else None
    _run(highs)
    status, info = highs.getModelStatus(), highs.getInfo()
    iterations = int(max(info.ipm_iteration_count, 0) + max(info.simplex_iteration_count, 0))
    if status == _MODEL.kInfeasible:
        return LpAnswer(LpStatus.INFEASIBLE, math.nan, np.empty(0), np.empty(0), iterations)
    if status != _MODEL.kOptimal:
        return LpAnswer(LpStatus.UNKNOWN, math.nan, np.empty(0), np.empty(0), iterations)
    solution = highs.getSolution()
    value, point = -info.objective_function_value, np.array(solution.col_value)
    return LpAnswer(LpStatus.OPTIMAL, value, point, -np.array(solution.row_dual), iterations)


def solve_milp(
    program: LinearProgram,
    *,
    deadline: Deadline,
    gap: float,
    seed: int = 0,
    accuracy: float = ACCURACY,
    node_limit: int | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> MilpAnswer:
    """Solve a MILP by HiGHS's own branch and bound.

    A MILP that ends without a verdict, for another reason than a limit, is tried once more without presolve and with
    another seed.

    Parameters
    ----------
    program
        The MILP; ``program.integer`` marks its integer columns.
    deadline
        The time budget.
    gap
        Relative gap at which to stop.
    seed
        Random seed.
    accuracy
        Feasibility tolerance of rows, columns and integers.
    node_limit
        Most nodes; ``None`` for no limit.
    interrupted
        A callable without arguments; soon after it returns true the best point and bound so far come back.
    """
    highs = _new_highs(
        mip_rel_gap=gap,
        mip_abs_gap=0.0,
        mip_feasibility_tolerance=accuracy,
        primal_feasibility_tolerance=accuracy,
        dual_feasibility_tolerance=accuracy,
        random_seed=seed % LARGEST_SEED,
        time_limit=deadline.remaining,
    )
    if node_limit is not None:
        _set_option(highs, "mip_max_nodes", min(node_limit, 2_147_483_647))
    _pass(highs, program)
    if interrupted is None:
        _run_to_a_verdict(highs, seed)
    else:
        _install_interrupt(highs, interrupted)
        so_far = _SoFar(highs)
        if not run_impatiently(lambda: _run_to_a_verdict(highs, seed), interrupted):
            return so_far.answer()
    if highs.getModelStatus() in _NO_VERDICT:  # its numbers mean nothing: a run that never began says "bound 0"
        return MilpAnswer("limit", np.empty(0), -math.inf, math.inf, 0)
    status, info = highs.getModelStatus(), highs.getInfo()
    nodes = max(0, int(info.mip_node_count))
    if status == _MODEL.kInfeasible:
        return MilpAnswer("infeasible", np.empty(0), -math.inf, -math.inf, nodes)
    solution = highs.getSolution()
    found = solution.value_valid and info.primal_solution_status == 2
    return MilpAnswer(
        status="optimal" if status == _MODEL.kOptimal else "limit",
        point=np.array(solution.col_value) if found else np.empty(0),
        primal_bound=-info.objective_function_value if found else -math.inf,
        dual_bound=-info.mip_dual_bound if math.isfinite(info.mip_dual_bound) else math.inf,
        nodes=nodes,
    )


SELF_TEST = SelfTest(installed.NAME_AND_VERSION, HighsLp, solve_milp)
"""What HiGHS must pass before its first program in a process."""


class _SoFar:
    """What a running MILP has told its callbacks, for when it is left behind."""

    def __init__(self, highs: highspy.Highs) -> None:
        self._answer = MilpAnswer("limit", np.empty(0), -math.inf, math.inf, 0)
        highs.cbMipImprovingSolution += self._hear_of_point
        highs.cbMipInterrupt += self._hear_of_bound

    def answer(self) -> MilpAnswer:
        """The last incumbent and bound; none of them changes any more."""
        return self._answer

    def _hear_of_point(self, event: Any) -> None:
        told = event.data_out
        self._answer = dataclasses.replace(
            self._answer, point=np.array(told.mip_solution), primal_bound=-float(told.objective_function_value)
        )

    def _hear_of_bound(self, event: Any) -> None:
        told = event.data_out
        bound = float(told.mip_dual_bound)
        self._answer = dataclasses.replace(
            self._answer,
            dual_bound=-bound if math.isfinite(bound) else math.inf,
            nodes=max(0, int(told.mip_node_count)),
        )


def _install_interrupt(highs: highspy.Highs, interrupted: Any) -> None:
    """Ask HiGHS to stop once ``interrupted()`` is true; raising inside a callback would break the object."""

    def check(event: Any) -> None:
        if interrupted():
            event.interrupt()

    highs.cbMipInterrupt += check
    highs.cbSimplexInterrupt += check
