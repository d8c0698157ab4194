r"""Which follower values a joint action is multiplied with in the commitment program.

The exact program needs ``y(s,a,b) v(t)`` for ``t = s`` and for the successors of ``(s, a, b')`` over all ``b'``: they
occur in the incentive rows. Multiplying *every* flow row by *every* ``v(t)`` makes the relaxation much stronger but
needs all products, ``|S|`` for each joint action. Multiplying each flow row by the value of its own state only needs no
further product. On random games with two successors, gap after a minute on one core:

=========  =========================  =========================
size       every row                  own value only
=========  =========================  =========================
8x3x3      closed (38 s), .26% left   .26% to 1.0% left
10x3x3     closed, 361 nodes, 28 s    closed, 4811 nodes, 24 s
16x3x3     10.6% left, 2 nodes        2.3% left, 4457 nodes
24x3x3     23.1% left, 2 nodes        11.6% left, 2046 nodes
=========  =========================  =========================
"""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.numerics.ranges import expand

MOST_FOR_EVERY_ROW = 1000
"""Products up to which every flow row is multiplied by every value: 10 states with 3 x 3 actions have 900."""


@dataclasses.dataclass(frozen=True, eq=False)
class Lists:
    """Lists of states, one for each action or state: list ``i`` is ``values[starts[i] : starts[i + 1]]``, ascending."""

    starts: IntArray
    values: IntArray

    def __getitem__(self, place: int) -> list[int]:
        found: list[int] = self.values[self.starts[place] : self.starts[place + 1]].tolist()
        return found

    @property
    def lengths(self) -> IntArray:
        """How long each of them is."""
        found: IntArray = np.diff(self.starts)
        return found

    def of(self, chosen: IntArray) -> tuple[IntArray, IntArray]:
        """The states in some lists, one list after the other: the position in ``chosen``, and the state."""
        owner, place = expand(self.starts, chosen)
        return owner, self.values[place]

    @classmethod
    def whole(cls, count: int, states: int) -> Lists:
        """So many lists of all states."""
        return cls(states * np.arange(count + 1), np.tile(np.arange(states), count))

    @classmethod
    def sorted(cls, count: int, states: int, owner: IntArray, value: IntArray) -> Lists:
        """The lists of the states ``value``, each in that of its ``owner``, without those that occur twice."""
        place, values = np.divmod(np.unique(owner * states + value), states)
        return cls(np.searchsorted(place, np.arange(count + 1)), values)


class Coupling:
    """The states whose values a joint action is multiplied with.

    Parameters
    ----------
    game
        The game.
    whole
        Whether all products are written however many there are, as in the improvement program.

    Attributes
    ----------
    every_row
        Whether every flow row is multiplied by every value.
    """

    def __init__(self, game: Game, *, whole: bool = False) -> None:
        self._game = game
        self.every_row = whole or game.num_rows * game.num_states <= MOST_FOR_EVERY_ROW

    @cached_property
    def by_action(self) -> Lists:
        """For the joint actions of each leader slot: its state and all successors, whatever the follower does."""
        game, count, states = self._game, int(self._game.leader_offsets[-1]), self._game.num_states
        if self.every_row:
            return Lists.whole(count, states)
        reached = np.repeat(game.row_leader_slot, np.diff(game.indptr))
        owner = np.concatenate((np.arange(count), reached))
        return Lists.sorted(count, states, owner, np.concatenate((game.leader_slot_state, game.successors)))

    @cached_property
    def by_state(self) -> Lists:
        """For all joint actions of each state."""
        game, states = self._game, self._game.num_states
        if self.every_row:
            return Lists.whole(states, states)
        owner = np.repeat(game.leader_slot_state, self.by_action.lengths)
        return Lists.sorted(states, states, owner, self.by_action.values)

    @cached_property
    def by_flow_row(self) -> Lists:
        """For the flow row of each state."""
        states = np.arange(self._game.num_states)
        return (
            Lists.whole(len(states), len(states)) if self.every_row else Lists(np.append(states, len(states)), states)
        )

    def of_action(self, state: int, leader_action: int) -> list[int]:
        """For the joint actions of a leader action, in ascending order."""
        return self.by_action[int(self._game.leader_offsets[state]) + leader_action]

    def of_state(self, state: int) -> list[int]:
        """For all joint actions of a state."""
        return self.by_state[state]

    def flow_rows(self) -> list[tuple[int, int]]:
        """Pairs of a flow row and a state whose value it is multiplied with."""
        rows, values = self.by_flow_row.of(np.arange(self._game.num_states))
        return list(zip(rows.tolist(), values.tolist(), strict=True))

    @property
    def products_of_state(self) -> list[int]:
        """Products of all joint actions of each state with the values that they need."""
        game = self._game
        needed = np.add.reduceat(self.by_action.lengths, game.leader_offsets[:-1])
        found: list[int] = (game.follower_counts * needed).tolist()
        return found
