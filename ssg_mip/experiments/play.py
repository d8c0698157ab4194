"""Two given policies playing each other: exact values, and where play ends.

The follower's policy is what a learner ended with, best response or not; it may be mixed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from ssg_mip.errors import InvalidPolicyError
from ssg_mip.game import FloatArray, Game
from ssg_mip.policy import FollowerPolicy, LeaderPolicy


@dataclasses.dataclass(frozen=True, eq=False)
class Play:
    """Both players' policies; ``follower`` has the shape ``[num_states, most follower actions]``."""

    leader: LeaderPolicy
    follower: FloatArray


Learner = Callable[[Game, int], Play]
"""Learns on a game with a seed, and hands back what both players do in the end."""

LEARNERS: dict[str, Learner] = {}
"""Learners by the name that tables show. An experiment has rows for each; without any its page says so."""

NO_LEARNERS = "No learner is registered in ssg_mip.experiments.play.LEARNERS, so no rows of learners are here."
"""What the pages say then."""


def against(leader: LeaderPolicy, follower: FollowerPolicy, game: Game) -> Play:
    """The play of a leader policy and a deterministic follower policy."""
    mixed = np.zeros((game.num_states, int(game.follower_counts.max())))
    mixed[np.arange(game.num_states), follower.actions] = 1.0
    return Play(leader, mixed)


def joint_shares(game: Game, play: Play) -> FloatArray:
    """Probability of each joint action in its state, shape ``[num_rows]``.

    Raises
    ------
    InvalidPolicyError
        If the follower's policy does not fit the game.
    """
    shape = (game.num_states, int(game.follower_counts.max()))
    if play.follower.shape != shape:
        raise InvalidPolicyError(f"the follower's policy has shape {play.follower.shape}; {game.name} needs {shape}")
    mine = play.leader.slots(game)[game.row_leader_slot]
    shares: FloatArray = mine * play.follower[game.row_state, game.row_follower]
    totals = np.bincount(game.row_state, weights=shares, minlength=game.num_states)
    if not np.allclose(totals, 1.0):
        raise InvalidPolicyError("the follower's policy must sum to 1 over the actions of each state")
    return shares


def transition_of(game: Game, shares: FloatArray) -> FloatArray:
    """The Markov chain ``[s, t]`` of two policies."""
    chain = np.zeros((game.num_states, game.num_states))
    entries = np.diff(game.indptr)
    places = np.repeat(game.row_state, entries), game.successors
    np.add.at(chain, places, np.repeat(shares, entries) * game.probabilities)
    return chain


def pair_values(game: Game, play: Play) -> tuple[FloatArray, FloatArray]:
    """Exact values ``[num_states]`` of both players."""
    shares = joint_shares(game, play)
    chain, one = transition_of(game, shares), np.eye(game.num_states)
    values = []
    for rewards, discount in (
        (game.leader_rewards, game.leader_discount),
        (game.follower_rewards, game.follower_discount),
    ):
        expected = np.bincount(game.row_state, weights=shares * rewards, minlength=game.num_states)
        values.append(np.linalg.solve(one - discount * chain, expected).astype(np.float64, copy=False))
    return values[0], values[1]


def end_probabilities(game: Game, play: Play, ends: tuple[str, ...]) -> dict[str, float]:
    """Probability of ending in each of some absorbing states, from the start distribution, and of ``never`` ending."""
    chain = transition_of(game, joint_shares(game, play))
    for _ in range(game.num_states.bit_length() + DOUBLINGS):
        chain = chain @ chain
    spread = game.initial @ chain
    found = {end: float(spread[game.state_index(end)]) for end in ends}
    return {**found, "never": max(0.0, 1.0 - sum(found.values()))}


DOUBLINGS = 10
"""Squarings of the chain beyond those that let a path without cycles pass every state."""
