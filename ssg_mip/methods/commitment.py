"""The commitment method: the leader's weighted value maximised outright, to proven optimality.

Its optimum is Pareto-optimal whenever every weight is positive. Use it when you want to know how good a stationary
commitment can get; use policy iteration when every state must improve on where you stand. The work grows steeply
with the number of states: stop it at any time, the bound stays valid. Where the program is too large to be written, a
time limit is used for a local search (:mod:`ssg_mip.methods.instead_of_program`), which may draw the order of answers
that it tries. Nothing else is drawn; the seed goes to HiGHS only.
"""

from __future__ import annotations

import dataclasses

from ssg_mip.base.status import Status, Termination
from ssg_mip.exact.unsteered import solve_suited
from ssg_mip.methods.instead_of_program import with_local_search
from ssg_mip.methods.suggestions import suggestions_for
from ssg_mip.methods.wanted import solve_wanted
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result, TrajectoryPoint
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run


def solve(problem: Problem, run: Run) -> Result:
    """Solve the commitment program (P), or maximise another goal; ``INFEASIBLE`` where no policy keeps the margin."""
    run = dataclasses.replace(run, suggest=suggestions_for(problem, run))
    if problem.objective.goal is not None:
        return solve_wanted(problem, run, problem.objective.goal)
    answer = with_local_search(problem, run, solve_suited(problem, run))
    found = answer.found
    trajectory: tuple[TrajectoryPoint, ...] = ()
    status = Status.INFEASIBLE if answer.termination is Termination.INFEASIBLE else Status.NO_SOLUTION
    if found is not None:
        status = Status.OPTIMAL if answer.termination is Termination.GAP else Status.FEASIBLE
        trajectory = (
            TrajectoryPoint(
                iteration=0,
                leader_values=found.values,
                leader_value=answer.primal_bound,
                leader_policy=found.policy,
                note="commitment",
            ),
        )
    conclusion = Conclusion(
        method="commitment",
        status=status,
        termination=answer.termination,
        dual_bound=answer.dual_bound,
        bound_proof=answer.bound_proof,
        found=found,
        trajectory=trajectory,
        progress=answer.progress,
        counts={"nodes": answer.nodes, "lps": answer.lps},
    )
    return conclusion.result(problem, run)
