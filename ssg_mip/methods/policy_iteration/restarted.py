r"""Policy iteration with restarts: Algorithm 1 of Kudo & Akimoto, which goes on where it would stop.

Each time the necessary condition for Pareto optimality holds, the run jumps to a policy that dominates the point
(:mod:`ssg_mip.methods.policy_iteration.dominating_point`) and goes on from there, until a bound proves that there is
none: then the point is **Pareto-optimal**, for every leader discount, up to the gap. No state's value ever falls, so
use this to improve a policy as far as that is possible without harming any state. It may still be worth less than the
weighted optimum, which may ask some state to lose: **use ``commitment`` for that**.

A jump makes for the weighted sum, whatever the scalarisation of the steps: no scalarisation falls where no state loses.
It is as hard as the commitment program, or harder. At a limit the point that Algorithm 1 has reached is the
answer. Where the leader is myopic no jump is needed: there Algorithm 1 stops at Pareto-optimal points only
(Theorem 11 d). Jumps are not drawn: the seed decides what it decides in ``policy-iteration``.
"""

from __future__ import annotations

import dataclasses
import math

from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.value_bounds import gap_scale, leader_value_bounds
from ssg_mip.methods.policy_iteration.algorithm import DEFAULT_ITERATION_LIMIT, weighted_bound
from ssg_mip.methods.policy_iteration.dominating_point import DominatingPointSearch, Jump, negligible_at
from ssg_mip.methods.policy_iteration.run_log import RunLog
from ssg_mip.methods.policy_iteration.sampling import sampled
from ssg_mip.methods.policy_iteration.start import draws, first_iterate, without_start
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
    bounds = leader_value_bounds(problem.game)
    dual_bound = weighted_bound(problem, run, bounds)
    current = first_iterate(problem, run)
    if isinstance(current, Termination):
        return without_start(problem, run, current, dual_bound, METHOD)
    record = RunLog(problem, run, dual_bound, gap_scale(bounds, problem.weights), METHOD)
    restarter = DominatingPointSearch(problem, run) if restarter is None else restarter
    improve = sampled(improve, run, draws(run))
    gain_bound, restarts = math.inf, 0
    for _ in range(run.limits.iterations or DEFAULT_ITERATION_LIMIT):
        record.arrived(current)
        step, jump = _step_or_jump(problem, run, current, improve, restarter, gain_bound, record)
        record.stepped(current, step)
        if step.target is None:
            status = _status(problem, run, current, step, jump)
            return record.result(current, step.termination, status=status, counts={"restarts": restarts})
        gain_bound = math.inf if jump is None else jump.gain_bound
        restarts += jump is not None
        current = step.target
    record.arrived(current)
    record.stepped(current, Step.stopped(Termination.ITERATION_LIMIT))
    return record.result(current, Termination.ITERATION_LIMIT, counts={"restarts": restarts})


def _step_or_jump(
    problem: Problem,
    run: Run,
    current: EvaluatedPolicy,
    improve: ImprovementSolver,
    restarter: DominatingPointSearch,
    gain_bound: float,
    record: RunLog,
) -> tuple[Step, Jump | None]:
    """A step of Algorithm 1; where there is none left, the jump, which the step then leads along.

    ``gain_bound`` is what the last jump has proven about this point: if it, or the bound on the weighted value, leaves
    nothing, no program is needed, because ``Q_t >= V_t`` implies ``V^f >= Q_t``.
    """
    negligible = negligible_at(problem, run, current)
    gain_bound = min(gain_bound, record.ceiling.gain_bound(current.values))
    if gain_bound <= negligible:
        step = dataclasses.replace(Step.stopped(Termination.STATIONARY), bound=gain_bound, note=_proof(gain_bound, run))
        return step, Jump(None, gain_bound, Termination.GAP, 0, 0)
    step = take_step(problem, run, current, improve, record.nodes, record.ceiling)
    if step.target is not None or step.termination is not Termination.STATIONARY or problem.game.leader_discount == 0.0:
        return step, None
    jump = restarter.jump(current, record.nodes + step.nodes)
    if restarter.known is not None:
        record.bounded(restarter.known.dual_bound, restarter.known.bound_proof)
    step = dataclasses.replace(step, nodes=step.nodes + jump.nodes, lps=step.lps + jump.lps)
    if jump.target is not None:
        gain = run.scale.gain_out(float(problem.weights @ (jump.target.values - current.values)))
        note = f"{step.note}; restart at a policy that dominates it, worth {gain:.3g} more"
        return dataclasses.replace(step, target=jump.target, note=note), jump
    if jump.gain_bound <= negligible:
        return dataclasses.replace(step, note=f"{step.note}; {_proof(jump.gain_bound, run)}"), jump
    return dataclasses.replace(step, termination=_why(jump, problem)), jump


def _why(jump: Jump, problem: Problem) -> Termination:
    """Why a jump neither leads on nor proves anything."""
    if jump.termination.is_limit or jump.termination is Termination.TIE_RULE:
        return jump.termination
    return Termination.TIE_RULE if problem.follower.rule_decides else Termination.NUMERICAL


def _status(problem: Problem, run: Run, current: EvaluatedPolicy, step: Step, jump: Jump | None) -> Status | None:
    """What is known at the end; ``None`` to let the termination say it."""
    if jump is None:
        return None
    if step.termination is Termination.STATIONARY and jump.gain_bound <= negligible_at(problem, run, current):
        return Status.PARETO_OPTIMAL
    return Status.STATIONARY


def _proof(gain_bound: float, run: Run) -> str:
    gain = run.scale.gain_out(gain_bound)
    return f"Pareto-optimal: no policy that loses in no state gains more than {gain:.3g} a state on average"
