r"""Interval bounds on both players' values, valid for every stationary leader policy.

With ``q(s, a, b) = r_B(s, a, b) + gamma_B sum_t p(t | s, a, b) v(t)``:

* the follower's *optimal* value against any leader policy is at most the value ``U`` of the process in which the
  follower picks both actions, and at least its security level ``L``, here the limit of
  ``v <- max_b min_a q`` from below. Every iterate from below is valid, so stopping early is safe.
* the leader's value under any pair of policies lies between the minimum and the maximum of its joint process.

Big-M constants come from here and from nowhere else (:func:`compact_big_m`). Bounds are moved outwards until they
satisfy the inequality that makes them bounds, its rounding included, and by a little more.
"""

from __future__ import annotations

import dataclasses
import weakref

import numpy as np

from ssg_mip.base.frozen import Immutable, read_only
from ssg_mip.base.gap import SPREAD_SHARE
from ssg_mip.base.tolerances import (
    ARITHMETIC,
    DEFAULT_TOLERANCES,
    FINEST_GAP,
    READERS_ROOM,
    ROUNDING,
    TELLABLE,
    TIE_ROUNDINGS,
    Tolerances,
)
from ssg_mip.evaluation.mdp import (
    ROUNDINGS,
    expected_reach,
    joint_process,
    largest_reached,
    raising,
    transition_matrix,
    upper_solution,
)
from ssg_mip.evaluation.standard_form import StandardForm, standard_form, value_range
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

SECURITY_SWEEPS = 400
"""Sweeps of the security iteration; more make the lower bound tighter, none makes it wrong."""

TOLD = 10.0
"""Times its rounding that a spread must be to count as one."""

NOISE_SHARE = 1e-5
"""Share of the size of the values (and of 1) that a gap is relative to at least, for games without any spread."""

LEAST_GAP = FINEST_GAP
"""The gap that smaller ones count as."""


@dataclasses.dataclass(frozen=True, eq=False)
class ValueBounds(Immutable):
    """``lower <= value <= upper`` per state, each of shape ``[num_states]``, read-only."""

    lower: FloatArray
    upper: FloatArray

    def __post_init__(self) -> None:
        for label in ("lower", "upper"):
            object.__setattr__(self, label, read_only(getattr(self, label)))

    @property
    def width(self) -> FloatArray:
        """``upper - lower``."""
        return self.upper - self.lower


_LEADER_BOUNDS: weakref.WeakKeyDictionary[Game, ValueBounds] = weakref.WeakKeyDictionary()
"""Bounds by game, because a run asks for them several times and a front for each of its runs."""

_LEADER_SPREADS: weakref.WeakKeyDictionary[Game, FloatArray] = weakref.WeakKeyDictionary()
"""The same of spreads."""

_FOLLOWER_BOUNDS: weakref.WeakKeyDictionary[Game, ValueBounds] = weakref.WeakKeyDictionary()
"""The same for the follower, because every program of a front asks for them."""


def follower_value_bounds(game: Game) -> ValueBounds:
    """Bounds on the follower's optimal value, state by state, over all leader policies."""
    if game not in _FOLLOWER_BOUNDS:
        _FOLLOWER_BOUNDS[game] = _follower_value_bounds(game)
    return _FOLLOWER_BOUNDS[game]


def _follower_value_bounds(game: Game) -> ValueBounds:
    process = joint_process(game, leader=False)
    upper = upper_solution(process, follower_range(game).upper)
    lower = security_level(game)
    excess = float(np.max(lower - _secured_in_one_step(game, lower)))
    size = float(np.abs(game.follower_rewards).max()) + float(np.abs(lower).max())
    lower = lower - raising(max(0.0, excess), game.follower_discount, size, game.num_states)
    lower = np.minimum(lower, upper)
    noise = _share_of_noise(game) * (standard_form(game).follower.unit + float(np.abs([lower, upper]).max()))
    return ValueBounds(lower - noise, upper + noise)


def follower_range(game: Game) -> ValueBounds:
    """The least and the largest value of the follower over all pairs of policies, up to rounding; proves nothing."""
    found = value_range(game, leader=False)
    return ValueBounds(found.lower, found.upper)


def tie_thresholds(game: Game, tolerances: Tolerances = DEFAULT_TOLERANCES) -> FloatArray:
    """By how much, at most, the action values of tied actions differ in each state, shape ``[num_states]``.

    What a tie is worth is measured in the state itself, by the spread of the values that the follower could have there:
    ``tie * (1 - discount)`` times the spread, so that indifference in every step costs no more than ``tie`` times the
    spread in all; at least what floating point can tell (:data:`~ssg_mip.base.tolerances.TELLABLE` times the spread,
    and the rounding of the values themselves, and of rewards from which constants by state are taken).
    """
    form = standard_form(game)
    values = follower_range(form.standard)
    share = max(tolerances.tie * (1.0 - game.follower_discount), TELLABLE)
    size = np.maximum(np.abs(values.lower), np.abs(values.upper))
    largest = np.maximum.reduceat(np.abs(form.standard.follower_rewards), game.row_offsets[:-1])
    rounding = TIE_ROUNDINGS * float(np.finfo(float).eps) * (size + largest)
    thresholds: FloatArray = form.follower.unit * (share * values.width + rounding) + _rounding_of_potentials(
        game, form
    )
    return thresholds


def _rounding_of_potentials(game: Game, form: StandardForm) -> FloatArray:
    """By how much rewards of the follower may be off from which constants by state are taken, state by state."""
    if form.follower.potential is None:
        return np.zeros(game.num_states)
    size = np.abs(np.broadcast_to(form.follower.base, game.num_states))
    each = np.abs(game.follower_rewards) + size[game.row_state]
    each = each + game.follower_discount * (transition_matrix(game) @ size)
    rounded: FloatArray = TIE_ROUNDINGS * float(np.finfo(float).eps) * np.maximum.reduceat(each, game.row_offsets[:-1])
    return rounded


def leader_value_bounds(game: Game) -> ValueBounds:
    """Bounds on the leader's value, state by state, over all pairs of policies."""
    if game not in _LEADER_BOUNDS:
        process = joint_process(game, leader=True)
        opposite = dataclasses.replace(process, reward=-process.reward)
        values = value_range(game, leader=True)
        lower = -upper_solution(opposite, -values.lower)
        upper = upper_solution(process, values.upper)
        noise = _leader_noise(game, lower, upper)
        _LEADER_BOUNDS[game] = ValueBounds(lower - noise, upper + noise)
    return _LEADER_BOUNDS[game]


def leader_ceiling(game: Game) -> FloatArray:
    """Upper bounds on the leader's values whose weighted sums stay below those of the others, rounding included."""
    bounds = leader_value_bounds(game)
    return bounds.upper - 0.25 * _leader_noise(game, bounds.lower, bounds.upper)


def _leader_noise(game: Game, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """By how much bounds on the leader's values are moved outwards: a share of the largest that a state reaches."""
    sizes = largest_reached(joint_process(game, leader=True), np.maximum(np.abs(lower), np.abs(upper)))
    return 2.0 * _share_of_noise(game) * sizes


def varying_states(game: Game) -> IntArray:
    """States whose leader value is not the same for all pairs of policies, as far as rounding lets that be told."""
    return np.flatnonzero(leader_spreads(standard_form(game).standard))


def leader_spreads(game: Game) -> FloatArray:
    """The spread of the leader's value in each state over all pairs of policies; 0 where that is rounding."""
    if game not in _LEADER_SPREADS:
        found = value_range(game, leader=True)
        size = np.maximum(np.abs(found.lower), np.abs(found.upper))
        reach = expected_reach(joint_process(game, leader=True), size)
        rounding = ARITHMETIC * reach / (1.0 - game.leader_discount)
        widths = found.upper - found.lower
        told = (widths > TOLD * rounding) & (widths > ROUNDING * size)
        _LEADER_SPREADS[game] = read_only(np.where(told, widths, 0.0))
    return _LEADER_SPREADS[game]


def gap_scale(bounds: ValueBounds, weights: FloatArray) -> float:
    """What a gap is relative to at least, for a weighted value with the given leader bounds.

    A hundredth of the weighted spread of what any two pairs of policies could yield, or a tiny share of the values'
    size where that spread vanishes (:func:`ssg_mip.base.gap.gap_size`).
    """
    size = weights @ np.maximum(np.abs(bounds.lower), np.abs(bounds.upper))
    return float(_scale(weights @ bounds.width, size))


def gap_scales(bounds: ValueBounds) -> FloatArray:
    """:func:`gap_scale` for the value of every state alone, shape ``[num_states]``."""
    return _scale(bounds.width, np.maximum(np.abs(bounds.lower), np.abs(bounds.upper)))


def _scale(spread: FloatArray, size: FloatArray) -> FloatArray:
    """A hundredth of each spread; where that is rounding a share of the size."""
    told = spread > ROUNDING * size
    scales: FloatArray = np.where(
        told, SPREAD_SHARE * spread, np.maximum(SPREAD_SHARE * spread, NOISE_SHARE * (1.0 + size))
    )
    return scales


def finest_gap(bounds: ValueBounds, weights: FloatArray, gap: float) -> float:
    """The least difference of a weighted value and a bound on it that a search goes on for.

    The share ``gap`` of what gaps are relative to where there is no spread; less is beneath what linear programs in
    floating point resolve. A search that ends by this alone has not closed its gap.
    """
    size = float(weights @ np.maximum(np.abs(bounds.lower), np.abs(bounds.upper)))
    return gap * NOISE_SHARE * (1.0 + size)


def security_level(game: Game) -> FloatArray:
    """What the follower secures against every leader policy by one fixed action per state, shape ``[num_states]``.

    The iteration starts from the worst joint policy and only rises, so wherever it stops the values are secured.
    """
    values = follower_range(game).lower
    for _ in range(SECURITY_SWEEPS):
        improved = np.maximum(values, _secured_in_one_step(game, values))
        change = float(np.max(improved - values))
        values = improved
        if change <= ARITHMETIC * (1.0 + float(np.abs(values).max())):
            break
    return values


def _secured_in_one_step(game: Game, values: FloatArray) -> FloatArray:
    """``max_b min_a q(s, a, b)`` per state: what the best fixed action yields at least, with ``values`` afterwards."""
    lowest = _lowest_action_values(game, values)
    return np.maximum.reduceat(lowest, game.follower_offsets[:-1]).astype(float, copy=False)


def _lowest_action_values(game: Game, values: FloatArray) -> FloatArray:
    """``min_a [r_B(s, a, b) + gamma_B sum_t p(t | s, a, b) values(t)]``, one per follower slot."""
    q = game.follower_rewards + game.follower_discount * (transition_matrix(game) @ values)
    lowest = np.full(int(game.follower_offsets[-1]), np.inf)
    np.minimum.at(lowest, game.row_follower_slot, q)
    return lowest


def raised_sum(weights: FloatArray, values: FloatArray) -> float:
    """``weights @ values`` with non-negative weights, rounded up."""
    rounding = 2.0 * (len(weights) + ROUNDINGS) * float(np.finfo(float).eps)
    return float(weights @ values) + rounding * float(weights @ np.abs(values))


def compact_big_m(game: Game, bounds: ValueBounds) -> FloatArray:
    """A valid constant ``M(s, b)`` in ``v(s) <= q(s, b) + M(s, b) (1 - g(s, b))``, one per follower slot.

    ``M(s, b) = U(s) - min_a [r_B(s, a, b) + gamma_B sum_t p(t | s, a, b) L(t)]``. The width ``U(s) - L(s)`` is too
    small, because the value of an action that is not chosen can lie below ``L(s)``.
    """
    needed: FloatArray = bounds.upper[game.follower_slot_state] - _lowest_action_values(game, bounds.lower)
    return needed


def roomy(bounds: ValueBounds) -> ValueBounds:
    """The same bounds, with room on either side where they have all but met, for files that other solvers read.

    Where no policy has a say the box of a value is as narrow as the rounding of its bounds, and a presolve that works
    to a coarser tolerance finds nothing in it. A wider box is as valid.
    """
    room = READERS_ROOM * (1.0 + float(np.maximum(np.abs(bounds.lower), np.abs(bounds.upper)).max()))
    room_there = np.where(bounds.width < room, room, 0.0)
    return ValueBounds(bounds.lower - room_there, bounds.upper + room_there)


def _share_of_noise(game: Game) -> float:
    """By what share of their size bounds are moved outwards: by more than the rounding of a weighted sum of them."""
    return max(ARITHMETIC, 2.0 * (game.num_states + ROUNDINGS) * float(np.finfo(float).eps))
