"""Followers who are rational in another game: their problems solved there, answers said of the game as given."""

from __future__ import annotations

import dataclasses

from ssg_mip.errors import OptionError
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.rising import LeastOf
from ssg_mip.result import Result


def seen_rationally(problem: Problem) -> Problem:
    """The same question about a game in which the follower is rational; the problem itself where there is none.

    Raises
    ------
    OptionError
        If a share of his values is to be maximised, which would be others there.
    """
    found = problem.follower.rational_in(problem.game)
    if found is None:
        return problem
    goal = problem.objective.goal
    if found[0] is not problem.game and isinstance(goal, LeastOf) and goal.follower.any():
        raise OptionError(
            f"the goal {goal.kind} counts the follower's values beside those of a leader of another discount, and a "
            f"{problem.follower.words} answers by others; ask for the follower 'rational', or for equal discounts"
        )
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
