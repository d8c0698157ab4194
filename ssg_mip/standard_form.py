r"""The same game in units of its own: constants taken out of the rewards, and rewards of ordinary size.

What no policy changes must not decide how exact an answer is. If every reward of a player is ``c + k r'`` with
``k > 0``, every value of every policy is ``c / (1 - gamma) + k v'``, so both games have the same responses, ties and
Pareto-optimal policies; only tolerances, gaps and linear programs tell a base wage of a million from none. The search
therefore works on the game with rewards ``r'``, and answers are translated back.

A player's constant ``c`` is the middle of the rewards, taken out only where it is large beside their spread, and ``k``
is a power of two. Then ``r'`` is *exact* in floating point (Sterbenz' lemma), the two games are the same to the last
bit, and a proof about the one is a proof about the other. Where exactness fails (rewards across the whole range of
floats) a player's rewards stay as they are.
"""

from __future__ import annotations

import dataclasses
import math
import weakref
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ssg_mip.game import FloatArray, Game, IntArray

CONSTANT_SHARE = 1.5
"""A constant is taken out where it exceeds this share of the spread; below it the subtraction might round."""

ORDINARY = (0.25, 64.0)
"""Spreads of rewards that are left as they are."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scale:
    """How a player's values in the standard form translate: ``value = constant / (1 - discount) + unit * standard``.

    Attributes
    ----------
    constant
        What is taken out of every reward.
    unit
        A power of two: what a reward of 1 in the standard form is worth.
    discount
        The player's discount.
    """

    constant: float = 0.0
    unit: float = 1.0
    discount: float = 0.0

    @property
    def changes_nothing(self) -> bool:
        """Whether values are the same in both forms."""
        return self.constant == 0.0 and self.unit == 1.0

    @property
    def of_differences(self) -> Scale:
        """The same for differences of values, from which constants have gone."""
        return Scale(unit=self.unit)

    @property
    def base(self) -> float:
        """The value of the constant for ever."""
        return float(self._exact_base)

    @property
    def _exact_base(self) -> Fraction:
        return Fraction(self.constant) / (1 - Fraction(self.discount))

    def gain_out(self, gain: float) -> float:
        """A difference of values in the game's own units."""
        return self.unit * gain

    def out(self, values: FloatArray) -> FloatArray:
        """Values in the game's own units."""
        return values if self.changes_nothing else self.base + self.unit * values

    def into(self, values: FloatArray) -> FloatArray:
        """Values in the units of the standard form."""
        return values if self.changes_nothing else (values - self.base) / self.unit

    def value_out(self, value: float) -> float:
        """A value, or a bound rounded to nearest, in the game's own units; what is not finite stays as it is."""
        if self.changes_nothing or not math.isfinite(value):
            return value
        return float(self._exact_base + Fraction(self.unit) * Fraction(value))

    def upper_out(self, bound: float) -> float:
        """An upper bound on a value (or a weighted sum, weights summing to one), rounded up."""
        if self.changes_nothing or not math.isfinite(bound):
            return bound
        exact = self._exact_base + Fraction(self.unit) * Fraction(bound)
        nearest = float(exact)
        return nearest if Fraction(nearest) >= exact else math.nextafter(nearest, math.inf)

    def lower_out(self, bound: float) -> float:
        """A lower bound on a value, rounded down."""
        if self.changes_nothing or not math.isfinite(bound):
            return bound
        exact = self._exact_base + Fraction(self.unit) * Fraction(bound)
        nearest = float(exact)
        return nearest if Fraction(nearest) <= exact else math.nextafter(nearest, -math.inf)

    def value_into(self, value: float) -> float:
        """A value in the units of the standard form."""
        if self.changes_nothing or not math.isfinite(value):
            return value
        return float((Fraction(value) - self._exact_base) / Fraction(self.unit))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class StandardForm:
    """A game, the same game in standard units, and how the values of both players translate."""

    game: Game
    standard: Game
    leader: Scale
    follower: Scale

    @property
    def changes_nothing(self) -> bool:
        """Whether the game is in its standard form already."""
        return self.standard is self.game


_KNOWN: weakref.WeakKeyDictionary[Game, dict[tuple[bool, bytes], StandardForm]] = weakref.WeakKeyDictionary()
"""By game and start, because bounds, responses and searches ask for it time and again."""


def standard_form(game: Game, weights: FloatArray | None = None, *, one_unit: bool = False) -> StandardForm:
    """The standard form of a game.

    Parameters
    ----------
    game
        The game.
    weights
        Weights over states, shape ``[num_states]``: then rewards of states that cannot be reached from those of
        positive weight have no say in the units. All states count if absent.
    one_unit
        Whether both players must have the same unit, because their values stand side by side.
    """
    known = _KNOWN.setdefault(game, {})
    key = one_unit, b"" if weights is None else np.packbits(weights > 0.0).tobytes()
    if key not in known:
        known[key] = _standardised(game, None if weights is None else weights > 0.0, one_unit=one_unit)
    return known[key]


def _standardised(game: Game, start: NDArray[np.bool_] | None, *, one_unit: bool) -> StandardForm:
    rows = slice(None) if start is None or start.all() else _rows_reached(game, start)
    leader = _scale(game.leader_rewards, rows, game.leader_discount)
    follower = _scale(game.follower_rewards, rows, game.follower_discount)
    if one_unit and leader.unit != follower.unit:
        unit = max(leader.unit, follower.unit)
        leader, follower = dataclasses.replace(leader, unit=unit), dataclasses.replace(follower, unit=unit)
        if not (_is_exact(game.leader_rewards, leader) and _is_exact(game.follower_rewards, follower)):
            leader, follower = Scale(discount=leader.discount), Scale(discount=follower.discount)
    if leader.changes_nothing and follower.changes_nothing:
        standard = game
    else:
        standard = game.replace(
            leader_rewards=(game.leader_rewards - leader.constant) / leader.unit,
            follower_rewards=(game.follower_rewards - follower.constant) / follower.unit,
        )
    return StandardForm(game=game, standard=standard, leader=leader, follower=follower)


def _rows_reached(game: Game, start: NDArray[np.bool_]) -> IntArray:
    """The joint actions of the states that some policies reach from the start."""
    source = np.repeat(game.row_state, np.diff(game.indptr))[game.probabilities > 0.0]
    target = game.successors[game.probabilities > 0.0]
    reached = start
    while True:
        further = reached.copy()
        further[target[reached[source]]] = True
        if np.array_equal(further, reached):
            return np.flatnonzero(reached[game.row_state])
        reached = further


def _scale(rewards: FloatArray, rows: slice | IntArray, discount: float) -> Scale:
    """The scale of a player whose rewards in these rows decide; the identity where it would not be exact."""
    lowest, highest = float(rewards[rows].min()), float(rewards[rows].max())
    middle, half = 0.5 * lowest + 0.5 * highest, 0.5 * highest - 0.5 * lowest
    constant = middle if abs(middle) > CONSTANT_SHARE * 2.0 * half else 0.0
    spread = 2.0 * half if math.isfinite(2.0 * half) else half
    ordinary = spread == 0.0 or ORDINARY[0] <= spread <= ORDINARY[1]
    unit = 1.0 if ordinary else math.ldexp(1.0, math.frexp(spread)[1] - 1)
    for candidate in (Scale(constant=constant, unit=unit, discount=discount), Scale(unit=unit, discount=discount)):
        if _is_exact(rewards, candidate):
            return candidate
    return Scale(discount=discount)


def _is_exact(rewards: FloatArray, scale: Scale) -> bool:
    """Whether the standard rewards are the exact ones: nothing rounds, overflows or underflows."""
    with np.errstate(all="ignore"):
        moved = rewards - scale.constant
        scaled = moved / scale.unit
        # the rounding of a difference is a float (Knuth's two-sum), which must be nothing at all
        back = moved - rewards
        lost = (rewards - (moved - back)) - (scale.constant + back)
        return bool(np.all(np.isfinite(scaled)) and np.all(lost == 0.0) and np.all(scaled * scale.unit == moved))
