"""What rows on the leader's policy leave of the questions about many objectives.

Rows within single states keep everything: the allowed policies are still chosen state by state, so floors and several
objectives may have blocks of their own. So do limits on used actions, beside which weighted sums are solved one by one,
with floors or without, as suprema and fronts by sweeps are made of them. Values that the leader must keep leave the
same. So do rows that couple states, but without floors: weights of zero are raised a little instead. Several objectives
at once need one block then that holds them all (:func:`ssg_mip.programs.direction.shared_start`). What is not honoured
is refused by name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.direction import Demand, shared_start

ONE_BY_ONE = frozenset({Scope.STATEWISE, Scope.COUPLING, Scope.VALUE, Scope.SUPPORT})
"""What weighted sums that are solved one by one honour."""

TOGETHER = frozenset({Scope.STATEWISE, Scope.COUPLING})
"""What several objectives at once honour; rows that couple states where one block of occupancies holds them all."""


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


def check_shared(problem: Problem, demands: Sequence[Demand]) -> None:
    """Raise :class:`OptionError` if rows couple states and the objectives do not share a block of occupancies.

    They do where play from the start of one never meets play from that of another, as with types of the follower.
    """
    game = problem.game
    names = problem.policies.names_by_scope(game).get(Scope.COUPLING, ())
    if names and shared_start(game, demands) is None:
        raise OptionError(
            f"rows on the policy couple several states ({', '.join(names)}), and play from one objective's start meets "
            "that of another: each would get a policy of its own; name objectives that never meet, as one for each "
            "type of the follower, leave these rows out, or solve weighted sums one by one with method 'commitment'"
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
