r"""What a front is taken with respect to: values of one player from start distributions.

An objective is ``mu @ V``, the leader's value from a start distribution ``mu`` (a single state, a group of states with
equal shares, or any weights), or ``mu @ v``, the follower's: beside the leader's values that is the view of a planner
who cares for both. Without a wish the objectives are the leader's values in all states whose value the policies decide.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Literal, cast, get_args

import numpy as np

from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.base.rules import checked, shown
from ssg_mip.errors import OptionError, TooLargeError
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.value_bounds import follower_value_bounds, leader_value_bounds, varying_states
from ssg_mip.game.game import GAME, Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.weights import state_weights, unit_weights
from ssg_mip.programs.direction import Demand

Player = Literal["leader", "follower"]

MOST_OBJECTIVES = 20
"""Objectives of an enclosure, at most: boxes grow exponentially with them."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Objective(FrozenArrays):
    """The value of one player from a start distribution.

    Attributes
    ----------
    name
        What tables and pictures call it.
    player
        Whose value.
    start
        The start distribution, non-negative, summing to one, shape ``[num_states]``.
    """

    name: str
    player: Player
    start: FloatArray

    @property
    def leader_weights(self) -> FloatArray:
        """Weights on the leader's values."""
        return self.start if self.player == "leader" else np.zeros(len(self.start))

    @property
    def follower_weights(self) -> FloatArray:
        """Weights on the follower's values."""
        return self.start if self.player == "follower" else np.zeros(len(self.start))

    def value(self, response: Response) -> float:
        """The objective's exact value at an evaluated policy."""
        values = response.leader_values if self.player == "leader" else response.follower_values
        return float(self.start @ values)

    def demand(self, least: float, slope: float) -> Demand:
        """That it be at least ``least``, and rise by a slope."""
        return Demand(leader=self.leader_weights, follower=self.follower_weights, least=least, slope=slope)

    def bounds(self, game: Game) -> tuple[float, float]:
        """What the objective is at least and at most worth under any leader policy."""
        bounds = leader_value_bounds(game) if self.player == "leader" else follower_value_bounds(game)
        return float(self.start @ bounds.lower), float(self.start @ bounds.upper)


ObjectiveLike = Objective | str | Mapping[str, float] | Sequence[str]
"""An objective; or ``"state"``, ``{"state": weight}`` or ``["state", "state"]`` for the leader's value from there."""


@checked(game=GAME)
def leader_objective(game: Game, start: str | Mapping[str, float] | Sequence[str] | None = None) -> Objective:
    """The leader's value from a state, a group of states with equal shares, weights, or the start distribution.

    Raises
    ------
    OptionError
        If a state is unknown or the weights are none.
    """
    return _objective(game, "leader", start)


@checked(game=GAME)
def follower_objective(game: Game, start: str | Mapping[str, float] | Sequence[str] | None = None) -> Objective:
    """As :func:`leader_objective`, for the follower's value."""
    return _objective(game, "follower", start)


def read_objectives(game: Game, given: Sequence[ObjectiveLike] | None) -> tuple[Objective, ...]:
    """The objectives that are asked for; the leader's value in every varying state where nothing is.

    Raises
    ------
    OptionError
        If there is none, two have the same name, or one does not fit the game.
    """
    if given is None:
        states = varying_states(game)
        _check_count(game, len(states))
        chosen = [leader_objective(game, game.state_names[state]) for state in (states if len(states) else [0])]
    else:
        chosen = [one if isinstance(one, Objective) else leader_objective(game, one) for one in given]
    if not chosen:
        raise OptionError("objectives is empty; name at least one, or leave it out")
    _check_count(game, len(chosen))
    names = [one.name for one in chosen]
    repeated = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if repeated is not None:
        raise OptionError(f"the objective {repeated!r} is asked for twice; name each of them once")
    for one in chosen:
        if one.start.shape != (game.num_states,):
            raise OptionError(
                f"the objective {one.name!r} has a start distribution of shape {one.start.shape}; {game.name} needs "
                f"({game.num_states},)"
            )
    return tuple(chosen)


def _check_count(game: Game, count: int) -> None:
    if count > MOST_OBJECTIVES:
        raise TooLargeError(
            f"the whole front of {game.name} in {count:,} objectives (by default one for each state) would "
            f"not fit into memory; at most {MOST_OBJECTIVES} do: name the objectives that matter"
        )


def sum_demand(objectives: Sequence[Objective], weights: FloatArray, least: float) -> Demand:
    """A demand of slope 1 on a weighted sum of objectives."""
    return Demand(
        leader=weights @ np.array([one.leader_weights for one in objectives]),
        follower=weights @ np.array([one.follower_weights for one in objectives]),
        least=least,
        slope=1.0,
    )


def parse_objective(game: Game, text: str) -> Objective:
    """An objective from the command line: ``[leader:|follower:]START``.

    ``START`` is a state, ``state=weight,state=weight``, or ``start`` for the start distribution. A state whose name
    has a colon is found first.

    Raises
    ------
    OptionError
        If it is none of these.
    """
    player, colon, rest = text.partition(":")
    if text in game.state_names or not colon:
        player, rest = "leader", text
    if player not in get_args(Player):
        raise OptionError(
            f"--objective {text!r} asks for the value of {player!r}; write leader:START or follower:START"
        )
    start: str | Mapping[str, float] | None = rest
    if rest == "start" and rest not in game.state_names:
        start = None
    elif rest not in game.state_names and "=" in rest:
        start = _pairs(text, rest)
    return _objective(game, cast(Player, player), start)


def _pairs(text: str, rest: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in rest.split(","):
        name, _, number = part.strip().rpartition("=")
        try:
            weights[name] = float(number)
        except ValueError:
            raise OptionError(
                f"--objective {text!r} gives {name!r} the weight {number!r}; it must be a number"
            ) from None
    return weights


def _objective(game: Game, player: Player, start: str | Mapping[str, float] | Sequence[str] | None) -> Objective:
    named = [start] if isinstance(start, str) else [] if start is None or isinstance(start, Mapping) else start
    if not isinstance(named, (list, tuple)):
        raise OptionError(f"an objective is {shown(start)}; it must be a state, {{state: weight}} or a list of states")
    unknown = next((state for state in named if state not in game.state_names), None)
    if unknown is not None:
        raise OptionError(
            f"an objective starts in the unknown state {unknown!r}; states: {', '.join(game.state_names[:8])}"
        )
    match start:
        case None:
            name, weights = "start", game.initial
        case str():
            name, weights = start, unit_weights(game.num_states, game.state_index(start))
        case Mapping():
            weights = state_weights(game, start)
            name = " + ".join(f"{weights[game.state_index(state)]:.4g} {state}" for state, w in start.items() if w)
        case _:
            places = sorted({game.state_index(state) for state in start})
            if not places:
                raise OptionError("an objective over a group of states needs at least one state")
            weights = np.zeros(game.num_states)
            weights[places] = 1.0 / len(places)
            name = " & ".join(game.state_names[place] for place in places)
    return Objective(name=name if player == "leader" else f"follower: {name}", player=player, start=weights)
