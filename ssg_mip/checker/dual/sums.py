r"""Certificates that add up: a bound on a weighted sum from bounds on sums over parts of its states.

Let ``w`` be weights over the states, and ``w_k`` those of part ``k``, all summing to one, the states where the ``w_k``
are positive different ones for each part. With the shares ``W_k = sum of w(s) over the states where w_k(s) > 0``, every
policy has ``w @ V = sum_k W_k w_k @ V + e @ V``, where ``e = w - sum_k W_k w_k`` is nothing but the rounding of the
parts' weights and sums to 0. All values lie within the least and the largest reward of the leader over
``1 - gamma_A``, so that ``e @ V`` is at most half the sum of ``|e(s)|`` times the width of that interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ssg_mip.checker.rational import ExactGame
from ssg_mip.checker.verification import Check, yes_or_no

Weights = Mapping[int, Fraction]
"""The positive ones by state; they sum to one."""

ROUNDING = Fraction(1, 1 << 40)
"""By how much the weights of parts may differ from those of the sum, in all states together."""


def positive(weights: Sequence[Fraction]) -> Weights:
    """Weights by state, those of 0 left out."""
    return {state: weight for state, weight in enumerate(weights) if weight}


def shares_of(weights: Weights, parts: Sequence[Weights]) -> list[Fraction]:
    """``W_k`` of every part."""
    return [sum((weights.get(state, Fraction(0)) for state in part), Fraction(0)) for part in parts]


def shares_check(weights: Weights, parts: Sequence[Weights], shares: Sequence[Fraction]) -> Check:
    """Whether the parts are about different states, and their weights are those of the sum, up to rounding."""
    seen: set[int] = set()
    for part in parts:
        if not seen.isdisjoint(part):
            return yes_or_no("shares", False, f"state {min(seen & set(part))} has a weight in two parts")
        seen |= set(part)
    missing = set(weights) ^ seen
    if missing:
        return yes_or_no("shares", False, f"state {min(missing)} has a weight in the sum or in a part, not in both")
    left_over = _left_over(weights, parts, shares)
    return Check(
        name="shares",
        passed=left_over <= ROUNDING,
        violation=left_over,
        tolerance=ROUNDING,
        detail="the weights of the parts, each times its share, are those of the sum",
    )


def room_of(exact: ExactGame, weights: Weights, parts: Sequence[Weights], shares: Sequence[Fraction]) -> Fraction:
    """What the rounding of the parts' weights may change of the sum."""
    left_over = _left_over(weights, parts, shares)
    if not left_over:
        return Fraction(0)
    return left_over / 2 * (max(exact.leader_rewards) - min(exact.leader_rewards)) / (1 - exact.leader_discount)


def _left_over(weights: Weights, parts: Sequence[Weights], shares: Sequence[Fraction]) -> Fraction:
    """The sum of ``|w(s) - sum_k W_k w_k(s)|`` over the states."""
    rest = dict(weights)
    for part, share in zip(parts, shares, strict=True):
        for state, weight in part.items():
            rest[state] = rest.get(state, Fraction(0)) - share * weight
    return sum(map(abs, rest.values()), Fraction(0))
