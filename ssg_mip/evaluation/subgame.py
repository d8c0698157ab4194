"""The part of a game that a start reaches: a game of its own, because no way leads out of it."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.evaluation.standard_form import reached_states
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray


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
    rows = kept[game.row_state]
    entries = np.repeat(rows, np.diff(game.indptr))
    place = np.cumsum(kept) - 1
    states = np.flatnonzero(kept).tolist()
    # A stored probability of 0 may point to a state that is left out.
    sure = entries & kept[game.successors]
    lengths = np.add.reduceat(sure.astype(np.int64), game.indptr[:-1])[rows]
    part = Game(
        name=game.name,
        state_names=tuple(game.state_names[s] for s in states),
        leader_actions=tuple(game.leader_actions[s] for s in states),
        follower_actions=tuple(game.follower_actions[s] for s in states),
        indptr=np.concatenate(([0], np.cumsum(lengths))),
        successors=place[game.successors[sure]],
        probabilities=game.probabilities[sure],
        leader_rewards=game.leader_rewards[rows],
        follower_rewards=game.follower_rewards[rows],
        leader_discount=game.leader_discount,
        follower_discount=game.follower_discount,
        initial=weights[kept] / weights[kept].sum(),
    )
    return Subgame(game=part, kept=kept)
