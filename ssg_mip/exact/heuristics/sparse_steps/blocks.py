"""Which states move in a step, and how far: all of them in smaller games, blocks of neighbours in larger ones.

The time of a linear program rises faster than the square of its states, and more so where every state leads to many
others. Above the sizes that pay, a step changes the policy in one block of states and leaves it as it is elsewhere; the
response is kept wherever the block can tip it. Blocks are grown along transitions in both directions, around the states
that promise most: what an action there could add to the leader's value, times how often the state is visited. One round
takes every state into one block; the next one draws them again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

FIRST_RADIUS = 0.3
"""How far a probability may move in the first step."""

SMALLEST_RADIUS = 1e-4
"""The radius at which some states have nothing left to gain."""

FEW_SUCCESSORS = 12.0
"""States to which a pair of state and follower's action leads, on average, up to which a game counts as local."""

WHOLE_STATES = (3_000, 1_000)
"""States of the largest games that are moved as a whole: of local ones, and of others."""

BLOCK_STATES = (150, 60)
"""States of a block, likewise."""

FELT = 2
"""The states around a block in which values are followed, itself included, are so many times as many."""

ATTEMPTS = 3
"""Radii that are tried with one block in a round."""


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """States that move, and those in which values are followed; boolean, shape ``[num_states]``."""

    moves: NDArray[np.bool_]
    feels: NDArray[np.bool_]

    def joined(self, states: NDArray[np.bool_]) -> Part:
        """The same with some more states that move."""
        return Part(self.moves | states, self.feels | states)


Promise = Callable[[], FloatArray]
"""What each state promises, shape ``[num_states]``; asked for when blocks are drawn."""


class Moving:
    """The states of the next step, and its radius."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self.radius = FIRST_RADIUS
        self.whole = game.num_states <= WHOLE_STATES[self._place]
        self._queue: list[Part] = []
        self._attempts, self._before = 0, FIRST_RADIUS
        self._gained = True

    def states(self, promise: Promise) -> Part | None:
        """The states that may move; ``None`` where nothing is left to try."""
        if not self._queue:
            if not self._gained:
                return None
            self._gained = False
            everything = np.ones(self._game.num_states, dtype=bool)
            self._queue = [Part(everything, everything)] if self.whole else self._drawn(promise())
            self._attempts = 0
        return self._queue[0]

    def failed(self, moved: float) -> None:
        """A step that moved so far was no better."""
        if self._attempts == 0:
            self._before = self.radius
        self._attempts += 1
        self.radius = 0.25 * min(self.radius, moved)
        if self.radius <= SMALLEST_RADIUS or (self._attempts >= ATTEMPTS and not self.whole):
            self._next(self._before)

    def succeeded(self, counts: bool) -> None:
        """A step was better, by so much that it counts or not."""
        self._gained |= counts
        self._next(min(1.0, 2.0 * self.radius))

    def _next(self, radius: float) -> None:
        del self._queue[0]
        self._attempts, self.radius = 0, radius

    # ------------------------------------------------------------------ blocks

    @cached_property
    def _neighbours(self) -> Any:
        """The states that lead to each other in one step, either way, ``[num_states, num_states]``."""
        from scipy.sparse import csr_array

        game = self._game
        origin = np.repeat(game.row_state, np.diff(game.indptr))
        shape = (game.num_states, game.num_states)
        leads = csr_array((np.ones(len(origin)), (origin, game.successors)), shape=shape)
        return csr_array(leads + leads.T)

    @cached_property
    def _place(self) -> int:
        """0 for a local game, 1 for another one."""
        game = self._game
        pair = np.repeat(game.row_follower_slot, np.diff(game.indptr)) * game.num_states + game.successors
        return int(len(np.unique(pair)) > FEW_SUCCESSORS * len(game.follower_slot_state))

    def _drawn(self, promise: FloatArray) -> list[Part]:
        """Blocks that share no state and hold all, those around the states that promise most first."""
        free = np.ones(len(promise), dtype=bool)
        everything, room = free.copy(), BLOCK_STATES[self._place]
        blocks = []
        for seed in np.argsort(-promise, kind="stable").tolist():
            if free[seed]:
                block = self._grown(np.array([seed]), free, promise, room)
                free &= ~block
                around = self._grown(np.flatnonzero(block), everything, promise, FELT * room)
                blocks.append(Part(block, around))
        return blocks

    def _grown(self, edge: IntArray, free: NDArray[np.bool_], promise: FloatArray, room: int) -> NDArray[np.bool_]:
        """The free states next to some, then those next to these, until there are as many as there is room for."""
        block = np.zeros(len(promise), dtype=bool)
        block[edge] = True
        room -= len(edge)
        while room > 0 and len(edge):
            near = np.unique(self._neighbours[edge].indices)
            near = near[free[near] & ~block[near]]
            edge = near[np.argsort(-promise[near], kind="stable")][:room]
            block[edge] = True
            room -= len(edge)
        return block
