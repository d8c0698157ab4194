"""How many actions the leader may use in a state."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.problem.constraints.constraint import Constraint, Measure, Outcome
from ssg_mip.problem.constraints.places import listed
from ssg_mip.problem.policy_space import PolicySpace
from ssg_mip.problem.wider_rows import SUPPORT_TOLERANCE, SupportLimit


def used_actions(outcome: Outcome, state: str) -> float:
    """How many actions have a probability that counts."""
    game = outcome.game
    index = game.state_index(state)
    own = outcome.slots[game.leader_offsets[index] : game.leader_offsets[index + 1]]
    return float(np.count_nonzero(own > SUPPORT_TOLERANCE))


@dataclasses.dataclass(frozen=True, kw_only=True)
class AtMostActions(Constraint):
    """At most so many actions of a state with a positive probability."""

    kind: ClassVar[str] = "at_most_actions"
    state: str
    actions: int

    @property
    def words(self) -> str:
        """The number and the state."""
        return f"at most {self.actions} actions are used in {self.state}"

    def content(self) -> dict[str, Any]:
        """State and number."""
        return {"state": self.state, "actions": self.actions}

    def space(self, game: Game) -> PolicySpace:
        """The limit."""
        limit = SupportLimit(name=self.name, state=game.state_index(self.state), most=self.actions)
        return PolicySpace(supports=(limit,))

    def size(self, game: Game) -> float:  # noqa: ARG002
        """Whole numbers are not rounded."""
        return 0.0

    def measure(self, outcome: Outcome) -> Measure:
        """How many are used."""
        return Measure(value=used_actions(outcome, self.state), most=float(self.actions))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deterministic(Constraint):
    """States in which the leader does not mix."""

    kind: ClassVar[str] = "deterministic"
    states: tuple[str, ...]

    @property
    def words(self) -> str:
        """The states."""
        return f"no mixing in {listed(self.states)}"

    def content(self) -> dict[str, Any]:
        """The states."""
        return {"states": list(self.states)}

    def space(self, game: Game) -> PolicySpace:
        """A limit for each state."""
        named = ((self.name if len(self.states) == 1 else f"{self.name}: {state}", state) for state in self.states)
        limits = (SupportLimit(name=name, state=game.state_index(state), most=1) for name, state in named)
        return PolicySpace(supports=tuple(limits))

    def size(self, game: Game) -> float:  # noqa: ARG002
        """Whole numbers are not rounded."""
        return 0.0

    def measure(self, outcome: Outcome) -> Measure:
        """The most actions that are used in one of them."""
        return Measure(value=max(used_actions(outcome, state) for state in self.states), most=1.0)
