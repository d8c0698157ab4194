"""Large games from arrays of what may happen: no loop over states, no dense matrix."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

Branch = tuple[IntArray, FloatArray]
"""Where a joint action leads, and how likely it does: two arrays that broadcast to ``[states, leader, follower]``."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Branches:
    """A game whose states have actions of the same names, some of which may be missing in some states.

    Attributes
    ----------
    states
        Their names.
    leader, follower
        Names of all actions.
    may_lead, may_follow
        Which actions a state has, shapes ``[states, leader]`` and ``[states, follower]``; all if absent.
    branches
        What may happen; probabilities sum to 1, and branches that lead to the same state are added up.
    leader_rewards, follower_rewards
        Shape ``[states, leader, follower]``.
    """

    states: Sequence[str]
    leader: Sequence[str]
    follower: Sequence[str]
    branches: Sequence[Branch]
    leader_rewards: FloatArray
    follower_rewards: FloatArray
    may_lead: NDArray[np.bool_] | None = None
    may_follow: NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of states, leader and follower actions."""
        return len(self.states), len(self.leader), len(self.follower)

    def game(self, **about: object) -> Game:
        """The game with a name, discounts, an initial distribution and a source."""
        from scipy.sparse import csr_array

        states, leader, follower = self.shape
        lead = np.ones((states, leader), dtype=bool) if self.may_lead is None else self.may_lead
        follow = np.ones((states, follower), dtype=bool) if self.may_follow is None else self.may_follow
        rows = np.flatnonzero(lead[:, :, None] & follow[:, None, :])
        count, kept = len(self.branches), len(rows)
        places = np.stack([np.broadcast_to(to, self.shape).ravel()[rows] for to, _ in self.branches], axis=1)
        shares = np.stack([np.broadcast_to(p, self.shape).ravel()[rows] for _, p in self.branches], axis=1)
        whole = csr_array((shares.ravel(), places.ravel(), np.arange(0, kept * count + 1, count)), shape=(kept, states))
        whole.sum_duplicates()
        whole.eliminate_zeros()
        return Game(
            state_names=tuple(self.states),
            leader_actions=_named(self.leader, lead),
            follower_actions=_named(self.follower, follow),
            indptr=whole.indptr.astype(np.int64),
            successors=whole.indices.astype(np.int64),
            probabilities=whole.data,
            leader_rewards=np.broadcast_to(self.leader_rewards, self.shape).ravel()[rows],
            follower_rewards=np.broadcast_to(self.follower_rewards, self.shape).ravel()[rows],
            **about,  # type: ignore[arg-type]
        )


def _named(names: Sequence[str], has: NDArray[np.bool_]) -> tuple[tuple[str, ...], ...]:
    """The names of the actions of every state; states with the same ones share a tuple."""
    known: dict[bytes, tuple[str, ...]] = {}
    found = []
    for row in has:
        key = row.tobytes()
        if key not in known:
            known[key] = tuple(name for name, there in zip(names, row, strict=True) if there)
        found.append(known[key])
    return tuple(found)
