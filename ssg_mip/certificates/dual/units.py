r"""Certificates about a game whose rewards are counted from a constant, in other units.

If every reward of a player is ``r = constant + unit r'`` with ``unit > 0``, every value of every policy is
``constant / (1 - gamma) + unit v'``, and the follower has the same best responses. So a bound on the game with the
rewards ``r'`` is one on the game with ``r``. Nothing is taken on trust: the equation is checked for every reward, in
fractions, and the bound is translated in fractions.
"""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import numpy as np

from ssg_mip.errors import InvalidResultError
from ssg_mip.game import FloatArray, Game

Units = tuple[tuple[float, float], ...]
"""``(constant, unit)`` of the leader and of the follower."""


@dataclasses.dataclass(frozen=True)
class Translation:
    """From values ``v'`` of a player to ``base + unit v'``."""

    base: Fraction = Fraction(0)
    unit: Fraction = Fraction(1)

    @property
    def of_differences(self) -> Translation:
        """The same for differences of values."""
        return Translation(unit=self.unit)

    def exactly(self, value: Fraction | float) -> Fraction:
        """The value in the game's own units."""
        return self.base + self.unit * Fraction(value)

    def raised(self, value: float) -> float:
        """The same as a float that is not smaller."""
        exact = self.exactly(value)
        nearest = float(exact)
        return nearest if Fraction(nearest) >= exact else math.nextafter(nearest, math.inf)


IDENTITY = Translation()
"""Nothing to translate."""


def restated(game: Game, units: Units | None) -> tuple[Game, Translation, Translation]:
    """The game that a certificate is about, and how the leader's and the follower's values translate back.

    Raises
    ------
    InvalidResultError
        If the rewards in these units are no floats, so that the two games are not the same.
    """
    if units is None:
        return game, IDENTITY, IDENTITY
    leader = _rewards(game.leader_rewards, units[0])
    follower = _rewards(game.follower_rewards, units[1])
    translations = [
        Translation(Fraction(constant) / (1 - Fraction(discount)), Fraction(unit))
        for (constant, unit), discount in zip(units, (game.leader_discount, game.follower_discount), strict=True)
    ]
    return game.replace(leader_rewards=leader, follower_rewards=follower), translations[0], translations[1]


def _rewards(rewards: FloatArray, units: tuple[float, float]) -> FloatArray:
    constant, unit = units
    with np.errstate(all="ignore"):
        moved: FloatArray = (rewards - constant) / unit
    exact_constant, exact_unit = Fraction(constant), Fraction(unit)
    for reward, other in zip(rewards.tolist(), moved.tolist(), strict=True):
        if not math.isfinite(other) or exact_constant + exact_unit * Fraction(other) != Fraction(reward):
            raise InvalidResultError(
                f"the header's units {list(units)} do not hold for the reward {reward!r}: it must be the constant plus "
                "the unit times a float, exactly"
            )
    return moved
