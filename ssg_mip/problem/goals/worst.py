r"""The worst of several starts, and the worst of the follower's types.

``WorstStart``: make ``min_j rho_j @ V`` as large as it can be, over one policy for all starts. A policy that is best
for one start need not be best for another, because the follower's answers tie the states to each other.

``WorstType``: make ``min_k V_k`` as large as it can be, where ``V_k`` is the leader's value from the start of type
``k``: what a leader wants who does not trust the chances of the types. The chances play no part in it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ssg_mip.base.rules import is_number, shown
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower_types import FollowerTypes
from ssg_mip.problem.goal import Goal, Stated
from ssg_mip.problem.origin import Origin, Remade
from ssg_mip.problem.rising import LeastOf
from ssg_mip.problem.weights import state_weights, unit_weights

Start = str | Mapping[str, float]
"""A state by name, or ``{state: probability}``."""


@dataclasses.dataclass(frozen=True)
class WorstStart(Goal):
    """The leader's least value over several starts.

    Attributes
    ----------
    starts
        One at least: each a state by name, or ``{state: probability}``, whose numbers are scaled to sum to one.
    """

    starts: Iterable[Start]

    def __post_init__(self) -> None:
        if isinstance(self.starts, (str, Mapping)) or not isinstance(self.starts, Iterable):
            raise OptionError(
                f"starts is {shown(self.starts)}; it must be a list of states, or of {{state: probability}}"
            )
        object.__setattr__(self, "starts", tuple(self.starts))
        if not self.starts:
            raise OptionError("starts is empty; give at least one state, or {state: probability}")

    def of(self, stated: Stated) -> Stated:
        """The question with ``min_j rho_j @ V`` as its objective."""
        game = stated.game
        pairs = [_start(game, k, one) for k, one in enumerate(self.starts)]
        what = LeastOf.of("worst-start", _apart([name for name, _ in pairs]), np.array([row for _, row in pairs]))
        return stated.wanting(dataclasses.replace(stated.objective, goal=what))


@dataclasses.dataclass(frozen=True)
class WorstType(Goal):
    """The leader's least value over the types of the follower, of a problem made by ``bayesian``."""

    def of(self, stated: Stated) -> Stated:
        """The question with ``min_k V_k`` as its objective."""
        types = _types(stated.origin)
        if types is None:
            raise OptionError(
                "WorstType is asked of a problem whose follower has no types; make one by bayesian(types, prior), or "
                "ask for WorstStart"
            )
        rows = np.zeros((len(types.names), stated.game.num_states))
        for row, first, own in zip(rows, types.first_states, types.games, strict=True):
            row[first : first + own.num_states] = own.initial
        return stated.wanting(dataclasses.replace(stated.objective, goal=LeastOf.of("worst-type", types.names, rows)))


def _types(origin: Origin | None) -> FollowerTypes | None:
    """The types that the states of a game hold, if they do."""
    while isinstance(origin, Remade):
        origin = origin.before
    return origin if isinstance(origin, FollowerTypes) else None


def _start(game: Game, place: int, given: Any) -> tuple[str, FloatArray]:
    """What a start is called, and its distribution."""
    if isinstance(given, str):
        return given, unit_weights(game.num_states, _state(game, f"starts[{place}]", given))
    if not isinstance(given, Mapping) or not given:
        raise OptionError(
            f"starts[{place}] is {shown(given)}; it must be the name of a state, or {{state: probability}}"
        )
    for state, share in given.items():
        _state(game, f"starts[{place}]", state)
        if not is_number(share) or not 0.0 <= share < np.inf:
            raise OptionError(f"starts[{place}][{state}] is {shown(share)}; it must be a number of at least 0")
    words = ", ".join(f"{state} {share:.6g}" for state, share in given.items())
    return words, state_weights(game, given)


def _state(game: Game, label: str, state: Any) -> int:
    if state not in game.state_names:
        raise OptionError(f"{label} names the unknown state {state!r}; states: {', '.join(game.state_names[:8])}")
    return game.state_names.index(state)


def _apart(names: list[str]) -> tuple[str, ...]:
    """The names, with a number where one occurs again."""
    return tuple(f"{name} ({k + 1})" if names.count(name) > 1 else name for k, name in enumerate(names))
