"""Zero-sum stochastic games: Shapley's value iteration with one linear program per state and sweep.

With ``rB = -rA`` and equal discounts committing first costs nothing, so the Shapley value is the leader's optimum
in every state at once.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from tests.oracles.games import Array, PlainGame


def matrix_game_value(matrix: Array) -> float:
    """The value for the row player, who maximises."""
    rows, columns = matrix.shape
    solved = linprog(
        np.r_[np.zeros(rows), -1.0],
        A_ub=np.c_[-matrix.T, np.ones(columns)],
        b_ub=np.zeros(columns),
        A_eq=[np.r_[np.ones(rows), 0.0]],
        b_eq=[1.0],
        bounds=[(0.0, None)] * rows + [(None, None)],
        method="highs",
    )
    return -float(solved.fun)


def shapley_values(game: PlainGame, *, accuracy: float = 1e-9) -> Array:
    """The leader's Shapley value of every state, to ``accuracy`` by the contraction bound.

    Raises
    ------
    ValueError
        If the game is not zero-sum with equal discounts.
    """
    opposite = all(np.array_equal(a, -b) for a, b in zip(game.leader_reward, game.follower_reward, strict=True))
    if not opposite or game.leader_discount != game.follower_discount:
        raise ValueError("the game is not zero-sum with equal discounts")
    discount = game.leader_discount
    values = np.zeros(game.num_states)
    while True:
        fresh = np.array(
            [
                matrix_game_value(game.leader_reward[s] + discount * (game.transition[s] @ values))
                for s in range(game.num_states)
            ]
        )
        if discount * np.abs(fresh - values).max() <= accuracy * (1.0 - discount):
            return fresh
        values = fresh
