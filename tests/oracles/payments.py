"""Best payments by one linear program for each answer of the follower, where the leader has nothing else to choose."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.optimize import linprog

from tests.oracles.games import Array, PlainGame


def best_payments(
    game: PlainGame,
    most: float,
    *,
    cost: float = 1.0,
    promised: float | None = None,
    spent: float | None = None,
) -> float:
    """The leader's best value from the start, over payments ``0 <= p(s, b) <= most`` for every answer.

    Every state has one leader action. For a fixed answer ``g`` the follower's values ``w`` are linear in the payments:
    ``w = r + p + gamma P w`` for ``g``, and no less than that for all other actions. All answers are gone through.

    Parameters
    ----------
    game
        With one leader action a state.
    most
        The cap, for all answers.
    cost
        What a payment of 1 takes from the leader.
    promised, spent
        Bounds on the sum of all payments, and on the discounted payments from the start.
    """
    count, offsets = game.num_states, np.concatenate(([0], np.cumsum(game.follower_counts)))
    values = []
    for answer in itertools.product(*(range(n) for n in game.follower_counts)):
        moved = np.array([game.transition[s][0, b] for s, b in enumerate(answer)])
        visits = np.linalg.solve(np.eye(count) - game.leader_discount * moved.T, game.initial)
        own = np.array([game.leader_reward[s][0, b] for s, b in enumerate(answer)])
        chosen = np.array([offsets[s] + b for s, b in enumerate(answer)])
        value = _least_cost(game, offsets, answer, visits, chosen, most, promised, spent, cost)
        if value is not None:
            values.append(float(visits @ own) - value)
    return max(values)


def _least_cost(
    game: PlainGame,
    offsets: Array,
    answer: tuple[int, ...],
    visits: Array,
    chosen: Array,
    most: float,
    promised: float | None,
    spent: float | None,
    cost: float,
) -> float | None:
    """What inducing an answer costs the leader at least; ``None`` if nothing induces it."""
    count, slots = game.num_states, int(offsets[-1])
    equal, equal_to, below, below_to = [], [], [], []
    for s in range(count):
        for b in range(game.follower_counts[s]):
            row = np.zeros(slots + count)
            row[offsets[s] + b] = 1.0
            row[slots:] = game.follower_discount * game.transition[s][0, b]
            row[slots + s] -= 1.0
            rows, sides = (equal, equal_to) if b == answer[s] else (below, below_to)
            rows.append(row)
            sides.append(-float(game.follower_reward[s][0, b]))
    paid = np.zeros(slots + count)
    paid[chosen] = visits
    if promised is not None:
        below.append(np.concatenate((np.ones(slots), np.zeros(count))))
        below_to.append(promised)
    if spent is not None:
        below.append(paid)
        below_to.append(spent)
    found = linprog(
        cost * paid,
        A_ub=np.array(below) if below else None,
        b_ub=below_to or None,
        A_eq=np.array(equal),
        b_eq=equal_to,
        bounds=[(0.0, most)] * slots + [(None, None)] * count,
        method="highs",
    )
    return float(found.fun) if found.status == 0 else None
