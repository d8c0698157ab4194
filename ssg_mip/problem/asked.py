"""What the public functions are asked, made into a problem; and what is said where they cannot honour all of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from numpy.typing import ArrayLike

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties
from ssg_mip.game.game import Game
from ssg_mip.problem.follower import Follower, Rational
from ssg_mip.problem.followers import follower_of
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import AugmentedChebyshev, ConcavePieces, WeightedSum, scalarisation_of
from ssg_mip.problem.weights import state_weights

FollowerGiven = Follower | Mapping[str, Any] | str | None
"""What :func:`~ssg_mip.problem.followers.follower_of` reads."""

Scalarising = WeightedSum | AugmentedChebyshev | ConcavePieces | Mapping[str, Any] | str | None
"""What :func:`~ssg_mip.problem.scalarisation.scalarisation_of` reads."""


def asked(
    given: Game | Problem,
    *,
    weights: ArrayLike | Mapping[str, float] | None = None,
    scalarisation: Scalarising = None,
    ties: Ties = "leader",
    margin: float = 0.0,
    follower: FollowerGiven = None,
) -> Problem:
    """The problem that is meant by a game or a problem and the arguments beside it.

    Parameters
    ----------
    given
        A game, of which nothing but its rules is known, or a problem.
    weights, scalarisation
        In place of the problem's own; the start distribution where nothing is said at all.
    ties, margin, follower
        How the follower of a game answers (:func:`ssg_mip.problem.followers.follower_of`). Beside a problem that says
        so itself they are left out.

    Raises
    ------
    OptionError
        If the objective or the follower is given twice, or one of them does not fit the game.
    """
    problem = given if isinstance(given, Problem) else Problem(given)
    what = scalarisation_of(problem.game, scalarisation)
    if isinstance(what, WeightedSum):
        if weights is not None:
            raise OptionError("weights are given beside a scalarisation weighted-sum; leave one of them out")
        weights, what = what.weights, None
    if weights is not None:
        problem = dataclasses.replace(problem, objective=Objective(state_weights(problem.game, weights)))
    if what is not None:
        problem = problem.scalarising(what).wanting(None)
    answering = follower_of(follower, ties=ties, margin=margin)
    if problem.follower == Rational():
        return dataclasses.replace(problem, follower=answering)
    if answering != Rational():
        raise OptionError(
            "ties, a margin or a follower are given beside a problem that says itself how its follower answers; leave "
            "one of them out"
        )
    return problem


def refuse_kind(problem: Problem, who: str) -> None:
    """Raise :class:`OptionError` if the follower is of another kind than the rational one."""
    follower = problem.follower
    if follower.kind == Rational.kind:
        return
    instead = f"give it {follower.kind}_game(game), or " if follower.is_rational_elsewhere else ""
    raise OptionError(
        f"{who} does not honour a {follower.words}; {instead}ask solve, or for the follower {Rational.kind!r}"
    )


def refuse(problem: Problem, who: str, taken: Collection[Scope], instead: str) -> None:
    """Raise :class:`OptionError` if a problem asks for what a function cannot honour.

    Parameters
    ----------
    problem
        The problem.
    who, taken
        The function, and what it honours.
    instead
        What honours the rest, in words that follow "ask for".
    """
    goal = problem.objective.goal
    if goal is not None:
        raise OptionError(
            f"{who} takes no goal of its own, and the problem is to maximise {goal.kind}; ask for {instead}"
        )
    refuse_kind(problem, who)
    for scope, names in problem.names_by_scope().items():
        if scope not in taken:
            raise OptionError(
                f"{who} takes no {scope.words}, and there are some: {', '.join(names)}; ask for {instead}, or leave "
                "them out with problem.without(name)"
            )
