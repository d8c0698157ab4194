"""Who may play the other side of an environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy


@runtime_checkable
class OnlineFollower(Protocol):
    """A follower that learns while the leader does."""

    def act(self, state: int, leader_action: int, rng: np.random.Generator) -> int:
        """The follower's action; one that sees the policy only must not look at ``leader_action``."""

    def observe(
        self, state: int, leader_action: int, follower_action: int, next_state: int, follower_reward: float
    ) -> None:
        """What came of it."""


FollowerLike: TypeAlias = FollowerPolicy | OnlineFollower | Callable[[int, int, np.random.Generator], int]
"""A fixed policy, a learner, or a function ``(state, leader_action, rng) -> follower_action``."""


class Fixed:
    """A follower that does not learn."""

    def __init__(self, answer: Callable[[int, int, np.random.Generator], int]) -> None:
        self._answer = answer

    def act(self, state: int, leader_action: int, rng: np.random.Generator) -> int:
        """The answer of the function."""
        return int(self._answer(state, leader_action, rng))

    def observe(
        self, state: int, leader_action: int, follower_action: int, next_state: int, follower_reward: float
    ) -> None:
        """Learn nothing."""


def as_online(game: Game, follower: FollowerLike) -> OnlineFollower:
    """Any follower in the form of a learner.

    Raises
    ------
    InvalidPolicyError
        If a policy does not fit the game.
    OptionError
        If it is no follower at all.
    """
    if isinstance(follower, FollowerPolicy):
        follower.slots(game)
        actions = follower.actions
        return Fixed(lambda state, leader_action, rng: int(actions[state]))
    if isinstance(follower, OnlineFollower):
        return follower
    if not callable(follower):
        raise OptionError(
            f"the follower is a {type(follower).__name__}; it must be a FollowerPolicy, a function "
            "(state, leader_action, rng) -> follower_action, or a learner with act and observe"
        )
    return Fixed(follower)
