"""What is to be proven by a bound certificate: a bound, and of which policies."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from ssg_mip.certificates.dual.replay import BoundVerification
from ssg_mip.errors import SolverError
from ssg_mip.game import FloatArray
from ssg_mip.tolerances import DEFAULT_TOLERANCES


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
    """

    weights: FloatArray
    bound: float
    margin: float = 0.0
    floor: Mapping[int, float] = dataclasses.field(default_factory=dict)
    values: FloatArray | None = None

    @property
    def demanding(self) -> bool:
        """Whether it is about fewer than all stationary policies."""
        return bool(self.floor) or self.margin > 0.0 or self.values is not None

    @property
    def rounded(self) -> bool:
        """Whether the search leaves the rounding of some coefficients out of its bound."""
        return self.margin > 0.0 or self.values is not None

    @property
    def slack(self) -> float:
        """How far from the given values the exact ones of a policy may lie."""
        if self.values is None:
            return 0.0
        return DEFAULT_TOLERANCES.arithmetic * (1.0 + float(np.abs(self.values).max()))

    def raised(self, found: BoundVerification) -> Claim:
        """The claim with its bound raised to what a replay has proven.

        Raises
        ------
        SolverError
            If it has proven nothing, or more than rounding lies between.
        """
        if found.proven is not None and [check.name for check in found.failed] == ["bound"]:
            proven = math.nextafter(float(found.proven), math.inf)
            if proven - self.bound <= DEFAULT_TOLERANCES.monotone * (1.0 + abs(self.bound)):
                return dataclasses.replace(self, bound=proven)
        failed = "; ".join(f"{check.name}: {check.detail}" for check in found.failed)
        raise SolverError(f"the bound {self.bound!r} has no certificate: {failed}")
