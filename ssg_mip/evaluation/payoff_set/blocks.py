"""States of a game with the same numbers of actions, as arrays."""

from __future__ import annotations

import dataclasses
import itertools
from functools import cached_property

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

MOST_PAIRED = 6
"""Follower actions of a state up to which mixes of two are tried."""

SHARES = (0.25, 0.5, 0.75)
"""Of the first of two."""


@dataclasses.dataclass(frozen=True, eq=False)
class Block:
    """States with ``leader`` and ``follower`` actions each.

    Attributes
    ----------
    states
        Which they are.
    leader, follower
        Their numbers of actions.
    rows
        Their joint actions, shape ``[states, leader, follower]``.
    """

    states: IntArray
    leader: int
    follower: int
    rows: IntArray

    @cached_property
    def mixes(self) -> FloatArray:
        """The mixes of follower actions that multipliers are proportional to, one a row."""
        count = self.follower
        found = list(np.eye(count))
        if count <= MOST_PAIRED:
            for (one, other), share in itertools.product(itertools.combinations(range(count), 2), SHARES):
                mix = np.zeros(count)
                mix[one], mix[other] = share, 1.0 - share
                found.append(mix)
        if count > 1:
            found.append(np.full(count, 1.0 / count))
        return np.array(found)


def blocks_of(game: Game, most_states: int) -> list[Block]:
    """The states of a game by their numbers of actions, at most so many in a block."""
    kinds = np.stack((game.leader_counts, game.follower_counts), axis=1)
    found: list[Block] = []
    for leader, follower in np.unique(kinds, axis=0).tolist():
        alike = np.flatnonzero((kinds == (leader, follower)).all(axis=1))
        most = max(1, most_states // (leader * follower))
        for first in range(0, len(alike), most):
            states = alike[first : first + most]
            places = game.row_offsets[states][:, None] + np.arange(leader * follower)
            found.append(Block(states, leader, follower, places.reshape(-1, leader, follower)))
    return found
