"""General solvers on the exported programs: SCIP and Gurobi, one thread each, defaults otherwise.

They read the LP files of :func:`ssg_mip.export`, so the big-M constants are the package's valid ones. A solver that is
not installed, or whose licence refuses the size, gives a row that says so.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip import Game, LeaderPolicy
from tests.benchmarks.measurement import Measurement, Task
from tests.benchmarks.ours import solve_ours

UNVISITED = 1e-7
"""A state with less occupancy has its policy read from its conditional block."""

GUROBI_TOO_LARGE = 10010
"""Gurobi's error number for a model beyond the size of its licence."""

GUROBI_NO_LICENCE = 10009
"""Gurobi's error number for a missing or expired licence."""


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
        bound=_beyond(float(model.getDualbound()), float(model.infinity())),
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


def solve_gurobi(task: Task) -> Measurement:
    """Gurobi on an exported file, with whatever licence there is."""
    try:
        import gurobipy
    except ImportError as missing:
        return Measurement(outcome="absent", note=str(missing))
    try:
        with gurobipy.Env(params={"OutputFlag": 0}) as environment:
            return _run_gurobi(task, gurobipy, environment)
    except gurobipy.GurobiError as error:
        if error.errno in (GUROBI_TOO_LARGE, GUROBI_NO_LICENCE):
            return Measurement(outcome="licence", note=str(error))
        raise


def _run_gurobi(task: Task, gurobipy: Any, environment: Any) -> Measurement:
    code = gurobipy.GRB
    incumbents: list[tuple[float, float]] = []

    def watch(model: Any, where: int) -> None:
        if where == code.Callback.MIPSOL:
            value = float(model.cbGet(code.Callback.MIPSOL_OBJ))
            if not incumbents or value > incumbents[-1][1]:
                incumbents.append((time.perf_counter() - started, value))

    with gurobipy.read(task.lp_file, environment) as model:
        model.Params.Threads = 1
        model.Params.TimeLimit = task.limits.time_limit
        model.Params.MIPGap = task.limits.gap
        model.Params.MIPGapAbs = task.limits.absolute_gap
        model.Params.NonConvex = 2
        started = time.perf_counter()
        model.optimize(watch)
        seconds = time.perf_counter() - started
        point = {variable.VarName: variable.X for variable in model.getVars()} if model.SolCount else {}
        outcome: Any = {code.OPTIMAL: "optimal", code.TIME_LIMIT: "limit", code.INFEASIBLE: "infeasible"}
        return Measurement(
            outcome=outcome.get(model.Status, "failed"),
            value=float(model.ObjVal) if point else math.nan,
            bound=_beyond(float(model.ObjBound), code.INFINITY),
            seconds=seconds,
            nodes=int(model.NodeCount),
            policy=read_policy(task, point) if point else None,
            incumbents=tuple(incumbents),
            note=f"status {model.Status}",
        )


def _beyond(bound: float, infinity: float) -> float:
    """A bound, infinite where the solver's own infinity stands for none."""
    return math.inf if bound >= infinity else -math.inf if bound <= -infinity else bound


def read_policy(task: Task, point: Mapping[str, float]) -> tuple[float, ...]:
    """The leader's probabilities per slot at a point of an exported program.

    The compact form has them as ``f(s,a)``; the strong form as the occupancies ``y(s,a,b)`` of the commitment
    program, or as ``x(s,a,b)``, of which the commitment program has some for states that are hardly visited.
    """
    game = task.spec.build()
    legend = json.loads(Path(f"{task.lp_file}.names.json").read_text(encoding="utf-8"))["names"]
    blocks = {name: np.zeros(int(game.leader_offsets[-1])) for name in "fyx"}
    for name, value in point.items():
        entry = legend.get(name, {"component": ""})
        if entry["component"] in blocks:
            blocks[entry["component"]][_slot(game, entry["index"])] += max(0.0, value)
    weights = blocks["f"] + blocks["y"]
    visits = np.add.reduceat(weights, game.leader_offsets[:-1])[game.leader_slot_state]
    weights = np.where(visits <= UNVISITED, blocks["x"], weights)
    return tuple(LeaderPolicy.from_slots(game, weights).slots(game).tolist())


def _slot(game: Game, index: Mapping[str, str]) -> int:
    state = game.state_index(index["s"])
    return int(game.leader_offsets[state]) + game.leader_actions[state].index(index["a"])


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
