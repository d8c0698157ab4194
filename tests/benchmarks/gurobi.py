"""Gurobi on an exported file, with whatever licence there is.

The free licence refuses models of more than 200 variables if they have products. Where it refuses the file as it
stands, every product variable ``w == f * v`` is replaced by its product in the rows that use it, which leaves an
equivalent program with half the variables or fewer; Gurobi gives each distinct product a variable of its own again.
What is still too large is a row that says so.
"""

from __future__ import annotations

import math
import time
from typing import Any

from tests.benchmarks.columns import finite_bound, read_policy
from tests.benchmarks.measurement import IN_PLACE, Measurement, Task

TOO_LARGE = 10010
"""Gurobi's error number for a model beyond the size of its licence."""

NO_LICENCE = 10009
"""Gurobi's error number for a missing or expired licence."""


def solve_gurobi(task: Task) -> Measurement:
    """Gurobi, one thread, defaults otherwise."""
    try:
        import gurobipy
    except ImportError as missing:
        return Measurement(outcome="absent", note=str(missing))
    try:
        with gurobipy.Env(params={"OutputFlag": 0}) as environment:
            try:
                return _run(task, gurobipy, environment, in_place=False)
            except gurobipy.GurobiError as error:
                if error.errno != TOO_LARGE:
                    raise
                return _run(task, gurobipy, environment, in_place=True)
    except gurobipy.GurobiError as error:
        if error.errno in (TOO_LARGE, NO_LICENCE):
            return Measurement(outcome="licence", note=str(error))
        raise


def _run(task: Task, gurobipy: Any, environment: Any, *, in_place: bool) -> Measurement:
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
        if in_place:
            write_products_in_place(model, gurobipy)
        started = time.perf_counter()
        model.optimize(watch)
        seconds = time.perf_counter() - started
        point = {variable.VarName: variable.X for variable in model.getVars()} if model.SolCount else {}
        outcome: Any = {code.OPTIMAL: "optimal", code.TIME_LIMIT: "limit", code.INFEASIBLE: "infeasible"}
        return Measurement(
            outcome=outcome.get(model.Status, "failed"),
            value=float(model.ObjVal) if point else math.nan,
            bound=finite_bound(float(model.ObjBound), code.INFINITY),
            seconds=seconds,
            nodes=int(model.NodeCount),
            policy=read_policy(task, point) if point else None,
            incumbents=tuple(incumbents),
            note=f"status {model.Status}" + (f", {IN_PLACE}" if in_place else ""),
        )


def write_products_in_place(model: Any, gurobipy: Any) -> None:
    """Replace every variable ``w`` that a row defines as ``w - x * y == 0`` by that product, and drop the row."""
    products = {}
    for row in model.getQConstrs():
        terms = model.getQCRow(row)
        (factor, first, second), (result,) = _single(terms), _variables(terms.getLinExpr())
        if factor != -1.0 or row.QCSense != "=" or row.QCRHS != 0.0:
            raise ValueError(f"row {row.QCName} is {terms}; it must define a variable as a product")
        products[result[1].index] = (first, second)
        model.remove(row)
    for row in model.getConstrs():
        terms = _variables(model.getRow(row))
        if not any(variable.index in products for _, variable in terms):
            continue
        written = gurobipy.QuadExpr()
        for factor, variable in terms:
            if variable.index in products:
                first, second = products[variable.index]
                written.addTerms(factor, first, second)
            else:
                written.addTerms(factor, variable)
        model.addQConstr(written, row.Sense, row.RHS, row.ConstrName)
        model.remove(row)
    model.remove([variable for variable in model.getVars() if variable.index in products])
    model.update()


def _single(terms: Any) -> tuple[float, Any, Any]:
    """The only product of a quadratic row."""
    if terms.size() != 1:
        raise ValueError(f"a row of the file has {terms.size()} products; it must have one")
    return terms.getCoeff(0), terms.getVar1(0), terms.getVar2(0)


def _variables(terms: Any) -> list[tuple[float, Any]]:
    return [(terms.getCoeff(place), terms.getVar(place)) for place in range(terms.size())]
