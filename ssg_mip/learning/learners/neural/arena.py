"""What networks need of a game: index tensors, masks of available actions, and joint actions as zeros and ones."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ssg_mip.game.game import Game
from ssg_mip.learning.learners.neural.networks import StackedNetworks, one_hot

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

    def at_states(self, network: StackedNetworks, state: Tensor) -> Tensor:
        """What networks of states say in the states ``[runs, n]``: ``[runs, n, outputs]``.

        Where the game has fewer states than ``n`` each is asked about once.
        """
        if self.sizes[0] >= state.shape[1]:
            return torch.as_tensor(network(self.encode_state(state)))
        every = torch.arange(self.sizes[0]).expand(state.shape[0], -1)
        table = network(self.encode_state(every))
        return torch.as_tensor(table.gather(1, state.unsqueeze(2).expand(-1, -1, table.shape[2])))

    def at_rows(self, critic: StackedNetworks, row: Tensor) -> Tensor:
        """What critics of joint actions say of the rows ``[runs, n]``: ``[runs, n]``; each once if there are fewer."""
        few = len(self.row_state) < row.shape[1]
        asked = torch.arange(len(self.row_state)).expand(row.shape[0], -1) if few else row
        worth = critic(self.encode(self.row_state[asked], self.row_leader[asked], self.row_follower[asked])).squeeze(2)
        return torch.as_tensor(worth.gather(1, row) if few else worth)

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
