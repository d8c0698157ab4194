"""What the leader can really choose: actions that differ, the states where there are several, and how many numbers.

Two actions of a state are copies if they have the same rewards and lead to the same states whatever the follower
answers. Numbers are compared as they stand, without tolerance.
"""

from __future__ import annotations

import math
import weakref

import numpy as np

from ssg_mip.game.copies import first_of_leader
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import IntArray

FEWEST_STATES = 10
"""States from which on looking at few policies pays: of smaller games the first relaxations lead to policies as good in
less time."""

_DISTINCT: weakref.WeakKeyDictionary[Game, tuple[IntArray, ...]] = weakref.WeakKeyDictionary()
"""By game, because starts, methods and the search ask for them."""


def distinct_actions(game: Game) -> tuple[IntArray, ...]:
    """For each state the leader's actions without copies: of equal ones the first."""
    if game not in _DISTINCT:
        first = first_of_leader(game)
        slots = np.flatnonzero(first == np.arange(len(first)))
        states = game.leader_slot_state[slots]
        _DISTINCT[game] = tuple(np.split(slots - game.leader_offsets[states], np.flatnonzero(np.diff(states)) + 1))
    return _DISTINCT[game]


def choosing_states(game: Game) -> IntArray:
    """States in which the leader has actions that differ."""
    return np.array([s for s, actions in enumerate(distinct_actions(game)) if len(actions) > 1], dtype=np.int64)


def free_numbers(game: Game) -> int:
    """How many probabilities the leader can choose, one less in every state than actions that differ."""
    return sum(len(actions) - 1 for actions in distinct_actions(game))


def pure_policies(game: Game) -> int:
    """How many deterministic policies differ."""
    return math.prod(len(actions) for actions in distinct_actions(game))


def state_with_the_number(game: Game) -> int | None:
    """The state in which the leader chooses between two actions, if there is nothing else to choose.

    ``None`` also where the state has copies of the two, because certificates split by the probability of its first
    action.
    """
    choosing = choosing_states(game)
    if len(choosing) != 1 or game.leader_counts[choosing[0]] != 2:
        return None
    return int(choosing[0])
