"""A quantal follower's answer by plain fixed-point iteration, in decimals where that is asked for.

Nothing clever: the soft Bellman operator applied until it no longer moves, and values by a linear solve.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tests.oracles.games import Array, PlainGame

SWEEPS = 20_000


@dataclasses.dataclass(frozen=True)
class SoftAnswer:
    """Soft values, the mix by state, and both players' values under it."""

    soft_values: Array
    mix: tuple[Array, ...]
    leader_values: Array
    follower_values: Array


def soft_answer(game: PlainGame, policy: Sequence[Array], temperature: float) -> SoftAnswer:
    """The answer to a leader policy, one distribution per state."""
    states = range(game.num_states)
    values = np.zeros(game.num_states)
    for _ in range(SWEEPS):
        q = action_values(game, policy, values)
        fresh = np.array([_log_sum(row, temperature) for row in q])
        moved = float(np.abs(fresh - values).max())
        values = fresh
        if moved <= 1e-15 * (1.0 + float(np.abs(values).max())):
            break
    q = action_values(game, policy, values)
    mix = tuple(np.exp((row - _log_sum(row, temperature)) / temperature) for row in q)
    move = np.array([np.einsum("a,b,abt->t", policy[s], mix[s], game.transition[s]) for s in states])
    solved = []
    for rewards, discount in (
        (game.leader_reward, game.leader_discount),
        (game.follower_reward, game.follower_discount),
    ):
        stage = np.array([policy[s] @ rewards[s] @ mix[s] for s in states])
        solved.append(np.linalg.solve(np.eye(game.num_states) - discount * move, stage))
    return SoftAnswer(values, mix, *solved)


def action_values(game: PlainGame, policy: Sequence[Array], values: Array) -> list[Array]:
    """The follower's ``q(s, b)`` where ``values`` follow."""
    return [
        policy[s] @ (game.follower_reward[s] + game.follower_discount * (game.transition[s] @ values))
        for s in range(game.num_states)
    ]


def optimal_values(game: PlainGame, policy: Sequence[Array]) -> Array:
    """The rational follower's values, by value iteration."""
    values = np.zeros(game.num_states)
    for _ in range(SWEEPS):
        fresh = np.array([float(row.max()) for row in action_values(game, policy, values)])
        if float(np.abs(fresh - values).max()) <= 1e-14:
            break
        values = fresh
    return values


def _log_sum(row: Array, temperature: float) -> float:
    highest = float(row.max())
    return highest + temperature * float(np.log(np.exp((row - highest) / temperature).sum()))
