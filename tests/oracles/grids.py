"""All policies of a grid, and what both players get under each: no optimum lies below the best of them."""

from __future__ import annotations

import itertools

import numpy as np

from tests.oracles.games import Array, PlainGame
from tests.oracles.many import values_of_many


def grid_of(actions: int, parts: int) -> Array:
    """The points of the simplex whose coordinates are multiples of ``1 / parts``, shape ``[points, actions]``."""
    points = [point for point in itertools.product(range(parts + 1), repeat=actions) if sum(point) == parts]
    return np.array(points) / parts


def grid_policies(game: PlainGame, parts: int) -> list[Array]:
    """All policies with such mixes, ``[s][policies, a]``."""
    grids = [grid_of(actions, parts) for actions in game.leader_counts]
    places = np.array(list(itertools.product(*(range(len(grid)) for grid in grids))))
    return [grid[places[:, s]] for s, grid in enumerate(grids)]


def grid_values(game: PlainGame, parts: int) -> tuple[list[Array], Array, Array]:
    """The policies of a grid with the leader's and the follower's values ``[policies, states]``."""
    policies = grid_policies(game, parts)
    return (policies, *values_of_many(game, policies))


def finer(game: PlainGame, policies: list[Array], best: int, parts: int, reach: float) -> list[Array]:
    """The grid shrunk towards one of its policies, by a factor ``reach``."""
    return [(1.0 - reach) * policies[s][best] + reach * rows for s, rows in enumerate(grid_policies(game, parts))]
