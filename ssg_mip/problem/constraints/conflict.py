r"""Constraints that no policy keeps together, with a proof that anyone can check by adding up.

Each line is an inequality ``C @ f <= c`` that follows from one of the constraints. Multiplied by numbers of at least 0
and added up, they say ``sum y C @ f <= sum y c``. But over all policies the left side is at least
``sum_s min_a (sum y C)(s, a)``, and that is more than the right side (Farkas).

The set is minimal if for each of its constraints some policy keeps all the others.
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.constraints.probabilities import Term


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConflictLine:
    """``multiplier`` times ``sum coefficient f(action | state) <= at_most``, which follows from a constraint."""

    constraint: str
    terms: tuple[Term, ...]
    at_most: float
    multiplier: float

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            "constraint": self.constraint,
            "terms": [
                {"state": state, "leader_action": action, "coefficient": number} for state, action, number in self.terms
            ],
            "at_most": self.at_most,
            "multiplier": self.multiplier,
        }


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Conflict:
    """Constraints that contradict each other.

    Attributes
    ----------
    constraints
        Their names.
    lines
        The proof.
    without
        By the name of each of them a policy that keeps all the others; of those for which one was found.
    """

    constraints: tuple[str, ...]
    lines: tuple[ConflictLine, ...]
    without: dict[str, LeaderPolicy]

    @property
    def minimal(self) -> bool:
        """Whether each of the constraints is shown to be needed."""
        return set(self.without) == set(self.constraints)

    @property
    def statement(self) -> str:
        """The outcome in one sentence."""
        *others, last = self.constraints
        if not others:
            return f"no policy keeps {last}"
        rest = "; without any one of them some policy does" if self.minimal else ""
        return f"no policy keeps {'both' if len(others) == 1 else 'all of'} {', '.join(others)} and {last}{rest}"

    def excess(self, game: Game) -> Fraction:
        """By how much the sum of the lines is missed by every policy, exactly; the proof holds if it is above 0."""
        total = [Fraction(0)] * int(game.leader_offsets[-1])
        right = Fraction(0)
        for line in self.lines:
            factor = Fraction(line.multiplier)
            right += factor * Fraction(line.at_most)
            for state, action, number in line.terms:
                s = game.state_index(state)
                slot = int(game.leader_offsets[s]) + game.leader_actions[s].index(action)
                total[slot] += factor * Fraction(number)
        ends = zip(game.leader_offsets[:-1].tolist(), game.leader_offsets[1:].tolist(), strict=True)
        return sum((min(total[low:high]) for low, high in ends), Fraction(0)) - right

    def to_dict(self, game: Game) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            "constraints": list(self.constraints),
            "minimal": self.minimal,
            "statement": self.statement,
            "excess": float(self.excess(game)),
            "lines": [line.to_dict() for line in self.lines],
            "without": {name: policy.to_names(game) for name, policy in self.without.items()},
        }
