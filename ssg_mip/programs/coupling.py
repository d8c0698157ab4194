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

import itertools

from ssg_mip.game.game import Game

MOST_FOR_EVERY_ROW = 1000
"""Products up to which every flow row is multiplied by every value: 10 states with 3 x 3 actions have 900."""


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
        self._needed = [] if self.every_row else _needed(game)

    def of_action(self, state: int, leader_action: int) -> list[int]:
        """For the joint actions of a leader action, in ascending order."""
        if self.every_row:
            return list(range(self._game.num_states))
        return self._needed[int(self._game.leader_offsets[state]) + leader_action]

    def of_state(self, state: int) -> list[int]:
        """For all joint actions of a state."""
        if self.every_row:
            return list(range(self._game.num_states))
        first, last = self._game.leader_offsets[state : state + 2]
        return sorted(set(itertools.chain.from_iterable(self._needed[first:last])))

    def flow_rows(self) -> list[tuple[int, int]]:
        """Pairs of a flow row and a state whose value it is multiplied with."""
        states = range(self._game.num_states)
        return list(itertools.product(states, states)) if self.every_row else [(s, s) for s in states]

    @property
    def products_of_state(self) -> list[int]:
        """Products of all joint actions of each state with the values that they need."""
        game = self._game
        return [
            int(game.follower_counts[s]) * sum(len(self.of_action(s, a)) for a in range(int(game.leader_counts[s])))
            for s in range(game.num_states)
        ]


def _needed(game: Game) -> list[list[int]]:
    """Per leader slot, the state itself and all successors, whatever the follower does."""
    needed = []
    for s in range(game.num_states):
        answers = range(int(game.follower_counts[s]))
        for a in range(int(game.leader_counts[s])):
            reached = (game.next_states(game.row(s, a, b))[0].tolist() for b in answers)
            needed.append(sorted({s}.union(*reached)))
    return needed
