"""Constraints that are rows on the leader's probabilities: any row, budgets, least shares, closed actions, equality."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.constraints.constraint import Constraint, Measure, Outcome
from ssg_mip.problem.constraints.places import listed
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace

Sense = Literal["<=", ">=", "=="]
Term = tuple[str, str, float]
"""State, leader action, and a number."""

MOST_TERMS = 4
"""Terms of a row that are told in words."""


def slot_of(game: Game, state: str, action: str) -> int:
    """The leader slot of an action by its names."""
    index = game.state_index(state)
    return int(game.leader_offsets[index]) + game.leader_actions[index].index(action)


def coefficients_of(game: Game, terms: Sequence[Term]) -> FloatArray:
    """One number per leader slot."""
    found = np.zeros(int(game.leader_offsets[-1]))
    for state, action, number in terms:
        found[slot_of(game, state, action)] = number
    return found


def sum_in_words(terms: Sequence[Term]) -> str:
    """``2 f(patrol | yard) + f(patrol | gate)``; long ones are cut."""
    told = [
        f"{'' if number == 1.0 else f'{number:g} '}f({action} | {state})"
        for state, action, number in terms[:MOST_TERMS]
    ]
    left = len(terms) - MOST_TERMS
    return " + ".join(told) + (f" + {left} more terms" if left > 0 else "")


def _of(*rows: PolicyRow) -> PolicySpace:
    """The policies that keep some rows."""
    return PolicySpace(rows=rows)


def entries(terms: Sequence[Term], what: str) -> list[dict[str, Any]]:
    """Terms as plain data."""
    return [{"state": state, "leader_action": action, what: number} for state, action, number in terms]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Require(Constraint):
    """``sum coefficient f(action | state)``, compared with a limit.

    Attributes
    ----------
    terms
        State, action and coefficient, each pair once.
    sense, limit
        ``"<="``, ``">="`` or ``"=="``, and the number on the right.
    """

    kind: ClassVar[str] = "require"
    terms: tuple[Term, ...]
    sense: Sense
    limit: float

    @property
    def words(self) -> str:
        """The row."""
        return f"{sum_in_words(self.terms)} {self.sense} {self.limit:g}"

    def content(self) -> dict[str, Any]:
        """Terms, sense and limit."""
        return {"terms": entries(self.terms, "coefficient"), "sense": self.sense, "limit": self.limit}

    def space(self, game: Game) -> PolicySpace:
        """The row itself."""
        lower, upper = self._ends
        coefficients = coefficients_of(game, self.terms)
        return _of(PolicyRow(name=self.name, coefficients=coefficients, lower=lower, upper=upper))

    def size(self, game: Game) -> float:  # noqa: ARG002
        """The largest coefficient and the limit."""
        return max(abs(term[-1]) for term in self.terms) + abs(self.limit)

    def measure(self, outcome: Outcome) -> Measure:
        """The left side."""
        lower, upper = self._ends
        value = float(coefficients_of(outcome.game, self.terms) @ outcome.slots)
        return Measure(value=value, least=lower, most=upper)

    @property
    def _ends(self) -> tuple[float, float]:
        return -math.inf if self.sense == "<=" else self.limit, math.inf if self.sense == ">=" else self.limit


@dataclasses.dataclass(frozen=True, kw_only=True)
class Budget(Constraint):
    """``sum cost f(action | state) <= at_most``.

    Attributes
    ----------
    costs
        State, action and cost, each pair once.
    at_most
        The budget.
    """

    kind: ClassVar[str] = "budget"
    costs: tuple[Term, ...]
    at_most: float

    @property
    def words(self) -> str:
        """The row."""
        return f"{sum_in_words(self.costs)} at most {self.at_most:g}"

    def content(self) -> dict[str, Any]:
        """Costs and the budget."""
        return {"costs": entries(self.costs, "cost"), "at_most": self.at_most}

    def space(self, game: Game) -> PolicySpace:
        """The row itself."""
        coefficients = coefficients_of(game, self.costs)
        return _of(PolicyRow(name=self.name, coefficients=coefficients, upper=self.at_most))

    def size(self, game: Game) -> float:  # noqa: ARG002
        """The largest coefficient and the limit."""
        return max(abs(term[-1]) for term in self.costs) + abs(self.at_most)

    def measure(self, outcome: Outcome) -> Measure:
        """What is spent."""
        return Measure(value=float(coefficients_of(outcome.game, self.costs) @ outcome.slots), most=self.at_most)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Forbid(Constraint):
    """An action of the leader that is not used."""

    kind: ClassVar[str] = "forbid"
    state: str
    action: str

    @property
    def words(self) -> str:
        """The action."""
        return f"{self.action} is not used in {self.state}"

    def content(self) -> dict[str, Any]:
        """State and action."""
        return {"state": self.state, "leader_action": self.action}

    def space(self, game: Game) -> PolicySpace:
        """``f(action | state) <= 0``."""
        coefficients = coefficients_of(game, [(self.state, self.action, 1.0)])
        return _of(PolicyRow(name=self.name, coefficients=coefficients, upper=0.0))

    def size(self, game: Game) -> float:  # noqa: ARG002
        """The largest coefficient and the limit."""
        return 1.0

    def measure(self, outcome: Outcome) -> Measure:
        """The action's probability."""
        return Measure(value=float(outcome.slots[slot_of(outcome.game, self.state, self.action)]), most=0.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AtLeast(Constraint):
    """An action of the leader with a least probability."""

    kind: ClassVar[str] = "at_least"
    state: str
    action: str
    probability: float

    @property
    def words(self) -> str:
        """The action and the probability."""
        return f"{self.action} at least {self.probability:g} in {self.state}"

    def content(self) -> dict[str, Any]:
        """State, action and probability."""
        return {"state": self.state, "leader_action": self.action, "probability": self.probability}

    def space(self, game: Game) -> PolicySpace:
        """``f(action | state) >= probability``."""
        coefficients = coefficients_of(game, [(self.state, self.action, 1.0)])
        return _of(PolicyRow(name=self.name, coefficients=coefficients, lower=self.probability))

    def size(self, game: Game) -> float:  # noqa: ARG002
        """The largest coefficient and the limit."""
        return 1.0 + self.probability

    def measure(self, outcome: Outcome) -> Measure:
        """The action's probability."""
        value = float(outcome.slots[slot_of(outcome.game, self.state, self.action)])
        return Measure(value=value, least=self.probability)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SamePolicy(Constraint):
    """The same probabilities in several states, whose actions have the same names in the same order."""

    kind: ClassVar[str] = "same_policy"
    states: tuple[str, ...]

    @property
    def words(self) -> str:
        """The states."""
        return f"the same policy in {listed(self.states)}"

    def content(self) -> dict[str, Any]:
        """The states."""
        return {"states": list(self.states)}

    def space(self, game: Game) -> PolicySpace:
        """``f(a | first) == f(a | other)`` for every other state and all actions but the last."""
        first, *others = self.states
        actions = game.leader_actions[game.state_index(first)]
        rows = (
            PolicyRow(
                name=f"{self.name}: {action} in {other}",
                coefficients=coefficients_of(game, [(first, action, 1.0), (other, action, -1.0)]),
                lower=0.0,
                upper=0.0,
            )
            for other in others
            for action in actions[:-1]
        )
        return _of(*rows)

    def size(self, game: Game) -> float:  # noqa: ARG002
        """A probability's."""
        return 1.0

    def measure(self, outcome: Outcome) -> Measure:
        """The largest difference of two probabilities that should be the same."""
        game = outcome.game
        places = [game.state_index(state) for state in self.states]
        table = np.array([outcome.slots[game.leader_offsets[s] : game.leader_offsets[s + 1]] for s in places])
        return Measure(value=float((table.max(axis=0) - table.min(axis=0)).max()), most=0.0)
