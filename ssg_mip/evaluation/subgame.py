"""Games made of some states and actions of a game: of those that a start reaches, or of any that are closed."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from numpy.typing import NDArray

from ssg_mip.evaluation.reach import reached_states
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray

Mask = NDArray[np.bool_]

Names = tuple[tuple[str, ...], ...]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Subgame:
    """The game on the states that are kept, a boolean per state of the whole game."""

    game: Game
    kept: NDArray[np.bool_]

    def policy(self, policy: LeaderPolicy) -> LeaderPolicy:
        """A policy of the whole game in the states that are kept."""
        counts = self.game.leader_counts
        return LeaderPolicy(policy.probabilities[self.kept][:, : int(counts.max())])


def reached_subgame(game: Game, weights: FloatArray) -> Subgame:
    """The game on the states that those of positive weight reach.

    Parameters
    ----------
    game
        The game.
    weights
        Weights over states, shape ``[num_states]``, which become the start distribution.
    """
    kept = reached_states(game, weights > 0.0)
    leader, follower = kept[game.leader_slot_state], kept[game.follower_slot_state]
    return Subgame(game=subgame(game, kept, leader, follower, weights), kept=kept)


def subgame(game: Game, states: Mask, leader: Mask, follower: Mask, weights: FloatArray | None = None) -> Game:
    """A game without some states and actions.

    Parameters
    ----------
    game
        The game.
    states, leader, follower
        Which states, leader slots and follower slots stay: every state that stays keeps an action of each player, and
        what stays leads to what stays.
    weights
        Weights over the states of the game that become the start distribution; its own if absent.

    Returns
    -------
    Game
        With the names and the order of the game; it starts as the game does given that it starts in what stays, or
        uniformly if it never does.
    """
    rows = states[game.row_state] & leader[game.row_leader_slot] & follower[game.row_follower_slot]
    lengths = np.diff(game.indptr)
    moves = np.repeat(rows, lengths) & states[game.successors]
    origin = np.repeat(np.arange(game.num_rows), lengths)[moves]
    counts = np.bincount(origin, minlength=game.num_rows)[rows]
    start = (game.initial if weights is None else weights)[states]
    total = float(start.sum())
    return game.replace(
        state_names=tuple(itertools.compress(game.state_names, states.tolist())),
        leader_actions=_names(game.leader_actions, game.leader_offsets, states, leader),
        follower_actions=_names(game.follower_actions, game.follower_offsets, states, follower),
        indptr=np.concatenate((np.zeros(1, np.int64), np.cumsum(counts))),
        successors=(np.cumsum(states) - 1)[game.successors[moves]],
        probabilities=game.probabilities[moves],
        leader_rewards=game.leader_rewards[rows],
        follower_rewards=game.follower_rewards[rows],
        initial=start / total if total > 0.0 else np.full(len(start), 1.0 / len(start)),
        known=None,
    )


def _names(names: Names, offsets: IntArray, states: Mask, slots: Mask) -> Names:
    """Names of what stays; lists from which nothing goes stay the same objects."""
    found = []
    for number in np.flatnonzero(states).tolist():
        mask = slots[offsets[number] : offsets[number + 1]]
        here = names[number]
        found.append(here if mask.all() else tuple(itertools.compress(here, mask.tolist())))
    return tuple(found)
