r"""Answers that are never best while the leader's mix moves along an interval in one state.

In a state ``z`` with two leader actions the first is played with ``p = (1 - x) p1 + x p2``, ``x`` from 0 to 1; in other
states with any mix of the corners. Let ``w1`` and ``w2`` be any values, ``R > 0`` and ``N = 1 - x + x R``, and take
``w = ((1 - x) w1 + x R w2) / N``. The advantage ``d(p, w; s, b) = q(s, b) - w(s)``, with ``q = r_B + gamma_B p w``, is
affine in ``w``, and in the mix of the state ``s`` too. So

* for ``s != z`` it is the mean of ``d(w1)`` and ``d(w2)`` with the weights ``(1 - x) / N`` and ``x R / N``, and each of
  these a mean over corners;
* in ``z`` it is the sum of ``d(p1, w1)``, ``d(p1, w2)``, ``d(p2, w1)`` and ``d(p2, w2)`` times ``(1 - x)^2 / N``,
  ``(1 - x) x R / N``, ``x (1 - x) / N`` and ``x^2 R / N``, that is the mean of ``d(p1, w1)``, of
  ``m = (R d(p1, w2) + d(p2, w1)) / (1 + R)`` and of ``d(p2, w2)`` in which ``m`` has the weight
  ``x (1 - x) (1 + R) / N``.

Let ``hi`` and ``lo`` be the largest and the smallest of these numbers. If no ``hi`` is above ``e >= 0``,
``w + e / (1 - gamma_B)`` satisfies ``v >= max_b q`` everywhere on the interval, so that the follower's values are at
most that. If every state has an answer with ``lo >= -D``, ``D >= 0``, they are at least ``w - D / (1 - gamma_B)``. For
``b`` with ``hi < -(D + gamma_B e) / (1 - gamma_B)`` the follower's own values ``v`` give
``q(s, b) <= w(s) + hi + gamma_B e / (1 - gamma_B) < w(s) - D / (1 - gamma_B) <= v(s)``: it is never best.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ssg_mip.checker.dual.fields import listed_values, number, numbers, whole
from ssg_mip.checker.dual.mixes import Corner, Whole, worth
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.errors import InvalidResultError


@dataclasses.dataclass(frozen=True, kw_only=True)
class FollowerLine:
    """The state ``z``, values ``w1`` and ``w2``, and the ratio ``R``."""

    state: int
    first: Whole
    second: Whole
    ratio: Fraction


def read_line(data: Any, game: Numbers) -> FollowerLine | None:
    """A line as it stands in a leaf; ``None`` for ``null``.

    Raises
    ------
    InvalidResultError
        If it does not fit the game.
    """
    if data is None:
        return None
    label = "the line of a leaf of values"
    state, first, second, ratio = listed_values(data, 4, label)
    state = whole(state, 0, game.num_states - 1, "the state of a line")
    if game.leader_counts[state] != 2:
        raise InvalidResultError(
            f"{label}: state {state} has {game.leader_counts[state]} leader actions; a mix of 2 can move on a line"
        )
    ratio = number(ratio, "the ratio of a line")
    if ratio <= 0.0:
        raise InvalidResultError(f"the ratio of a line is {ratio!r}; it must be positive")
    ends = (Whole.of(numbers(values, game.num_states, label)) for values in (first, second))
    return FollowerLine(state=state, first=next(ends), second=next(ends), ratio=Fraction(ratio))


def never_best(
    line: FollowerLine, game: Numbers, corners: Sequence[Sequence[Corner]], ends: tuple[Corner, Corner]
) -> frozenset[tuple[int, int]]:
    """The answers ``(s, b)`` that a line shows to be never best.

    Parameters
    ----------
    line, game
        The line, and the game that it is about.
    corners
        By state, the mixes of which that of every policy is one; not looked at in the state of the line.
    ends
        The mixes there at ``p1`` and at ``p2``.
    """
    found = {
        (state, answer): _advantages(line, game, ends if state == line.state else corners[state], state, answer)
        for state, count in enumerate(game.follower_counts)
        for answer in range(count)
    }
    zero, discount = Fraction(0), game.exact.follower_discount
    above = max(zero, *(high for _, high in found.values()))
    secured = [
        max(found[state, answer][0] for answer in range(count)) for state, count in enumerate(game.follower_counts)
    ]
    below = max(zero, -min(secured))
    needed = (below + discount * above) / (1 - discount)
    return frozenset(key for key, (_, high) in found.items() if high < -needed)


def _advantages(
    line: FollowerLine, game: Numbers, mixes: Sequence[Corner], state: int, answer: int
) -> tuple[Fraction, Fraction]:
    """The smallest and the largest of the numbers of which an answer's advantage is a mean."""

    def advantage(mix: Corner, values: Whole) -> Fraction:
        return worth(game, mix, state, answer, values, leader=False) - values.fraction(state)

    if state != line.state:
        found = [advantage(mix, values) for mix in mixes for values in (line.first, line.second)]
    else:
        least, most = mixes
        between = line.ratio * advantage(least, line.second) + advantage(most, line.first)
        found = [advantage(least, line.first), between / (1 + line.ratio), advantage(most, line.second)]
    return min(found), max(found)
