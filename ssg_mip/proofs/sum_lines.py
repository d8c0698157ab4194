"""A bound that parts of a game add up to, and the line that says so in a certificate.

What the sum proves, and how much room the rounding of the parts' weights takes, is in :mod:`ssg_mip.checker.dual.sums`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from ssg_mip.checker.dual.document import REDUCED_FORMAT
from ssg_mip.checker.dual.sums import positive, room_of, shares_of
from ssg_mip.checker.dual.units import raised
from ssg_mip.checker.rational import ExactGame, exact_weights
from ssg_mip.errors import SolverError
from ssg_mip.evaluation.standard_form import Scale
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.proofs.claim import Claim


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Summand:
    """A part of a sum.

    Attributes
    ----------
    claim
        What is claimed of it, in its own states and units.
    scale
        Of the leader's rewards, in these units.
    weights
        Those of the claim on the states of the game that the sum is about.
    """

    claim: Claim
    scale: Scale
    weights: FloatArray


def summed_bound(claim: Claim, parts: Iterable[Summand], whole: Game) -> float:
    """What the bounds of the parts of a sum add up to, rounded up, with the rounding of their weights.

    Parameters
    ----------
    claim
        What is claimed of the sum.
    parts
        Those that it consists of.
    whole
        The game from which nothing has been removed yet: all values lie within what its rewards allow.

    Raises
    ------
    SolverError
        If a bound is not finite.
    """
    everywhere = positive(exact_weights(claim.weights))
    weights, bounds = [], []
    for part in parts:
        own = part.claim
        if not math.isfinite(own.bound):
            raise SolverError(f"there is no certificate: a part has the bound {own.bound!r}")
        weights.append(positive(exact_weights(part.weights)))
        bounds.append(part.scale.base_of(own.weights) + Fraction(part.scale.unit) * Fraction(own.bound))
    shares = shares_of(everywhere, weights)
    room = room_of(ExactGame.of(whole), everywhere, weights, shares)
    return raised(room + sum((share * bound for share, bound in zip(shares, bounds, strict=True)), Fraction(0)))


def sum_header(game: Game, claim: Claim, weights: FloatArray, parts: int) -> dict[str, Any]:
    """The line before the parts of a sum.

    Parameters
    ----------
    game
        The game as it was given.
    claim
        What is claimed of the sum.
    weights
        Those of the claim on the states of this game.
    parts
        How many follow.

    Raises
    ------
    SolverError
        If no sum over parts proves such a claim.
    """
    if claim.demanding or not math.isfinite(claim.bound):
        raise SolverError(f"there is no certificate of the bound {claim.bound!r} as a sum over parts")
    return {
        "format": REDUCED_FORMAT,
        "game_hash": game.content_hash,
        "weights": weights.tolist(),
        "bound": float(claim.bound),
        "sum": parts,
    }
