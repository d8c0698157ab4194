"""A Pyomo model of ours, changed by its user, solved by our own search."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pyomo.environ as pyo

from ssg_mip.api.front_door import solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.interrupt import given_or_graceful
from ssg_mip.base.rules import FLAG, PATH, checked, optional
from ssg_mip.base.tolerances import DEFAULT_GAP, DEFAULT_TOLERANCES
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.closing import closed, kept_for_closing
from ssg_mip.methods.in_standard_form import run_method
from ssg_mip.methods.polish import as_it_is
from ssg_mip.methods.registry import check_taken
from ssg_mip.modelling.improvement_step import IMPROVEMENT_STEP, weighted_gain_bound
from ssg_mip.modelling.models import Record, put_into, record_of
from ssg_mip.modelling.reading import read_model
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import compliant_weights
from ssg_mip.proofs.writer import prepared_recorder
from ssg_mip.result import Result, finite
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.run import Run

MODEL = "model"
"""Name of the entry in ``Result.details`` that speaks of the model."""


@checked(check=FLAG, guarantee=FLAG, certificate=optional(PATH))
def solve_model(
    model: Any,
    *,
    gap: float = DEFAULT_GAP,
    time_limit: float | None = None,
    node_limit: int | None = None,
    seed: int = 0,
    check: bool = True,
    guarantee: bool = True,
    certificate: Path | str | None = None,
) -> Result:
    """Solve a model of :mod:`ssg_mip.modelling.models` by our own search, and put the solution into its variables.

    The commitment model is solved as the method ``"commitment"`` does, the improvement model once, from its policy
    (:mod:`ssg_mip.modelling.improvement_step`).

    Parameters
    ----------
    model
        The model, with whatever its user has added or changed (:mod:`ssg_mip.modelling.reading` says what is
        honoured).
    gap, time_limit, node_limit, seed, check, guarantee, certificate
        As in :func:`ssg_mip.solve`.

    Returns
    -------
    Result
        About the problem that the model states. ``details["model"]`` says the ``objective`` of the model at the answer,
        the proven ``bound`` on it, and the names of the ``rows`` that were read.

    Raises
    ------
    OptionError
        If something was changed that our search does not honour; the message names all of it, with what can be done.
    """
    record, reading = record_of(model), read_model(model)
    asked = _Asked(gap, time_limit, node_limit, seed, check, guarantee, certificate)
    result = (
        _commitment(reading.problem, asked) if record.policy is None else _step(reading.problem, record.policy, asked)
    )
    objective = None
    if result.leader_policy is not None:
        put_into(model, as_it_is(reading.problem, result.leader_policy, DEFAULT_TOLERANCES).after)
        active = next(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
        objective = float(pyo.value(active.expr))
    about = {
        "objective": objective,
        "bound": finite(reading.constant + reading.scale * _bound(result, record, reading.problem)),
        "rows": [row.name for row in reading.problem.policies.rows],
    }
    return dataclasses.replace(result, details={**result.details, MODEL: about})


@dataclasses.dataclass(frozen=True)
class _Asked:
    """How a model is to be solved."""

    gap: float
    time_limit: float | None
    node_limit: int | None
    seed: int
    check: bool
    guarantee: bool
    certificate: Path | str | None


def _bound(result: Result, record: Record, problem: Problem) -> float:
    """The proven bound on the weighted value, or on the weighted gain."""
    if record.values is None:
        return result.dual_bound
    return weighted_gain_bound(result, compliant_weights(problem.weights))


def _commitment(problem: Problem, asked: _Asked) -> Result:
    """The answer of the method ``"commitment"``."""
    return solve(
        problem,
        method="commitment",
        gap=asked.gap,
        time_limit=asked.time_limit,
        node_limit=asked.node_limit,
        seed=asked.seed,
        check=asked.check,
        guarantee=asked.guarantee,
        certificate=asked.certificate,
    )


def _step(problem: Problem, start: LeaderPolicy, asked: _Asked) -> Result:
    """The answer of one improvement program."""
    deadline = Deadline(asked.time_limit)
    recorder = None if asked.certificate is None else prepared_recorder(Path(asked.certificate))
    kept = kept_for_closing(problem.game, deadline, check=asked.check, guarantee=asked.guarantee)
    with given_or_graceful(None) as flag:
        run = Run(
            gap=asked.gap,
            deadline=deadline.keeping(kept),
            interrupt=flag,
            limits=Limits(nodes=asked.node_limit),
            seed=asked.seed,
            start=start,
            recorder=recorder,
        )
        check_taken(problem, run, IMPROVEMENT_STEP)
        result = closed(
            run_method(problem, run, IMPROVEMENT_STEP),
            deadline,
            flag,
            check=asked.check,
            guarantee=asked.guarantee,
            tolerances=run.tolerances,
            recorder=recorder,
            problem=problem,
        )
    if recorder is not None and asked.certificate is not None:
        recorder.write(Path(asked.certificate), problem.game)
    return result
