"""What a constraint is: a name, what it says in the user's words, the rows that follow, and how a policy keeps it."""

from __future__ import annotations

import abc
import dataclasses
import math
from typing import Any, ClassVar

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.policy_space import ROW_TOLERANCE, PolicySpace


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """A policy and what comes of it.

    Attributes
    ----------
    game
        The game, with its own rewards.
    slots
        Probabilities per leader slot, shape ``[leader_slots]``.
    answers
        The follower's action per state, counted within the state, shape ``[num_states]``.
    leader_values
        The leader's exact values, shape ``[num_states]``.
    """

    game: Game
    slots: FloatArray
    answers: IntArray
    leader_values: FloatArray


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measure:
    """``least <= value <= most``: what a policy makes of a constraint; infinite where there is no such side."""

    value: float
    least: float = -math.inf
    most: float = math.inf

    @property
    def slack(self) -> float:
        """How far the value is from the nearer side; negative by how much it is missed. Of an equation at most 0."""
        return min(self.value - self.least, self.most - self.value)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Constraint(abc.ABC):
    """One thing that is asked of the leader's policies.

    Attributes
    ----------
    name
        What the user calls it; no two constraints of a problem have the same name.
    """

    name: str

    kind: ClassVar[str]

    @property
    @abc.abstractmethod
    def words(self) -> str:
        """What it says, in one line."""

    @abc.abstractmethod
    def content(self) -> dict[str, Any]:
        """What it says as plain JSON data, by the game's names, without kind and name."""

    def to_dict(self) -> dict[str, Any]:
        """Kind, name and content, as in instance files and results."""
        return {"kind": self.kind, "name": self.name, **self.content()}

    @abc.abstractmethod
    def space(self, game: Game) -> PolicySpace:
        """The policies that keep it, in rows and limits by its own name.

        Raises
        ------
        OptionError
            If it restricts nothing, or would need too many rows.
        """

    @abc.abstractmethod
    def measure(self, outcome: Outcome) -> Measure:
        """What a policy makes of it."""

    @abc.abstractmethod
    def size(self, game: Game) -> float:
        """How large the numbers in it are."""

    def tolerance(self, game: Game) -> float:
        """By how much a policy may miss it and count as keeping it."""
        return ROW_TOLERANCE * self.size(game)
