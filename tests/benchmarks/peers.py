"""General solvers on the exported programs: SCIP and Gurobi, one thread each, defaults otherwise.

They read the LP files of :func:`ssg_mip.export`, so the big-M constants are the package's valid ones. A solver that is
not installed, or whose licence refuses the size, gives a row that says so.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.columns import finite_bound, read_policy
from tests.benchmarks.gurobi import solve_gurobi
from tests.benchmarks.measurement import Measurement, Task
from tests.benchmarks.ours import solve_ours


@dataclasses.dataclass(frozen=True)
class Solver:
    """A competitor: how it is run and which exported form it reads (``None`` for none)."""

    run: Callable[[Task], Measurement]
    form: str | None
    title: str


def solve_scip(task: Task) -> Measurement:
    """SCIP on an exported file."""
    try:
        import pyscipopt
    except ImportError as missing:
        return Measurement(outcome="absent", note=str(missing))
    incumbents: list[tuple[float, float]] = []

    class Watch(pyscipopt.Eventhdlr):  # type: ignore[misc]
        def eventinit(self) -> None:
            self.model.catchEvent(pyscipopt.SCIP_EVENTTYPE.BESTSOLFOUND, self)

        def eventexit(self) -> None:
            self.model.dropEvent(pyscipopt.SCIP_EVENTTYPE.BESTSOLFOUND, self)

        def eventexec(self, event: Any) -> None:
            del event
            # The primal bound still is the old one at this event; the best solution is the new one.
            value = self.model.getSolObjVal(self.model.getBestSol())
            incumbents.append((time.perf_counter() - started, float(value)))

    model = pyscipopt.Model()
    model.hideOutput()
    for name, value in {
        "limits/time": task.limits.time_limit,
        "limits/gap": task.limits.gap,
        "limits/absgap": task.limits.absolute_gap,
        "lp/threads": 1,
        "parallel/maxnthreads": 1,
        "misc/catchctrlc": False,
    }.items():
        model.setParam(name, value)
    model.readProblem(task.lp_file)
    model.includeEventhdlr(Watch(), "watch", "time and value of every incumbent")
    started = time.perf_counter()
    model.optimize()
    seconds = time.perf_counter() - started
    status = model.getStatus()
    point = {}
    if model.getNSols() > 0:
        best = model.getBestSol()
        point = {variable.name: model.getSolVal(best, variable) for variable in model.getVars(transformed=False)}
    return Measurement(
        outcome=_scip_outcome(status),
        value=float(model.getPrimalbound()) if point else math.nan,
        bound=finite_bound(float(model.getDualbound()), float(model.infinity())),
        seconds=seconds,
        nodes=int(model.getNTotalNodes()),
        policy=read_policy(task, point) if point else None,
        incumbents=tuple(incumbents),
        note=status,
    )


def _scip_outcome(status: str) -> Any:
    match status:
        case "optimal" | "gaplimit":
            return "optimal"
        case "infeasible" | "inforunbd" | "unbounded":
            return "infeasible" if status == "infeasible" else "failed"
        case "timelimit" | "memlimit" | "nodelimit" | "userinterrupt":
            return "limit"
        case _:
            return "failed"


SOLVERS: dict[str, Solver] = {
    "ours": Solver(solve_ours, None, "this package"),
    "scip": Solver(solve_scip, "bilinear", "SCIP, compact program"),
    "gurobi": Solver(solve_gurobi, "bilinear", "Gurobi, compact program"),
    "scip-strong": Solver(solve_scip, "strong", "SCIP, strong form"),
}
"""Competitors by the name used on the command line and in the table."""


def execute(task: Task) -> Measurement:
    """Run a task in this process."""
    return SOLVERS[task.solver].run(task)
