"""What rows on the leader's policy leave of the questions about many objectives.

Rows within single states keep everything: the allowed policies are still chosen state by state, so floors and several
objectives may have blocks of their own. So do limits on used actions, of which only weighted sums one by one are made,
with floors or without. Rows that couple states, and values that the leader must keep, leave weighted
sums one by one, as suprema and fronts by sweeps are made of; where states are coupled, weights of zero are then raised
a little. What asks for several objectives at once refuses them by name.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem

ONE_BY_ONE = frozenset({Scope.STATEWISE, Scope.COUPLING, Scope.VALUE, Scope.SUPPORT})
"""What weighted sums that are solved one by one honour."""

TOGETHER = frozenset({Scope.STATEWISE})
"""What several objectives at once honour."""


def check_rows(problem: Problem, honoured: Collection[Scope], what: str) -> None:
    """Raise :class:`OptionError` if a problem has rows that are not honoured by what is asked."""
    named = problem.policies.names_by_scope(problem.game)
    if problem.floor is not None:
        named.setdefault(Scope.VALUE, ("a floor under the leader's values",))
    for scope, names in named.items():
        if scope not in honoured:
            able = ", ".join(one.value for one in Scope if one in honoured)
            raise OptionError(
                f"{what} takes rows on the leader's policy of these kinds: {able}; {', '.join(names)} is of another, "
                f"{scope.value}: leave it out, or solve weighted sums one by one with method 'commitment'"
            )


def chosen_by_state(problem: Problem) -> bool:
    """Whether allowed policies are chosen state by state, so that one is best from every state at once."""
    return set(problem.policies.names_by_scope(problem.game)) <= {Scope.STATEWISE, Scope.SUPPORT}


def at_least(problem: Problem, floor: FloatArray) -> Problem:
    """The problem with its floor raised to another one where that is higher."""
    return problem.above(floor if problem.floor is None else np.maximum(problem.floor, floor))


def nearest_allowed(problem: Problem, policy: LeaderPolicy) -> LeaderPolicy | None:
    """A policy, or the nearest allowed one; ``None`` if there is none."""
    return policy if not problem.policies.restricts else Allowed(problem.game, problem.policies).nearest(policy)
