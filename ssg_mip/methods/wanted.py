"""The commitment method for goals that are no weighted sum: what it says of a weighted sum, and of the goal.

Value, bound, gap and status of a result are about its weights, whatever the goal is, and what has been reached of the
goal stands beside them (``Result.reached``). Of the least of several sums the weighted bound is that of the best pair
of policies, so that such a result is never called optimal: whether the *goal* is within its gap is said by
``Result.reached``. Of sums in turn the weights are those of the first sum, and all that is said of it holds.
"""

from __future__ import annotations

import dataclasses
import math

from ssg_mip.base.gap import gap_size, relative_gap
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.evaluation.value_bounds import LEAST_GAP, gap_scale, leader_value_bounds, raised_sum
from ssg_mip.exact.answer import Answer, no_answer
from ssg_mip.exact.solving import claimed
from ssg_mip.exact.wanted import Turns, least_gap_scale, solve_in_turn, solve_least_of
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.rising import InTurn, LeastOf, Reached, ReachedInTurn, ReachedLeast, Rising
from ssg_mip.proofs.claim import Claim
from ssg_mip.result import Result, TrajectoryPoint
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run

NAME = "commitment"


def solve_wanted(problem: Problem, run: Run, goal: Rising) -> Result:
    """Maximise a goal."""
    return _least(problem, run, goal) if isinstance(goal, LeastOf) else _turns(problem, run, goal)


def _least(problem: Problem, run: Run, what: LeastOf) -> Result:
    answer = solve_least_of(problem, run.recording(None), what)
    reached = ReachedLeast(
        what=what,
        bound=answer.dual_bound,
        gap_scale=gap_size(answer.primal_bound, least_gap_scale(problem.game, what)),
    )
    bound = raised_sum(problem.weights, leader_value_bounds(problem.game).upper)
    of_weights = dataclasses.replace(no_answer(answer.termination), dual_bound=bound, bound_proof=BoundProof.PAIR)
    whole = claimed(problem, run, of_weights, Claim(weights=problem.weights, bound=bound))
    status = Status.FEASIBLE if answer.found is not None else _without_policy(answer)
    if status is Status.INFEASIBLE:
        whole = dataclasses.replace(whole, dual_bound=-math.inf, bound_proof=answer.bound_proof)
    said = dataclasses.replace(answer, dual_bound=whole.dual_bound, bound_proof=whole.bound_proof, progress=())
    return _result(problem, run, said, status, answer.found, reached)


def _turns(problem: Problem, run: Run, what: InTurn) -> Result:
    found = solve_in_turn(problem, run, what)
    policy = found.last.found
    status = Status.NO_SOLUTION if policy is not None else _without_policy(found.first)
    if policy is not None:
        scale = gap_scale(leader_value_bounds(problem.game), problem.weights)
        value = float(problem.weights @ policy.values)
        closed = relative_gap(value, found.first.dual_bound, scale) <= max(run.gap, LEAST_GAP)
        status = Status.OPTIMAL if closed else Status.FEASIBLE
    reached = ReachedInTurn(what=what, steps=found.steps)
    return _result(problem, run, _all_turns(found), status, policy, reached)


def _all_turns(found: Turns) -> Answer:
    """What is said of all sums: the bound of the first, why the first of them stopped early, and the work of all."""
    ends = [found.first.termination, found.last.termination]
    stop = next((end for end in ends if end is not Termination.GAP), Termination.GAP)
    return dataclasses.replace(found.first, termination=stop, nodes=found.nodes, lps=found.lps)


def _without_policy(answer: Answer) -> Status:
    return Status.INFEASIBLE if answer.termination is Termination.INFEASIBLE else Status.NO_SOLUTION


def _result(
    problem: Problem, run: Run, answer: Answer, status: Status, found: EvaluatedPolicy | None, reached: Reached
) -> Result:
    trajectory = (
        ()
        if found is None
        else (
            TrajectoryPoint(
                iteration=0,
                leader_values=found.values,
                leader_value=float(problem.weights @ found.values),
                leader_policy=found.policy,
                note=reached.what.kind,
            ),
        )
    )
    conclusion = Conclusion(
        method=NAME,
        status=status,
        termination=answer.termination,
        dual_bound=answer.dual_bound,
        bound_proof=answer.bound_proof,
        found=found,
        trajectory=trajectory,
        progress=answer.progress if math.isfinite(answer.dual_bound) else (),
        counts={"nodes": answer.nodes, "lps": answer.lps},
        reached=reached,
    )
    return conclusion.result(problem, run)
