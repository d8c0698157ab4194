"""The game's coefficients, enclosed between whole numbers over one power of two."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

from ssg_mip.checker.rational import ExactGame, Row, exact_weights

FINE = 128
"""Coefficients of the game are enclosed between whole multiples of ``2^-FINE``."""

Enclosure = tuple[int, int]
"""A number between ``low / 2^FINE`` and ``high / 2^FINE``."""

Terms = tuple[tuple[int, int, int], ...]
"""A sparse row: place, low, high."""


def enclose(value: Fraction, bits: int = FINE) -> Enclosure:
    """The nearest multiples of ``2^-bits`` below and above."""
    scaled = value.numerator << bits
    return scaled // value.denominator, -(-scaled // value.denominator)


def shifted_up(value: int, bits: int) -> int:
    """``value / 2^bits``, rounded up."""
    return -(-value >> bits)


def highest(coefficients: Terms, values: Sequence[int]) -> int:
    """The largest that ``sum c(t) values(t)`` can be."""
    return sum(values[t] * (high if values[t] >= 0 else low) for t, low, high in coefficients)


def lowest(coefficients: Terms, values: Sequence[int]) -> int:
    """The smallest that ``sum c(t) values(t)`` can be."""
    return sum(values[t] * (low if values[t] >= 0 else high) for t, low, high in coefficients)


Leads = tuple[tuple[Enclosure, Terms], ...]
"""For each leader action of a state, what one follower action has over another."""


class Numbers:
    """A game and weights over its states; what is long is enclosed when it is first asked for.

    Attributes
    ----------
    exact
        The game.
    num_states, leader_counts, follower_counts, first_row
        Sizes; row ``(s, a, b)`` is ``first_row[s] + a * follower_counts[s] + b``.
    weights, weight_total
        Per state, and their sum over ``1 - gamma_A``: the total of all occupancies.
    """

    def __init__(self, exact: ExactGame, weights: Sequence[float | Fraction]) -> None:
        game = exact.game
        self.exact = exact
        self.num_states = game.num_states
        self.leader_counts: tuple[int, ...] = tuple(game.leader_counts.tolist())
        self.follower_counts: tuple[int, ...] = tuple(game.follower_counts.tolist())
        self.first_row: tuple[int, ...] = tuple(game.row_offsets.tolist()[:-1])
        self.weights: tuple[Enclosure, ...] = tuple(map(enclose, exact_weights(weights)))
        self.weight_total: Enclosure = enclose(1 / (1 - exact.leader_discount))
        self._leads: dict[tuple[int, int, int], Leads] = {}

    @classmethod
    def of(cls, exact: ExactGame, weights: Sequence[float | Fraction]) -> Numbers:
        """Enclose an exact game and weights, which are divided by their exact sum."""
        return cls(exact, weights)

    def row(self, state: int, leader: int, follower: int) -> int:
        """The row of a joint action."""
        return self.first_row[state] + leader * self.follower_counts[state] + follower

    @cached_property
    def leader_rewards(self) -> tuple[Enclosure, ...]:
        """Per row."""
        return tuple(map(enclose, self.exact.leader_rewards))

    @cached_property
    def follower_rewards(self) -> tuple[Enclosure, ...]:
        """Per row."""
        return tuple(map(enclose, self.exact.follower_rewards))

    @cached_property
    def leader_moves(self) -> tuple[Terms, ...]:
        """Per row ``gamma_A p``."""
        return tuple(_moves(row, self.exact.leader_discount) for row in self.exact.rows)

    @cached_property
    def follower_moves(self) -> tuple[Terms, ...]:
        """Per row ``gamma_B p``."""
        return tuple(_moves(row, self.exact.follower_discount) for row in self.exact.rows)

    @cached_property
    def own_moves(self) -> tuple[Terms, ...]:
        """Per row the coefficients of ``v`` in ``v(s) - gamma_B p v``."""
        states, discount = self.exact.game.row_state.tolist(), self.exact.follower_discount
        return tuple(
            _terms(_minus({state: Fraction(1)}, _shares(row, discount)))
            for state, row in zip(states, self.exact.rows, strict=True)
        )

    def lead(self, state: int, answer: int, action: int) -> Leads:
        """What an answer has over another follower action: the difference of the rewards, and of ``gamma_B p``."""
        key = state, answer, action
        if key not in self._leads:
            exact, discount = self.exact, self.exact.follower_discount
            firsts = (self.row(state, leader, 0) for leader in range(self.leader_counts[state]))
            self._leads[key] = tuple(
                (
                    enclose(exact.follower_rewards[k + answer] - exact.follower_rewards[k + action]),
                    _terms(
                        _minus(_shares(exact.rows[k + answer], discount), _shares(exact.rows[k + action], discount))
                    ),
                )
                for k in firsts
            )
        return self._leads[key]


def _moves(row: Row, discount: Fraction) -> Terms:
    """``gamma p`` of a row; probabilities of 0 are left out."""
    below = discount.denominator * row.total
    scaled = [
        (place, (discount.numerator * above) << FINE) for place, above in zip(row.places, row.numerators, strict=True)
    ]
    return tuple((place, value // below, -(-value // below)) for place, value in scaled if value)


def _shares(row: Row, discount: Fraction) -> dict[int, Fraction]:
    """The same as fractions."""
    return {t: discount * Fraction(above, row.total) for t, above in zip(row.places, row.numerators, strict=True)}


def _terms(row: dict[int, Fraction]) -> Terms:
    return tuple((place, *enclose(value)) for place, value in row.items() if value)


def _minus(row: dict[int, Fraction], other: dict[int, Fraction]) -> dict[int, Fraction]:
    return {t: row.get(t, Fraction(0)) - other.get(t, Fraction(0)) for t in sorted({*row, *other})}
