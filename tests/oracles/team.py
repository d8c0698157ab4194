"""Team games: with equal rewards and discounts the optimum is that of one planner who picks both actions."""

from __future__ import annotations

import numpy as np

from tests.oracles.games import Array, PlainGame


def joint_values(game: PlainGame, *, accuracy: float = 1e-10) -> Array:
    """The best leader value of every state if the follower obeyed, by value iteration.

    This bounds the leader's value of any game from above and is attained in a team game.
    """
    discount = game.leader_discount
    values = np.zeros(game.num_states)
    while True:
        fresh = np.array(
            [(game.leader_reward[s] + discount * (game.transition[s] @ values)).max() for s in range(game.num_states)]
        )
        if discount * np.abs(fresh - values).max() <= accuracy * (1.0 - discount):
            return fresh
        values = fresh
