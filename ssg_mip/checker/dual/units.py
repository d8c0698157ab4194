r"""Certificates about a game whose rewards are counted from constants, in other units.

If every reward of a player is ``r = constant + phi(s) - gamma sum_t p(t) phi(t) + unit r'`` with ``unit > 0``, every
value of every policy is ``constant / (1 - gamma) + phi(s) + unit v'(s)``, and the follower has the same best responses.
So a bound on the game with the rewards ``r'`` is one on the game with ``r``, for any constants, potentials ``phi`` and
units: nothing is taken on trust. Rewards and bounds are translated in fractions.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from ssg_mip.checker.rational import ExactGame, Row


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlayerUnits:
    """What was taken out of a player's rewards, and what is one in the certificate.

    Attributes
    ----------
    constant, unit
        In the player's own units; ``unit`` is positive.
    potential
        One value per state; ``None`` for none.
    """

    constant: float
    unit: float
    potential: tuple[float, ...] | None


Units = tuple[PlayerUnits, PlayerUnits]
"""Of the leader and of the follower."""


@dataclasses.dataclass(frozen=True)
class Translation:
    """From values ``v'`` of a player in the states to ``base + unit v'``."""

    base: tuple[Fraction, ...]
    unit: Fraction = Fraction(1)

    def gain(self, difference: Fraction | float) -> Fraction:
        """A difference of values in the game's own units."""
        return self.unit * Fraction(difference)

    def weighted(self, value: Fraction | float, weights: Sequence[Fraction]) -> Fraction:
        """A weighted value; weights sum to one."""
        base = sum((weight * own for weight, own in zip(weights, self.base, strict=True)), Fraction(0))
        return base + self.gain(value)

    def value(self, value: float, state: int) -> Fraction:
        """A value in one state."""
        return self.base[state] + self.gain(value)


def raised(exact: Fraction) -> float:
    """The nearest float that is not smaller, up to one step."""
    nearest = float(exact)
    return nearest if Fraction(nearest) >= exact else math.nextafter(nearest, math.inf)


def reaches(exact: ExactGame, start: Iterable[int]) -> set[int]:
    """The states that some policies reach from a start, itself included."""
    rows: dict[int, list[Row]] = {}
    for row, state in zip(exact.rows, exact.game.row_state.tolist(), strict=True):
        rows.setdefault(state, []).append(row)
    reached = set(start)
    waiting = list(reached)
    while waiting:
        for row in rows[waiting.pop()]:
            new = {place for place, share in zip(row.places, row.numerators, strict=True) if share} - reached
            reached |= new
            waiting += new
    return reached


def restated(
    exact: ExactGame, units: Units | None, ignored: Sequence[int] = ()
) -> tuple[ExactGame, Translation, Translation]:
    """The game that a certificate is about, and how the leader's and the follower's values translate back.

    Parameters
    ----------
    exact
        The game.
    units
        What was taken out of the rewards, if anything.
    ignored
        States whose rewards count as 0. That changes no value of a state that does not reach them.
    """
    nowhere = (Fraction(0),) * exact.game.num_states
    if units is None and not ignored:
        return exact, Translation(nowhere), Translation(nowhere)
    same = PlayerUnits(constant=0.0, unit=1.0, potential=None)
    units = (same, same) if units is None else units
    players = (
        (units[0], exact.leader_rewards, exact.leader_discount),
        (units[1], exact.follower_rewards, exact.follower_discount),
    )
    left_out = set(ignored)
    kept = [state not in left_out for state in exact.game.row_state.tolist()]
    rewards = [
        _rewards(exact, unit, [kept[row] * reward for row, reward in enumerate(given)], discount)
        for unit, given, discount in players
    ]
    translations = [
        Translation(
            tuple(Fraction(unit.constant) / (1 - discount) + own for own in _potential(unit) or nowhere),
            Fraction(unit.unit),
        )
        for unit, _, discount in players
    ]
    other = dataclasses.replace(exact, leader_rewards=rewards[0], follower_rewards=rewards[1])
    return other, translations[0], translations[1]


def _potential(units: PlayerUnits) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, units.potential or ()))


def _rewards(
    exact: ExactGame, units: PlayerUnits, rewards: Sequence[Fraction], discount: Fraction
) -> tuple[Fraction, ...]:
    constant, unit, potential = Fraction(units.constant), Fraction(units.unit), _potential(units)
    if not potential:
        return tuple((reward - constant) / unit for reward in rewards)
    found = []
    for reward, row, state in zip(rewards, exact.rows, exact.game.row_state.tolist(), strict=True):
        later = sum((potential[t] * p for t, p in zip(row.places, row.numerators, strict=True)), Fraction(0))
        found.append((reward - constant - potential[state] + discount * later / row.total) / unit)
    return tuple(found)
