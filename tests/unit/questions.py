"""Questions for tests in one line: a problem about a game and the run that answers it."""

from __future__ import annotations

from typing import Any

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import Concave
from ssg_mip.runs.limits import Limits
from ssg_mip.runs.run import Run


def asked(
    game: Game,
    *,
    weights: FloatArray | None = None,
    scalarisation: Concave | None = None,
    ties: Any = "leader",
    margin: float = 0.0,
    floor: FloatArray | None = None,
    node_limit: int | None = None,
    iteration_limit: int | None = None,
    **options: Any,
) -> tuple[Problem, Run]:
    """The problem, and a run with the other options."""
    objective = Objective(game.initial if weights is None else weights, scalarisation)
    problem = Problem(game, objective, Rational(ties=ties, margin=margin), PolicySpace(floor=floor))
    return problem, Run(limits=Limits(nodes=node_limit, iterations=iteration_limit), **options)
