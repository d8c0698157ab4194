"""What is asked of the leader's policy beside rows on its probabilities: discounted costs, values, few actions.

A *cost row* bounds what is spent, discounted as the leader's rewards are, on the way from the start distribution of the
game: ``lower <= sum_sab y(s,a,b) c(s,a,b) <= upper`` with the occupancies ``y`` of the policy and of the follower's
answer. It speaks of both, so that among answers which leave the follower indifferent one is taken that keeps the row.
The answer is deterministic and the leader stationary: a follower who mixed tied answers, or a leader who remembered,
might do better.

A *value row* asks for so much of the leader's own value, from a state or from the start. From the start it is a cost
row about the rewards.

A *support limit* allows a state so many actions with a positive probability, whichever they are.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray

COST_TOLERANCE = 1e-8
"""Share of what could be spent at most by which a cost may miss its row."""

SUPPORT_TOLERANCE = 1e-9
"""Probabilities up to this count as none where a state may use a few actions only."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class CostSide:
    """``sum y costs <= limit``, or ``== limit`` where it is an equation; ``row`` is what users call it."""

    row: str
    costs: FloatArray
    limit: float
    equation: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class CostRow:
    """``lower <= sum_sab y(s,a,b) costs(s,a,b) <= upper`` from the game's start distribution.

    Attributes
    ----------
    name
        What users call it.
    costs
        One number per joint action, shape ``[num_rows]``: in the order of the game's rows ``(s, a, b)``.
    lower, upper
        The sides; infinite for none, equal for an equation. They are discounted sums, as values are.
    of_value
        Whether it says what the leader gets at least: then a policy under which no state loses keeps it.
    """

    name: str
    costs: FloatArray
    lower: float = -math.inf
    upper: float = math.inf
    of_value: bool = False

    def __post_init__(self) -> None:
        if not np.all(np.isfinite(self.costs)):
            raise OptionError(f"cost row {self.name} holds a cost that is no finite number")
        if not np.any(self.costs):
            raise OptionError(f"cost row {self.name} has no cost but 0, and restricts no policy: leave it out")
        if math.isnan(self.lower) or math.isnan(self.upper) or self.lower > self.upper:
            raise OptionError(
                f"cost row {self.name} asks for at least {self.lower!r} and at most {self.upper!r}, "
                "which no policy keeps"
            )
        if self.lower == math.inf or self.upper == -math.inf:
            raise OptionError(f"cost row {self.name} asks for an infinite cost, which no policy has")

    @property
    def sides(self) -> tuple[CostSide, ...]:
        """The row as inequalities in one direction, or as an equation."""
        if self.lower == self.upper:
            return (CostSide(row=self.name, costs=self.costs, limit=self.upper, equation=True),)
        above = CostSide(row=self.name, costs=self.costs, limit=self.upper)
        below = CostSide(row=self.name, costs=-self.costs, limit=-self.lower)
        return tuple(side for side in (above, below) if math.isfinite(side.limit))

    def tolerance(self, game: Game) -> float:
        """By how much a cost may miss the row and count as keeping it, relative to what could be spent at most."""
        ends = [abs(end) for end in (self.lower, self.upper) if math.isfinite(end)]
        most = float(np.abs(self.costs).max()) / (1.0 - game.leader_discount)
        return COST_TOLERANCE * (most + max(ends, default=0.0))

    def violation(self, cost: float) -> float:
        """By how much a cost misses the row; 0 if it keeps it."""
        return max(0.0, self.lower - cost, cost - self.upper)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ValueRow:
    """The leader gets at least ``least`` from ``state``; from the start distribution where ``state`` is ``None``."""

    name: str
    least: float
    state: int | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.least):
            raise OptionError(f"value row {self.name} asks for at least {self.least!r}, which is no finite number")

    def as_cost(self, game: Game) -> CostRow:
        """The same of occupancies, if they start where its value is asked for: ``-r_A`` costs at most ``-least``."""
        return CostRow(name=self.name, costs=-game.leader_rewards, upper=-self.least, of_value=True)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class SupportLimit:
    """At most ``most`` actions of ``state`` have a positive probability; with 1 the state is deterministic."""

    name: str
    state: int
    most: int

    def __post_init__(self) -> None:
        if self.most < 1:
            raise OptionError(
                f"support limit {self.name} allows {self.most!r} actions; a policy needs at least 1 in every state"
            )

    def used(self, probabilities: FloatArray) -> int:
        """How many actions count as used, of the probabilities of its state."""
        return int(np.count_nonzero(probabilities > SUPPORT_TOLERANCE))


def check_wider_rows(
    game: Game, costs: Sequence[CostRow], values: Sequence[ValueRow], supports: Sequence[SupportLimit]
) -> None:
    """Raise :class:`OptionError` if one of them does not fit the game."""
    for row in costs:
        if row.costs.shape != (game.num_rows,):
            raise OptionError(
                f"cost row {row.name} has costs of shape {row.costs.shape}; {game.name} has {game.num_rows} joint "
                "actions (s, a, b), each of which needs one"
            )
    for name, state in [*((row.name, row.state) for row in values), *((one.name, one.state) for one in supports)]:
        if state is not None and not 0 <= state < game.num_states:
            raise OptionError(f"{name} is about state {state}; {game.name} has the states 0 to {game.num_states - 1}")
