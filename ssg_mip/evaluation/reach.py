"""What can be reached: nodes along directed edges, and states of a game by play."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.numerics.ranges import ranges


def reached_states(game: Game, start: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The states that play can visit from some under some policies, these included."""
    positive = game.probabilities > 0.0
    origin = np.repeat(game.row_state, np.diff(game.indptr))[positive]
    return spread(start, origin, game.successors[positive])


def unconnected_parts(game: Game) -> IntArray:
    """By state the number of its part, from 0: play in one part never meets play in another."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    origin = np.repeat(game.row_state, np.diff(game.indptr))
    moves = csr_array((np.ones(len(origin)), (origin, game.successors)), shape=(game.num_states,) * 2)
    found: IntArray = connected_components(moves, directed=False)[1].astype(np.int64)
    return found


def spread(start: NDArray[np.bool_], origin: IntArray, target: IntArray) -> NDArray[np.bool_]:
    """The nodes that are reached from some along directed edges, these included."""
    order = np.argsort(origin, kind="stable")
    target = target[order]
    first = np.searchsorted(origin[order], np.arange(len(start) + 1))
    seen = start.copy()
    frontier = np.flatnonzero(start)
    while len(frontier):
        counts = first[frontier + 1] - first[frontier]
        found = np.unique(target[ranges(first[frontier], counts)])
        frontier = found[~seen[found]]
        seen[frontier] = True
    return seen
