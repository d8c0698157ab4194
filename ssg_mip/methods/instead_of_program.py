"""What the time is used for where a program is too large to be written: a local search for a better policy.

The simple policies that are looked at instead of a search take seconds. Where a time limit was given, the rest of it
goes to the method ``local``, from the best of them. The bound stays what it is, and why there was no search is said as
before. Without a time limit nothing more is done: ``local`` may be asked for.
"""

from __future__ import annotations

import dataclasses
import math
from importlib import import_module

from ssg_mip.base.status import Termination
from ssg_mip.exact.answer import Answer
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

HOME = "ssg_mip.methods.local"
"""Home of the method that goes on."""

SHARE = 0.85
"""Share of the time left that it takes; the rest is for the bound."""

UNWRITTEN = frozenset({Termination.SIZE_LIMIT, Termination.TIME_LIMIT})
"""How answers end whose program was too large, or could not be written in the time left, if there is time left."""


def with_local_search(problem: Problem, run: Run, answer: Answer) -> Answer:
    """The answer, or the same with a better policy where there is time left and no program was written."""
    if not _goes_on(problem, run, answer):
        return answer
    inner = run.aside(SHARE, most_seconds=math.inf, nodes=1).starting_at(answer.policy)
    found: Result = import_module(HOME).solve(problem, inner)
    if found.leader_policy is None:
        return answer
    response, counts = problem.follower.answer(problem.game, found.leader_policy, run.tolerances)
    value = float(problem.weights @ response.leader_values)
    if not counts or value <= answer.primal_bound:
        return answer
    return dataclasses.replace(
        answer,
        policy=found.leader_policy,
        response=response,
        primal_bound=value,
        dual_bound=max(value, answer.dual_bound),
    )


def _goes_on(problem: Problem, run: Run, answer: Answer) -> bool:
    """Whether there is time that ends, and a local search honours what is asked."""
    unwritten = answer.termination in UNWRITTEN and answer.lps == 0 and answer.policy is not None
    timed = not run.stopped and math.isfinite(run.deadline.remaining)
    asked = problem.allows_all and problem.objective.goal is None and type(problem.follower) is Rational
    return unwritten and timed and asked
