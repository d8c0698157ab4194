"""Bounds on both players' values that a round rests on.

Bounds on the follower's values are valid as those of a root box are: no joint action improves on the upper ones, and
the follower can secure the lower ones by an action or a mix of two. Those on the leader's values hold for every pair of
policies: no joint action leads above the upper ones or below the lower ones. Where a round gives none, the least and
the largest reward over ``1 - gamma`` serve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ssg_mip.checker.dual.propagation import reaches
from ssg_mip.checker.dual.remainder import Remainder
from ssg_mip.checker.dual.rounds import ReductionError
from ssg_mip.checker.rational import ExactGame

Values = tuple[Fraction, ...]
"""One for each state that is left."""

GivenBounds = tuple[tuple[float, ...], tuple[float, ...]] | None
"""Lower and upper ones in the states that are left; ``None`` for none."""

PRECISION = 192
"""What the follower can secure by a mix is rounded down to a multiple of two to minus this."""


def follower_bounds(left: Remainder, given: GivenBounds, place: Mapping[int, int]) -> tuple[Values, Values]:
    """Those of the round on the follower's values, derived again.

    Raises
    ------
    ReductionError
        If they do not hold.
    """
    exact = left.exact
    if given is None:
        return _trivial(left, exact.follower_rewards, exact.follower_discount)
    lower, upper = (tuple(map(Fraction, end)) for end in given)
    for state, low, high in zip(left.states, lower, upper, strict=True):
        left.stop_in_time()
        lows, highs = [], []
        for a in left.leaders(state):
            rows = [left.row(state, a, b) for b in left.followers(state)]
            lows.append(
                [_worth(exact, row, exact.follower_rewards, exact.follower_discount, lower, place) for row in rows]
            )
            highs += [_worth(exact, row, exact.follower_rewards, exact.follower_discount, upper, place) for row in rows]
        if max(highs) > high:
            raise ReductionError(f"state {state}: the follower may be worth more than his upper bound")
        if max(map(min, zip(*lows, strict=True))) < low and not reaches(
            [list(map(_floored, row)) for row in lows], -_floored(-low)
        ):
            raise ReductionError(f"state {state}: the follower cannot secure his lower bound")
    return lower, upper


def leader_bounds(left: Remainder, given: GivenBounds, place: Mapping[int, int]) -> tuple[Values, Values]:
    """Those of the round on the leader's values, derived again.

    Raises
    ------
    ReductionError
        If they do not hold.
    """
    rewards, discount = left.exact.leader_rewards, left.exact.leader_discount
    if given is None:
        return _trivial(left, rewards, discount)
    lower, upper = (tuple(map(Fraction, end)) for end in given)
    for state, low, high in zip(left.states, lower, upper, strict=True):
        left.stop_in_time()
        for row in left.rows_of(state):
            if _worth(left.exact, row, rewards, discount, lower, place) < low:
                raise ReductionError(f"state {state}: the leader may be worth less than the lower bound")
            if _worth(left.exact, row, rewards, discount, upper, place) > high:
                raise ReductionError(f"state {state}: the leader may be worth more than the upper bound")
    return lower, upper


def _trivial(left: Remainder, rewards: Sequence[Fraction], discount: Fraction) -> tuple[Values, Values]:
    """The least and the largest reward that is left, for ever."""
    found = [rewards[row] for state in left.states for row in left.rows_of(state)]
    lower, upper = min(found) / (1 - discount), max(found) / (1 - discount)
    return (lower,) * len(left.states), (upper,) * len(left.states)


def _worth(
    exact: ExactGame,
    row: int,
    rewards: Sequence[Fraction],
    discount: Fraction,
    values: Values,
    place: Mapping[int, int],
) -> Fraction:
    """``r + gamma p v`` of a row."""
    move = exact.rows[row]
    mean = sum(
        (above * values[place[t]] for t, above in zip(move.places, move.numerators, strict=True) if above),
        Fraction(0),
    )
    return rewards[row] + discount * mean / move.total


def _floored(value: Fraction) -> int:
    return (value.numerator << PRECISION) // value.denominator
