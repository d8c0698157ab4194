"""What is to be proven by a bound certificate: a bound, and of which policies."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.wider_rows import CostRow

VALUE_SLACK = 1e-14
"""How far, relative to the values, those of a policy usually lie from its exact ones: more than their rounding.

Where policy iteration stops, the policies that lose in no state shrink to a point, and a larger slack would prove
nothing.
"""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PolicyClaim:
    """Rows on the leader's policy, and functions of the states that bound the occupancies, as rows ``[t, s]``.

    There are none of the latter where no occupancies are spoken of, as in the improvement program. ``costs`` bound
    discounted costs from the weights, and ``most`` says how many actions states may use.
    """

    rows: tuple[PolicyRow, ...]
    below: FloatArray = dataclasses.field(default_factory=lambda: np.zeros((0, 0)))
    above: FloatArray = dataclasses.field(default_factory=lambda: np.zeros((0, 0)))
    costs: tuple[CostRow, ...] = ()
    most: Mapping[int, int] = dataclasses.field(default_factory=dict)

    @property
    def wider(self) -> bool:
        """Whether there are costs or limits."""
        return bool(self.costs or self.most)

    def coupled_states(self, game: Game) -> list[int]:
        """The states in rows that couple several, in rising order."""
        return PolicySpace(rows=self.rows).coupled_states(game)

    def to_lists(self) -> list[Any]:
        """As in the header of a certificate."""
        rows = [[row.coefficients.tolist(), *_ends(row)] for row in self.rows]
        return [rows, self.below.tolist(), self.above.tolist()]

    def wider_lists(self) -> dict[str, Any]:
        """Costs and limits as in the header of a certificate."""
        return {
            "costs": [[row.costs.tolist(), *_ends(row)] for row in self.costs],
            "most": [[state, most] for state, most in self.most.items()],
        }


def _ends(row: PolicyRow | CostRow) -> list[float | None]:
    return [float(end) if math.isfinite(end) else None for end in (row.lower, row.upper)]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Claim:
    """What a certificate says.

    Attributes
    ----------
    weights, bound
        Weights over states, and the bound; ``-inf`` says that there is no policy as demanded.
    margin
        By how much the response beats every other action.
    floor
        Least values of the leader by state.
    values
        Of the improvement program, the leader's values that are to be improved.
    policy
        Rows that the policies keep; ``None`` for none.
    slack
        It is also said of all values that differ from these by no more in any state.
    """

    weights: FloatArray
    bound: float
    margin: float = 0.0
    floor: Mapping[int, float] = dataclasses.field(default_factory=dict)
    values: FloatArray | None = None
    slack: float = 0.0
    policy: PolicyClaim | None = None

    @property
    def demanding(self) -> bool:
        """Whether it is about fewer than all stationary policies."""
        return bool(self.floor) or self.margin > 0.0 or self.values is not None or self.policy is not None

    @property
    def in_wider_format(self) -> bool:
        """Whether it says of the policies what the format of rows alone has no place for."""
        return self.policy is not None and (self.policy.wider or bool(self.floor))

    @property
    def rounded(self) -> bool:
        """Whether the search leaves the rounding of some coefficients out of its bound."""
        return self.margin > 0.0 or self.values is not None or self.policy is not None

    @property
    def attempts(self) -> Iterator[Claim]:
        """What to try to prove, the strongest first; the weakest is about the given values alone."""
        if self.values is not None:
            yield dataclasses.replace(self, slack=VALUE_SLACK * (1.0 + float(np.abs(self.values).max())))
        yield self

    def raised(self, passed: bool, proven: float | None) -> Claim | None:
        """The claim with its bound raised to what a replay has proven, if it has not passed as it is.

        Returns
        -------
        Claim or None
            Nothing if nothing was proven.
        """
        if passed:
            return self
        return None if proven is None else dataclasses.replace(self, bound=proven)
