"""Two given policies playing each other: exact values, and where play ends.

The follower's policy is what a learner ended with, best response or not. It is a mix per joint action,
``g(b | s, a)`` of shape ``[num_rows]``, so that followers who see the realised action fit in as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from ssg_mip.errors import InvalidPolicyError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.learning.learners.asymmetric_learning.information import pair_values
from ssg_mip.numerics.array_types import FloatArray, IntArray

DOUBLINGS = 10
"""Squarings of a Markov chain beyond those that let a path without cycles pass every state."""


@dataclasses.dataclass(frozen=True, eq=False)
class Play:
    """Both players' policies; ``follower`` has the shape ``[num_rows]``."""

    leader: LeaderPolicy
    follower: FloatArray


def against(leader: LeaderPolicy, follower: FollowerPolicy, game: Game) -> Play:
    """The play of a leader policy and a deterministic follower policy."""
    return answering(game, leader, lambda state, _: int(follower.actions[state]))


def answering(game: Game, leader: LeaderPolicy, answer: Callable[[int, int], int]) -> Play:
    """The play of a leader policy and a follower who answers ``answer(state, leader action)``."""
    answers: IntArray = np.array(
        [answer(state, action) for state in range(game.num_states) for action in range(int(game.leader_counts[state]))]
    )
    return Play(leader, np.where(game.row_follower == answers[game.row_leader_slot], 1.0, 0.0))


def joint_shares(game: Game, play: Play) -> FloatArray:
    """Probability of each joint action in its state, shape ``[num_rows]``.

    Raises
    ------
    InvalidPolicyError
        If the follower's policy does not fit the game.
    """
    if play.follower.shape != (game.num_rows,):
        raise InvalidPolicyError(
            f"the follower's policy has shape {play.follower.shape}; {game.name} needs one number for each of its "
            f"{game.num_rows} joint actions"
        )
    shares: FloatArray = play.leader.slots(game)[game.row_leader_slot] * play.follower
    totals = np.bincount(game.row_state, weights=shares, minlength=game.num_states)
    if not np.allclose(totals, 1.0):
        raise InvalidPolicyError("the follower's policy must sum to 1 over the actions of each state")
    return shares


def values_of(game: Game, play: Play) -> tuple[float, float]:
    """Exact values of both players from the start distribution."""
    joint_shares(game, play)  # a policy that does not fit is refused here
    leader, follower = pair_values(game, play.leader, play.follower)
    return float(game.initial @ leader), float(game.initial @ follower)


def end_probabilities(game: Game, play: Play, ends: tuple[str, ...]) -> dict[str, float]:
    """Probability of ending in each of some absorbing states, from the start distribution, and of ``never`` ending."""
    chain = np.zeros((game.num_states, game.num_states))
    entries = np.diff(game.indptr)
    places = np.repeat(game.row_state, entries), game.successors
    np.add.at(chain, places, np.repeat(joint_shares(game, play), entries) * game.probabilities)
    for _ in range(game.num_states.bit_length() + DOUBLINGS):
        chain = chain @ chain
    spread = game.initial @ chain
    found = {end: float(spread[game.state_index(end)]) for end in ends}
    return {**found, "never": max(0.0, 1.0 - sum(found.values()))}
