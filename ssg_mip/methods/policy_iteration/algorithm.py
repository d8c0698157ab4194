"""The loop of Algorithm 1, beside the lines of the paper."""

from __future__ import annotations

import dataclasses

from ssg_mip.base.status import Termination
from ssg_mip.evaluation.value_bounds import ValueBounds, gap_scale, leader_value_bounds
from ssg_mip.exact import root_bound
from ssg_mip.methods.policy_iteration.run_log import RunLog
from ssg_mip.methods.policy_iteration.sampling import sampled
from ssg_mip.methods.policy_iteration.start import draws, first_iterate, without_start
from ssg_mip.methods.policy_iteration.step import ImprovementSolver, Step, exact_improvement, take_step
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

DEFAULT_ITERATION_LIMIT = 100
"""``M`` of Algorithm 1 when the run has no limit; runs seen so far end after one to three improvements."""

ROOT_BOUND_SHARE = 0.1
"""Share of the time that the bound on the weighted optimum may take."""


def solve(
    problem: Problem,
    run: Run,
    *,
    improve: ImprovementSolver = exact_improvement,
) -> Result:
    """Algorithm 1 from ``run.start`` (the uniform policy if absent).

    With a margin every iterate keeps it, also the first one (:mod:`ssg_mip.methods.policy_iteration.start`). The paper
    starts at random and draws each step: ``solve(game, start="random", selection="sample", seed=...)``.

    Parameters
    ----------
    problem, run
        The game and what is asked. The time limit is shared between the steps; the node limit is for all together.
    improve
        Solver of the program (I).

    Returns
    -------
    Result
        With status ``OPTIMAL`` if a bound proves the weighted value within the gap, ``STATIONARY`` if the stop test
        holds (``PARETO_OPTIMAL`` with leader discount 0), ``FEASIBLE`` otherwise. The trajectory holds every iterate.
        If a step made a true value fall although the theorem forbids it, the step is refused and the run ends with
        ``NUMERICAL``.
    """
    limit = run.limits.iterations or DEFAULT_ITERATION_LIMIT
    bounds = leader_value_bounds(problem.game)
    dual_bound = weighted_bound(problem, run, bounds)
    current = first_iterate(problem, run)  # line 1
    if isinstance(current, Termination):
        return without_start(problem, run, current, dual_bound)
    record = RunLog(problem, run, dual_bound, gap_scale(bounds, problem.weights))
    improve = sampled(improve, run, draws(run))
    for _ in range(limit):  # line 2
        record.arrived(current)  # line 3: V_t is known
        step = take_step(problem, run, current, improve, record.nodes, record.ceiling)  # lines 4 and 8
        record.stepped(current, step)
        if step.target is None:  # lines 5-6, or no progress possible
            return record.result(current, step.termination)
        current = step.target  # line 9: by the selection, drawn or not
    record.arrived(current)
    record.stepped(current, Step.stopped(Termination.ITERATION_LIMIT))
    return record.result(current, Termination.ITERATION_LIMIT)  # line 12


def weighted_bound(problem: Problem, run: Run, bounds: ValueBounds) -> float:
    """A proven bound on the weighted optimum: the cooperative one, or the root relaxation of (P) if tighter."""
    cooperative = float(problem.weights @ bounds.upper)
    limited = dataclasses.replace(run, deadline=run.deadline.share(ROOT_BOUND_SHARE), on_progress=None)
    root = root_bound(problem, limited)
    # What a certificate says is the bound of the root, which may be raised by a rounding.
    return min(cooperative, root) if run.recorder is None else root
