"""Optimal commitments of games that are easier than others, each by the method of its class.

Nothing here branches: a linear program per state and follower action inside value iteration, or one linear program
per deterministic response.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from tests.oracles.games import Array, PlainGame
from tests.oracles.multiple_lps import mixed_commitment


def stagewise_values(game: PlainGame, *, accuracy: float = 1e-8) -> Array:
    """The leader's best values where only the immediate reward tells the follower's actions apart.

    So it is for a myopic follower, and where transitions do not depend on the follower's action. The leader's choice
    of a mix and of a best answer to it is then the action of a decision process, solved by value iteration.
    """
    values = np.zeros(game.num_states)
    while True:
        fresh = np.array(
            [
                mixed_commitment(
                    game.leader_reward[s] + game.leader_discount * (game.transition[s] @ values),
                    game.follower_reward[s],
                )[0]
                for s in range(game.num_states)
            ]
        )
        if game.leader_discount * np.abs(fresh - values).max() <= accuracy * (1.0 - game.leader_discount):
            return fresh
        values = fresh


def fixed_motion_optimum(game: PlainGame) -> float:
    """The weighted optimum where transitions do not depend on the leader's action.

    For a fixed response both players move by the same known chain, both values are linear in the leader's policy,
    and one linear program over policy and follower values remains.
    """
    best = -np.inf
    for response in game.responses():
        motion = np.array([game.transition[s][0, b] for s, b in enumerate(response)])
        visits = np.linalg.solve(np.eye(game.num_states) - game.leader_discount * motion.T, game.initial)
        best = max(best, _best_with_response(game, response, visits))
    return best


def _best_with_response(game: PlainGame, response: tuple[int, ...], visits: Array) -> float:
    """Maximise over ``(f, v)``: ``v(s) >= q(s, b)`` for every ``b``, with equality for the response."""
    states, starts = game.num_states, np.concatenate(([0], np.cumsum(game.leader_counts)))
    width = int(starts[-1]) + states
    cost, least, equal = np.zeros(width), [], []
    for s in range(states):
        mine = slice(int(starts[s]), int(starts[s + 1]))
        cost[mine] = -visits[s] * game.leader_reward[s][:, response[s]]
        for b in range(game.follower_counts[s]):
            row = np.zeros(width)
            row[mine] = game.follower_reward[s][:, b]
            row[int(starts[-1]) :] = game.follower_discount * game.transition[s][0, b]
            row[int(starts[-1]) + s] -= 1.0
            (equal if b == response[s] else least).append(row)
    simplex = np.zeros((states, width))
    for s in range(states):
        simplex[s, int(starts[s]) : int(starts[s + 1])] = 1.0
    solved = linprog(
        cost,
        A_ub=np.array(least) if least else None,
        b_ub=np.zeros(len(least)) if least else None,
        A_eq=np.vstack((equal, simplex)),
        b_eq=np.concatenate((np.zeros(states), np.ones(states))),
        bounds=[(0.0, None)] * int(starts[-1]) + [(None, None)] * states,
        method="highs",
    )
    return -float(solved.fun) if solved.status == 0 else -np.inf
