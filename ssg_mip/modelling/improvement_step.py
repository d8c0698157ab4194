"""The improvement program (I) at one policy, solved once: the method behind a changed improvement model.

Policy iteration makes steps of the same kind and decides by itself which program it solves; a model asks for this one.
"""

from __future__ import annotations

import math

import numpy as np

from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.evaluation.value_bounds import leader_value_bounds, raised_sum
from ssg_mip.exact.solving import solve_improvement
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import compliant_weights
from ssg_mip.result import Result, TrajectoryPoint
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.method import Method
from ssg_mip.runs.run import Run

IMPROVEMENT_STEP = Method(
    name="improvement-step",
    home="ssg_mip.modelling.improvement_step",
    rows=frozenset({Scope.STATEWISE, Scope.COUPLING}),
)
"""As the runs of a method know it. It is in no list: a model is the way to it."""


def solve(problem: Problem, run: Run) -> Result:
    """Solve the program once, from ``run.start``.

    The first iterate is the given policy, with the bound on the average one-step gain; the answer is the last one.
    """
    start = LeaderPolicy.uniform(problem.game) if run.start is None else run.start
    current = EvaluatedPolicy.of(problem, start, run.tolerances)
    objective = compliant_weights(problem.weights)
    answer = solve_improvement(problem, run.starting_at(start), current.values, objective)
    bound = math.inf if math.isinf(answer.dual_bound) else max(0.0, answer.dual_bound) / _evenness(objective)
    found = answer.found or current
    points = [_point(0, problem, current, bound, answer.nodes)]
    if found is not current:
        points.append(_point(1, problem, found, math.inf, 0))
    ceiling = raised_sum(problem.weights, leader_value_bounds(problem.game).upper)
    return Conclusion(
        method=IMPROVEMENT_STEP.name,
        status=Status.FEASIBLE,
        termination=Termination.ITERATION_LIMIT if answer.termination is Termination.GAP else answer.termination,
        dual_bound=max(ceiling, float(problem.weights @ found.values)),
        bound_proof=BoundProof.PAIR,
        found=found,
        trajectory=tuple(points),
        progress=answer.progress,
        counts={"nodes": answer.nodes, "lps": answer.lps, "iterations": 1},
    ).result(problem, run)


def weighted_gain_bound(result: Result, weights: FloatArray) -> float:
    """The bound on the weighted gain; ``weights`` are those of the program. The result has the one on the average."""
    return _evenness(weights) * result.trajectory[0].step_bound if result.trajectory else math.inf


def _evenness(weights: FloatArray) -> float:
    """By what a bound on the weighted gain is divided for one on the average, no gain being negative."""
    return float(len(weights) * np.min(weights))


def _point(iteration: int, problem: Problem, found: EvaluatedPolicy, bound: float, nodes: int) -> TrajectoryPoint:
    return TrajectoryPoint(
        iteration=iteration,
        leader_values=found.values,
        leader_value=float(problem.weights @ found.values),
        leader_policy=found.policy,
        step_bound=bound,
        nodes=nodes,
    )
