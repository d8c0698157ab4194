r"""Bounds on a zero-sum game from mixed policies of the follower.

With ``r_B = -r_A`` and equal discounts a best response does the leader at least as much harm as any policy ``h`` of the
follower. If ``W(s) >= sum_b h(b|s) [r_A(s,a,b) + gamma_A sum_t p(t|s,a,b) W(t)]`` for every leader action, then no
leader policy is worth more than ``W`` against ``h``. Of several such ``W`` the least counts in every state.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

from ssg_mip.checker.dual.numbers import FINE, Numbers, highest
from ssg_mip.checker.rational import ExactGame

Defence = tuple[tuple[int, ...], tuple[int, ...]]
"""Weights over follower slots, normalised state by state, and ``W`` in multiples of ``2^-grid``."""


def is_zero_sum(exact: ExactGame) -> bool:
    """Whether one player's reward is the other's loss, discounted alike."""
    return exact.leader_discount == exact.follower_discount and all(
        mine == -theirs for mine, theirs in zip(exact.leader_rewards, exact.follower_rewards, strict=True)
    )


def least_values(numbers: Numbers, grid: int, defences: Sequence[Defence]) -> list[Fraction] | None:
    """The least of the proven ``W``, state by state; ``None`` if a defence does not prove its own."""
    if not defences or not all(_proves(numbers, grid, *defence) for defence in defences):
        return None
    return [Fraction(min(column), 1 << grid) for column in zip(*(values for _, values in defences), strict=True)]


def _proves(numbers: Numbers, grid: int, mix: Sequence[int], values: Sequence[int]) -> bool:
    """Whether no leader action improves on the values against the mix."""
    offsets = itertools.accumulate(numbers.follower_counts, initial=0)
    for state, first in zip(range(numbers.num_states), offsets, strict=False):
        count = numbers.follower_counts[state]
        shares = mix[first : first + count]
        total = sum(shares)
        if total <= 0 or min(shares) < 0:
            return False
        for leader in range(numbers.leader_counts[state]):
            row = numbers.row(state, leader, 0)
            worth = sum(
                share * ((numbers.leader_rewards[row + b][1] << grid) + highest(numbers.leader_moves[row + b], values))
                for b, share in enumerate(shares)
            )
            if worth > total * (values[state] << FINE):
                return False
    return True
