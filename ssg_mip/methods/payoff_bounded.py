"""Answers whose gap is open, under the payoff-set bound where it is lower than what a method has proven.

Methods that prove nothing bound the leader's value by what a planner gets who moves both players, and so do exact ones
where their program is too large. The payoff-set bound (:mod:`ssg_mip.evaluation.payoff_set`) is never higher, takes
seconds at thousands of states, and often is all that is missing.
"""

from __future__ import annotations

import dataclasses
import math

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.evaluation.payoff_set import PayoffBound, payoff_set_bound
from ssg_mip.evaluation.standard_form import StandardForm, standard_form
from ssg_mip.evaluation.value_bounds import LEAST_GAP, raised_sum
from ssg_mip.methods.in_standard_form import proof_out
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.claim import Claim
from ssg_mip.proofs.writer import Recorder
from ssg_mip.result import Result
from ssg_mip.runs.run import Run

PAYOFFS = "payoff_set_bound"
"""Name of the entry in ``Result.details``."""

LARGE_STATES = 60
"""States from which the root of a program says no more than a planner's bound, and time is kept for this one."""

LEAST_KEPT, MOST_KEPT = 0.15, 0.35
"""Share of the time that is kept for it there, at least and at most."""

SECONDS_NEEDED = 1.25e-4
"""Seconds of them for each joint action, between these shares: after so long little more is gained."""

SHARE = 0.9
"""Share of what is left at the end that it may take."""

SECONDS_PER_ROW = 2e-6
"""Seconds that one sweep takes for each joint action: a bound that not even the first one could give is not begun."""


def kept_for_bound(problem: Problem, deadline: Deadline) -> float:
    """Seconds of a limit that a method leaves for the bound."""
    if math.isinf(deadline.limit) or problem.game.num_states < LARGE_STATES or not bounds_payoffs(problem):
        return 0.0
    needed = SECONDS_NEEDED * len(problem.game.leader_rewards)
    return min(max(needed, LEAST_KEPT * deadline.limit), MOST_KEPT * deadline.limit)


def bounds_payoffs(problem: Problem) -> bool:
    """Whether the payoff-set bound is about what a problem asks for."""
    return problem.follower.kind == Rational.kind and problem.objective.goal is None


def with_payoff_bound(problem: Problem, run: Run, result: Result, deadline: Deadline) -> Result:
    """The result under the better bound; as it is where its gap is closed or there is no time.

    Where a certificate is asked for, that of the bound is replaced; those beside it stay.

    Parameters
    ----------
    problem, run
        What was asked.
    result
        In the game's own units.
    deadline
        The time until which it may take.
    """
    if not bounds_payoffs(problem) or result.leader_policy is None or run.interrupt.requested:
        return result
    least = SECONDS_PER_ROW * len(problem.game.leader_rewards)
    if result.relative_gap <= max(run.gap, LEAST_GAP) or deadline.remaining < least:
        return result
    form = standard_form(problem.game)
    found = payoff_set_bound(form.standard, deadline=deadline.share(SHARE), stopped=lambda: run.interrupt.requested)
    bound = form.leader.upper_out(raised_sum(problem.weights, found.upper), problem.weights)
    if not bound < result.dual_bound:
        return result
    counted = problem.follower.margin == 0.0
    proof = proof_out(BoundProof.PAYOFFS, form) if counted else BoundProof.MARGIN
    if run.recorder is not None:
        bound, proof = _recorded(problem, run.recorder, found, form, proof)
        if not bound < result.dual_bound:
            return result
    told = {PAYOFFS: {"bound": bound, "slopes": len(found.slopes), "sweeps": found.sweeps}}
    better = dataclasses.replace(
        result,
        dual_bound=max(bound, result.leader_value),
        bound_proof=proof,
        details={**result.details, **told},
    )
    return _concluded(problem, run, better)


def _recorded(
    problem: Problem, recorder: Recorder, found: PayoffBound, form: StandardForm, proof: BoundProof
) -> tuple[float, BoundProof]:
    """The bound that the certificate claims, and what it rests on; infinite where the recorder keeps what it has.

    It does so where its claim is another, and where the fresh one proves nothing.
    """
    fresh = Recorder()
    fresh.form = None if form.changes_nothing else form
    fresh.payoffs, fresh.others = found, recorder.others
    game = form.standard
    claimed = fresh.settle(game, Claim(weights=problem.weights, bound=raised_sum(problem.weights, found.proven)))
    bound = form.leader.upper_out(claimed, problem.weights)
    before = recorder.claim
    if fresh.failure is not None or (before is not None and before.margin != 0.0):
        return math.inf, proof
    recorder.take(fresh)
    return bound, BoundProof.REPLAYED if fresh.replayed else proof


def _concluded(problem: Problem, run: Run, result: Result) -> Result:
    """The result, optimal where the bound has closed the gap."""
    if problem.objective.scalarisation is not None or result.relative_gap > max(run.gap, LEAST_GAP):
        return result
    ended = Termination.GAP if result.termination.is_limit else result.termination
    return dataclasses.replace(result, status=Status.OPTIMAL, termination=ended)
