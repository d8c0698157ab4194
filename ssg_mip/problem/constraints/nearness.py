r"""Policies within a distance of a given one: ``sum_sa |f(a|s) - f0(a|s)| <= radius``, over all states together.

In a state the differences sum to 0, so ``sum_a |f - f0| = 2 max_T sum_(a in T) (f - f0)`` over sets ``T`` of actions.
Actions that ``f0`` does not use can only gain, so they are in the largest such set: what is left to choose are sets of
the actions that it uses. The ball is the rows ``2 sum_s sum_(a in T(s)) f(a|s) <= radius + 2 sum f0`` for every choice
of a set in every state: one row around a deterministic policy, and more with every mixed state.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.constraints.constraint import Constraint, Measure, Outcome
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicyRow, PolicySpace

MOST_ROWS = 256
"""Rows that a ball may need at most."""

Table = tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
"""A policy by names: per state its actions with their probabilities."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class CloseTo(Constraint):
    """A ball around a policy.

    Attributes
    ----------
    policy
        Its centre, by names.
    radius
        How far the probabilities may be from it in sum, over all states and actions.
    """

    kind: ClassVar[str] = "close_to"
    policy: Table
    radius: float

    @property
    def words(self) -> str:
        """The radius."""
        return f"probabilities differ from the given policy by at most {self.radius:g} in sum"

    def content(self) -> dict[str, Any]:
        """Policy and radius."""
        return {"policy": {state: dict(row) for state, row in self.policy}, "radius": self.radius}

    def centre(self, game: Game) -> FloatArray:
        """The policy per leader slot."""
        return LeaderPolicy.from_names(game, {state: dict(row) for state, row in self.policy}).slots(game)

    def space(self, game: Game) -> PolicySpace:
        """One row for every choice of a set in every state.

        Raises
        ------
        OptionError
            If these are too many.
        """
        if self.radius >= 2.0 * game.num_states:
            return EVERY_POLICY
        centre = self.centre(game)
        choices = [
            list(_sets(centre, game, state)) for state in range(game.num_states) if game.leader_counts[state] > 1
        ]
        count = math.prod(map(len, choices))
        if count > MOST_ROWS:
            raise OptionError(
                f"constraint {self.name!r} needs {count:,} rows, one for each choice of signs, and at most {MOST_ROWS} "
                "are written: give a policy that mixes in fewer states (the others need no row of their own), or limit "
                "the probabilities one by one with require"
            )
        exact = _exactly(centre, game)
        found = [self._row(exact, [slot for chosen in sets for slot in chosen], len(centre)) for sets in _all(choices)]
        if len(found) == 1:
            return PolicySpace(rows=(dataclasses.replace(found[0], name=self.name),))
        named = (dataclasses.replace(row, name=f"{self.name}: signs {i + 1}") for i, row in enumerate(found))
        return PolicySpace(rows=tuple(named))

    def _row(self, centre: list[Fraction], chosen: list[int], slots: int) -> PolicyRow:
        coefficients = np.zeros(slots)
        coefficients[chosen] = 2.0
        limit = Fraction(self.radius) + 2 * sum((centre[slot] for slot in chosen), Fraction(0))
        nearest = float(limit)
        # never below the true limit: the rows must not cut anything off the ball
        upper = nearest if Fraction(nearest) >= limit else math.nextafter(nearest, math.inf)
        return PolicyRow(name=self.name, coefficients=coefficients, upper=upper)

    def measure(self, outcome: Outcome) -> Measure:
        """The distance."""
        return Measure(value=float(np.abs(outcome.slots - self.centre(outcome.game)).sum()), most=self.radius)

    def size(self, game: Game) -> float:
        """As the largest of its rows could be."""
        return 2.0 + self.radius + 2.0 * game.num_states


def _exactly(centre: FloatArray, game: Game) -> list[Fraction]:
    """Probabilities per leader slot, those of every state divided by their exact sum."""
    shares = list(map(Fraction, centre.tolist()))
    ends = zip(game.leader_offsets[:-1].tolist(), game.leader_offsets[1:].tolist(), strict=True)
    totals = [sum(shares[first:last], Fraction(0)) for first, last in ends]
    return [share / totals[state] for share, state in zip(shares, game.leader_slot_state.tolist(), strict=True)]


def _all(choices: list[list[list[int]]]) -> Iterator[tuple[list[int], ...]]:
    """Every choice of a set in every state; none where no state has two actions."""
    return itertools.product(*choices) if choices else iter(())


def _sets(centre: FloatArray, game: Game, state: int) -> Iterator[list[int]]:
    """The sets of slots of a state that may hold what is gained."""
    slots = range(int(game.leader_offsets[state]), int(game.leader_offsets[state + 1]))
    unused = [slot for slot in slots if centre[slot] == 0.0]
    used = [slot for slot in slots if centre[slot] > 0.0]
    for size in range(0 if unused else 1, len(used)):
        for chosen in itertools.combinations(used, size):
            yield [*unused, *chosen]
