"""The payoff-set bound as the one line of a certificate."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ssg_mip.evaluation.payoff_set import PayoffBound
from ssg_mip.proofs.claim import Claim

SUMS = 1e-10
"""How far, relative to the values, a weighted sum of them in floating point may lie from the exact one."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PayoffLines:
    """The bound as it is written; ``bound`` is about the game that the certificate's lines are about."""

    bound: PayoffBound

    def shown(self, claim: Claim) -> Fraction | None:
        """The weighted bound that it proves; ``None`` where it says nothing of the claim."""
        if claim.values is not None or claim.policy is not None or self.bound.floors is not None:
            return None
        weights = [Fraction(weight) for weight in claim.weights.tolist()]
        pairs = zip(weights, map(Fraction, self.bound.proven.tolist()), strict=True)
        return sum((weight * value for weight, value in pairs if weight), Fraction(0)) / sum(weights, Fraction(0))

    def raise_claim(self, claim: Claim) -> Claim:
        """The claim with its bound raised to what is proven, where that is the same but for rounding."""
        shown = self.shown(claim)
        if shown is None:
            return claim
        near = float(shown) <= claim.bound + SUMS * (1.0 + abs(claim.bound))
        above = float(np.nextafter(float(shown), np.inf))
        return dataclasses.replace(claim, bound=max(claim.bound, above)) if near else claim

    def lines(self) -> Iterator[Any]:
        """The node."""
        found = self.bound
        states = len(found.upper)
        jumps: list[Any] = [None] * states
        picks: list[Any] = [None] * states
        secure = [0] * states
        mixes: dict[int, Any] = {}
        for block, chosen in found.multipliers:
            mixes[block.follower] = block.mixes.tolist()
            for place, state in enumerate(block.states.tolist()):
                jumps[state], picks[state] = chosen.jumps[place].tolist(), chosen.mixes[place].tolist()
                secure[state] = int(found.secure[state])
        yield [
            "h",
            found.slopes.tolist(),
            found.support.tolist(),
            found.lower.tolist(),
            found.above.tolist(),
            [[count, rows] for count, rows in mixes.items()],
            secure,
            jumps,
            picks,
        ]
