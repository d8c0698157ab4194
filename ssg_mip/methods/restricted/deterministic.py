"""The best deterministic stationary commitment, by one mixed-integer program (HiGHS).

Optimal among deterministic policies; the optimum over mixed policies may be better, and the result's ``dual_bound``
says by how much at most. Not for games whose leader must stay unpredictable: there use ``commitment`` or ``grid``.
Nothing is drawn; the seed goes to HiGHS only.
"""

from __future__ import annotations

from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.methods.restricted.milp import solve_restricted
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.program import Program
from ssg_mip.result import Result
from ssg_mip.runs.run import Run


def solve(problem: Problem, run: Run) -> Result:
    """Solve the MILP over deterministic leader policies (:mod:`ssg_mip.programs.deterministic`)."""
    game = problem.game
    bounds = leader_value_bounds(game)

    def write() -> Program:
        from ssg_mip.programs.deterministic import deterministic_commitment  # Pyomo takes a second to import

        margin, policies = problem.follower.margin, problem.policies
        return deterministic_commitment(game, problem.weights, margin=margin, policies=policies)

    return solve_restricted(problem, run, write, method="deterministic", levels=1, bounds=bounds)
