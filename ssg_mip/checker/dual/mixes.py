"""Mixes of leader actions, and what answers to them are worth, in whole numbers and fractions."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction

from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.rational import common_numerators

Corner = tuple[tuple[int, Fraction], ...]
"""A mix of leader actions: each with its positive probability."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Whole:
    """Numbers as multiples of ``2^-bits``."""

    values: tuple[int, ...]
    bits: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Whole:
        """Floats, exactly."""
        above, below = common_numerators(values)
        return cls(values=above, bits=below.bit_length() - 1)

    def fraction(self, place: int) -> Fraction:
        """One of them."""
        return Fraction(self.values[place], 1 << self.bits)


def mix_of(share: Fraction) -> Corner:
    """The mix of two actions in which the first has a probability."""
    return tuple((action, one) for action, one in ((0, share), (1, 1 - share)) if one)


def worth(numbers: Numbers, corner: Corner, state: int, answer: int, values: Whole, *, leader: bool) -> Fraction:
    """``r + gamma p v`` of a player for an answer to a mix."""
    exact = numbers.exact
    rewards, discount = (
        (exact.leader_rewards, exact.leader_discount) if leader else (exact.follower_rewards, exact.follower_discount)
    )
    total = Fraction(0)
    for action, share in corner:
        number = numbers.row(state, action, answer)
        row = exact.rows[number]
        mean = sum(values.values[t] * above for t, above in zip(row.places, row.numerators, strict=True))
        later = Fraction(discount.numerator * mean, (discount.denominator * row.total) << values.bits)
        total += rewards[number] + later if share == 1 else share * (rewards[number] + later)
    return total
