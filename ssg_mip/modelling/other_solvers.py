"""The compact models handed to other solvers, and their answers brought back.

What comes back is evaluated exactly, after it has been put onto the ties that it misses. The other solver's value and
bound stand in the details, as claimed by that solver: nothing here proves them, and its tolerances may let a value pass
that no policy has.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import io
import logging
import math
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.rules import FLAG, NOT_NEGATIVE, SECONDS, TABLE, checked, optional, shown
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.base.tolerances import DEFAULT_GAP, DEFAULT_TOLERANCES
from ssg_mip.errors import OptionError, SolverError
from ssg_mip.evaluation.value_bounds import leader_value_bounds, raised_sum
from ssg_mip.game.game import Game
from ssg_mip.methods.polish import as_it_is
from ssg_mip.modelling.models import commitment_model, put_into, record_of
from ssg_mip.modelling.outside import Outside, Wishes, brought_back
from ssg_mip.modelling.reading import read_what_is_honoured
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result, finite
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run

KEPT = 1e-6
"""By how much a row may be missed, relative to the size of its value and to 1, and count as kept."""

MOST_NAMED = 20
"""Rows that are named, at most."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Family:
    """A solver as Pyomo knows it: interfaces tried one after the other, and the options for limits.

    Attributes
    ----------
    interfaces
        Names for ``pyomo.environ.SolverFactory``.
    time, gap
        Its options for the time limit in seconds and the relative gap.
    options
        Other options that it needs.
    remedy
        What to do where it is not at hand.
    """

    interfaces: tuple[str, ...]
    time: str
    gap: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    remedy: str = "install it, or name another one"


FAMILIES: Mapping[str, Family] = {
    "scip": Family(
        interfaces=("scip_direct", "scip"),
        time="limits/time",
        gap="limits/gap",
        options={"misc/catchctrlc": False},
        remedy="pip install pyscipopt, or put the executable scip on the path",
    ),
    "gurobi": Family(
        interfaces=("gurobi_direct", "gurobi"),
        time="TimeLimit",
        gap="MIPGap",
        options={"NonConvex": 2},
        remedy="pip install gurobipy (its free licence takes small models only), or put gurobi_cl on the path",
    ),
    "baron": Family(interfaces=("baron",), time="MaxTime", gap="EpsR"),
}
"""Solvers whose options are known."""

LINEAR_ONLY = frozenset({"highs", "appsi_highs", "glpk", "cbc", "appsi_cbc"})
"""Solvers that take no products."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Claim:
    """What a solver says: of the objective, its value and bound, and how it ended."""

    value: float
    bound: float
    status: str
    found: bool


@checked(time_limit=optional(SECONDS), gap=NOT_NEGATIVE, options=optional(TABLE), polish=FLAG, check=FLAG)
def solve_with(
    problem: Any,
    solver: Any,
    *,
    time_limit: float | None = None,
    gap: float = DEFAULT_GAP,
    options: Mapping[str, Any] | None = None,
    polish: bool = True,
    check: bool = True,
) -> Result:
    """Hand a compact model to another solver, and bring its answer back.

    Parameters
    ----------
    problem
        A :class:`~ssg_mip.problem.problem.Problem` or a game, whose commitment model is written; or a model of
        :mod:`ssg_mip.modelling.models`, with whatever its user has added, also what our own search does not honour.
    solver
        ``"scip"``, ``"gurobi"``, the name of any Pyomo solver that takes products, or a Pyomo solver itself.
    time_limit, gap
        Its limits: seconds, and the relative gap.
    options
        Further options of the solver, by its own names.
    polish, check
        As in :func:`~ssg_mip.modelling.outside.evaluate_policy`.

    Returns
    -------
    Result
        Its method is the solver's name; value, policy and answer are evaluated exactly, and the bound is that of the
        joint decision process. The details say ``claimed_by``, ``claimed_value``, ``claimed_bound`` and
        ``claimed_status`` beside what :func:`~ssg_mip.modelling.outside.evaluate_policy` says. Of a model they also say
        ``objective``, its value at the answer, ``beyond_our_search``, what our own search would not honour, and
        ``not_kept``, rows that the answer misses, for those are no part of the problem that the result is about. A
        model's variables hold the answer.

    Raises
    ------
    OptionError
        If the solver is not at hand, does not take products, or does not take an option.
    SolverError
        If it fails.
    """
    is_model = not isinstance(problem, (Problem, Game))
    model = problem if is_model else commitment_model(problem)
    record = record_of(model)
    name, interface = _interface(solver, bool(record.program.products))
    started = Deadline()
    if interface is None:
        claim = solved_by_pyscipopt(model, _settings(name, time_limit, gap, options))
    else:
        claim = _solved(model, name, interface, time_limit, gap, options)
    reading, refused = read_what_is_honoured(model)
    said: dict[str, Any] = {
        "claimed_by": name,
        "claimed_value": finite(claim.value),
        "claimed_bound": finite(claim.bound),
        "claimed_status": claim.status,
    }
    if not claim.found:
        return _nothing(reading.problem, name, said, started)
    result = brought_back(reading.problem, _outside(model, name, said), Wishes(polish=polish, check=check))
    if not is_model or result.leader_policy is None:
        return result
    put_into(model, as_it_is(reading.problem, result.leader_policy, DEFAULT_TOLERANCES).after)
    about = {
        "objective": float(pyo.value(_objective(model).expr)),
        "beyond_our_search": [str(refusal.name) for refusal in refused][:MOST_NAMED],
        "not_kept": not_kept(model)[:MOST_NAMED],
    }
    return dataclasses.replace(result, details={**result.details, **about})


def _objective(model: Any) -> Any:
    return next(model.component_data_objects(pyo.Objective, active=True, descend_into=True))


# -------------------------------------------------------------------- which solver


def _interface(solver: Any, has_products: bool) -> tuple[str, Any]:
    """The name of a solver, and Pyomo's interface to it; ``None`` for SCIP without one, by way of a file.

    Raises
    ------
    OptionError
        If it is not at hand, or takes no products.
    """
    if not isinstance(solver, str):
        if not callable(getattr(solver, "solve", None)):
            raise OptionError(f"solver is {shown(solver)}; it must be the name of a Pyomo solver, or one")
        return str(getattr(solver, "name", type(solver).__name__)), solver
    if solver in LINEAR_ONLY and has_products:
        raise OptionError(
            f"solver is {solver!r}, which takes no products, and the model has some: ask for scip, gurobi or another "
            "solver of non-convex quadratic rows, for solve, or for export in the forms milp and relaxation"
        )
    family = FAMILIES.get(solver)
    tried = (solver,) if family is None else family.interfaces
    for name in tried:
        interface = _at_hand(name)
        if interface is not None:
            return solver, interface
    if solver == "scip" and importlib.util.find_spec("pyscipopt") is not None:
        return solver, None
    remedy = "install it, or name another one" if family is None else family.remedy
    raise OptionError(f"solver is {solver!r}, and Pyomo has none at hand by {' or '.join(tried)}: {remedy}")


def _at_hand(name: str) -> Any:
    """Pyomo's interface of a name, if it can be used; ``None`` otherwise."""
    with _silent("pyomo"):
        try:
            interface = pyo.SolverFactory(name)
            usable = bool(interface.available(exception_flag=False))
        except Exception:  # whatever an interface does that is not installed
            return None
    return interface if usable else None


@contextlib.contextmanager
def _silent(name: str) -> Iterator[None]:
    """No messages below errors that nobody has asked for."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _settings(name: str, time_limit: float | None, gap: float, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """The options of a solver of a known family."""
    family = FAMILIES[name]
    limits = {} if time_limit is None else {family.time: time_limit}
    return {**family.options, family.gap: gap, **limits, **(options or {})}


# -------------------------------------------------------------------- solving


def _solved(
    model: Any, name: str, interface: Any, time_limit: float | None, gap: float, options: Mapping[str, Any] | None
) -> Claim:
    """Run a Pyomo solver and load what it has found into the model.

    Raises
    ------
    SolverError
        If the solver raises.
    """
    known = name in FAMILIES
    settings = _settings(name, time_limit, gap, options) if known else dict(options or {})
    keywords: dict[str, Any] = {"load_solutions": False}
    if not known and time_limit is not None:
        keywords["timelimit"] = time_limit
    try:
        with _silent("pyomo"):
            for option, value in settings.items():
                interface.options[option] = value
            results = interface.solve(model, **keywords)
            found = len(results.solution) > 0
            if found:
                model.solutions.load_from(results)
    except Exception as error:  # whatever a solver raises
        raise SolverError(f"solver {name!r} failed: {type(error).__name__}: {error}") from error
    maximises = _objective(model).sense == pyo.maximize
    ends = [_number(results.problem.lower_bound), _number(results.problem.upper_bound)]
    value, bound = ends if maximises else ends[::-1]
    if found:
        value = float(pyo.value(_objective(model).expr))
    return Claim(value=value, bound=bound, status=str(results.solver.termination_condition), found=found)


def _number(given: Any) -> float:
    """A number of Pyomo's results, which may be wrapped, or missing."""
    value = getattr(given, "value", given)
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def solved_by_pyscipopt(model: Any, settings: Mapping[str, Any]) -> Claim:
    """SCIP on an LP file of a model, for a Pyomo that has no interface to ``pyscipopt`` itself.

    Raises
    ------
    OptionError
        If SCIP does not take an option.
    """
    import pyscipopt
    from pyomo.repn.plugins.lp_writer import LPWriter

    buffer = io.StringIO()
    columns = LPWriter().write(model, buffer).symbol_map.bySymbol
    scip = pyscipopt.Model()
    scip.hideOutput()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.lp"
        path.write_text(buffer.getvalue(), encoding="utf-8")
        scip.readProblem(str(path))
    for option, value in settings.items():
        try:
            scip.setParam(option, value)
        except (KeyError, ValueError, LookupError) as error:
            raise OptionError(f"SCIP does not take the option {option!r} = {value!r}: {error}") from None
    scip.optimize()
    found = scip.getNSols() > 0
    if found:
        best = scip.getBestSol()
        values = {variable.name: scip.getSolVal(best, variable) for variable in scip.getVars(transformed=False)}
        for name, value in values.items():
            if name in columns:
                columns[name].set_value(float(value), skip_validation=True)
    bound, infinity = float(scip.getDualbound()), float(scip.infinity())
    return Claim(
        value=float(scip.getPrimalbound()) if found else math.nan,
        bound=bound if abs(bound) < infinity else math.nan,
        status=str(scip.getStatus()),
        found=found,
    )


# -------------------------------------------------------------------- the way back


def _outside(model: Any, name: str, said: Mapping[str, Any]) -> Outside:
    """The policy and the answer in the variables of a model."""
    game = record_of(model).problem.game
    slots = [
        _value(model.f[state, action])
        for state in range(game.num_states)
        for action in range(game.leader_counts[state])
    ]
    answers = [
        int(np.argmax([_value(model.g[state, action]) for action in range(game.follower_counts[state])]))
        for state in range(game.num_states)
    ]
    return Outside(
        slots=np.array(slots),
        place=f"the solution of {name}",
        answers=np.array(answers, dtype=np.int64),
        method=name,
        said=said,
    )


def _value(variable: Any) -> float:
    return math.nan if variable.value is None else float(variable.value)


def not_kept(model: Any) -> list[str]:
    """Names of the active rows, and of the fixed variables, that the values in a model miss."""
    missed = []
    for row in model.component_data_objects(pyo.Constraint, active=True, descend_into=True):
        body = float(pyo.value(row.body))
        room = KEPT * (1.0 + abs(body))
        low, high = (None if end is None else float(pyo.value(end)) for end in (row.lower, row.upper))
        if (low is not None and body < low - room) or (high is not None and body > high + room):
            missed.append(str(row.name))
    return missed


def _nothing(problem: Problem, name: str, said: Mapping[str, Any], started: Deadline) -> Result:
    """A result without a policy."""
    return Conclusion(
        method=name,
        status=Status.NO_SOLUTION,
        termination=Termination.GIVEN,
        dual_bound=raised_sum(problem.weights, leader_value_bounds(problem.game).upper),
        bound_proof=BoundProof.PAIR,
        found=None,
        counts={},
        details=said,
    ).result(problem, Run(deadline=started))
