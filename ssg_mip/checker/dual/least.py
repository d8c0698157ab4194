"""What the leader gets at least, whatever both players do: a node whose values are bounded below that is empty."""

from __future__ import annotations

from fractions import Fraction

from ssg_mip.checker.dual.numbers import FINE, Numbers, lowest

SWEEPS = 200
"""Sweeps from the least reward in every step; each raises the bounds, none makes them wrong."""


def least_weighted_value(numbers: Numbers, grid: int, weights: tuple[Fraction, ...]) -> Fraction:
    """A lower bound on the weighted value of every pair of policies.

    ``L <= r_A + gamma_A p L`` on every joint action holds for the least reward for ever, and for every ``L`` that the
    right-hand sides of a valid one leave at least. Bounds are rounded down to multiples of ``2^-grid``.
    """
    smallest = min(low for low, _ in numbers.leader_rewards)
    total = numbers.weight_total[0 if smallest >= 0 else 1]
    values = [((smallest * total) >> FINE << grid) >> FINE] * numbers.num_states
    for _ in range(SWEEPS):
        raised = [max(old, _least(numbers, grid, state, values)) for state, old in enumerate(values)]
        if raised == values:
            break
        values = raised
    return sum((w * Fraction(value, 1 << grid) for w, value in zip(weights, values, strict=True)), Fraction(0))


def _least(numbers: Numbers, grid: int, state: int, values: list[int]) -> int:
    """The least ``r_A + gamma_A p values`` over the joint actions of a state, rounded down."""
    first = numbers.first_row[state]
    rows = range(first, first + numbers.leader_counts[state] * numbers.follower_counts[state])
    return min((numbers.leader_rewards[k][0] << grid) + lowest(numbers.leader_moves[k], values) for k in rows) >> FINE
