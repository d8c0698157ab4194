"""Small programs with known answers, which HiGHS must solve before its first own one in a process.

Nothing that an LP solver says of its points and multipliers is trusted later; but a release that turns the sign of its
duals, means something else by a status or returns wrong optima would make the search slow, or its answers wrong. That
is one clear error here, at the price of a few milliseconds.

The LP ``maximise 5 x + 4 y - 2 z + w - v + 2 u`` subject to ::

    6 x + 4 y <= 24,   x + 2 y <= 6,   z + w >= 3,   v + u = 1,   x, y, z, u in [0, 10], w in [0, 2], v in [0, 5]

has one optimum, ``(3, 1.5, 1, 2, 0, 1)`` with value 23, and one vector of multipliers, ``(3/4, 1/2, -2, 2)``; reduced
costs are ``objective - A^T multipliers``, 3 for ``w`` at its upper bound and -3 for ``v`` at its lower one, here as
everywhere in the package. With ``x <= 2`` its value is 20, at ``(2, 2, 1, 2, 0, 1)``. ``x + y >= 20`` leaves no point.

Of the MILPs one has a relaxation that is worth more, one has no point, and one is of the kind that HiGHS 1.14.0 gets
wrong: ``maximise -3 x - 4 y`` subject to ``x + 4 y >= 12``, ``x`` integer, is worth -12 at ``(0, 3)``.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.errors import SolverError
from ssg_mip.lp.interface import LinearProgram, LpAnswer, LpStatus, MilpAnswer, SparseRows, dual_bound
from ssg_mip.numerics.array_types import FloatArray

NEAR = 1e-7
"""How close an answer must come to what is known."""

_SECONDS = 10.0
"""What a program of a few columns may take before it counts as not solved."""


class KeptLp(Protocol):
    """An LP kept inside the solver, as :class:`~ssg_mip.lp.highs.HighsLp` is."""

    def solve(self, *, cut_off: float = ..., time_limit: float = ...) -> LpAnswer:
        """Solve it."""

    def set_column_bounds(self, lower: FloatArray, upper: FloatArray) -> None:
        """Replace all column bounds."""

    def append_rows(self, matrix: SparseRows, lower: FloatArray, upper: FloatArray) -> None:
        """Add rows at the end."""

    def drop_rows(self, first: int) -> None:
        """Remove all rows from ``first`` on."""

    def forget(self) -> None:
        """Start from scratch next time."""


class SelfTest:
    """The self-test of a solver, passed once.

    Parameters
    ----------
    solver
        Its name and version, for the message.
    new_lp
        Makes a :class:`KeptLp` of a program.
    solve_milp
        Solves a MILP, as :func:`ssg_mip.lp.highs.solve_milp`.
    """

    def __init__(
        self, solver: str, new_lp: Callable[[LinearProgram], KeptLp], solve_milp: Callable[..., MilpAnswer]
    ) -> None:
        self._solver = solver
        self._new_lp = new_lp
        self._solve_milp = solve_milp
        self._lock = threading.RLock()
        self._begun = False

    def ensure_passed(self) -> None:
        """Run it, unless it is passed or running: its own programs ask too, other threads wait for its end.

        Raises
        ------
        SolverError
            If a program is answered wrongly; then at every later call too.
        """
        with self._lock:
            if self._begun:
                return
            self._begun = True
            try:
                self._check_all()
            except BaseException:
                self._begun = False
                raise

    def _check_all(self) -> None:
        try:
            self._check_lps()
            self._check_milps()
        except SolverError:
            raise
        except Exception as error:  # a call that is not what it was
            self._refuse("a call", f"{type(error).__name__} ({error})", "an answer")

    def _check_lps(self) -> None:
        lp = self._new_lp(_LP)
        answer = lp.solve(time_limit=_SECONDS)
        self._compare_lp("a linear program", answer, 23.0, (3.0, 1.5, 1.0, 2.0, 0.0, 1.0))
        self._compare("the multipliers of a linear program", answer.row_dual, _MULTIPLIERS)
        lp.set_column_bounds(_LP.column_lower, np.array([2.0, *_LP.column_upper[1:]]))
        changed = (20.0, (2.0, 2.0, 1.0, 2.0, 0.0, 1.0))
        self._compare_lp("a linear program after a change of bounds", lp.solve(time_limit=_SECONDS), *changed)
        lp.forget()
        answer = lp.solve(cut_off=10.0, time_limit=_SECONDS)
        self._compare_lp("a linear program with a cut-off below its optimum", answer, *changed)
        lp.append_rows(_FAR_ROW, np.array([20.0]), np.array([math.inf]))
        self._check_infeasible(lp.solve(time_limit=_SECONDS))
        lp.drop_rows(_LP.num_rows)
        self._compare_lp("a linear program without a row dropped", lp.solve(time_limit=_SECONDS), *changed)

    def _check_infeasible(self, answer: LpAnswer) -> None:
        self._agree("the status of an infeasible linear program", answer.status.name, LpStatus.INFEASIBLE.name)
        if len(answer.row_dual):  # without one a proof is looked for elsewhere
            bound = dual_bound(_EMPTY, rows_of(_EMPTY), rows_of(_EMPTY), answer.row_dual)
            self._agree("the sign of what a ray of an infeasible linear program proves", np.sign(bound), -1.0)

    def _check_milps(self) -> None:
        self._compare_milp("a mixed-integer program", _MILP, 21.75, (0.0, 1.0, 1.0, 1.0, 1.5))
        self._compare_milp("a mixed-integer program of two variables", _TWO_VARIABLES, -12.0, (0.0, 3.0))
        answer = self._solve_milp(_ODD, deadline=Deadline(_SECONDS), gap=0.0)
        self._agree("the status of an infeasible integer program", answer.status, "infeasible")

    def _compare_lp(self, what: str, answer: LpAnswer, value: float, point: Sequence[float]) -> None:
        self._agree(f"the status of {what}", answer.status.name, LpStatus.OPTIMAL.name)
        self._compare(f"the value of {what}", [answer.objective], [value])
        self._compare(f"the point of {what}", answer.point, point)

    def _compare_milp(self, what: str, program: LinearProgram, value: float, point: Sequence[float]) -> None:
        answer = self._solve_milp(program, deadline=Deadline(_SECONDS), gap=0.0)
        self._agree(f"the status of {what}", answer.status, "optimal")
        self._compare(f"value and bound of {what}", [answer.primal_bound, answer.dual_bound], [value, value])
        self._compare(f"the point of {what}", answer.point, point)

    def _compare(self, what: str, found: FloatArray | Sequence[float], known: Sequence[float]) -> None:
        near = len(found) == len(known) and np.allclose(found, known, rtol=0.0, atol=NEAR)
        if not near:
            self._refuse(what, np.asarray(found).tolist(), list(known))

    def _agree(self, what: str, found: object, known: object) -> None:
        if found != known:
            self._refuse(what, found, known)

    def _refuse(self, what: str, found: object, known: object) -> NoReturn:
        raise SolverError(
            f"{self._solver} fails the self-test: {what} is {found} and must be {known}; nothing is solved with it: "
            "install another version of highspy"
        )


def rows_of(program: LinearProgram) -> SparseRows:
    """The rows of a program as a matrix."""
    row_of = np.repeat(np.arange(program.num_rows), np.diff(program.starts))
    return SparseRows(program.starts, program.indices, program.values, row_of, program.num_columns)


def _dense(
    objective: Sequence[float],
    rows: Sequence[tuple[float, Sequence[float], float]],
    upper: Sequence[float],
    integer: Sequence[bool] | None = None,
) -> LinearProgram:
    """A program over ``0 <= x <= upper`` from rows ``(lower, coefficients, upper)``."""
    matrix = np.array([coefficients for _, coefficients, _ in rows])
    where, indices = np.nonzero(matrix)
    return LinearProgram(
        objective=np.array(objective),
        starts=np.searchsorted(where, np.arange(len(rows) + 1)),
        indices=indices,
        values=matrix[where, indices],
        row_lower=np.array([lower for lower, _, _ in rows]),
        row_upper=np.array([upper for _, _, upper in rows]),
        column_lower=np.zeros(len(upper)),
        column_upper=np.array(upper),
        integer=None if integer is None else np.array(integer),
    )


_INF = math.inf
_LP_ROWS = (
    (-_INF, (6.0, 4.0, 0.0, 0.0, 0.0, 0.0), 24.0),
    (-_INF, (1.0, 2.0, 0.0, 0.0, 0.0, 0.0), 6.0),
    (3.0, (0.0, 0.0, 1.0, 1.0, 0.0, 0.0), _INF),
    (1.0, (0.0, 0.0, 0.0, 0.0, 1.0, 1.0), 1.0),
)
_LP_UPPER = (10.0, 10.0, 10.0, 2.0, 5.0, 10.0)
_LP = _dense((5.0, 4.0, -2.0, 1.0, -1.0, 2.0), _LP_ROWS, _LP_UPPER)
_MULTIPLIERS = (0.75, 0.5, -2.0, 2.0)
_EMPTY = _dense((0.0,) * 6, (*_LP_ROWS, (20.0, (1.0, 1.0, 0.0, 0.0, 0.0, 0.0), _INF)), (2.0, *_LP_UPPER[1:]))
_FAR_ROW = rows_of(_EMPTY).rows_from(_LP.num_rows)

_MILP = _dense(
    (8.0, 11.0, 6.0, 4.0, 0.5),
    ((-_INF, (5.0, 7.0, 4.0, 3.0, 0.0), 14.0), (-_INF, (1.0, 0.0, 0.0, 0.0, 1.0), 1.5)),
    (1.0, 1.0, 1.0, 1.0, 10.0),
    (True, True, True, True, False),
)
_TWO_VARIABLES = _dense((-3.0, -4.0), ((12.0, (1.0, 4.0), _INF),), (29.0, 39.0), (True, False))
_ODD = _dense((1.0, 1.0), ((1.0, (2.0, 2.0), 1.0),), (1.0, 1.0), (True, True))
