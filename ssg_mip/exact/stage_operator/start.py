"""The values that an iteration of the operator starts from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.exact.stage_operator.operator import Values
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray

RULE = (
    'it must be "zero", "random", or the values of the leader and of the follower, two lists with one number per state '
    "or two objects {state: number}"
)

MOST = 1e100
"""Start values may be this large in size; products of two of them are still finite."""


def start_values(game: Game, given: Any, seed: int) -> Values:
    """First values of both players.

    Parameters
    ----------
    game
        The game.
    given
        ``"zero"``; ``"random"``, uniform between what each player could earn at worst and at best; or a pair
        ``(leader, follower)`` of arrays ``[num_states]`` or of mappings ``{state: value}`` (states left out get 0).
    seed
        Seed of the random values.

    Raises
    ------
    OptionError
        If it is none of these, or names an unknown state.
    """
    if isinstance(given, str):
        return _named(game, given, seed)
    if not isinstance(given, (list, tuple)) or len(given) != 2:
        raise OptionError(f"start_values is {given!r}; {RULE}")
    return Values(_player(game, given[0]), _player(game, given[1]))


def _named(game: Game, given: str, seed: int) -> Values:
    if given == "zero":
        return Values(np.zeros(game.num_states), np.zeros(game.num_states))
    if given != "random":
        raise OptionError(f"start_values is {given!r}; {RULE}")
    rng = np.random.default_rng(seed)
    players = (game.leader_rewards, game.leader_discount), (game.follower_rewards, game.follower_discount)
    leader, follower = (
        rng.uniform(rewards.min(), rewards.max(), game.num_states) / (1.0 - discount) for rewards, discount in players
    )
    return Values(leader, follower)


def _player(game: Game, given: Any) -> FloatArray:
    if isinstance(given, Mapping):
        unknown = set(given) - set(game.state_names)
        if unknown:
            raise OptionError(f"start_values name the unknown state {min(unknown)!r}; {RULE}")
        given = [given.get(state, 0.0) for state in game.state_names]
    try:
        values: FloatArray = np.array(given, dtype=float)
    except (TypeError, ValueError):
        raise OptionError(f"start_values hold {given!r}; {RULE}") from None
    if values.shape != (game.num_states,) or not np.all(np.abs(values) <= MOST):
        raise OptionError(f"start_values hold {given!r} for {game.num_states} states, each at most {MOST:g}; {RULE}")
    return values
