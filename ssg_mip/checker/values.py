r"""What a pair of policies is worth, as exactly proven intervals.

For a fixed response the value solves ``v = r + gamma P v``.

* Up to :data:`EXACT_STATES` states the system is solved in rational numbers: the interval is a point.
* Above, any vector ``w`` of fractions proves an interval. ``v - w`` solves the same equation with the residual
  ``e = r + gamma P w - w`` as its reward, and ``gamma P`` has row sums ``gamma``, so
  ``min(0, min e) / (1 - gamma) <= v - w <= max(0, max e) / (1 - gamma)``, never wider than
  ``||e||_inf / (1 - gamma)`` on either side. For a state only the residuals of what it reaches count. ``w`` comes from
  a solve in floating point, whose errors widen the interval and cannot make it wrong.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Any

import numpy as np

from ssg_mip.base.tolerances import ARITHMETIC, ROUNDING
from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.directed import DirectedProcess
from ssg_mip.checker.iterative import candidate_values
from ssg_mip.checker.linear_solve import solve_exactly
from ssg_mip.checker.rational import Process, over_common_denominator
from ssg_mip.checker.reached import largest_reached
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.local_accuracy import discounted_values

EXACT_STATES = 12
"""Number of states up to which values are exact fractions."""

PATIENT = Fraction(99, 100)
"""Discount above which candidates are corrected once in fractions."""

PRINTED = Fraction(64.0 * np.finfo(float).eps)
"""Rounding of a printed value, or of a weighted sum, relative to its size."""

LEAST = Fraction(float(np.finfo(float).tiny))
"""By how much directed rounding may miss an exact 0, at least."""

DENSE_STATES = 500
"""Number of states up to which candidates come from a dense solve; above from an iterative one."""

AnyProcess = Process | DirectedProcess
"""A process in rational numbers, or a large one whose enclosures count the roundings of floating point."""


@dataclasses.dataclass(frozen=True)
class Interval:
    """A number known to lie in ``[lower, upper]``."""

    lower: Fraction
    upper: Fraction

    @classmethod
    def point(cls, value: Fraction) -> Interval:
        """A number known exactly."""
        return cls(value, value)

    @property
    def is_exact(self) -> bool:
        """Whether both ends agree."""
        return self.lower == self.upper

    @property
    def width(self) -> Fraction:
        """``upper - lower``."""
        return self.upper - self.lower

    def distance(self, value: Fraction) -> Fraction:
        """How far a number lies outside; 0 inside."""
        if value < self.lower:
            return self.lower - value
        return value - self.upper if value > self.upper else Fraction(0)

    def __neg__(self) -> Interval:
        return Interval(-self.upper, -self.lower)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.lower - other.upper, self.upper - other.lower)


def weighted_sum(weights: Sequence[Fraction], values: Sequence[Interval]) -> Interval:
    """``weights @ values`` for non-negative weights."""
    shares, whole = over_common_denominator(weights)

    def mean(ends: Sequence[Fraction]) -> Fraction:
        numerators, below = over_common_denominator(ends)
        return Fraction(sum(share * above for share, above in zip(shares, numerators, strict=True)), whole * below)

    lower = mean([value.lower for value in values])
    exact = all(value.is_exact for value in values)
    return Interval(lower, lower if exact else mean([value.upper for value in values]))


def weighted_slack(weights: Sequence[Fraction], slack: Sequence[Fraction]) -> Fraction:
    """What a weighted sum may be off, where its terms may be off by so much; weights sum to one."""
    return sum((weight * own for weight, own in zip(weights, slack, strict=True)), Fraction(0))


def largest_size(values: Sequence[Interval]) -> Fraction:
    """The largest absolute value that any of the numbers may have."""
    return max(max(value.upper for value in values), -min(value.lower for value in values))


@dataclasses.dataclass(frozen=True, kw_only=True)
class LocalScale:
    """How large a player's values are, one number per state.

    Attributes
    ----------
    width
        Spread of the values over all pairs of policies, up to rounding.
    widest
        The largest of these of all states that the state reaches, discounted and as likely as they are reached.
    size
        How large values are that the package computes in the state and, likewise, in what it reaches, without large
        constants.
    rewards
        Spread of all rewards that the state reaches, likewise.
    """

    width: tuple[Fraction, ...]
    widest: tuple[Fraction, ...]
    size: tuple[Fraction, ...]
    rewards: tuple[Fraction, ...]

    @classmethod
    def of_process(cls, process: AnyProcess) -> LocalScale:
        """The largest that a process allows, the same in all states."""
        spread = (process.reward_spread,) * process.num_states
        width = tuple(one / (1 - process.discount) for one in spread)
        return cls(width=width, widest=width, size=width, rewards=spread)

    def noise(self, values: Sequence[Interval], discount: Fraction) -> tuple[Fraction, ...]:
        """How far the package's own solves in floating point may be off in each state.

        Two sources, each of which ``1 / (1 - gamma)`` steps may add up: the smallest advantage for which its policy
        iteration switches an action, and the rounding of mixed rewards. What is translated back rounds once more.
        """
        return tuple(
            (Fraction(ARITHMETIC) * size + PRINTED * rewards) / (1 - discount)
            + PRINTED * max(abs(value.lower), abs(value.upper))
            + LEAST
            for size, rewards, value in zip(self.size, self.rewards, values, strict=True)
        )

    def slack(self, values: Sequence[Interval], discount: Fraction) -> tuple[Fraction, ...]:
        """How far a printed number may lie from its proven value: ``rounding`` times the spread there, and noise."""
        return self.slack_beside(self.noise(values, discount))

    def slack_beside(self, noise: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """The same beside a noise that is known."""
        share = Fraction(ROUNDING)
        return tuple(share * width + own for width, own in zip(self.width, noise, strict=True))


def value_intervals(
    process: AnyProcess, chosen: Sequence[int], checkpoint: Checkpoint = unhurried
) -> tuple[Interval, ...]:
    """Proven intervals for the value of playing slot ``chosen[s]`` in every state ``s``."""
    if process.num_states <= EXACT_STATES and isinstance(process, Process):
        return tuple(map(Interval.point, exact_values(process, chosen)))
    slots = np.array(chosen, dtype=np.int64)
    found = FloatProcess.of(process).evaluate(slots, checkpoint)
    if isinstance(process, DirectedProcess):
        return directed_enclosure(process, found, slots, np.arange(len(slots)))
    candidate = precise_candidate(process, found, slots)
    return enclose(process, candidate, residuals_of(process, candidate, chosen))


def residuals_of(process: Process, candidate: Sequence[Fraction], chosen: Sequence[int]) -> list[Fraction]:
    """By how much the values of a response miss their equations."""
    return [q - w for q, w in zip(process.action_values(candidate, chosen), candidate, strict=True)]


def precise_candidate(process: Process, found: FloatArray, chosen: IntArray) -> tuple[Fraction, ...]:
    """Floats as fractions; where rounding them may move values much, less their error in floating point.

    The residual of rounded values is a rounding of them, and the radius of the intervals is that over ``1 - gamma``.
    """
    candidate = rounded_candidate(found)
    if process.discount <= PATIENT:
        return candidate
    residuals = np.array(list(map(float, residuals_of(process, candidate, chosen.tolist()))))
    correction = rounded_candidate(FloatProcess.of(process).response_to(chosen, residuals))
    return tuple(value + more for value, more in zip(candidate, correction, strict=True))


def enclose(process: Process, candidate: Sequence[Fraction], residuals: Sequence[Fraction]) -> tuple[Interval, ...]:
    """The intervals around a candidate with these residuals, one per state."""
    horizon = 1 - process.discount
    highest = largest_reached([max(one, Fraction(0)) for one in residuals], process.predecessors)
    lowest = largest_reached([max(-one, Fraction(0)) for one in residuals], process.predecessors)
    return tuple(
        Interval(value - down / horizon, value + up / horizon)
        for value, down, up in zip(candidate, lowest, highest, strict=True)
    )


def directed_enclosure(
    process: DirectedProcess, found: FloatArray, flat: IntArray, starts: IntArray
) -> tuple[Interval, ...]:
    """The intervals around a candidate of a large process, with radii rounded outwards to floats.

    Parameters
    ----------
    process, found
        The process and the candidate; what is not finite counts as 0.
    flat, starts
        The slots of which the best one counts in every state, as in :meth:`DirectedProcess.residual_range`.
    """
    values = np.where(np.isfinite(found), found, 0.0)
    constant = process.common(values)
    values = values - constant  # rounded, but any candidate will do
    lowest, highest = process.without(constant).residual_range(values, flat, starts)
    horizon = 1 - process.discount
    down, up = (float(min(lowest, Fraction(0)) / horizon), float(max(highest, Fraction(0)) / horizon))
    # The quotient is rounded once and the sum once: two floats further out is further than the truth.
    lower = np.nextafter(values + math.nextafter(down, -math.inf), -np.inf)
    upper = np.nextafter(values + math.nextafter(up, math.inf), np.inf)
    base = Fraction(constant)
    return tuple(
        Interval(base + Fraction(low), base + Fraction(high))
        for low, high in zip(lower.tolist(), upper.tolist(), strict=True)
    )


def exact_values(process: Process, chosen: Sequence[int]) -> tuple[Fraction, ...]:
    """The value of a response as fractions: one exact linear solve."""
    above, below = process.discount.numerator, process.discount.denominator
    matrix, right = [], []
    for state, slot in enumerate(chosen):
        row, reward = process.kernel[slot], process.rewards[slot]
        factor = row.total * below * reward.denominator
        line = [0] * process.num_states
        line[state] = factor
        for place, numerator in zip(row.places, row.numerators, strict=True):
            line[place] -= above * numerator * reward.denominator
        constant = reward.numerator * row.total * below
        shared = gcd(*line, constant)
        matrix.append([entry // shared for entry in line])
        right.append(constant // shared)
    return solve_exactly(matrix, right)


def rounded_candidate(values: FloatArray) -> tuple[Fraction, ...]:
    """Floats as the fractions they are; what is not finite becomes 0, a poor candidate but a valid one."""
    return tuple(Fraction(value) for value in np.where(np.isfinite(values), values, 0.0).tolist())


@dataclasses.dataclass(frozen=True, eq=False)
class FloatProcess:
    """A process rounded to floats: the source of candidates, of which nothing is believed."""

    matrix: Any
    rewards: FloatArray
    discount: float

    @classmethod
    def of(cls, process: AnyProcess) -> FloatProcess:
        """Every number rounded to the nearest float; the last few are kept."""
        return _rounded_process(process)

    @classmethod
    def rounded(cls, process: Process) -> FloatProcess:
        """Every number rounded to the nearest float, made anew."""
        rows = np.repeat(np.arange(len(process.kernel)), [len(row.places) for row in process.kernel])
        columns = np.array([place for row in process.kernel for place in row.places], dtype=np.int64)
        entries = np.array([numerator / row.total for row in process.kernel for numerator in row.numerators])
        shape = (len(process.kernel), process.num_states)
        rewards = np.array([float(reward) for reward in process.rewards])
        if process.num_states <= DENSE_STATES:
            matrix: Any = np.zeros(shape)
            matrix[rows, columns] = entries
        else:
            from scipy.sparse import csr_array

            matrix = csr_array((entries, (rows, columns)), shape=shape)
        return cls(matrix, rewards, float(process.discount))

    def evaluate(self, chosen: IntArray, checkpoint: Checkpoint = unhurried) -> FloatArray:
        """The value of a response: by a dense solve, or up to a residual that is left by an iterative one."""
        return self.response_to(chosen, self.rewards[chosen], checkpoint)

    def response_to(self, chosen: IntArray, right: FloatArray, checkpoint: Checkpoint = unhurried) -> FloatArray:
        """The value of a response that is paid ``right`` instead of its rewards, shape ``[num_states]``."""
        rows = self.matrix[chosen]
        with np.errstate(all="ignore"):
            if isinstance(rows, np.ndarray):
                return discounted_values(rows, self.discount, right)
            return candidate_values(rows, self.discount, right, checkpoint)

    def action_values(self, values: FloatArray) -> FloatArray:
        """``q = r + gamma P v`` for every slot."""
        with np.errstate(all="ignore"):
            q: FloatArray = self.rewards + self.discount * (self.matrix @ values)
        return q


@lru_cache(maxsize=4)
def _rounded_process(process: AnyProcess) -> FloatProcess:
    if isinstance(process, DirectedProcess):
        return FloatProcess(process.mixing.matrix(), process.mean_rewards(), process.float_discount)
    return FloatProcess.rounded(process)
