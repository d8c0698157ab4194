"""Goals in static games by one linear program for every combination of answers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog

from tests.oracles.games import Array

Table = tuple[Array, Array]
"""Rewards of both players ``[a, b]``."""


def best_of_answers(types: Sequence[Table], *, reference: Array | None = None, price: float = 0.0) -> float:
    """The largest least reward over the types, less a price on the distance of the one mix to a reference.

    For every choice of an answer per type the best mix that makes them best answers is a linear program over the mix,
    its distances and the level.
    """
    actions = len(types[0][0])
    every = itertools.product(*(range(leader.shape[1]) for leader, _ in types))
    found = [_best_for(types, answers, actions, reference, price) for answers in every]
    return max(value for value in found if value is not None)


def _best_for(
    types: Sequence[Table], answers: Sequence[int], actions: int, reference: Array | None, price: float
) -> float | None:
    centre = np.zeros(actions) if reference is None else reference
    rows: list[Array] = []
    sides: list[float] = []

    def keep(mix: Array, distance: Array, level: float, side: float) -> None:
        rows.append(np.concatenate((mix, distance, [level])))
        sides.append(side)

    none = np.zeros(actions)
    for (leader, follower), b in zip(types, answers, strict=True):
        keep(-leader[:, b], none, 1.0, 0.0)
        for other in range(follower.shape[1]):
            keep(follower[:, other] - follower[:, b], none, 0.0, 0.0)
    for a in range(actions):
        one = np.eye(actions)[a]
        keep(one, -one, 0.0, float(centre[a]))
        keep(-one, -one, 0.0, -float(centre[a]))
    found = linprog(
        np.concatenate((none, np.full(actions, price), [-1.0])),
        A_ub=np.array(rows),
        b_ub=sides,
        A_eq=np.concatenate((np.ones(actions), none, [0.0]))[None, :],
        b_eq=[1.0],
        bounds=[(0.0, 1.0)] * actions + [(0.0, None)] * actions + [(None, None)],
        method="highs",
    )
    return -float(found.fun) if found.status == 0 else None
