"""What a printed result says of a goal that is no weighted sum of the leader's values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from fractions import Fraction
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class GoalSum:
    """One sum ``leader @ V + follower @ v + constant`` with its printed value, ``None`` without a policy."""

    name: str
    leader: tuple[Fraction, ...]
    follower: tuple[Fraction, ...]
    constant: Fraction
    value: float | None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LeastClaim:
    """The least of several sums, less what probabilities cost: its value, a bound over all policies, and the gap.

    ``price`` holds what a probability of 1 costs, by state and action; ``options`` is what the options of the run must
    say of the goal.
    """

    sums: tuple[GoalSum, ...]
    price: tuple[tuple[Fraction, ...], ...] | None
    value: float | None
    paid: float | None
    bound: float
    relative_gap: float
    gap_scale: float
    options: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class TurnClaim:
    """One of several sums that are maximised in turn: value, bound, and what later ones hold it to.

    ``held_to`` is ``None`` of the last one.
    """

    weights: tuple[float, ...]
    value: float | None
    bound: float
    held_to: float | None
    given_up: float | None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class InTurnClaim:
    """Sums that are maximised in turn."""

    turns: tuple[TurnClaim, ...]
    options: Mapping[str, Any]


GoalClaim = LeastClaim | InTurnClaim
"""What is said of a goal."""
