"""Where the game of a problem comes from, and the way back to it.

Some problems are solved as others: several types of follower as one game with the type in its states, a finite horizon
as a game with the time in its states. The problem then carries its *origin*, which knows what the states of its game
were made of and says what an answer means in the terms in which the problem was stated.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping
from typing import Any

from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.follower import Follower
from ssg_mip.problem.policy_space import PolicySpace

END = "the end"
"""The name of the state in which made games end: nothing leaves it, and it is worth 0 to both players."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Played:
    """What both players do in a game, and what it is worth to them in every state.

    Attributes
    ----------
    leader, follower
        The policies.
    leader_values, follower_values
        Exact values, shape ``[num_states]``.
    """

    leader: LeaderPolicy
    follower: FollowerPolicy
    leader_values: FloatArray
    follower_values: FloatArray


class Origin(abc.ABC):
    """What a game was made of."""

    @abc.abstractmethod
    def meant_by(self, name: str) -> tuple[int, ...]:
        """The states of the made game that a name of a state of the original means; none for any other name."""

    @abc.abstractmethod
    def told(self, game: Game, played: Played) -> Mapping[str, Any]:
        """What has been played in the made game, in the terms of the original: plain data by name."""

    def refusal(self, follower: Follower, space: PolicySpace) -> str | None:
        """Why the made game cannot be asked so: what would be meant in units that its rewards do not have.

        ``None`` where everything means in the made game what it means in the original.
        """
        del follower, space
        return None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Remade(Origin):
    """A game with the states of another one, and other rewards or leader actions.

    Attributes
    ----------
    game
        The other one.
    before
        What that was made of, if of anything.
    """

    game: Game
    before: Origin | None = None

    def meant_by(self, name: str) -> tuple[int, ...]:
        """The states of the other game that the name means, which are states of this one."""
        if self.before is not None:
            return self.before.meant_by(name)
        return (self.game.state_names.index(name),) if name in self.game.state_names else ()

    def told(self, game: Game, played: Played) -> Mapping[str, Any]:
        """What it means in the other game, and what that was made of."""
        del game
        there = self.played_there(played)
        told = {} if self.before is None else self.before.told(self.game, there)
        return {**told, **self.told_of(there, played)}

    def refusal(self, follower: Follower, space: PolicySpace) -> str | None:
        """As of what the other game was made of."""
        return None if self.before is None else self.before.refusal(follower, space)

    @abc.abstractmethod
    def played_there(self, played: Played) -> Played:
        """What both players do in the other game, with their values there."""

    @abc.abstractmethod
    def told_of(self, there: Played, played: Played) -> Mapping[str, Any]:
        """What is told of the change itself."""
