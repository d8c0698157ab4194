r"""Interval propagation of the follower's Bellman equations, rounded outwards on the grid of the boxes.

For ``l <= v <= u`` and ``q(s,a,b) = r_B + gamma_B sum_t p v(t)``:

* ``v(s) >= min_a q(s,a,b)`` for every ``b``, because the follower may answer ``b``;
* ``v(s) <= max_a q(s,a,b)`` for the answer ``b``, hence for the best open one;
* ``b`` is no answer where ``max_a q(s,a,b) < l(s)``, or where some ``c`` has ``q(s,a,c) > q(s,a,b)`` for every ``a``
  and every ``v`` in the box.
"""

from __future__ import annotations

import dataclasses

from ssg_mip.certificates.dual.numbers import FINE, Enclosure, Numbers, Terms, highest, lowest, shifted_up


@dataclasses.dataclass(frozen=True, eq=False)
class Region:
    """A node: bounds on every ``v(t)`` in multiples of ``2^-grid``, and the open answers of every state."""

    lower: tuple[int, ...]
    upper: tuple[int, ...]
    answers: tuple[frozenset[int], ...]

    @property
    def empty(self) -> bool:
        """Whether an interval is empty or a state has no answer left."""
        return not all(self.answers) or any(low > high for low, high in zip(self.lower, self.upper, strict=True))

    def between(self, place: int, lower: int | None, upper: int | None) -> Region:
        """The part with ``lower <= v(place) <= upper``."""
        low, high = list(self.lower), list(self.upper)
        if lower is not None:
            low[place] = max(low[place], lower)
        if upper is not None:
            high[place] = min(high[place], upper)
        return Region(tuple(low), tuple(high), self.answers)

    def answering(self, state: int, answers: frozenset[int]) -> Region:
        """The part where the answer in a state is among the given ones."""
        return Region(
            self.lower,
            self.upper,
            tuple(mine & answers if s == state else mine for s, mine in enumerate(self.answers)),
        )


class Propagation:
    """Propagates regions of one game whose boxes are multiples of ``2^-grid``."""

    def __init__(self, numbers: Numbers, grid: int) -> None:
        self._numbers = numbers
        self._grid = grid
        self._rewards = [(low << grid, high << grid) for low, high in numbers.follower_rewards]
        self._lead = [
            {
                pair: [((reward[0] << grid, reward[1] << grid), moves) for reward, moves in entries]
                for pair, entries in table.items()
            }
            for table in numbers.lead
        ]

    def is_upper_bound(self, values: tuple[int, ...]) -> bool:
        """Whether no joint action improves on ``values``: then the follower's values are at most these."""
        numbers = self._numbers
        return all(
            max(self._tops(values, state, range(numbers.follower_counts[state]))) <= values[state] << FINE
            for state in range(numbers.num_states)
        )

    def is_lower_bound(self, values: tuple[int, ...]) -> bool:
        """Whether the follower has ``values`` at least, whatever the leader does."""
        return all(
            max(self._floors(values, state)) >= values[state] << FINE for state in range(self._numbers.num_states)
        )

    def sweep(self, region: Region) -> Region:
        """A region inside, with the same consistent policies; perhaps empty."""
        lower, upper, answers = list(region.lower), list(region.upper), list(region.answers)
        for state, available in enumerate(region.answers):
            least = region.lower[state] << FINE
            ordered = sorted(available)
            tops = dict(zip(ordered, self._tops(region.upper, state, ordered), strict=True))
            kept = frozenset(b for b in ordered if tops[b] >= least and not self._beaten(region, state, b))
            answers[state] = kept
            if not kept:
                return Region(region.lower, region.upper, tuple(answers))
            upper[state] = min(upper[state], shifted_up(max(tops[b] for b in kept), FINE))
            lower[state] = max(lower[state], max(self._floors(region.lower, state)) >> FINE)
        return Region(tuple(lower), tuple(upper), tuple(answers))

    def _tops(self, upper: tuple[int, ...], state: int, actions: range | list[int]) -> list[int]:
        """``max_a q(s,a,b)`` for some follower actions, rounded up."""
        numbers = self._numbers
        first, count = numbers.first_row[state], numbers.follower_counts[state]
        rows = range(first, first + numbers.leader_counts[state] * count, count)
        moves, rewards = numbers.follower_moves, self._rewards
        return [max(rewards[k + b][1] + highest(moves[k + b], upper) for k in rows) for b in actions]

    def _floors(self, lower: tuple[int, ...], state: int) -> list[int]:
        """``min_a q(s,a,b)`` for every follower action, rounded down."""
        numbers = self._numbers
        first, count = numbers.first_row[state], numbers.follower_counts[state]
        rows = range(first, first + numbers.leader_counts[state] * count, count)
        moves, rewards = numbers.follower_moves, self._rewards
        return [min(rewards[k + b][0] + lowest(moves[k + b], lower) for k in rows) for b in range(count)]

    def _beaten(self, region: Region, state: int, answer: int) -> bool:
        """Whether some other action is better for every leader action and all values of the region."""
        return any(
            all(_most(reward, moves, region) < 0 for reward, moves in entries)
            for (b, _), entries in self._lead[state].items()
            if b == answer
        )


def _most(reward: Enclosure, moves: Terms, region: Region) -> int:
    """The largest that ``reward + sum c(t) v(t)`` can be over a region."""
    total = reward[1]
    for t, low, high in moves:
        down, up = region.lower[t], region.upper[t]
        total += max(low * down, low * up, high * down, high * up)
    return total
