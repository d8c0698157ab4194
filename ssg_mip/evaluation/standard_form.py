r"""The same game in units of its own: constants taken out of the rewards, and rewards of ordinary size.

What no policy changes must not decide how exact an answer is. If every reward of a player is ``c + k r'`` with
``k > 0``, every value of every policy is ``c / (1 - gamma) + k v'``, so both games have the same responses, ties and
Pareto-optimal policies; only tolerances, gaps and linear programs tell a base wage of a million from none. The search
therefore works on the game with rewards ``r'``, and answers are translated back.

A player's constant ``c`` is the middle of the rewards, taken out only where it is large beside their spread, and ``k``
is a power of two. Then ``r'`` is *exact* in floating point (Sterbenz' lemma), the two games are the same to the last
bit, and a proof about the one is a proof about the other. Where exactness fails (rewards across the whole range of
floats) a player's rewards stay as they are.

Constants that differ from state to state, a bonus at the end of every path for example, hide in no single ``c``. Where
the values of all pairs of policies lie far from 0 beside their spread, their middle ``phi(s)`` is taken out as a
*potential*: with rewards ``r - phi(s) + gamma sum_t p(t) phi(t)`` every value of every policy is less by ``phi(s)``
(Ng, Harada & Russell, *Policy invariance under reward transformations*, ICML 1999). These rewards are rounded; by how
much a value may be off is in :attr:`Scale.rounding` and counted into every bound.
"""

from __future__ import annotations

import dataclasses
import math
import weakref
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ssg_mip.evaluation.mdp import ROUNDINGS, DecisionProcess, joint_process, optimal_control, transition_matrix
from ssg_mip.evaluation.reach import reached_states
from ssg_mip.game.game import Game
from ssg_mip.game.validation import check_sizes
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.local_accuracy import expected_change

CONSTANT_SHARE = 1.5
"""A constant is taken out where it exceeds this share of the spread; below it the subtraction might round."""

POTENTIAL_SHARE = 100.0
"""A potential is taken out where values exceed this many times their spread: rarely, because it rounds."""

ORDINARY = (0.25, 64.0)
"""Spreads of rewards that are left as they are."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Range:
    """The least and the largest value of a player in every state, over all pairs of policies, up to rounding."""

    lower: FloatArray
    upper: FloatArray

    @property
    def width(self) -> FloatArray:
        """``upper - lower``."""
        return self.upper - self.lower


_RANGES: weakref.WeakKeyDictionary[Game, dict[bool, Range]] = weakref.WeakKeyDictionary()
"""By game and player, because bounds and every response ask for them."""


def value_range(game: Game, *, leader: bool) -> Range:
    """The range of a player's values over all pairs of policies, up to rounding: it proves nothing."""
    known = _RANGES.setdefault(game, {})
    if leader not in known:
        known[leader] = _range_of(joint_process(game, leader=leader))
    return known[leader]


def _range_of(process: DecisionProcess) -> Range:
    lowest = optimal_control(process, maximise=False).values
    return Range(lower=lowest, upper=np.maximum(lowest, optimal_control(process).values))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """How a player's values in the standard form translate.

    ``value(s) = constant / (1 - discount) + potential(s) + unit * standard value(s)``.

    Attributes
    ----------
    constant
        What is taken out of every reward.
    unit
        A power of two: what a reward of 1 in the standard form is worth.
    discount
        The player's discount.
    potential
        What else is taken out of the values, shape ``[num_states]``; ``None`` for nothing.
    rounding
        How far a translated value may be off, because rewards without a potential are rounded.
    """

    constant: float = 0.0
    unit: float = 1.0
    discount: float = 0.0
    potential: FloatArray | None = None
    rounding: float = 0.0

    @property
    def changes_nothing(self) -> bool:
        """Whether values are the same in both forms."""
        return self.constant == 0.0 and self.unit == 1.0 and self.potential is None

    @property
    def of_differences(self) -> Scale:
        """The same for differences of values, from which constants have gone."""
        return Scale(unit=self.unit)

    @property
    def base(self) -> FloatArray | float:
        """What the values of the standard form are counted from, per state or for all."""
        constant = float(Fraction(self.constant) / (1 - Fraction(self.discount)))
        return constant if self.potential is None else constant + self.potential

    def base_of(self, weights: FloatArray | None) -> Fraction:
        """The same for a weighted sum, needed where there is a potential; weights are divided by their exact sum."""
        constant = Fraction(self.constant) / (1 - Fraction(self.discount))
        if self.potential is None:
            return constant
        if weights is None:
            raise ValueError("a potential is weighted by weights")
        pairs = zip(map(Fraction, weights.tolist()), map(Fraction, self.potential.tolist()), strict=True)
        total = sum((weight * value for weight, value in pairs if weight), Fraction(0))
        return constant + total / sum(map(Fraction, weights.tolist()))

    def gain_out(self, gain: float) -> float:
        """A difference of values in the game's own units."""
        return self.unit * gain

    def gain_bound_out(self, bound: float) -> float:
        """An upper bound on a difference of values."""
        return self.unit * bound + 2.0 * self.rounding

    def out(self, values: FloatArray) -> FloatArray:
        """Values in the game's own units."""
        return values if self.changes_nothing else self.base + self.unit * values

    def upper_values_out(self, bounds: FloatArray) -> FloatArray:
        """Upper bounds on values, raised by the rounding of the translation."""
        if self.changes_nothing:
            return bounds
        size = np.abs(self.base) + np.abs(self.unit * bounds)
        raised: FloatArray = self.out(bounds) + self.rounding + 4.0 * float(np.finfo(float).eps) * size
        return raised

    def into(self, values: FloatArray) -> FloatArray:
        """Values in the units of the standard form."""
        return values if self.changes_nothing else (values - self.base) / self.unit

    def value_out(self, value: float, weights: FloatArray | None = None) -> float:
        """A weighted value in the game's own units; what is not finite stays as it is."""
        if self.changes_nothing or not math.isfinite(value):
            return value
        return float(self.base_of(weights) + Fraction(self.unit) * Fraction(value))

    def upper_out(self, bound: float, weights: FloatArray | None = None) -> float:
        """An upper bound on a weighted value, rounded up."""
        if self.changes_nothing or not math.isfinite(bound):
            return bound
        exact = self.base_of(weights) + Fraction(self.unit) * Fraction(bound) + Fraction(self.rounding)
        nearest = float(exact)
        return nearest if Fraction(nearest) >= exact else math.nextafter(nearest, math.inf)

    def value_into(self, value: float, weights: FloatArray | None = None) -> float:
        """A weighted value in the units of the standard form."""
        if self.changes_nothing or not math.isfinite(value):
            return value
        return float((Fraction(value) - self.base_of(weights)) / Fraction(self.unit))

    def upper_into(self, bound: Fraction, weights: FloatArray | None = None) -> float:
        """An exact upper bound on a weighted value, in the units of the standard form, rounded up."""
        return math.nextafter(float((bound - self.base_of(weights)) / Fraction(self.unit)), math.inf)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class StandardForm:
    """A game, the same game in standard units, and how the values of both players translate."""

    game: Game
    standard: Game
    leader: Scale
    follower: Scale
    ignored: NDArray[np.bool_] | None = None
    """Per state, whether its rewards count as 0, because nothing that counts leads there; ``None`` for nowhere."""

    @property
    def changes_nothing(self) -> bool:
        """Whether the game is in its standard form already."""
        return self.standard is self.game and self.ignored is None

    @property
    def moves_values(self) -> bool:
        """Whether values are counted from elsewhere, and lose digits where they come near 0 again."""
        return any(scale.constant != 0.0 or scale.potential is not None for scale in (self.leader, self.follower))

    @property
    def is_exact(self) -> bool:
        """Whether both games are the same to the last bit."""
        return self.leader.potential is None and self.follower.potential is None


_KNOWN: weakref.WeakKeyDictionary[Game, dict[tuple[bool, bool, bytes], StandardForm]] = weakref.WeakKeyDictionary()
"""By game and start, because bounds, responses and searches ask for it time and again."""


def standard_form(
    game: Game, weights: FloatArray | None = None, *, one_unit: bool = False, ignore: bool = False
) -> StandardForm:
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
    ignore
        Whether rewards of states that cannot be reached may be left out where they dwarf all others, because nothing
        but the weighted value is asked for.

    Raises
    ------
    InvalidGameError
        If values come near the end of the range of floats.
    """
    known = _KNOWN.setdefault(game, {})
    key = one_unit, ignore, b"" if weights is None else np.packbits(weights > 0.0).tobytes()
    if key not in known:
        check_sizes(game, game.leader_discount, game.follower_discount)
        known[key] = _standardised(game, None if weights is None else weights > 0.0, one_unit=one_unit, ignore=ignore)
    return known[key]


def _standardised(game: Game, start: NDArray[np.bool_] | None, *, one_unit: bool, ignore: bool) -> StandardForm:
    states = np.ones(game.num_states, dtype=bool) if start is None or start.all() else reached_states(game, start)
    if ignore and _is_dwarfed(game, states):
        poorer = _without_rewards(game, ~states)
        return dataclasses.replace(
            _standardised(poorer, start, one_unit=one_unit, ignore=False), game=game, ignored=~states
        )
    leader = _scale(game, states, leader=True)
    follower = _scale(game, states, leader=False)
    if one_unit and leader.unit != follower.unit:
        unit = max(leader.unit, follower.unit)
        leader, follower = dataclasses.replace(leader, unit=unit), dataclasses.replace(follower, unit=unit)
    rewards = [_moved(game, scale, leader=player) / scale.unit for scale, player in ((leader, True), (follower, False))]
    if leader.changes_nothing and follower.changes_nothing:
        return StandardForm(game=game, standard=game, leader=leader, follower=follower)
    if not all(np.all(np.isfinite(some)) for some in rewards):
        return StandardForm(game=game, standard=game, leader=Scale(), follower=Scale())
    standard = game.replace(leader_rewards=rewards[0], follower_rewards=rewards[1])
    return StandardForm(game=game, standard=standard, leader=leader, follower=follower)


def _is_dwarfed(game: Game, states: NDArray[np.bool_]) -> bool:
    """Whether rewards of other states are far larger than those of some."""
    rows = states[game.row_state]
    return any(
        not rows.all() and float(np.abs(some[~rows]).max()) > ORDINARY[1] * float(np.abs(some[rows]).max())
        for some in (game.leader_rewards, game.follower_rewards)
    )


def _without_rewards(game: Game, states: NDArray[np.bool_]) -> Game:
    """The game with rewards of 0 in some states."""
    rows = states[game.row_state]
    leader, follower = (np.where(rows, 0.0, some) for some in (game.leader_rewards, game.follower_rewards))
    return game.replace(leader_rewards=leader, follower_rewards=follower)


def _moved(game: Game, scale: Scale, *, leader: bool) -> FloatArray:
    """A player's rewards without constant and potential, in the game's own units."""
    rewards = game.leader_rewards if leader else game.follower_rewards
    if scale.potential is None:
        return rewards - scale.constant
    now = scale.potential[game.row_state]
    return (
        rewards
        - (1.0 - scale.discount) * now
        + scale.discount * expected_change(transition_matrix(game), scale.potential, now)
    )


def _scale(game: Game, states: NDArray[np.bool_], *, leader: bool) -> Scale:
    """The scale of a player, for which the rewards and values of some states decide."""
    rewards, discount = (
        (game.leader_rewards, game.leader_discount) if leader else (game.follower_rewards, game.follower_discount)
    )
    rows = np.flatnonzero(states[game.row_state])
    exact = _exact_scale(rewards, rows, discount)
    if exact.changes_nothing:
        values = value_range(game, leader=leader)
    else:  # beside a large constant the values of different policies could not be told apart
        process = joint_process(game, leader=leader)
        values = _range_of(dataclasses.replace(process, reward=(process.reward - exact.constant) / exact.unit))
    middle = 0.5 * values.lower + 0.5 * values.upper
    widest, far = float(values.width[states].max()), float(np.abs(middle)[states].max())
    if not (widest > 0.0 and far > POTENTIAL_SHARE * widest and math.isfinite(far)):
        return exact
    middle = exact.out(middle)
    potential = Scale(discount=discount, potential=middle, rounding=_rounding(game, rewards, middle, discount))
    moved = _moved(game, potential, leader=leader)[rows]
    return dataclasses.replace(potential, unit=_unit(float(np.ptp(moved))))


def _rounding(game: Game, rewards: FloatArray, potential: FloatArray, discount: float) -> float:
    """How far a value may be off, because rewards without a potential are computed in floating point.

    In sums of ``n`` differences of potentials a term may lose ``n`` roundings, and its probability is up to four a term
    from what it is in a row that sums to one.
    """
    terms = 5 * int(np.diff(game.indptr).max()) + ROUNDINGS
    now = potential[game.row_state]
    differences = expected_change(transition_matrix(game), potential, now, absolute=True)
    size = np.abs(rewards) + (1.0 - discount) * np.abs(now) + discount * differences
    return terms * float(np.finfo(float).eps) * float(size.max()) / (1.0 - discount)


def _unit(spread: float) -> float:
    """A power of two near a spread that is not ordinary."""
    if spread == 0.0 or ORDINARY[0] <= spread <= ORDINARY[1]:
        return 1.0
    return math.ldexp(1.0, math.frexp(spread)[1] - 1)


def _exact_scale(rewards: FloatArray, rows: IntArray, discount: float) -> Scale:
    """A constant and a unit that move rewards exactly; the identity where none do."""
    lowest, highest = float(rewards[rows].min()), float(rewards[rows].max())
    middle, half = 0.5 * lowest + 0.5 * highest, 0.5 * highest - 0.5 * lowest
    constant = middle if abs(middle) > CONSTANT_SHARE * 2.0 * half else 0.0
    unit = _unit(2.0 * half if math.isfinite(2.0 * half) else half)
    for candidate in (
        Scale(constant=constant, unit=unit, discount=discount),
        Scale(unit=unit, discount=discount),
    ):
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
