r"""What a leaf of values proves: no policy of its region is worth more than ``U`` in any state.

Let ``(f, g)`` with the follower's values ``v`` belong to the region, and let ``f(.|s)`` be a mix of *corners* ``x``: of
the single leader actions, or where the probability of the first of two was split, of the two mixes at its ends. As
``g`` is a best response, ``q(s,f,b) - q(s,f,c) >= m`` for the answer ``b = g(s)`` and any other ``c``, with ``m`` the
margin. So with multipliers ``k(c) >= 0`` the leader's ``r_A(s,f,b) + gamma_A p(s,f,b) U`` is at most the largest of

``r_A(s,x,b) + gamma_A p(s,x,b) U + sum_c k(c) (max_v [q(s,x,b) - q(s,x,c)] - m)``

over the corners, and if that is at most ``U(s)`` for every open answer that may be best, ``U`` is at least ``V``. An
answer is never best where ``sum_c k(c) (max_v [q(s,x,b) - q(s,x,c)] - m) < 0`` at every corner, or
``max_v q(s,x,b) < l(s)``, or where the line of the leaf shows it (:mod:`.follower_line`); a region with a state without
a best answer holds no policy.

``v`` ranges over a box: that of the region, or one of the leaf, which must hold the follower's values for all mixes of
the corners: ``q(s,x,b) <= u(s)`` at every corner and action for ``v = u``, and for ``v = l`` some action or mix of two
has ``q(s,x,.) >= l(s)`` at every corner. Everything is computed in whole numbers and fractions; nothing is rounded but
what a mix of two actions secures, downwards.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ssg_mip.checker.dual.document import Header
from ssg_mip.checker.dual.fields import listed_values, number, numbers, whole
from ssg_mip.checker.dual.follower_line import FollowerLine, never_best, read_line
from ssg_mip.checker.dual.mixes import Corner, Whole, mix_of, worth
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.dual.propagation import Region, reaches
from ssg_mip.checker.rational import ExactGame
from ssg_mip.errors import InvalidResultError

FLOOR_BITS = 64
"""What a mix of two actions secures is rounded down to this many bits more than the box has."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ValueLeaf:
    """Values ``U``, a box ``l, u`` or ``None`` for that of the region, multipliers by state and answer, and a line."""

    upper: Whole
    box: tuple[Whole, Whole] | None
    multipliers: Mapping[tuple[int, int], tuple[tuple[int, Fraction], ...]]
    line: FollowerLine | None = None


def read_value_leaf(data: Sequence[Any], game: Numbers) -> ValueLeaf:
    """A leaf from the line of its node.

    Raises
    ------
    InvalidResultError
        If it does not fit the game.
    """
    if len(data) not in (4, 5):
        raise InvalidResultError(f"a leaf of values has {len(data)} entries; it must have 4, or 5 with a line")
    count = game.num_states
    box = None
    if data[2] is not None:
        lower, upper = listed_values(data[2], 2, "the box of a leaf of values")
        box = Whole.of(numbers(lower, count, "a leaf's lower")), Whole.of(numbers(upper, count, "a leaf's upper"))
    multipliers: dict[tuple[int, int], tuple[tuple[int, Fraction], ...]] = {}
    for entry in listed_values(data[3], None, "the multipliers of a leaf of values"):
        key, pairs = _read_multipliers(entry, game)
        if key in multipliers:
            raise InvalidResultError(f"a leaf of values has multipliers for state {key[0]} and answer {key[1]} twice")
        multipliers[key] = pairs
    return ValueLeaf(
        upper=Whole.of(numbers(data[1], count, "the values of a leaf")),
        box=box,
        multipliers=multipliers,
        line=read_line(data[4], game) if len(data) == 5 else None,
    )


def _read_multipliers(entry: Any, game: Numbers) -> tuple[tuple[int, int], tuple[tuple[int, Fraction], ...]]:
    state, answer, pairs = listed_values(entry, 3, "multipliers of an answer")
    state = whole(state, 0, game.num_states - 1, "the state of multipliers")
    most = game.follower_counts[state] - 1
    answer = whole(answer, 0, most, "the answer of multipliers")
    found: list[tuple[int, Fraction]] = []
    for pair in listed_values(pairs, None, "the multipliers of an answer"):
        action, by = listed_values(pair, 2, "a multiplier")
        action, by = whole(action, 0, most, "the action of a multiplier"), number(by, "a multiplier")
        if by < 0.0 or action == answer or any(action == other for other, _ in found):
            raise InvalidResultError(
                f"state {state}, answer {answer}: the multiplier {by!r} of action {action} must be at least 0, of "
                "another action than the answer, and its only one"
            )
        found.append((action, Fraction(by)))
    return (state, answer), tuple(found)


class ValueBounds:
    """Bounds regions of one game by values.

    Parameters
    ----------
    numbers, grid
        The game; the boxes of regions are multiples of ``2^-grid``.
    margin
        By how much a response beats every other action, at most.
    """

    def __init__(self, numbers: Numbers, grid: int, margin: Fraction) -> None:
        self._numbers = numbers
        self._exact: ExactGame = numbers.exact
        self._grid = grid
        self._margin = margin

    def proves(self, leaf: ValueLeaf, region: Region) -> bool | None:
        """Whether no policy of a region is worth more than ``U`` anywhere; ``None`` if it holds no policy."""
        corners = self._corners(region)
        if leaf.box is None:
            box = Whole(values=region.lower, bits=self._grid), Whole(values=region.upper, bits=self._grid)
        else:
            box = leaf.box
            if not self._holds_values(box, corners):
                return False
        closed = self._closed(leaf.line, region, corners)
        proven = True
        for state in range(self._numbers.num_states):
            answered = False
            for answer in region.answers[state]:
                if (state, answer) in closed:
                    continue
                spare = self._spare(leaf, box, corners[state], state, answer)
                if spare is not None:
                    answered = True
                    proven = proven and min(spare) >= 0
            if not answered:
                return None
        return proven

    def _corners(self, region: Region) -> list[tuple[Corner, ...]]:
        """By state, the mixes of which every policy of a region is one."""
        one = Fraction(1)
        found: list[tuple[Corner, ...]] = [
            tuple(((a, one),) for a in range(count)) for count in self._numbers.leader_counts
        ]
        for state, low, high in region.mixes:
            found[state] = tuple(mix_of(share) for share in dict.fromkeys((low, high)))
        return found

    def _closed(
        self, line: FollowerLine | None, region: Region, corners: Sequence[Sequence[Corner]]
    ) -> frozenset[tuple[int, int]]:
        """The answers that a line shows to be never best in a region."""
        if line is None:
            return frozenset()
        split = {state: (low, high) for state, low, high in region.mixes}
        low, high = split.get(line.state, (Fraction(0), Fraction(1)))
        return never_best(line, self._numbers, corners, (mix_of(low), mix_of(high)))

    def _spare(
        self, leaf: ValueLeaf, box: tuple[Whole, Whole], corners: Sequence[Corner], state: int, answer: int
    ) -> list[Fraction] | None:
        """Per corner, by how much ``U(s)`` exceeds what is gained by an answer; ``None`` if it is never best."""
        multipliers = leaf.multipliers.get((state, answer), ())
        slack = [
            sum((by * (self._lead(box, corner, state, answer, c) - self._margin) for c, by in multipliers), Fraction(0))
            for corner in corners
        ]
        if max(slack) < 0:
            return None
        own = leaf.upper.fraction(state)
        gains = [worth(self._numbers, corner, state, answer, leaf.upper, leader=True) for corner in corners]
        spare = [own - gain - more for gain, more in zip(gains, slack, strict=True)]
        if min(spare) < 0 and self._is_poor(box, corners, state, answer):
            return None
        return spare

    def _is_poor(self, box: tuple[Whole, Whole], corners: Sequence[Corner], state: int, answer: int) -> bool:
        """Whether an answer is at every corner worth less to the follower than he gets in any case."""
        least = box[0].fraction(state)
        return all(worth(self._numbers, corner, state, answer, box[1], leader=False) < least for corner in corners)

    def _lead(self, box: tuple[Whole, Whole], corner: Corner, state: int, answer: int, action: int) -> Fraction:
        """The most that ``q`` of an answer exceeds that of another action at a corner, over a box."""
        exact = self._exact
        rows = [
            (sign * share, self._numbers.row(state, leader, b))
            for leader, share in corner
            for sign, b in ((1, answer), (-1, action))
        ]
        below = math.lcm(*(share.denominator * exact.rows[row].total for share, row in rows))
        total, moves = Fraction(0), dict[int, int]()
        for share, row in rows:
            total += share * exact.follower_rewards[row]
            move = exact.rows[row]
            factor = share.numerator * (below // (share.denominator * move.total))
            for t, above in zip(move.places, move.numerators, strict=True):
                moves[t] = moves.get(t, 0) + factor * above
        lower, upper = box
        bits = max(lower.bits, upper.bits)
        most = sum(
            max(factor * (lower.values[t] << (bits - lower.bits)), factor * (upper.values[t] << (bits - upper.bits)))
            for t, factor in moves.items()
            if factor
        )
        discount = exact.follower_discount
        return total + Fraction(discount.numerator * most, (discount.denominator * below) << bits)

    def _holds_values(self, box: tuple[Whole, Whole], corners: Sequence[Sequence[Corner]]) -> bool:
        """Whether the follower's values against every mix of the corners lie in a box."""
        numbers, (lower, upper) = self._numbers, box
        for state, count in enumerate(numbers.follower_counts):
            most, least = upper.fraction(state), lower.fraction(state)
            lows = []
            for corner in corners[state]:
                if any(worth(numbers, corner, state, b, upper, leader=False) > most for b in range(count)):
                    return False
                lows.append([worth(numbers, corner, state, b, lower, leader=False) for b in range(count)])
            if max(map(min, zip(*lows, strict=True))) >= least:
                continue
            bits = lower.bits + FLOOR_BITS
            floored = [[(q.numerator << bits) // q.denominator for q in row] for row in lows]
            if not reaches(floored, lower.values[state] << FLOOR_BITS):
                return False
        return True


def weighted_values(leaf: ValueLeaf, weights: Sequence[Fraction]) -> Fraction:
    """The weighted sum of ``U``."""
    used = [(weight, value) for weight, value in zip(weights, leaf.upper.values, strict=True) if weight]
    return sum((weight * value for weight, value in used), Fraction(0)) / (1 << leaf.upper.bits)


def held_to(leaf: ValueLeaf, header: Header) -> bool:
    """Whether ``U`` leaves no room for a floor of the certificate: then there is no policy as demanded."""
    return any(leaf.upper.fraction(state) < Fraction(least) for state, least in header.floor)


def read_mix_split(data: Sequence[Any], game: Numbers) -> tuple[int, Fraction]:
    """State and probability of a split by the probability of a first leader action.

    Raises
    ------
    InvalidResultError
        If the state has not two leader actions, or the number is no probability.
    """
    if len(data) != 3:
        raise InvalidResultError(f"a split of a mix has {len(data)} entries; it must have 3")
    state = whole(data[1], 0, game.num_states - 1, "the state of a split")
    if game.leader_counts[state] != 2:
        raise InvalidResultError(f"state {state} has {game.leader_counts[state]} leader actions; a mix of 2 is split")
    share = number(data[2], "the probability of a split")
    if not 0.0 <= share <= 1.0:
        raise InvalidResultError(f"the probability of a split is {share!r}; it must lie between 0 and 1")
    return state, Fraction(share)
