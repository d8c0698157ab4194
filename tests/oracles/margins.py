"""Commitments to which the follower's answer must beat every other action by a margin.

Static games: one linear program per follower action as in :mod:`tests.oracles.multiple_lps`, with the margin on the
right-hand side. Stochastic games: the advantage of the best action over the second best one in every state, from the
values that plain enumeration finds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog

from tests.oracles.games import Array, PlainGame
from tests.oracles.sampling import answer, follower_action_values


def mixed_commitment_with_margin(leader: Array, follower: Array, margin: float) -> float | None:
    """The best value of a mixed commitment that keeps the margin; ``None`` if there is none."""
    a_matrix, b_matrix = np.asarray(leader, dtype=float), np.asarray(follower, dtype=float)
    values = []
    for b in range(a_matrix.shape[1]):
        others = [c for c in range(a_matrix.shape[1]) if c != b]
        solved = linprog(
            -a_matrix[:, b],
            A_ub=(b_matrix[:, others] - b_matrix[:, [b]]).T,
            b_ub=np.full(len(others), -margin),
            A_eq=np.ones((1, len(a_matrix))),
            b_eq=[1.0],
            method="highs",
        )
        if solved.status == 0:
            values.append(-float(solved.fun))
    return max(values, default=None)


def advantage(game: PlainGame, policy: Sequence[Array]) -> float:
    """The smallest advantage, over states, of the follower's best action over the second best; infinite without one."""
    q_values = follower_action_values(game, policy, answer(game, policy).follower_values)
    return min((float(np.diff(np.sort(q)[-2:])[0]) for q in q_values if len(q) > 1), default=np.inf)
