"""The game's coefficients, enclosed between whole numbers over one power of two."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction

from ssg_mip.checker.rational import ExactGame, exact_weights

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


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Numbers:
    """A game and weights over its states.

    Attributes
    ----------
    num_states, leader_counts, follower_counts, first_row
        Sizes; row ``(s, a, b)`` is ``first_row[s] + a * follower_counts[s] + b``.
    leader_rewards, follower_rewards
        Per row.
    leader_moves, follower_moves
        Per row ``gamma_A p`` and ``gamma_B p``.
    own_moves
        Per row the coefficients of ``v`` in ``v(s) - gamma_B p v``.
    lead
        Per state and ordered pair of follower actions ``(b, c)``, for each leader action what ``b`` has over ``c``:
        the difference of the rewards, and of ``gamma_B p``.
    weights, weight_total
        Per state, and their sum over ``1 - gamma_A``: the total of all occupancies.
    """

    num_states: int
    leader_counts: tuple[int, ...]
    follower_counts: tuple[int, ...]
    first_row: tuple[int, ...]
    leader_rewards: tuple[Enclosure, ...]
    follower_rewards: tuple[Enclosure, ...]
    leader_moves: tuple[Terms, ...]
    follower_moves: tuple[Terms, ...]
    own_moves: tuple[Terms, ...]
    lead: tuple[dict[tuple[int, int], tuple[tuple[Enclosure, Terms], ...]], ...]
    weights: tuple[Enclosure, ...]
    weight_total: Enclosure

    def row(self, state: int, leader: int, follower: int) -> int:
        """The row of a joint action."""
        return self.first_row[state] + leader * self.follower_counts[state] + follower

    @classmethod
    def of(cls, exact: ExactGame, weights: Sequence[float]) -> Numbers:
        """Enclose an exact game and weights, which are divided by their exact sum."""
        game = exact.game
        moves = [
            {t: Fraction(above, row.total) for t, above in zip(row.places, row.numerators, strict=True)}
            for row in exact.rows
        ]
        mine = [{t: exact.leader_discount * p for t, p in move.items()} for move in moves]
        theirs = [{t: exact.follower_discount * p for t, p in move.items()} for move in moves]
        states = game.row_state.tolist()
        own = [_minus({state: Fraction(1)}, move) for state, move in zip(states, theirs, strict=True)]
        counts = tuple(game.leader_counts.tolist()), tuple(game.follower_counts.tolist())
        first = tuple(game.row_offsets.tolist())
        return cls(
            num_states=game.num_states,
            leader_counts=counts[0],
            follower_counts=counts[1],
            first_row=first[:-1],
            leader_rewards=tuple(map(enclose, exact.leader_rewards)),
            follower_rewards=tuple(map(enclose, exact.follower_rewards)),
            leader_moves=tuple(map(_terms, mine)),
            follower_moves=tuple(map(_terms, theirs)),
            own_moves=tuple(map(_terms, own)),
            lead=tuple(
                _leads(exact.follower_rewards, theirs, start, *sizes)
                for start, *sizes in zip(first[:-1], *counts, strict=True)
            ),
            weights=tuple(map(enclose, exact_weights(weights))),
            weight_total=enclose(1 / (1 - exact.leader_discount)),
        )


def _terms(row: dict[int, Fraction]) -> Terms:
    return tuple((place, *enclose(value)) for place, value in row.items() if value)


def _minus(row: dict[int, Fraction], other: dict[int, Fraction]) -> dict[int, Fraction]:
    return {t: row.get(t, Fraction(0)) - other.get(t, Fraction(0)) for t in sorted({*row, *other})}


def _leads(
    rewards: Sequence[Fraction], moves: Sequence[dict[int, Fraction]], start: int, leaders: int, followers: int
) -> dict[tuple[int, int], tuple[tuple[Enclosure, Terms], ...]]:
    """What each follower action of a state has over each other one, for each leader action."""
    return {
        (b, c): tuple(
            (enclose(rewards[k + b] - rewards[k + c]), _terms(_minus(moves[k + b], moves[k + c])))
            for k in range(start, start + leaders * followers, followers)
        )
        for b in range(followers)
        for c in range(followers)
        if b != c
    }
