r"""The leader-discounted occupancy of joint actions: a linear way to write the leader's weighted value.

``y(s, a, b) >= 0`` with ``flow``: ``sum_ab y(s,a,b) - gamma_A sum_{s',a,b} p(s|s',a,b) y(s',a,b) = weight(s)`` is how
often, discounted, the joint action is played; the weighted value is ``sum y r_A`` (Puterman, section 6.9).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.tags import FROM_WEIGHTS, ColumnKind, RowKind, tagged


def add_occupancy(
    model: Any,
    game: Game,
    weights: FloatArray,
    checkpoint: Checkpoint = unhurried,
    answers: NDArray[np.bool_] | None = None,
) -> float:
    """Add ``y``, ``flow`` and the objective ``leader_value`` to a model.

    Joint actions whose follower slot is not among the ``answers`` are left out, if any are given.

    Returns
    -------
    float
        The largest occupancy there can be: ``sum(weights) / (1 - gamma_A)``, the upper bound of every ``y``.
    """
    import pyomo.environ as pyo

    top = float(weights.sum()) / (1.0 - game.leader_discount)
    states, leader, follower = (part.tolist() for part in (game.row_state, game.row_leader, game.row_follower))
    kept = range(game.num_rows) if answers is None else np.flatnonzero(answers[game.row_follower_slot]).tolist()
    places = [(row, (states[row], leader[row], follower[row])) for row in kept]
    model.y = tagged(pyo.Var([place for _, place in places], bounds=(0.0, top)), "sab", ColumnKind.WEIGHT, FROM_WEIGHTS)
    balance: list[list[Any]] = [[] for _ in range(game.num_states)]
    for row, place in places:
        checkpoint()
        balance[place[0]].append(model.y[place])
        successors, probabilities = game.next_states(row)
        for t, probability in zip(successors.tolist(), probabilities.tolist(), strict=True):
            balance[t].append(-game.leader_discount * probability * model.y[place])
    flow = pyo.Constraint(range(game.num_states), rule=lambda _, s: pyo.quicksum(balance[s]) == float(weights[s]))
    model.flow = tagged(flow, "s", RowKind.FLOW, FROM_WEIGHTS)
    value = pyo.quicksum(float(game.leader_rewards[row]) * model.y[place] for row, place in places)
    model.leader_value = pyo.Objective(expr=value, sense=pyo.maximize)
    return top
