r"""Policy iteration with restarts: Algorithm 1 of Kudo & Akimoto, which goes on where it would stop.

Each time the necessary condition for Pareto optimality holds, the run jumps to a policy that dominates the point
(:mod:`ssg_mip.methods.policy_iteration.dominating_point`) and goes on from there, until a bound proves that there is
none: then the point is **Pareto-optimal**, for every leader discount, up to the gap. No state's value ever falls, so
use this to improve a policy as far as that is possible without harming any state. It may still be worth less than the
weighted optimum, which may ask some state to lose: **use ``commitment`` for that**.

A jump makes for the weighted sum, whatever the scalarisation of the steps: no scalarisation falls where no state loses.
It is as hard as the commitment program, or harder. At a limit the point that Algorithm 1 has reached is the
answer. Where rows on policies couple states a run often ends at a point that is proven to be stationary and no more
(:mod:`~ssg_mip.methods.policy_iteration.dominating_point`). Where the leader is myopic no jump is needed: there
Algorithm 1 stops at Pareto-optimal points only (Theorem 11 d). Jumps are not drawn: the seed decides what it decides in
``policy-iteration``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from ssg_mip.base.status import Status, Termination
from ssg_mip.methods.policy_iteration.dominating_point import DominatingPointSearch, Jump, negligible_at
from ssg_mip.methods.policy_iteration.loop import Walk, iterate
from ssg_mip.methods.policy_iteration.run_log import RunLog
from ssg_mip.methods.policy_iteration.sampling import sampled
from ssg_mip.methods.policy_iteration.start import draws
from ssg_mip.methods.policy_iteration.step import ImprovementSolver, Step, exact_improvement, take_step
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

METHOD = "restarted-policy-iteration"


def solve(
    problem: Problem,
    run: Run,
    *,
    improve: ImprovementSolver = exact_improvement,
    restarter: DominatingPointSearch | None = None,
) -> Result:
    """Algorithm 1 with restarts, from ``run.start`` (the uniform policy if absent).

    Parameters
    ----------
    problem, run
        The game and what is asked; all limits are for the whole run.
    improve
        Solver of the program (I).
    restarter
        The restarter of an earlier run with the same game, weights and gap, which remembers some answers.

    Returns
    -------
    Result
        With status ``OPTIMAL`` if a bound proves the weighted value within the gap, ``PARETO_OPTIMAL`` if it is proven
        that nothing dominates the point, ``STATIONARY`` if a limit came between the stop test and that proof,
        ``FEASIBLE`` otherwise. ``counts["restarts"]`` says how many jumps were made.
    """
    solver = sampled(improve, run, draws(run))
    search = DominatingPointSearch(problem, run) if restarter is None else restarter
    return iterate(problem, run, METHOD, lambda log: _Restarting(problem, run, solver, search, log))


class _Restarting(Walk):
    """Steps of Algorithm 1; where there is none left, a jump, which the step then leads along."""

    def __init__(
        self, problem: Problem, run: Run, solver: ImprovementSolver, search: DominatingPointSearch, log: RunLog
    ) -> None:
        self._problem = problem
        self._run = run
        self._solver = solver
        self._search = search
        self._log = log
        self._jump: Jump | None = None
        self._restarts = 0

    @property
    def counts(self) -> Mapping[str, int]:
        return {"restarts": self._restarts}

    def step(self, current: EvaluatedPolicy) -> Step:
        step, self._jump = self._step_or_jump(current, math.inf if self._jump is None else self._jump.gain_bound)
        self._restarts += step.target is not None and self._jump is not None
        return step

    def status(self, last: EvaluatedPolicy, step: Step) -> Status | None:
        if self._jump is None:
            return None
        negligible = negligible_at(self._problem, self._run, last)
        if step.termination is Termination.STATIONARY and self._jump.gain_bound <= negligible:
            return Status.PARETO_OPTIMAL
        return Status.STATIONARY

    def _step_or_jump(self, current: EvaluatedPolicy, gain_bound: float) -> tuple[Step, Jump | None]:
        """The step, and the jump if one was tried.

        ``gain_bound`` is what the last jump has proven about this point: if it, or the bound on the weighted value,
        leaves nothing, no program is needed, because ``Q_t >= V_t`` implies ``V^f >= Q_t``.
        """
        problem, run, log = self._problem, self._run, self._log
        negligible = negligible_at(problem, run, current)
        gain_bound = min(gain_bound, log.weighted_bound.gain_bound(current.values))
        if gain_bound <= negligible:
            step = Step.stopped(Termination.STATIONARY)
            step = dataclasses.replace(step, bound=gain_bound, note=_proof(gain_bound, run))
            return step, Jump(None, gain_bound, Termination.GAP, 0, 0)
        step = take_step(problem, run, current, self._solver, log.nodes, log.weighted_bound)
        goes_on = step.target is not None or step.termination is not Termination.STATIONARY
        if goes_on or problem.game.leader_discount == 0.0:
            return step, None
        jump = self._search.jump(current, log.nodes + step.nodes)
        if self._search.known is not None:
            log.bounded(self._search.known.dual_bound, self._search.known.bound_proof)
        step = dataclasses.replace(step, nodes=step.nodes + jump.nodes, lps=step.lps + jump.lps)
        if jump.target is not None:
            gain = run.scale.gain_out(float(problem.weights @ (jump.target.values - current.values)))
            note = f"{step.note}; restart at a policy that dominates it, worth {gain:.3g} more"
            return dataclasses.replace(step, target=jump.target, note=note), jump
        if jump.gain_bound <= negligible:
            return dataclasses.replace(step, note=f"{step.note}; {_proof(jump.gain_bound, run)}"), jump
        if not self._search.takes_floors and not jump.termination.is_limit:
            return dataclasses.replace(step, note=f"{step.note}; {_OPEN}"), jump
        return dataclasses.replace(step, termination=_why(jump, problem)), jump


_OPEN = "whether an allowed policy dominates it is open: floors under the values do not go with rows across states"


def _why(jump: Jump, problem: Problem) -> Termination:
    """Why a jump neither leads on nor proves anything."""
    if jump.termination.is_limit or jump.termination is Termination.TIE_RULE:
        return jump.termination
    return problem.follower.shortfall


def _proof(gain_bound: float, run: Run) -> str:
    gain = run.scale.gain_out(gain_bound)
    return f"Pareto-optimal: no policy that loses in no state gains more than {gain:.3g} a state on average"
