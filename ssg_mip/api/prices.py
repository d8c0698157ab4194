"""``prices``: what does each constraint cost the leader?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from ssg_mip.base.rules import instance_of
from ssg_mip.errors import OptionError
from ssg_mip.problem.constraints.price import Price
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result

CONSTRAINED = instance_of(Problem, "a Problem: Problem(game).budget(...) asks for one")


def prices(problem: Problem, method: str = "commitment", **options: Any) -> tuple[Price, ...]:
    """What each constraint costs the leader: the optimum without it, beside the optimum with all.

    Parameters
    ----------
    problem
        The problem.
    method, options
        As in :func:`ssg_mip.solve`, which is asked once for each constraint and once more. The time limit is for all
        together.

    Returns
    -------
    tuple
        One price for each constraint, in their order; those of two sides of one row, which cannot be left out by
        themselves, are missing.

    Raises
    ------
    OptionError
        If ``problem`` is none, or as ``solve``.
    """
    from ssg_mip.api.front_door import solve

    CONSTRAINED.check("problem", problem)
    return solve(problem, method, **options, price=True).prices


def priced(problem: Problem, result: Result, solved: Callable[[Problem, int], Result]) -> Iterator[Price]:
    """The prices of all constraints.

    Parameters
    ----------
    problem, result
        What was asked, and the answer.
    solved
        Solves a problem without one of the constraints, of which so many are left to be priced.
    """
    stated = problem.stated
    for place, one in enumerate(stated):
        try:
            rest = problem.without(one.name)
        except OptionError:
            continue
        found = solved(rest, len(stated) - place)
        yield Price(
            constraint=one.name,
            leader_value=found.leader_value,
            dual_bound=found.dual_bound if math.isfinite(found.dual_bound) else math.inf,
            with_value=result.leader_value,
            with_bound=result.dual_bound,
        )
