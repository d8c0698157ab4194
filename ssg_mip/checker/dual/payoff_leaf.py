r"""What a leaf of payoff sets proves: no leader, with memory or without, is worth more than ``min_k H_k(s) - k L(s)``.

The leaf has slopes ``0 = k_0 < ... < k_n``, bounds ``H_i(s)`` on ``V + k_i v``, bounds ``L <= v <= U`` on what the
follower gets from a best response, and for every ``(s, b, i)`` a slope ``k_j >= k_i`` and a mix ``beta`` of actions.
What is to be checked, state by state:

* ``U(s) >= max_ab q_U(s,a,b)`` with ``q_U = r_B + gamma_B p U``: nobody gets more.
* ``L(s) <= min_a sum_b beta(b) q_L(s,a,b)`` for the mix named for the state: he secures it by playing that.
* ``H_i(s) >= max_b max_a { r_A + k_j r_B + gamma_A sum_t p(t) H(t, (gamma_B/gamma_A) k_j)
  - (k_j - k_i) sum_c beta(c) q_L(s,a,c) }``, where ``H(t, k)`` interpolates between neighbouring slopes and is
  ``H_n(t) + (k - k_n) U(t)`` beyond the last one. As ``V + k v`` has a convex upper envelope in ``k``, this is a bound.

If ``d`` is the largest amount by which a leader exceeds some ``H_i(s)`` anywhere, the last rows say that it is at most
``gamma_A d``: so there is none. (With ``gamma_A = 0`` the part of what follows is ``gamma_B k_j U``.) In the step that
was used ``v(s) = q(s,b)`` for the answer ``b`` and ``v(s) >= q(s,c)`` for every other action, after every history.

Everything is computed in floating point; every expression also from absolute values, and its rounding is counted as
``K u`` times that, where ``K`` is twice the number of operations behind a term (Higham, *Accuracy and Stability of
Numerical Algorithms*, section 3.1). Rewards and probabilities are fractions, rounded to the nearest float first.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ssg_mip.checker.dual.fields import listed_values, numbers, whole
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.rational import exact_weights
from ssg_mip.errors import InvalidResultError
from ssg_mip.numerics.array_types import FloatArray, IntArray

EPSILON = float(np.finfo(float).eps)

OTHER_OPERATIONS = 30
"""Operations behind a term besides the sums over successors, slopes and mixes, generously."""

MOST_SLOPES = 1000
"""Slopes that a leaf may have."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PayoffLeaf:
    """Slopes, bounds per state, mixes by number of actions, and by state which mix and slope are meant.

    ``jumps`` and ``picks`` are ``[follower actions][slopes]`` for each state, ``secure`` a mix for each.
    """

    slopes: FloatArray
    support: FloatArray
    lower: FloatArray
    upper: FloatArray
    mixes: dict[int, FloatArray]
    secure: tuple[int, ...]
    jumps: tuple[IntArray, ...]
    picks: tuple[IntArray, ...]


def read_payoff_leaf(data: Sequence[Any], game: Numbers) -> PayoffLeaf:
    """A leaf from the line of its node.

    Raises
    ------
    InvalidResultError
        If it does not fit the game, a slope falls, a jump leads to a smaller slope, or a mix is none.
    """
    if len(data) != 9:
        raise InvalidResultError(f"a leaf of payoff sets has {len(data)} entries; it must have 9")
    count = game.num_states
    slopes = np.array(numbers(data[1], None, "the slopes"))
    if slopes[0] != 0.0 or not (np.diff(slopes) > 0.0).all() or len(slopes) > MOST_SLOPES:
        raise InvalidResultError(f"the slopes must begin with 0 and rise, at most {MOST_SLOPES} of them")
    support = [numbers(row, len(slopes), "bounds of a state") for row in listed_values(data[2], count, "the bounds")]
    mixes = _read_mixes(data[5])
    missing = set(game.follower_counts) - set(mixes)
    if missing:
        raise InvalidResultError(f"there are no mixes for states of {min(missing)} follower actions")
    most = [len(mixes[actions]) - 1 for actions in game.follower_counts]
    secure = [
        whole(one, 0, last, "the mix that secures")
        for one, last in zip(listed_values(data[6], count, "the mixes that secure"), most, strict=True)
    ]
    shapes = [(actions, len(slopes)) for actions in game.follower_counts]
    jumps = _read_tables(data[7], shapes, [len(slopes) - 1] * count, "a jump")
    for table in jumps:
        if (table < np.arange(len(slopes))).any():
            raise InvalidResultError("a jump leads to a smaller slope: its multipliers would be negative")
    return PayoffLeaf(
        slopes=slopes,
        support=np.array(support).reshape(count, len(slopes)),
        lower=np.array(numbers(data[3], count, "the leaf's lower")),
        upper=np.array(numbers(data[4], count, "the leaf's upper")),
        mixes=mixes,
        secure=tuple(secure),
        jumps=jumps,
        picks=_read_tables(data[8], shapes, most, "a pick"),
    )


def _read_mixes(data: Any) -> dict[int, FloatArray]:
    found: dict[int, FloatArray] = {}
    for entry in listed_values(data, None, "the mixes"):
        count, rows = listed_values(entry, 2, "mixes of so many actions")
        count = whole(count, 1, None, "a number of follower actions")
        table = np.array([numbers(row, count, "a mix") for row in listed_values(rows, None, "mixes")])
        sums = [sum(map(Fraction, row), Fraction(0)) for row in table.tolist()]
        allowed = Fraction(EPSILON) * (count + 1)  # they count as divided by their sums
        if not sums or (table < 0.0).any() or any(abs(one - 1) > allowed for one in sums):
            raise InvalidResultError(f"mixes of {count} actions must be at least 0 and sum to 1")
        found[count] = table
    return found


def _read_tables(data: Any, shapes: Sequence[tuple[int, int]], most: Sequence[int], label: str) -> tuple[IntArray, ...]:
    """A table of whole numbers for each state."""
    found = []
    for table, (rows, columns), last in zip(listed_values(data, len(shapes), label), shapes, most, strict=True):
        listed = [listed_values(row, columns, label) for row in listed_values(table, rows, label)]
        found.append(np.array([[whole(one, 0, last, label) for one in row] for row in listed], dtype=np.int64))
    return tuple(found)


class PayoffProof:
    """Checks leaves of payoff sets in one game.

    Parameters
    ----------
    numbers
        The game, in the units of the certificate.
    """

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._exact = numbers.exact
        self._longest = max((len(row.places) for row in self._exact.rows), default=1)

    @cached_property
    def _rewards(self) -> tuple[FloatArray, FloatArray]:
        """Both players' rewards, each the nearest float."""
        exact = self._exact
        return tuple(np.array([float(one) for one in own]) for own in (exact.leader_rewards, exact.follower_rewards))  # type: ignore[return-value]

    @cached_property
    def _moves(self) -> Any:
        """The transitions, SciPy CSR ``[rows, states]``, each probability the nearest float."""
        from scipy.sparse import csr_array

        rows = self._exact.rows
        ends = np.cumsum([0, *(len(row.places) for row in rows)])
        places = np.fromiter(itertools.chain.from_iterable(row.places for row in rows), dtype=np.int64)
        shares = np.array([above / row.total for row in rows for above in row.numerators])
        return csr_array((shares, places, ends), shape=(len(rows), self._numbers.num_states))

    def bound(self, leaf: PayoffLeaf) -> FloatArray | None:
        """What no leader exceeds in each state, rounded up; ``None`` if the leaf proves nothing.

        What overflows proves nothing: an inequality must hold, and one with what is no number never does.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            if not self._follower_within(leaf) or not self._supports(leaf):
                return None
        values = leaf.support - leaf.slopes * leaf.lower[:, None]
        error = 8.0 * EPSILON * (np.abs(leaf.support) + leaf.slopes * np.abs(leaf.lower[:, None]))
        found: FloatArray = np.nextafter((values + error).min(axis=1), np.inf)
        return found

    def weighted(self, upper: FloatArray, weights: Sequence[float | Fraction]) -> Fraction:
        """A weighted sum of what no leader exceeds."""
        shares = exact_weights(weights)
        return sum((share * Fraction(one) for share, one in zip(shares, upper.tolist(), strict=True)), Fraction(0))

    # ------------------------------------------------------------------ the follower's bounds

    def _actions_after(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """``r_B + gamma_B p values`` per row, and the same of absolute values."""
        discount = float(self._exact.follower_discount)
        rewards = self._rewards[1]
        return (
            rewards + discount * (self._moves @ values),
            np.abs(rewards) + discount * (self._moves @ np.abs(values)),
        )

    def _error(self, size: FloatArray, further: int = 0) -> FloatArray:
        """What rounding may change of an expression with terms of such a size."""
        found: FloatArray = 2.0 * EPSILON * (self._longest + further + OTHER_OPERATIONS) * size + np.finfo(float).tiny
        return found

    def _rows_of(self, state: int) -> IntArray:
        leader, follower = self._numbers.leader_counts[state], self._numbers.follower_counts[state]
        first = self._numbers.first_row[state]
        return np.arange(first, first + leader * follower).reshape(leader, follower)

    def _follower_within(self, leaf: PayoffLeaf) -> bool:
        """Whether he gets at most ``U`` and secures ``L``."""
        above, size = self._actions_after(leaf.upper)
        starts = np.array(self._numbers.first_row)
        if not (np.maximum.reduceat(above + self._error(size), starts) <= leaf.upper).all():
            return False
        below, size = self._actions_after(leaf.lower)
        for state, pick in enumerate(leaf.secure):
            rows, mix = self._rows_of(state), leaf.mixes[self._numbers.follower_counts[state]][pick]
            secured = below[rows] @ mix - self._error(size[rows] @ mix, len(mix))
            if not secured.min() >= leaf.lower[state]:
                return False
        return True

    # ------------------------------------------------------------------ what both get together

    def _follows(self, leaf: PayoffLeaf) -> FloatArray:
        """``gamma_A H(t, (gamma_B/gamma_A) k)`` per state and slope of the grid."""
        bounds, upper = leaf.support, leaf.upper
        mine, his = float(self._exact.leader_discount), float(self._exact.follower_discount)
        if mine == 0.0:
            return his * leaf.slopes * upper[:, None]
        wanted, last = leaf.slopes * (his / mine), leaf.slopes[-1]
        found = np.empty_like(bounds)
        for place, slope in enumerate(wanted.tolist()):
            if slope >= last:
                found[:, place] = bounds[:, -1] + (slope - last) * upper
                continue
            low = int(np.searchsorted(leaf.slopes, slope, side="right")) - 1
            share = (slope - leaf.slopes[low]) / (leaf.slopes[low + 1] - leaf.slopes[low])
            found[:, place] = (1.0 - share) * bounds[:, low] + share * bounds[:, low + 1]
        return mine * found

    def _size_of_what_follows(self, leaf: PayoffLeaf) -> FloatArray:
        """How large the terms behind :meth:`_follows` are, also where a slope that is rounded moves its share."""
        mine, his = float(self._exact.leader_discount), float(self._exact.follower_discount)
        bounds, upper = np.abs(leaf.support), np.abs(leaf.upper)
        if mine == 0.0:
            return his * leaf.slopes * upper[:, None]
        wanted, last = leaf.slopes * (his / mine), leaf.slopes[-1]
        found = np.empty_like(bounds)
        for place, slope in enumerate(wanted.tolist()):
            low = min(int(np.searchsorted(leaf.slopes, slope, side="right")) - 1, max(len(leaf.slopes) - 2, 0))
            high = min(low + 1, len(leaf.slopes) - 1)
            width = leaf.slopes[high] - leaf.slopes[low] if high > low else 1.0
            found[:, place] = (1.0 + min(slope, last) / width) * (bounds[:, low] + bounds[:, high]) + slope * upper
        return mine * found

    def _supports(self, leaf: PayoffLeaf) -> bool:
        """Whether ``H`` is at least what one step makes of it, in every state, for every answer and slope."""
        mine, his = self._rewards
        after = mine[:, None] + leaf.slopes * his[:, None] + self._moves @ self._follows(leaf)
        sizes = np.abs(mine)[:, None] + leaf.slopes * np.abs(his)[:, None]
        sizes += self._moves @ self._size_of_what_follows(leaf)
        punished, punished_size = self._actions_after(leaf.lower)
        return all(
            self._supported(leaf, state, (after, sizes), (punished, punished_size))
            for state in range(self._numbers.num_states)
        )

    def _supported(
        self,
        leaf: PayoffLeaf,
        state: int,
        after: tuple[FloatArray, FloatArray],
        punished: tuple[FloatArray, FloatArray],
    ) -> bool:
        rows, jumps = self._rows_of(state), leaf.jumps[state]
        mixes = leaf.mixes[rows.shape[1]]
        answers = np.arange(rows.shape[1])[:, None]
        sums = leaf.slopes[jumps] - leaf.slopes
        gained, size = (own[rows][:, answers, jumps] for own in after)
        lost, lost_size = ((own[rows] @ mixes.T)[:, leaf.picks[state]] for own in punished)
        error = self._error(size + sums * lost_size, rows.shape[1] + 2)
        return bool((gained - sums * lost + error <= leaf.support[state]).all())
