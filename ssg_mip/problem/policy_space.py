"""Which policies the leader may use: mixes over the actions of each state, and linear rows on their probabilities.

Every row has a scope, which decides what of the theory survives it:

``STATEWISE``
    It speaks of one state. Homogeneous in the occupancies; nothing of the theory changes (Kudo & Akimoto's theorems
    hold for any compact set of policies, and one policy is still best from all states for fixed follower values).
``COUPLING``
    It ties the probabilities of several states to each other, as budgets and policies that must be equal do.
``VALUE``
    It asks for at least so much of the leader's value from a state (a floor, or an epsilon-constraint).
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Sequence

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray


class Scope(enum.Enum):
    """How far a row reaches."""

    STATEWISE = "within one state"
    COUPLING = "across states"
    VALUE = "on the leader's values"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PolicyRow:
    """``lower <= sum_sa coefficients(s, a) f(a | s) <= upper``.

    Attributes
    ----------
    name
        What users call it.
    coefficients
        One number per leader slot, shape ``[leader_slots]``: the actions of the first state, then of the next.
    lower, upper
        The sides; infinite for none, equal for an equation.
    """

    name: str
    coefficients: FloatArray
    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self) -> None:
        if not np.all(np.isfinite(self.coefficients)):
            raise OptionError(f"row {self.name} holds a coefficient that is no finite number")
        if math.isnan(self.lower) or math.isnan(self.upper) or self.lower > self.upper:
            raise OptionError(
                f"row {self.name} asks for at least {self.lower!r} and at most {self.upper!r}, which no policy keeps"
            )

    def states(self, game: Game) -> IntArray:
        """The states of which it speaks, in rising order."""
        return np.unique(game.leader_slot_state[np.flatnonzero(self.coefficients)])

    def scope(self, game: Game) -> Scope:
        """How far it reaches."""
        return Scope.COUPLING if len(self.states(game)) > 1 else Scope.STATEWISE

    def violation(self, slots: FloatArray) -> float:
        """By how much probabilities per leader slot miss it; 0 if they keep it."""
        value = float(self.coefficients @ slots)
        return max(0.0, self.lower - value, value - self.upper)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PolicySpace:
    """The product of the simplices of all states, rows, and a floor; without these every policy is allowed.

    Attributes
    ----------
    rows
        What every allowed policy keeps.
    floor
        The least value of the leader in every state, shape ``[num_states]``, ``-inf`` where there is none; ``None`` for
        none at all. It holds within the tolerance ``monotone`` times its scale.
    """

    rows: tuple[PolicyRow, ...] = ()
    floor: FloatArray | None = None

    def of_scope(self, game: Game, scope: Scope) -> tuple[PolicyRow, ...]:
        """The rows of a scope."""
        return tuple(row for row in self.rows if row.scope(game) is scope)

    def coupled_states(self, game: Game) -> list[int]:
        """The states that occur in a row that couples several, in rising order."""
        found: set[int] = set()
        for row in self.of_scope(game, Scope.COUPLING):
            found.update(row.states(game).tolist())
        return sorted(found)

    def violation(self, game: Game, policy: LeaderPolicy) -> float:
        """The largest amount by which a policy misses a row; 0 if it keeps all."""
        return largest_violation(self.rows, policy.slots(game))


def largest_violation(rows: Sequence[PolicyRow], slots: FloatArray) -> float:
    """The largest amount by which probabilities per leader slot miss a row."""
    return max((row.violation(slots) for row in rows), default=0.0)


EVERY_POLICY = PolicySpace()
"""No rows and no floor: the product of the simplices."""
