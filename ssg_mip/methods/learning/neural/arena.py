"""What networks need of a game: index tensors, masks of available actions, and joint actions as zeros and ones."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ssg_mip.game import Game
from ssg_mip.methods.learning.neural.networks import one_hot

UNAVAILABLE = -1e9
"""Minus infinity, for the value of an action that a state does not have; finite, so that a softmax has a gradient."""

MOST_INPUTS = 4_000_000
"""Numbers of zeros and ones handed to networks at once, at most: 16 MB."""


class Arena:
    """The tensors of a game.

    Attributes
    ----------
    game
        The game.
    sizes
        Numbers of states, of leader actions and of follower actions in the widest state.
    row_state, row_leader, row_follower
        Per joint-action row, shape ``[num_rows]``.
    leader_mask, follower_mask
        Zero for an action that the state has, :data:`UNAVAILABLE` for others; shapes ``[s, a]`` and ``[s, b]``.
    discounts
        Of the leader and of the follower.
    """

    def __init__(self, game: Game) -> None:
        self.game = game
        self.sizes = (game.num_states, int(game.leader_counts.max()), int(game.follower_counts.max()))
        self.row_state, self.row_leader, self.row_follower = (
            torch.from_numpy(index.copy()) for index in (game.row_state, game.row_leader, game.row_follower)
        )
        self.leader_mask = _mask(game.leader_counts, self.sizes[1])
        self.follower_mask = _mask(game.follower_counts, self.sizes[2])
        self.discounts = (game.leader_discount, game.follower_discount)
        self._row_offset = torch.from_numpy(game.row_offsets[:-1].copy())
        self._width = torch.from_numpy(game.follower_counts.copy())

    def row(self, state: Tensor, leader_action: Tensor, follower_action: Tensor) -> Tensor:
        """The joint-action row, element by element."""
        return self._row_offset[state] + leader_action * self._width[state] + follower_action

    def split(self, state: Tensor) -> tuple[Tensor, ...]:
        """States ``[runs, n]`` in parts along ``n``, small enough to be encoded with all leader actions at once."""
        per_state = state.shape[0] * self.sizes[1] * sum(self.sizes)
        return torch.split(state, max(1, MOST_INPUTS // per_state), dim=1)

    def encode_state(self, state: Tensor) -> Tensor:
        """``s`` as zeros and ones."""
        return one_hot((state,), self.sizes[:1])

    def encode_leader(self, state: Tensor, leader_action: Tensor) -> Tensor:
        """``(s, a)`` as zeros and ones."""
        return one_hot((state, leader_action), self.sizes[:2])

    def encode(self, state: Tensor, leader_action: Tensor, follower_action: Tensor) -> Tensor:
        """``(s, a, b)`` as zeros and ones."""
        return one_hot((state, leader_action, follower_action), self.sizes)


def _mask(counts: np.ndarray, width: int) -> Tensor:
    available = torch.from_numpy(np.arange(width) < counts[:, None])
    return torch.where(available, 0.0, UNAVAILABLE)
