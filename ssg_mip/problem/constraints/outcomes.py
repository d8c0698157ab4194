"""Constraints on what comes of a policy: discounted costs from the start, and the leader's value from a state."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from ssg_mip.evaluation.mdp import induced_by_leader, occupancy
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.constraints.constraint import Constraint, Measure, Outcome
from ssg_mip.problem.policy_space import PolicySpace
from ssg_mip.problem.wider_rows import CostRow, ValueRow

CostTerm = tuple[str, str, str, float]
"""State, leader action, follower action, and a cost."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cost(Constraint):
    """The expected discounted cost from the start distribution, with the leader's discount.

    Attributes
    ----------
    costs
        State, leader action, follower action and cost, each joint action once; the others cost nothing.
    at_most
        The limit.
    """

    kind: ClassVar[str] = "cost"
    costs: tuple[CostTerm, ...]
    at_most: float

    @property
    def words(self) -> str:
        """The limit."""
        return f"expected discounted cost from the start at most {self.at_most:g}"

    def content(self) -> dict[str, Any]:
        """Costs and limit."""
        keys = ("state", "leader_action", "follower_action", "cost")
        return {"costs": [dict(zip(keys, term, strict=True)) for term in self.costs], "at_most": self.at_most}

    def of_rows(self, game: Game) -> FloatArray:
        """The cost of every joint action, shape ``[num_rows]``."""
        found = np.zeros(game.num_rows)
        for state, leader, follower, cost in self.costs:
            index = game.state_index(state)
            places = game.leader_actions[index].index(leader), game.follower_actions[index].index(follower)
            found[game.row(index, *places)] = cost
        return found

    def space(self, game: Game) -> PolicySpace:
        """A row on occupancies."""
        return PolicySpace(costs=(CostRow(name=self.name, costs=self.of_rows(game), upper=self.at_most),))

    def measure(self, outcome: Outcome) -> Measure:
        """The cost under the follower's answer."""
        game = outcome.game
        policy = LeaderPolicy.from_slots(game, outcome.slots)
        answers = FollowerPolicy(outcome.answers).slots(game)
        process, _ = induced_by_leader(game, policy)
        visits = occupancy(process, answers, game.initial)
        played = game.row_follower_slot == answers[game.row_state]
        share = visits[game.row_state] * outcome.slots[game.row_leader_slot]
        return Measure(value=float((self.of_rows(game) * share)[played].sum()), most=self.at_most)

    def size(self, game: Game) -> float:
        """The largest cost that could come of it, and the limit."""
        largest = max(abs(term[-1]) for term in self.costs)
        return largest / (1.0 - game.leader_discount) + abs(self.at_most)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ValueAtLeast(Constraint):
    """The leader's value from a state, or from the start distribution where there is none, is at least so much."""

    kind: ClassVar[str] = "value_at_least"
    state: str | None
    value: float

    @property
    def words(self) -> str:
        """State and value."""
        whence = "the start" if self.state is None else self.state
        return f"the leader's value from {whence} at least {self.value:g}"

    def content(self) -> dict[str, Any]:
        """State and value."""
        return {"state": self.state, "value": self.value}

    def space(self, game: Game) -> PolicySpace:
        """A row on values."""
        state = None if self.state is None else game.state_index(self.state)
        return PolicySpace(values=(ValueRow(name=self.name, least=self.value, state=state),))

    def measure(self, outcome: Outcome) -> Measure:
        """The value."""
        game, values = outcome.game, outcome.leader_values
        own = game.initial @ values if self.state is None else values[game.state_index(self.state)]
        return Measure(value=float(own), least=self.value)

    def size(self, game: Game) -> float:
        """The largest value there is, and the limit."""
        return float(np.abs(game.leader_rewards).max()) / (1.0 - game.leader_discount) + abs(self.value)
