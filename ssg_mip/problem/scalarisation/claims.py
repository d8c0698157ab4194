"""What a result says about its scalarisation: a proven bound, and the weighted sums that it comes from."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from typing import Any

import numpy as np

from ssg_mip.base.frozen import FrozenArrays
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.scalarisation.functions import AugmentedChebyshev, Concave, ConcavePieces


@dataclasses.dataclass(frozen=True, eq=False)
class WeightedCeiling(FrozenArrays):
    """A proven bound on one weighted sum, as a bound on a scalarisation: ``L`` lies below every mixture of its pieces.

    Attributes
    ----------
    mixture
        Shares of the pieces, summing to one.
    weights, bound
        ``weights``, those of the mixture, scaled to sum to one: no policy has a larger ``weights @ v`` than ``bound``.
    """

    mixture: FloatArray
    weights: FloatArray
    bound: float

    def on(self, pieces: ConcavePieces, game: Game) -> float:
        """The bound on ``L``, rounded up, with what rounding has left between these weights and the mixture."""
        shares = [Fraction(share) for share in self.mixture.tolist()]
        total = sum(shares, Fraction(0))
        due = [_sum(shares, column) / total for column in pieces.weights.T.tolist()]
        constant, factor = _sum(shares, pieces.offsets.tolist()) / total, sum(due, Fraction(0))
        own = [Fraction(weight) for weight in self.weights.tolist()]
        left = 1 - Fraction(game.leader_discount)
        lowest, highest = (
            Fraction(float(end)) / left for end in (game.leader_rewards.min(), game.leader_rewards.max())
        )
        exact = constant + factor * Fraction(self.bound)
        for weight, given in zip(due, own, strict=True):
            rest = weight - factor * given / sum(own)
            exact += rest * (highest if rest > 0 else lowest)
        try:
            return math.nextafter(float(exact), math.inf)
        except OverflowError:
            return math.inf


def _sum(shares: list[Fraction], values: list[float]) -> Fraction:
    return sum((share * Fraction(value) for share, value in zip(shares, values, strict=True)), Fraction(0))


@dataclasses.dataclass(frozen=True, eq=False)
class Scalarised(FrozenArrays):
    """The scalarisation of a run, and what is proven about it.

    Attributes
    ----------
    what
        ``L``.
    bound
        Proven: no stationary leader policy has a larger ``L``; infinite if nothing is proven.
    mixture
        Shares of the pieces of ``L`` whose weighted sum the bound comes from; ``None`` where it comes from the best
        pair of policies alone.
    ceilings
        The weighted sums that have been bounded.
    """

    what: Concave
    bound: float
    mixture: FloatArray | None = None
    ceilings: tuple[WeightedCeiling, ...] = ()

    @classmethod
    def of(cls, what: Concave, ceilings: tuple[WeightedCeiling, ...], game: Game) -> Scalarised:
        """The least of the bounds that the ceilings and the best pair of policies give."""
        box = leader_value_bounds(game)
        most, size = box.upper, np.maximum(np.abs(box.lower), np.abs(box.upper))
        pieces = what.pieces
        found: list[tuple[float, FloatArray | None]] = [(raised(what, what(most), most), None)]
        proven = [one for one in ceilings if math.isfinite(one.bound)]
        found += [(raised(what, one.on(pieces, game), size), one.mixture) for one in proven]  # pieces may be rounded
        bound, mixture = min(found, key=lambda one: one[0])
        return cls(what, bound, mixture, ceilings)

    def to_dict(self, game: Game, values: FloatArray) -> dict[str, Any]:
        """What a document says of it; infinite and undefined numbers become ``None``."""
        value = self.what(values) if np.all(np.isfinite(values)) else math.nan
        return {
            "scalarisation": self.what.to_dict(game),
            "scalarised_value": float(value) if math.isfinite(value) else None,
            "scalarised_bound": float(self.bound) if math.isfinite(self.bound) else None,
            "scalarised_mixture": None if self.mixture is None else self.mixture.tolist(),
        }


def raised(what: Concave, value: float, values: FloatArray) -> float:
    """A value of ``L`` at ``values``, raised by what its computation may have rounded off."""
    if isinstance(what, AugmentedChebyshev):
        terms = what.weights * (np.abs(values) + np.abs(what.reference))
        size = float(terms.max() + what.augmentation * terms.sum())
    else:
        size = float((what.weights @ np.abs(values) + np.abs(what.offsets)).max())
    return value + (len(values) + 8) * float(np.finfo(float).eps) * size
