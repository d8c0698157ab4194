r"""Bounds on a zero-sum game from mixed policies of the follower.

With ``r_B = c - k r_A``, ``k > 0``, and equal discounts a best response does the leader at least as much harm as any
policy ``h`` of the follower. Rewards are affine up to rounding: where ``r_B + k r_A`` stays within ``[c, c + w]`` the
follower's values differ from ``c / (1 - gamma) - k V_A`` by something within ``[0, w / (1 - gamma)]``, so a best
response leaves the leader at most ``w / (k (1 - gamma))`` more than ``h``.

If ``W(s) >= sum_b h(b|s) [r_A(s,a,b) + gamma_A sum_t p(t|s,a,b) W(t)]`` for every leader action, then no leader policy
is worth more than ``W`` against ``h``. Of several such ``W`` the least counts in every state.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

from ssg_mip.checker.dual.numbers import FINE, Numbers, highest
from ssg_mip.checker.rational import ExactGame

Defence = tuple[tuple[int, ...], tuple[int, ...]]
"""Weights over follower slots, normalised state by state, and ``W`` in multiples of ``2^-grid``."""


def slack_of_opposites(exact: ExactGame) -> Fraction | None:
    """By how much a best response may be better for the leader than any answer; ``None`` if nothing bounds it so.

    The factor is the one between the leader's largest and his least reward; any positive one gives a valid slack.
    """
    mine, theirs = exact.leader_rewards, exact.follower_rewards
    if exact.leader_discount != exact.follower_discount:
        return None
    if all(own == -his for own, his in zip(mine, theirs, strict=True)):
        return Fraction(0)
    most, least = max(range(len(mine)), key=mine.__getitem__), min(range(len(mine)), key=mine.__getitem__)
    if mine[most] == mine[least] or theirs[most] >= theirs[least]:
        return None
    factor = (theirs[least] - theirs[most]) / (mine[most] - mine[least])
    rest = [his + factor * own for own, his in zip(mine, theirs, strict=True)]
    return (max(rest) - min(rest)) / (factor * (1 - exact.leader_discount))


def least_values(numbers: Numbers, grid: int, defences: Sequence[Defence], slack: Fraction) -> list[Fraction] | None:
    """The least of the proven ``W`` and the slack, state by state; ``None`` if a defence does not prove its own."""
    if not defences or not all(_proves(numbers, grid, *defence) for defence in defences):
        return None
    proven = zip(*(values for _, values in defences), strict=True)
    return [Fraction(min(column), 1 << grid) + slack for column in proven]


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
