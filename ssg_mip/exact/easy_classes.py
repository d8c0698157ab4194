"""Which games are solved without a search, and by what (:mod:`ssg_mip.game.game_class`)."""

from __future__ import annotations

from ssg_mip.exact.planner import solve_as_planner, solve_silent_leader
from ssg_mip.exact.settled import Settled
from ssg_mip.exact.statewise import is_statewise, solve_statewise
from ssg_mip.game.game_class import has_silent_follower, has_silent_leader, is_team
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run


def settled(problem: Problem, run: Run, *, scale: float) -> Settled | None:
    """The solution of a game of an easy class, as far as it comes within the run's limits; ``None`` for other games.

    A floor, a margin and rows on the policy are left to the search.
    """
    game = problem.game
    if not problem.allows_all:
        return None
    if is_team(game) or has_silent_follower(game):
        return solve_as_planner(problem, run)
    if has_silent_leader(game):
        return solve_silent_leader(problem, run)
    return solve_statewise(problem, run, scale=scale) if is_statewise(game) else None
