r"""Interval propagation of the follower's Bellman equations, rounded outwards on the grid of the boxes.

Every rule of the search's own propagation is here, at least as strong: no part is larger than the search saw it.

For ``l <= v <= u``, ``q(s,a,b) = r_B + gamma_B sum_t p v(t)``, and its bounds ``q- <= q <= q+`` over the box:

* ``v(s) >= min_a sum_b beta(b) q-(s,a,b)`` for every mix ``beta`` of follower actions, because a best response is worth
  no less; mixes of two actions are tried;
* ``v(s) <= max_a q+(s,a,b)`` for the answer ``b``, hence for the best open one;
* ``b`` is no answer where ``max_a q+(s,a,b) < l(s)``, or where some ``c`` has ``q(s,a,c) > q(s,a,b) - m`` for every
  ``a`` and every ``v`` in the box, with ``m`` the margin that is asked for;
* for every ``b`` some ``a`` has ``q(s,a,b) <= u(s)``, because the mean over ``f(s)`` is at most ``v(s)``. Only those
  with ``q-(s,a,b) <= u(s)`` can, and as ``q >= q- + gamma_B p (v(t) - l(t))``, if all of them lead to ``t`` then
  ``v(t) <= l(t) + max_a (u(s) - q-(s,a,b)) / (gamma_B p)``;
* for an open ``b`` some ``a`` has ``q(s,a,b) >= l(s)``, because the mean for the answer is ``v(s)``; likewise
  ``v(t) >= u(t) - max_ab (q+(s,a,b) - l(s)) / (gamma_B p)``.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction

from ssg_mip.checker.dual.numbers import FINE, Enclosure, Numbers, Terms, highest, lowest, shifted_up


@dataclasses.dataclass(frozen=True, eq=False)
class Region:
    """A node: bounds on every ``v(t)`` in multiples of ``2^-grid``, and the open answers of every state.

    ``mixes`` holds by state the least and the largest probability of its first leader action, where it was split, and
    ``unused`` the actions of the leader by state that are closed.
    """

    lower: tuple[int, ...]
    upper: tuple[int, ...]
    answers: tuple[frozenset[int], ...]
    mixes: tuple[tuple[int, Fraction, Fraction], ...] = ()
    unused: frozenset[tuple[int, int]] = frozenset()

    def actions(self, state: int, count: int) -> list[int]:
        """The leader's actions that are open in a state, of so many."""
        return [action for action in range(count) if (state, action) not in self.unused]

    def without(self, state: int, action: int) -> Region:
        """The part where an action of the leader is not used."""
        return dataclasses.replace(self, unused=self.unused | {(state, action)})

    @property
    def empty(self) -> bool:
        """Whether an interval is empty or a state has no answer left."""
        return (
            not all(self.answers)
            or any(low > high for low, high in zip(self.lower, self.upper, strict=True))
            or any(low > high for _, low, high in self.mixes)
        )

    def between(self, place: int, lower: int | None, upper: int | None) -> Region:
        """The part with ``lower <= v(place) <= upper``."""
        low, high = list(self.lower), list(self.upper)
        if lower is not None:
            low[place] = max(low[place], lower)
        if upper is not None:
            high[place] = min(high[place], upper)
        return dataclasses.replace(self, lower=tuple(low), upper=tuple(high))

    def mixing(self, state: int, least: Fraction, most: Fraction) -> Region:
        """The part where the first leader action of a state has a probability between these."""
        before = {place: (low, high) for place, low, high in self.mixes}
        low, high = before.get(state, (Fraction(0), Fraction(1)))
        before[state] = max(low, least), min(high, most)
        mixes = tuple((place, *ends) for place, ends in before.items())
        return dataclasses.replace(self, mixes=mixes)

    def answering(self, state: int, answers: frozenset[int]) -> Region:
        """The part where the answer in a state is among the given ones."""
        kept = tuple(mine & answers if s == state else mine for s, mine in enumerate(self.answers))
        return dataclasses.replace(self, answers=kept)


class Propagation:
    """Propagates regions of one game whose boxes are multiples of ``2^-grid``; the margin is one of ``2^-FINE``."""

    def __init__(self, numbers: Numbers, grid: int, margin: int = 0) -> None:
        self._margin = margin << grid
        self._numbers = numbers
        self._grid = grid
        self._rewards = [(low << grid, high << grid) for low, high in numbers.follower_rewards]
        self._moves = [{t: low for t, low, _ in moves if low > 0} for moves in numbers.follower_moves]
        self._leads: dict[tuple[int, int, int], list[tuple[Enclosure, Terms]]] = {}

    def is_upper_bound(self, values: tuple[int, ...]) -> bool:
        """Whether no joint action improves on ``values``: then the follower's values are at most these."""
        numbers = self._numbers
        return all(
            max(map(max, self._highs(values, state))) <= values[state] << FINE for state in range(numbers.num_states)
        )

    def is_lower_bound(self, values: tuple[int, ...]) -> bool:
        """Whether the follower has ``values`` at least, whatever the leader does."""
        return all(
            reaches(self._lows(values, state), values[state] << FINE) for state in range(self._numbers.num_states)
        )

    def sweep(self, region: Region) -> Region:
        """A region inside, with the same consistent policies; perhaps empty."""
        lower, upper, answers = list(region.lower), list(region.upper), list(region.answers)
        room = 2 * (sum(map(max, map(abs, lower), map(abs, upper))) + (1 << self._grid))
        for state, available in enumerate(region.answers):
            highs, lows = self._highs(region.upper, state), self._lows(region.lower, state)
            tops = [max(column) for column in zip(*highs, strict=True)]
            least, most = region.lower[state] << FINE, region.upper[state] << FINE
            kept = frozenset(
                b for b in available if tops[b] >= least and not self._beaten(region, state, b, (highs, lows), room)
            )
            answers[state] = kept
            if not kept:
                break
            upper[state] = min(upper[state], shifted_up(max(tops[b] for b in kept), FINE))
            lower[state] = max(lower[state], secured(lows) >> FINE)
            for b in range(len(tops)):
                rooms = [(a, b, most - row[b]) for a, row in enumerate(lows)]
                for t, room in self._look_back(state, rooms):
                    upper[t] = min(upper[t], region.lower[t] + room)
            rooms = [(a, b, row[b] - least) for a, row in enumerate(highs) for b in kept]
            for t, room in self._look_back(state, rooms):
                lower[t] = max(lower[t], region.upper[t] - room)
        return dataclasses.replace(region, lower=tuple(lower), upper=tuple(upper), answers=tuple(answers))

    def _look_back(self, state: int, rooms: Iterable[tuple[int, int, int]]) -> list[tuple[int, int]]:
        """How far ``v(t)`` may move, for each ``t`` that all possible ``(a, b)`` lead to.

        Given is, per ``(a, b)``, the room that ``q`` has; it is possible if there is some.
        """
        possible = [(self._moves[self._numbers.row(state, a, b)], room) for a, b, room in rooms if room >= 0]
        if not possible:
            return []
        shared = set.intersection(*(set(moves) for moves, _ in possible))
        return [(t, max(-(-room // moves[t]) for moves, room in possible)) for t in sorted(shared)]

    def _highs(self, upper: Sequence[int], state: int) -> list[list[int]]:
        """``q(s,a,b)`` at most, per leader and follower action."""
        moves, rewards = self._numbers.follower_moves, self._rewards
        return [[rewards[k][1] + highest(moves[k], upper) for k in rows] for rows in self._rows_of(state)]

    def _lows(self, lower: Sequence[int], state: int) -> list[list[int]]:
        """``q(s,a,b)`` at least, per leader and follower action."""
        moves, rewards = self._numbers.follower_moves, self._rewards
        return [[rewards[k][0] + lowest(moves[k], lower) for k in rows] for rows in self._rows_of(state)]

    def _rows_of(self, state: int) -> list[range]:
        """Rows of a state, per leader action."""
        first, count = self._numbers.first_row[state], self._numbers.follower_counts[state]
        return [range(k, k + count) for k in range(first, first + self._numbers.leader_counts[state] * count, count)]

    def _beaten(self, region: Region, state: int, answer: int, ends: tuple[list[list[int]], ...], room: int) -> bool:
        """Whether for some other action the lead is below the margin, whatever the leader plays and the values are.

        At the upper values the lead is at least the difference of the ``ends`` of ``q`` there less the ``room`` of
        their rounding, and likewise at the lower ones; where that is large enough, the lead is not worked out.
        """
        return any(
            not any(row[answer] - row[other] - room >= self._margin for end in ends for row in end)
            and all(_most(reward, moves, region) < self._margin for reward, moves in self._lead(state, answer, other))
            for other in range(self._numbers.follower_counts[state])
            if other != answer
        )

    def _lead(self, state: int, answer: int, action: int) -> list[tuple[Enclosure, Terms]]:
        """What an answer has over an action, rewards as multiples of ``2^-(grid + FINE)``."""
        key = state, answer, action
        if key not in self._leads:
            entries = self._numbers.lead(*key)
            self._leads[key] = [((low << self._grid, high << self._grid), moves) for (low, high), moves in entries]
        return self._leads[key]


def _most(reward: Enclosure, moves: Terms, region: Region) -> int:
    """The largest that ``reward + sum c(t) v(t)`` can be over a region."""
    total = reward[1]
    for t, low, high in moves:
        down, up = region.lower[t], region.upper[t]
        total += max(low * down, low * up, high * down, high * up)
    return total


def reaches(lows: Sequence[Sequence[int]], least: int) -> bool:
    """Whether the follower can secure so much by one action or by a mix of two; ``lows[a][b]``."""
    return max(map(min, zip(*lows, strict=True))) >= least or secured(lows) >= least


def secured(lows: Sequence[Sequence[int]]) -> int:
    """What the follower can secure by one action or by a mix of two, rounded down; ``lows[a][b]``.

    ``min_a`` over a mix of two columns is concave in the share and breaks where two rows cross.
    """
    columns = list(zip(*lows, strict=True))
    best: int = max(min(column) for column in columns)
    for x, y in itertools.combinations(columns, 2):
        for (x_i, y_i), (x_j, y_j) in itertools.combinations(zip(x, y, strict=True), 2):
            share, whole = y_j - y_i, (x_i - y_i) - (x_j - y_j)
            if whole < 0:
                share, whole = -share, -whole
            if 0 < share < whole:
                worst = min(share * one + (whole - share) * other for one, other in zip(x, y, strict=True))
                best = max(best, worst // whole)
    return best
