"""Which policies the leader may use: mixes over the actions of each state, and linear rows on their probabilities.

Every row has a scope, which decides what of the theory survives it:

``STATEWISE``
    It speaks of one state. Homogeneous in the occupancies; nothing of the theory changes (Kudo & Akimoto's theorems
    hold for any compact set of policies, and one policy is still best from all states for fixed follower values).
``COUPLING``
    It ties the probabilities of several states to each other, as budgets and policies that must be equal do.
``DISCOUNTED``
    It bounds a discounted cost from the start (:mod:`ssg_mip.problem.wider_rows`); as every answer of the follower has
    a cost of its own, answers may not be mixed in any state.
``VALUE``
    It asks for at least so much of the leader's value from a state (a floor, or an epsilon-constraint).
``SUPPORT``
    It allows a state so many actions. Within one state, though not convex: what rows of one state keep, it keeps.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Collection

import numpy as np

from ssg_mip.errors import OptionError, TooLargeError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.wider_rows import CostRow, SupportLimit, ValueRow, check_wider_rows

ROW_TOLERANCE = 1e-8
"""Share of the size of a row's terms by which a policy may miss it: what linear programs resolve, ten times over."""


class Scope(enum.Enum):
    """How far a row reaches."""

    STATEWISE = "within one state"
    COUPLING = "across states"
    DISCOUNTED = "on discounted costs"
    VALUE = "on the leader's values"
    SUPPORT = "on how many actions a state may use"

    @property
    def words(self) -> str:
        """What restrictions of this scope are called in a sentence."""
        named = {Scope.DISCOUNTED: "limits", Scope.VALUE: "limits", Scope.SUPPORT: "limits"}
        return f"{named.get(self, ROWS)} {self.value}"


ROWS = "rows on the leader's policy"
"""What restrictions of the probabilities are called beside their scope."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """``coefficients @ f <= limit``, or ``== limit`` where it is an equation; ``row`` is what users call it."""

    row: str
    coefficients: FloatArray
    limit: float
    equation: bool = False

    @property
    def size(self) -> float:
        """How large its numbers are."""
        return float(np.abs(self.coefficients).max()) + abs(self.limit)

    @property
    def inequalities(self) -> tuple[Side, ...]:
        """The side as it is, or both inequalities of an equation."""
        if not self.equation:
            return (self,)
        return (
            Side(row=self.row, coefficients=self.coefficients, limit=self.limit),
            Side(row=self.row, coefficients=-self.coefficients, limit=-self.limit),
        )

    def states(self, game: Game) -> IntArray:
        """The states of which it speaks, in rising order."""
        return _states_of(game, self.coefficients)


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
        if not np.any(self.coefficients):
            raise OptionError(f"row {self.name} has no coefficient but 0, and restricts no policy: leave it out")
        if self.lower == math.inf or self.upper == -math.inf:
            raise OptionError(f"row {self.name} asks for an infinite value, which no policy has")
        if math.isnan(self.lower) or math.isnan(self.upper) or self.lower > self.upper:
            raise OptionError(
                f"row {self.name} asks for at least {self.lower!r} and at most {self.upper!r}, which no policy keeps"
            )

    def states(self, game: Game) -> IntArray:
        """The states of which it speaks, in rising order."""
        return _states_of(game, self.coefficients)

    def scope(self, game: Game) -> Scope:
        """How far it reaches."""
        return Scope.COUPLING if len(self.states(game)) > 1 else Scope.STATEWISE

    @property
    def sides(self) -> tuple[Side, ...]:
        """The row as inequalities in one direction, or as an equation."""
        if self.lower == self.upper:
            return (Side(row=self.name, coefficients=self.coefficients, limit=self.upper, equation=True),)
        above = Side(row=self.name, coefficients=self.coefficients, limit=self.upper)
        below = Side(row=self.name, coefficients=-self.coefficients, limit=-self.lower)
        return tuple(side for side in (above, below) if math.isfinite(side.limit))

    @property
    def tolerance(self) -> float:
        """By how much a policy may miss it and count as keeping it: rounding, relative to the size of its terms."""
        ends = [abs(end) for end in (self.lower, self.upper) if math.isfinite(end)]
        return ROW_TOLERANCE * (float(np.abs(self.coefficients).max()) + max(ends, default=0.0))

    def violation(self, slots: FloatArray) -> float:
        """By how much probabilities per leader slot miss it; 0 if they keep it."""
        value = float(self.coefficients @ slots)
        return max(0.0, self.lower - value, value - self.upper)

    def holds(self, slots: FloatArray) -> bool:
        """Whether probabilities per leader slot keep it within its tolerance."""
        return self.violation(slots) <= self.tolerance


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PolicySpace:
    """The product of the simplices of all states, rows of all scopes, and a floor; without these all policies.

    Attributes
    ----------
    rows
        What every allowed policy keeps.
    floor
        The least value of the leader in every state, shape ``[num_states]``, ``-inf`` where there is none; ``None`` for
        none at all. It holds within the tolerance ``monotone`` times its scale.
    costs
        Bounds on discounted costs from the start.
    values
        What the leader must get from a state or from the start, beside the floor.
    supports
        How many actions states may use.
    observed
        What the leader sees of each state: a label (:mod:`ssg_mip.problem.observation`), whose equations are among the
        rows. Empty if he sees the states themselves.
    """

    rows: tuple[PolicyRow, ...] = ()
    floor: FloatArray | None = None
    costs: tuple[CostRow, ...] = ()
    values: tuple[ValueRow, ...] = ()
    supports: tuple[SupportLimit, ...] = ()
    observed: tuple[str, ...] = ()

    @property
    def restricts(self) -> bool:
        """Whether it says anything of the policies beside the floor and values of single states."""
        return bool(self.rows or self.costs or self.supports or any(row.state is None for row in self.values))

    def all_costs(self, game: Game) -> tuple[CostRow, ...]:
        """The bounds on costs, and what the leader must get from the start as one more each."""
        return (*self.costs, *(row.as_cost(game) for row in self.values if row.state is None))

    def spending(self, game: Game) -> tuple[CostRow, ...]:
        """The bounds on costs that say nothing of the leader's value: where no state loses they may break."""
        return tuple(row for row in self.all_costs(game) if not row.of_value)

    def least_values(self, game: Game) -> FloatArray | None:
        """The larger of the floor and of what is asked for single states, shape ``[num_states]``, if anything is."""
        asked = [(row.state, row.least) for row in self.values if row.state is not None]
        if not asked:
            return self.floor
        least = np.full(game.num_states, -np.inf) if self.floor is None else self.floor.astype(float)
        for state, value in asked:
            least[state] = max(float(least[state]), value)
        return least

    def most_actions(self, game: Game) -> dict[int, int]:
        """The least limit of every state that has one which excludes a policy."""
        found: dict[int, int] = {}
        for limit in self.supports:
            if limit.most < int(game.leader_counts[limit.state]):
                found[limit.state] = min(limit.most, found.get(limit.state, limit.most))
        return dict(sorted(found.items()))

    def of_scope(self, game: Game, scope: Scope) -> tuple[PolicyRow, ...]:
        """The rows of a scope."""
        return tuple(row for row in self.rows if row.scope(game) is scope)

    @property
    def names(self) -> set[str]:
        """What users call its restrictions; the floor has no name."""
        rows = {row.name for row in self.rows} | {row.name for row in self.costs}
        return rows | {row.name for row in self.values} | {limit.name for limit in self.supports}

    def joined(self, other: PolicySpace) -> PolicySpace:
        """With the restrictions of another one besides; the floor stays as it is."""
        return dataclasses.replace(
            self,
            rows=(*self.rows, *other.rows),
            costs=(*self.costs, *other.costs),
            values=(*self.values, *other.values),
            supports=(*self.supports, *other.supports),
        )

    def without(self, names: Collection[str]) -> PolicySpace:
        """Without the restrictions of these names."""
        return dataclasses.replace(
            self,
            rows=tuple(row for row in self.rows if row.name not in names),
            costs=tuple(row for row in self.costs if row.name not in names),
            values=tuple(row for row in self.values if row.name not in names),
            supports=tuple(limit for limit in self.supports if limit.name not in names),
        )

    def names_by_scope(self, game: Game) -> dict[Scope, tuple[str, ...]]:
        """What users call the restrictions of each scope of which there are some; the floor is none of them."""
        named = {scope: tuple(row.name for row in self.of_scope(game, scope)) for scope in Scope}
        named[Scope.DISCOUNTED] = tuple(row.name for row in self.all_costs(game))
        named[Scope.VALUE] = tuple(row.name for row in self.values if row.state is not None)
        named[Scope.SUPPORT] = tuple(limit.name for limit in self.supports)
        return {scope: names for scope, names in named.items() if names}

    def check(self, game: Game) -> None:
        """Raise :class:`OptionError` if a row has not one coefficient for each slot, or a floor for each state."""
        slots = int(game.leader_offsets[-1])
        for row in self.rows:
            if row.coefficients.shape != (slots,):
                raise OptionError(
                    f"row {row.name} has coefficients of shape {row.coefficients.shape}; {game.name} has {slots} "
                    "leader slots (s, a), each of which needs one"
                )
        if self.floor is not None and self.floor.shape != (game.num_states,):
            raise OptionError(f"the floor has shape {self.floor.shape}; {game.name} needs ({game.num_states},)")
        check_wider_rows(game, self.costs, self.values, self.supports)

    def sides(self, game: Game, scope: Scope) -> tuple[Side, ...]:
        """The rows of a scope as inequalities and equations, in the order of the rows."""
        return tuple(side for row in self.of_scope(game, scope) for side in row.sides)

    def coupled_states(self, game: Game) -> list[int]:
        """The states that occur in a row that couples several, in rising order."""
        found: set[int] = set()
        for row in self.of_scope(game, Scope.COUPLING):
            found.update(row.states(game).tolist())
        return sorted(found)

    def violation(self, game: Game, policy: LeaderPolicy) -> float:
        """The largest amount by which a policy misses a row; 0 if it keeps all."""
        slots = policy.slots(game)
        return max((row.violation(slots) for row in self.rows), default=0.0)

    def holds(self, game: Game, policy: LeaderPolicy) -> bool:
        """Whether a policy keeps every row within its tolerance, and every limit on how many actions are used.

        Costs and values depend on the follower's answer and are not asked here.
        """
        slots = policy.slots(game)
        return all(row.holds(slots) for row in self.rows) and self.few_enough(game, slots)

    def few_enough(self, game: Game, slots: FloatArray) -> bool:
        """Whether probabilities per leader slot use no more actions than the states may."""
        first = game.leader_offsets
        return all(one.used(slots[first[one.state] : first[one.state + 1]]) <= one.most for one in self.supports)


def _states_of(game: Game, coefficients: FloatArray) -> IntArray:
    """The states that a row with these coefficients speaks of, in rising order."""
    return np.unique(game.leader_slot_state[np.flatnonzero(coefficients)])


MOST_NUMBERS = 20_000_000
"""Coefficients that the rows of a problem may hold: each row has one for every leader slot."""


def check_room(game: Game, rows: int) -> None:
    """Raise :class:`~ssg_mip.errors.TooLargeError` if so many rows on the policies of a game would not fit."""
    slots = int(game.leader_offsets[-1])
    if rows * slots > MOST_NUMBERS:
        raise TooLargeError(
            f"{rows:,} rows on the leader's policy over {slots:,} leader slots would hold more than {MOST_NUMBERS:,} "
            "numbers: ask for fewer constraints, or make one of several"
        )


EVERY_POLICY = PolicySpace()
"""No rows and no floor: the product of the simplices."""
