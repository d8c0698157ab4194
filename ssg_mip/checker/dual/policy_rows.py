r"""Rows on the leader's policy in a certificate, and how often the states that they couple are visited.

A certificate may be about the policies alone that keep some rows ``lower <= sum_sa C(s,a) f(a|s) <= upper``. Each row
has one *side* ``sum C f <= c``, or two, or is an equation. A side whose coefficients lie in one state is *statewise*:
with ``sigma(a) = C(a) - c`` for the actions of that state ``sum_a sigma(a) y(s,a,b) <= 0`` for every answer ``b``,
because ``y(s,.,b)`` is either 0 or a multiple of ``f(.|s)``; so does the same with ``x``, and times ``h(t)`` or
``1 - h(t)``. Any other side is *coupling*: ``sum_sab C(s,a) x(s,a,b) <= c``, and the same times ``h(t)`` or
``1 - h(t)``.

With ``d(s) = sum_ab y(s,a,b)`` in a state of a coupling side, ``y(s,a,b) = d(s) x(s,a,b)``. In the sum of all rows with
multipliers such a joint action then has ``x [cx + cy d + sum_t h(t) (cz_t + cw_t d)]``, and as the bracket is linear in
every ``h(t)`` and what is left convex in ``d``, its largest value on a box is found at the ends of ``d``.

The improvement program has the probabilities alone, in every state: the sides stand in ``x`` there as they are, and
without ``d`` the bracket is ``cx + sum_t h(t) cz_t``.

**Bounds on d.** ``d(t) <= sum_s weights(s) phi(s)`` if ``phi(s) >= 1{s = t} + gamma_A sum_s' p(s') phi(s')`` on every
joint action, and at least that if all these inequalities are turned around. In a node, with bounds ``e <= d <= o``,

* ``d(t) <= weights(t) + gamma_A sum_s o(s) max p(t|s,a,b)`` over all ``a`` and open ``b``; at least the same with ``e``
  and ``min``;
* ``d(t) <= 1 / (1 - gamma_A) - sum_(s != t) e(s)``, and at least the same with ``o``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from ssg_mip.checker.dual.numbers import FINE, Enclosure, Numbers, enclose, highest, lowest, shifted_up

SWEEPS = 3
"""Sweeps over the bounds on ``d`` in a node; at least as many as a search makes."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class GivenRow:
    """A row as it stands in a header; ``None`` for a side that it has not."""

    coefficients: tuple[float, ...]
    lower: float | None
    upper: float | None

    def to_list(self) -> list[Any]:
        """As in a header."""
        return [list(self.coefficients), self.lower, self.upper]

    @property
    def sides(self) -> Iterator[tuple[tuple[Fraction, ...], Fraction, bool]]:
        """Coefficients, limit, and whether it is an equation: above, then below."""
        exact = tuple(map(Fraction, self.coefficients))
        if self.upper is not None:
            yield exact, Fraction(self.upper), self.lower == self.upper
        if self.lower is not None and self.lower != self.upper:
            yield tuple(-value for value in exact), -Fraction(self.lower), False


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyDemand:
    """What a header says of rows on the policy.

    Attributes
    ----------
    rows
        The rows.
    below, above
        Per state ``t`` the functions ``phi`` that bound ``d(t)``; none for the improvement program.
    """

    rows: tuple[GivenRow, ...]
    below: tuple[tuple[float, ...], ...]
    above: tuple[tuple[float, ...], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class StatewiseSide:
    """``sum_a excess(a) y(s,a,b) <= 0`` for every answer of a state."""

    state: int
    excess: tuple[Enclosure, ...]
    equation: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class CouplingSide:
    """``sum coefficients(s,a) x(s,a,b) <= limit``; coefficients by state."""

    coefficients: dict[int, tuple[Enclosure, ...]]
    limit: Enclosure
    equation: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicySides:
    """The sides of all rows, in the order of the rows; ``coupled`` are the states of coupling ones, in rising order."""

    statewise: tuple[StatewiseSide, ...] = ()
    coupling: tuple[CouplingSide, ...] = ()
    coupled: tuple[int, ...] = ()


NO_SIDES = PolicySides()
"""Every policy."""


def sides_of(rows: Sequence[GivenRow], leader_counts: Sequence[int]) -> PolicySides:
    """The sides of rows, enclosed."""
    statewise: list[StatewiseSide] = []
    coupling: list[CouplingSide] = []
    for row in rows:
        for coefficients, limit, equation in row.sides:
            parts = _by_state(coefficients, leader_counts)
            if len(parts) == 1:
                ((state, own),) = parts.items()
                excess = tuple(enclose(value - limit) for value in own)
                statewise.append(StatewiseSide(state=state, excess=excess, equation=equation))
            else:
                enclosed = {state: tuple(map(enclose, own)) for state, own in parts.items()}
                coupling.append(CouplingSide(coefficients=enclosed, limit=enclose(limit), equation=equation))
    coupled = sorted(set().union(*(side.coefficients for side in coupling)))
    return PolicySides(statewise=tuple(statewise), coupling=tuple(coupling), coupled=tuple(coupled))


def _by_state(coefficients: Sequence[Fraction], leader_counts: Sequence[int]) -> dict[int, tuple[Fraction, ...]]:
    """Those of the states that have any but 0."""
    found, first = {}, 0
    for state, count in enumerate(leader_counts):
        own = tuple(coefficients[first : first + count])
        first += count
        if any(own):
            found[state] = own
    return found


class Visits:
    """Bounds on ``d`` of all states as multiples of ``2^-grid``, and how those of a node follow from its own.

    Parameters
    ----------
    numbers, grid
        The game with the weights; the grid of the boxes.
    demand
        The functions ``phi``.
    coupled
        The states whose ``d`` belongs to the boxes.
    """

    def __init__(self, numbers: Numbers, grid: int, demand: PolicyDemand, coupled: Sequence[int]) -> None:
        self._numbers = numbers
        self._grid = grid
        self._coupled = coupled
        bounds = [self._bounds(t, demand) for t in range(numbers.num_states)]
        self.lower, self.upper = ([ends[side] for ends in bounds] for side in (0, 1))

    def _bounds(self, state: int, demand: PolicyDemand) -> tuple[int, int]:
        """From the functions where they are valid, otherwise from the weights alone."""
        numbers, grid = self._numbers, self._grid
        weights = tuple((s, low, high) for s, (low, high) in enumerate(numbers.weights))
        total = shifted_up(numbers.weight_total[1] << grid, FINE)
        others = sum(low for s, (low, _) in enumerate(numbers.weights) if s != state)
        least, most = (numbers.weights[state][0] << grid) >> FINE, total - ((others << grid) >> FINE)
        above = _on_grid(demand.above[state], grid, up=True)
        if self._is_above(state, above):
            most = min(most, shifted_up(highest(weights, above), FINE))
        below = _on_grid(demand.below[state], grid, up=False)
        if self._is_below(state, below):
            least = max(least, lowest(weights, below) >> FINE)
        return least, most

    def _is_above(self, state: int, phi: Sequence[int]) -> bool:
        one = 1 << (self._grid + FINE)
        return all(
            phi[s] << FINE >= (one if s == state else 0) + highest(self._numbers.leader_moves[row], phi)
            for s, row in self._rows()
        )

    def _is_below(self, state: int, phi: Sequence[int]) -> bool:
        one = 1 << (self._grid + FINE)
        return all(
            phi[s] << FINE <= (one if s == state else 0) + lowest(self._numbers.leader_moves[row], phi)
            for s, row in self._rows()
        )

    def _rows(self) -> Iterator[tuple[int, int]]:
        numbers = self._numbers
        for state, first in enumerate(numbers.first_row):
            for row in range(first, first + numbers.leader_counts[state] * numbers.follower_counts[state]):
                yield state, row

    @property
    def root(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The bounds of the coupled states."""
        return tuple(self.lower[s] for s in self._coupled), tuple(self.upper[s] for s in self._coupled)

    def tightened(
        self, lower: Sequence[int], upper: Sequence[int], answers: Sequence[frozenset[int]]
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Bounds on the coupled states in a node, from its own and its open answers; perhaps empty ones."""
        low, high = list(self.lower), list(self.upper)
        for place, state in enumerate(self._coupled):
            low[state], high[state] = max(low[state], lower[place]), min(high[state], upper[place])
        numbers, grid = self._numbers, self._grid
        least, most = self._moves(answers)
        ends = [shifted_up(numbers.weight_total[1] << grid, FINE), (numbers.weight_total[0] << grid) >> FINE]
        for _ in range(SWEEPS):
            for t, (_, large) in enumerate(numbers.weights):
                arriving = sum(high[s] * p for s, p in most[t])
                high[t] = min(high[t], shifted_up((large << grid) + arriving, FINE))
            for t, (small, _) in enumerate(numbers.weights):
                arriving = sum(low[s] * p for s, p in least[t])
                low[t] = max(low[t], ((small << grid) + arriving) >> FINE)
            all_low = sum(low)
            high = [min(top, ends[0] - (all_low - bottom)) for bottom, top in zip(low, high, strict=True)]
            all_high = sum(high)
            low = [max(bottom, ends[1] - (all_high - top)) for bottom, top in zip(low, high, strict=True)]
            if any(bottom > top for bottom, top in zip(low, high, strict=True)):
                break
        return tuple(low[s] for s in self._coupled), tuple(high[s] for s in self._coupled)

    def _moves(
        self, answers: Sequence[frozenset[int]]
    ) -> tuple[list[list[tuple[int, int]]], list[list[tuple[int, int]]]]:
        """Per ``t`` the states that may lead there, with the least and the largest ``gamma_A p(t)`` of open answers."""
        numbers = self._numbers
        least: list[list[tuple[int, int]]] = [[] for _ in range(numbers.num_states)]
        most: list[list[tuple[int, int]]] = [[] for _ in range(numbers.num_states)]
        for state, available in enumerate(answers):
            rows = [
                {t: (low, high) for t, low, high in numbers.leader_moves[numbers.row(state, a, b)]}
                for a in range(numbers.leader_counts[state])
                for b in available
            ]
            for t in set().union(*rows):
                most[t].append((state, max(row.get(t, (0, 0))[1] for row in rows)))
                lowest_move = min(row.get(t, (0, 0))[0] for row in rows)
                if lowest_move > 0:
                    least[t].append((state, lowest_move))
        return least, most


def _on_grid(values: Sequence[float], grid: int, *, up: bool) -> tuple[int, ...]:
    ratios = [value.as_integer_ratio() for value in values]
    return tuple(-((-above << grid) // below) if up else (above << grid) // below for above, below in ratios)
