"""Followers who are rational in another game: their problems solved there, answers said of the game as given."""

from __future__ import annotations

import dataclasses

from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result


def seen_rationally(problem: Problem) -> Problem:
    """The same question about a game in which the follower is rational; the problem itself where there is none."""
    found = problem.follower.rational_in(problem.game)
    if found is None:
        return problem
    game, follower = found
    return dataclasses.replace(problem, game=game, follower=follower)


def as_asked(result: Result, problem: Problem) -> Result:
    """An answer about that game, its check included, as the answer to the problem.

    Policies, both players' values, bounds and their proofs are the same; the follower's values are those that count for
    him there.
    """
    if result.game is problem.game:
        return result
    provenance = dataclasses.replace(
        result.provenance,
        game_name=problem.game.name,
        game_hash=problem.game.content_hash,
        options={**result.provenance.options, **problem.follower.options()},
    )
    return dataclasses.replace(result, game=problem.game, follower=problem.follower, provenance=provenance)
