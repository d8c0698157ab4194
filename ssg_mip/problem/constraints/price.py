"""What a constraint costs the leader: how much more the optimum without it is worth, between proven bounds."""

from __future__ import annotations

import dataclasses
import math
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Price:
    """The optimum without a constraint, beside the optimum with it.

    Attributes
    ----------
    constraint
        Its name.
    leader_value, dual_bound
        What was found without it, and a proven bound; NaN and infinite where there is none.
    with_value, with_bound
        The same with it.
    """

    constraint: str
    leader_value: float
    dual_bound: float
    with_value: float
    with_bound: float

    @property
    def at_least(self) -> float:
        """Proven: the optimum without it is worth at least so much more; NaN where a side is missing."""
        return _positive(self.leader_value - self.with_bound)

    @property
    def at_most(self) -> float:
        """Proven: and at most so much more; infinite or NaN where a side is missing."""
        return _positive(self.dual_bound - self.with_value)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data; ``None`` for what is missing."""
        numbers = {
            "leader_value": self.leader_value,
            "dual_bound": self.dual_bound,
            "at_least": self.at_least,
            "at_most": self.at_most,
        }
        return {"constraint": self.constraint, **{key: _finite(value) for key, value in numbers.items()}}


def _positive(value: float) -> float:
    return value if math.isnan(value) else max(0.0, value)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
