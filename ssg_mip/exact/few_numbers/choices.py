"""What the leader can really choose: actions that differ, the states where there are several, and how many numbers.

Two actions of a state are copies if they have the same rewards and lead to the same states whatever the follower
answers. Numbers are compared as they stand, without tolerance.
"""

from __future__ import annotations

import math
import weakref

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import IntArray

_DISTINCT: weakref.WeakKeyDictionary[Game, tuple[IntArray, ...]] = weakref.WeakKeyDictionary()
"""By game, because starts, methods and the search ask for them."""


def distinct_actions(game: Game) -> tuple[IntArray, ...]:
    """For each state the leader's actions without copies: of equal ones the first."""
    if game not in _DISTINCT:
        _DISTINCT[game] = tuple(_of_state(game, state) for state in range(game.num_states))
    return _DISTINCT[game]


def _of_state(game: Game, state: int) -> IntArray:
    if game.leader_counts[state] == 1:
        return np.zeros(1, dtype=np.int64)
    known: dict[tuple[bytes, ...], int] = {}
    for action in range(int(game.leader_counts[state])):
        known.setdefault(_numbers(game, state, action), action)
    return np.array(list(known.values()), dtype=np.int64)


def _numbers(game: Game, state: int, action: int) -> tuple[bytes, ...]:
    """Everything that an action of the leader does in a state."""
    first = int(game.row_offsets[state] + action * game.follower_counts[state])
    rows = slice(first, first + int(game.follower_counts[state]))
    ends = game.indptr[rows.start : rows.stop + 1]
    moves = slice(int(ends[0]), int(ends[-1]))
    rewards = (game.leader_rewards[rows] + 0.0, game.follower_rewards[rows] + 0.0)  # -0.0 is 0.0
    arrays = (*rewards, ends - ends[0], game.successors[moves], game.probabilities[moves])
    return tuple(one.tobytes() for one in arrays)


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
