"""Algorithm 1: every step is one of the improvement program."""

from __future__ import annotations

import dataclasses

from ssg_mip.base.status import Termination
from ssg_mip.methods.policy_iteration.large import LargeSteps, is_large, without_program
from ssg_mip.methods.policy_iteration.loop import Walk, iterate
from ssg_mip.methods.policy_iteration.run_log import RunLog
from ssg_mip.methods.policy_iteration.sampling import sampled
from ssg_mip.methods.policy_iteration.start import draws
from ssg_mip.methods.policy_iteration.step import ImprovementSolver, Step, exact_improvement, take_step, with_work_of
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

METHOD = "policy-iteration"


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
    solver = sampled(improve, run, draws(run))
    large = LargeSteps(problem, run) if is_large(problem.game) else None
    return iterate(problem, run, METHOD, lambda log: _Improving(problem, run, solver, log, large))


_FURTHER = (Termination.SIZE_LIMIT, Termination.TIME_LIMIT)
"""How steps without a program end where one with it may lead on."""


@dataclasses.dataclass(frozen=True, eq=False)
class _Improving(Walk):
    """Steps of the improvement program, as far as time, nodes and the known bound allow.

    In large games steps without it come first, and there are no others where it is too large to be written.
    """

    problem: Problem
    run: Run
    solver: ImprovementSolver
    log: RunLog
    large: LargeSteps | None = None

    def step(self, current: EvaluatedPolicy) -> Step:
        if self.large is None:
            return self._programmed(current)
        step = self.large.step(current, self.log.nodes, self.log.weighted_bound)
        is_found = step.target is not None or step.termination not in _FURTHER
        if is_found or without_program(self.problem.game) or self.run.stopped:
            return step
        return with_work_of(step, self._programmed(current))

    def _programmed(self, current: EvaluatedPolicy) -> Step:
        return take_step(self.problem, self.run, current, self.solver, self.log.nodes, self.log.weighted_bound)
