"""The loop of Algorithm 1, beside the lines of the paper; its kin differ in what leads on from an iterate."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.value_bounds import ValueBounds, gap_scale, leader_value_bounds
from ssg_mip.exact.wider import allowed_root_bound
from ssg_mip.methods.payoff_bounded import LARGE_STATES
from ssg_mip.methods.policy_iteration.run_log import RunLog
from ssg_mip.methods.policy_iteration.start import first_iterate, without_start
from ssg_mip.methods.policy_iteration.step import Step
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

DEFAULT_ITERATION_LIMIT = 100
"""``M`` of Algorithm 1 when the run has no limit; runs seen so far end after one to three improvements."""

ROOT_BOUND_SHARE, ROOT_BOUND_SECONDS = 0.1, 10.0
"""Share of the time that the bound on the weighted optimum may take, and seconds in large games."""


class Walk(ABC):
    """What leads on from an iterate."""

    @abstractmethod
    def step(self, current: EvaluatedPolicy) -> Step:
        """The step from an iterate; without a target the run ends there."""

    def status(self, last: EvaluatedPolicy, step: Step) -> Status | None:
        """What is known where a run ends; ``None`` to let the termination say it."""
        del last, step
        return None

    @property
    def counts(self) -> Mapping[str, int]:
        """Work done beside what the log counts."""
        return {}


def iterate(problem: Problem, run: Run, method: str, begin: Callable[[RunLog], Walk]) -> Result:
    """Iterate until no step leads on, or to the limit on iterations.

    Parameters
    ----------
    problem, run
        What is asked. The time limit is shared between the steps; the node limit is for all together.
    method
        The name on the result.
    begin
        Makes the walk, which may look at the log.
    """
    begun = first_and_log(problem, run, method)
    if isinstance(begun, Result):
        return begun
    current, log = begun
    walk = begin(log)
    for _ in range(run.limits.iterations or DEFAULT_ITERATION_LIMIT):  # line 2
        log.arrived(current)  # line 3: V_t is known
        step = walk.step(current)  # lines 4 and 8
        log.stepped(current, step)
        if step.target is None:  # lines 5-6, or no progress possible
            return log.result(current, step.termination, status=walk.status(current, step), counts=walk.counts)
        current = step.target  # line 9: by the selection, drawn or not
    log.arrived(current)
    log.stepped(current, Step.stopped(Termination.ITERATION_LIMIT))
    return log.result(current, Termination.ITERATION_LIMIT, counts=walk.counts)  # line 12


def first_and_log(problem: Problem, run: Run, method: str) -> tuple[EvaluatedPolicy, RunLog] | Result:
    """The first iterate (line 1) and an empty log; a result if there is no policy to start from."""
    bounds = leader_value_bounds(problem.game)
    dual_bound = weighted_bound(problem, run, bounds)
    first = first_iterate(problem, run)
    if isinstance(first, Termination):
        return without_start(problem, run, first, dual_bound, method)
    log = RunLog(problem, run, dual_bound, gap_scale(bounds, problem.weights), method)
    log.begins(first.note)
    return first.iterate, log


def weighted_bound(problem: Problem, run: Run, bounds: ValueBounds) -> float:
    """A proven bound on the weighted optimum: the cooperative one, or the root relaxation of (P) if tighter.

    In large games the relaxation is not tighter, but may take an hour: it is given :data:`ROOT_BOUND_SECONDS` at most.
    """
    cooperative = float(problem.weights @ bounds.upper)
    within = run.sharing(ROOT_BOUND_SHARE).quietly()
    if problem.game.num_states >= LARGE_STATES:
        within = dataclasses.replace(within, deadline=Deadline(min(ROOT_BOUND_SECONDS, within.deadline.remaining)))
    root = allowed_root_bound(problem, within)
    # What a certificate says is the bound of the root, which may be raised by a rounding.
    return min(cooperative, root) if run.recorder is None else root
