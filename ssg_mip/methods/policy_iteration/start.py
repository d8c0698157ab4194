"""Where policy iteration starts: a policy that keeps the margin, because it never leaves the policies that do."""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.base.status import Status, Termination
from ssg_mip.exact import solve_commitment
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.policy_iteration.step import Iterate
from ssg_mip.result import Result, build_result
from ssg_mip.runs.margin import keeps_margin
from ssg_mip.runs.request import Request

ANY_GAP = 1e12
"""A gap at which the first policy that keeps the margin ends the search for one."""

DRAWS = 50
"""Random policies that are tried for one that keeps the margin."""

_STREAM = 1


def first_iterate(game: Game, request: Request) -> Iterate | Termination:
    """The given start, or the uniform policy; where it misses the margin, the first policy found that keeps it.

    Returns
    -------
    Iterate or Termination
        Why there is none: ``INFEASIBLE`` if it is proven that no policy keeps the margin, or a limit.
    """
    start = LeaderPolicy.uniform(game) if request.start is None else request.start
    current = Iterate.evaluated(game, start, request)
    if keeps_margin(game, current.response, request.margin, request.tolerances):
        return current
    recorder = None if request.recorder is None else request.recorder.fresh()
    search = dataclasses.replace(request, gap=ANY_GAP, on_progress=None, recorder=recorder)
    answer = solve_commitment(game, request.weights, request=search)
    if request.recorder is not None and recorder is not None and answer.termination is Termination.INFEASIBLE:
        request.recorder.others.append(recorder)
    if answer.policy is None or answer.response is None:
        return answer.termination
    return Iterate(answer.policy, answer.response)


def draws(request: Request) -> np.random.Generator:
    """The random numbers of a run: not those that drew a random start by the same seed."""
    return np.random.default_rng([request.seed, _STREAM])


def random_iterate(game: Game, request: Request, rng: np.random.Generator) -> Iterate | None:
    """A random policy, uniform over the simplex of each state (line 1); ``None`` if none keeps the margin.

    With a margin the first of :data:`DRAWS` draws that keeps it: drawn uniformly from the policies that do.
    """
    for _ in range(DRAWS):
        drawn = Iterate.evaluated(game, LeaderPolicy.random(game, rng), request)
        if keeps_margin(game, drawn.response, request.margin, request.tolerances):
            return drawn
        if request.stopped:
            break
    return None


def without_start(
    game: Game, request: Request, termination: Termination, dual_bound: float, method: str = "policy-iteration"
) -> Result:
    """The result of a run that finds no policy to start from."""
    infeasible = termination is Termination.INFEASIBLE
    return build_result(
        game,
        method=method,
        status=Status.INFEASIBLE if infeasible else Status.NO_SOLUTION,
        termination=termination,
        weights=request.weights,
        ties=request.ties,
        dual_bound=-np.inf if infeasible else dual_bound,
        policy=None,
        response=None,
        options=request.options(),
        seed=request.seed,
        seconds=request.deadline.elapsed,
        counts={"iterations": 0, "nodes": 0, "lps": 0},
    )
