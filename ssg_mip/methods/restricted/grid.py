"""The best commitment with probabilities on a grid of ``levels`` equal steps, by one mixed-integer program (HiGHS).

Optimal among grid policies only. A finer grid costs binaries and need not come closer: what matters is whether the
grid hits the point where the follower is indifferent (see :mod:`ssg_mip.programs.grid`). Nothing is drawn; the seed
goes to HiGHS only.
"""

from __future__ import annotations

from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.methods.restricted.milp import solve_restricted
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.program import Program
from ssg_mip.result import Result
from ssg_mip.runs.run import Run


def solve(problem: Problem, run: Run) -> Result:
    """Solve the MILP over policies with probabilities in multiples of ``1 / run.levels``."""
    game = problem.game
    bounds = leader_value_bounds(game)

    def write() -> Program:
        from ssg_mip.programs.grid import grid_commitment  # Pyomo takes a second to import

        margin, policies = problem.follower.margin, problem.policies
        return grid_commitment(
            game, problem.weights, run.levels, leader_bounds=bounds, margin=margin, policies=policies
        )

    return solve_restricted(problem, run, write, method="grid", levels=run.levels, bounds=bounds)
