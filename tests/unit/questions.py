"""Questions for tests in one line: a problem about a game and the run that answers it."""

from __future__ import annotations

from typing import Any

from ssg_mip.game.game import Game
from ssg_mip.methods.explained import explained
from ssg_mip.methods.presolved import run_presolved
from ssg_mip.methods.registry import find_method
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import Concave
from ssg_mip.result import Result
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


def answered(problem: Problem, **options: Any) -> Result:
    """What the commitment method says of a problem, in the terms in which it was stated."""
    limits = Limits(nodes=options.pop("node_limit", 4000))
    return explained(problem, run_presolved(problem, Run(limits=limits, **options), find_method("commitment")))
