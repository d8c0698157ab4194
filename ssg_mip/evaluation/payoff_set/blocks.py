"""States of a game with the same numbers of actions, as arrays."""

from __future__ import annotations

import dataclasses
import itertools
import math
from functools import cached_property

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.shapes import Shape, shapes_of
from ssg_mip.numerics.array_types import FloatArray

MOST_PAIRED = 6
"""Follower actions of a state up to which mixes of two are tried."""

SHARES = (0.25, 0.5, 0.75)
"""Of the first of two."""


@dataclasses.dataclass(frozen=True, eq=False)
class Block(Shape):
    """States of one shape, or some of them."""

    @property
    def follower(self) -> int:
        """The number of the follower's actions."""
        return self.actions[1]

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


def blocks_of(game: Game, most_entries: int) -> list[Block]:
    """The states of a game by their numbers of actions, with at most so many joint actions in a block of several."""
    return [
        Block(part.states, part.rows)
        for shape in shapes_of(game)
        for part in shape.parts(max(1, most_entries // math.prod(shape.actions)))
    ]
