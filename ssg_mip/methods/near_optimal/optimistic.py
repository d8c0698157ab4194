"""The optimistic near-optimal follower: the exact program of pairs, searched to a gap.

The bound holds for every stationary policy; it comes from multipliers with rounding counted, but no certificate covers
its rows, so that it is not called certified where it is below that of the best pair of policies.
"""

from __future__ import annotations

from ssg_mip.base.gap import relative_gap
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.branch_and_bound.records import Aim, Outcome
from ssg_mip.branch_and_bound.search import Search
from ssg_mip.evaluation.standard_form import standard_form
from ssg_mip.evaluation.value_bounds import LEAST_GAP, finest_gap, gap_scale, leader_value_bounds
from ssg_mip.exact.size_limit import commitment_size, obstacle
from ssg_mip.methods.in_standard_form import into_form, row_out
from ssg_mip.methods.near_optimal.boxes import PairBoxes
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.followers.near_optimal import NearOptimal
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.near_rows import game_of_pairs
from ssg_mip.result import Result, TrajectoryPoint
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run

AIMED = 0.99
"""Share of the gap within which the search ends: the rest is for rounding."""


def solve(problem: Problem, run: Run) -> Result:
    """Solve the program of pairs in the game's standard form; the answer is evaluated in the game itself."""
    form = standard_form(problem.game, problem.weights)
    inner, inner_run = into_form(problem, run, form)
    outcome = _searched(inner, inner_run)
    policy = outcome.solution.policy
    found = EvaluatedPolicy.of(problem, policy, run.tolerances)
    value = float(problem.weights @ found.values)
    bounds = leader_value_bounds(problem.game)
    ceiling = float(problem.weights @ bounds.upper)
    bound = min(ceiling, form.leader.upper_out(outcome.dual_bound, problem.weights))
    closed = relative_gap(value, bound, gap_scale(bounds, problem.weights)) <= max(run.gap, LEAST_GAP)
    return Conclusion(
        method="commitment",
        status=Status.OPTIMAL if closed else Status.FEASIBLE,
        termination=Termination.GAP if closed else _why(outcome),
        dual_bound=max(value, bound),
        bound_proof=BoundProof.PAIR if bound == ceiling else BoundProof.NEAR,
        found=found,
        trajectory=(
            TrajectoryPoint(
                iteration=0,
                leader_values=found.values,
                leader_value=value,
                leader_policy=policy,
                note="commitment",
            ),
        ),
        progress=tuple(row_out(row, form.leader, problem.weights) for row in outcome.progress),
        counts={"nodes": outcome.nodes, "lps": outcome.lps},
        details={"follower_forgoes": found.response.regret},
    ).result(problem, run)


def _why(outcome: Outcome) -> Termination:
    """Why the gap is open."""
    return Termination.NUMERICAL if outcome.termination is Termination.GAP else outcome.termination


def _searched(problem: Problem, run: Run) -> Outcome:
    follower = problem.follower
    if not isinstance(follower, NearOptimal):
        raise TypeError(f"this program is for a near-optimal follower, not for a {follower.words}")
    bounds, weights = leader_value_bounds(problem.game), problem.weights
    ceiling, gap = float(weights @ bounds.upper), AIMED * max(run.gap, LEAST_GAP)
    boxes = PairBoxes(problem, run, follower)
    stop = obstacle(commitment_size(game_of_pairs(problem.game), weights), run)
    if stop is not None:
        return _without_program(boxes, ceiling, stop)
    aim = Aim(
        relative=gap,
        absolute=finest_gap(bounds, weights, gap),
        scale=gap_scale(bounds, weights),
        ceiling=ceiling,
    )
    return Search(boxes, aim, run.budget, on_progress=run.on_progress, options=run.search).run()


def _without_program(boxes: PairBoxes, ceiling: float, stop: Termination) -> Outcome:
    """The best of the simple policies, where the program would be too large."""
    value, solution = max(boxes.start(), key=lambda one: one[0])
    return Outcome(
        solution=solution,
        primal_bound=value,
        dual_bound=ceiling,
        termination=stop,
        nodes=0,
        lps=0,
        lp_seconds=0.0,
        progress=(),
    )
