"""Where policy iteration starts: an allowed policy that keeps what is asked, because it never leaves those that do."""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.base.status import Status, Termination
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.exact.wider import solve_allowed
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.policy_iteration.within import evaluated, from_start
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.conclusion import Conclusion
from ssg_mip.runs.run import Run

ANY_GAP = 1e12
"""A gap at which the first policy that keeps what is asked ends the search for one."""

DRAWS = 50
"""Random policies that are tried for one that keeps the margin."""

_STREAM = 1


@dataclasses.dataclass(frozen=True, eq=False)
class First:
    """The first iterate, and what is to be said of how it came about; empty for nothing."""

    iterate: EvaluatedPolicy
    note: str = ""


def first_iterate(problem: Problem, run: Run) -> First | Termination:
    """The given start, or the uniform policy, or the nearest policy that keeps the rows on policies.

    Where that misses the margin, a cost or a value that must be reached, or none is found, the first policy found that
    keeps all.

    Returns
    -------
    First or Termination
        Why there is none: ``INFEASIBLE`` if it is proven that no policy is allowed and keeps the margin, or a limit.
    """
    game = problem.game
    start = LeaderPolicy.uniform(game) if run.start is None else run.start
    nearest = Allowed(game, problem.policies).nearest(start)
    if nearest is not None:
        current, keeps = evaluated(problem, nearest, run.tolerances)
        if keeps:
            return First(current, _moved(start, nearest, "the uniform policy" if run.start is None else "the start"))
    recorder = None if run.recorder is None else run.recorder.fresh()
    search = run.to_gap(ANY_GAP).quietly().recording(recorder)
    answer = solve_allowed(from_start(problem), search)
    if run.recorder is not None and recorder is not None and answer.termination is Termination.INFEASIBLE:
        run.recorder.others.append(recorder)
    return answer.termination if answer.found is None else First(answer.found)


def _moved(start: LeaderPolicy, nearest: LeaderPolicy, name: str) -> str:
    """That the first iterate is not the policy that was asked for, if so."""
    if nearest is start:
        return ""
    distance = float(np.abs(nearest.probabilities - start.probabilities).sum())
    return f"{name} does not keep every row on policies: moved to the nearest that does, {distance:.3g} away in sum"


def draws(run: Run) -> np.random.Generator:
    """The random numbers of a run: not those that drew a random start by the same seed."""
    return np.random.default_rng([run.seed, _STREAM])


def random_iterate(problem: Problem, run: Run, rng: np.random.Generator) -> EvaluatedPolicy | None:
    """A random policy, uniform over the simplex of each state (line 1); ``None`` if none keeps the margin.

    With a margin the first of :data:`DRAWS` draws that keeps it: drawn uniformly from the policies that do. With rows
    on policies the nearest policy to such a draw that keeps them, which is not drawn uniformly.
    """
    game, allowed = problem.game, Allowed(problem.game, problem.policies)
    for _ in range(DRAWS):
        nearest = allowed.nearest(LeaderPolicy.random(game, rng))
        if nearest is None:
            break
        drawn, keeps = evaluated(problem, nearest, run.tolerances)
        if keeps:
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
