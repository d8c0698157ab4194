"""Where policy iteration starts: a policy that keeps the margin, because it never leaves the policies that do."""

from __future__ import annotations

import numpy as np

from ssg_mip.base.status import Status, Termination
from ssg_mip.exact import solve_commitment
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run

ANY_GAP = 1e12
"""A gap at which the first policy that keeps the margin ends the search for one."""

DRAWS = 50
"""Random policies that are tried for one that keeps the margin."""

_STREAM = 1


def first_iterate(problem: Problem, run: Run) -> EvaluatedPolicy | Termination:
    """The given start, or the uniform policy; where it misses the margin, the first policy found that keeps it.

    Returns
    -------
    EvaluatedPolicy or Termination
        Why there is none: ``INFEASIBLE`` if it is proven that no policy keeps the margin, or a limit.
    """
    game = problem.game
    start = LeaderPolicy.uniform(game) if run.start is None else run.start
    current = EvaluatedPolicy.of(problem, start, run.tolerances)
    if problem.follower.accepts(game, current.response, run.tolerances):
        return current
    recorder = None if run.recorder is None else run.recorder.fresh()
    search = run.to_gap(ANY_GAP).quietly().recording(recorder)
    answer = solve_commitment(problem, search)
    if run.recorder is not None and recorder is not None and answer.termination is Termination.INFEASIBLE:
        run.recorder.others.append(recorder)
    return answer.found or answer.termination


def draws(run: Run) -> np.random.Generator:
    """The random numbers of a run: not those that drew a random start by the same seed."""
    return np.random.default_rng([run.seed, _STREAM])


def random_iterate(problem: Problem, run: Run, rng: np.random.Generator) -> EvaluatedPolicy | None:
    """A random policy, uniform over the simplex of each state (line 1); ``None`` if none keeps the margin.

    With a margin the first of :data:`DRAWS` draws that keeps it: drawn uniformly from the policies that do.
    """
    game = problem.game
    for _ in range(DRAWS):
        drawn = EvaluatedPolicy.of(problem, LeaderPolicy.random(game, rng), run.tolerances)
        if problem.follower.accepts(game, drawn.response, run.tolerances):
            return drawn
        if run.stopped:
            break
    return None


def without_start(problem: Problem, run: Run, termination: Termination, dual_bound: float, method: str) -> Result:
    """The result of a run that finds no policy to start from."""
    infeasible = termination is Termination.INFEASIBLE
    conclusion = Conclusion(
        method=method,
        status=Status.INFEASIBLE if infeasible else Status.NO_SOLUTION,
        termination=termination,
        dual_bound=-np.inf if infeasible else dual_bound,
        found=None,
        counts={"iterations": 0, "nodes": 0, "lps": 0},
    )
    return conclusion.result(problem, run)
