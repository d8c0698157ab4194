r"""A quantal follower's answer and the values under it, derived again with everything that rounding leaves open.

Against a leader policy and at a temperature ``tau`` the soft values are the fixed point of
``T v (s) = tau log sum_b exp(q(s, b) / tau)``, ``q = r + gamma P v``. As a maximum over mixes ``T`` is monotone and
moves a constant by ``gamma`` times it, so for any vector ``w``

    ``min(0, min e) / (1 - gamma)  <=  v - w  <=  max(0, max e) / (1 - gamma)``,   ``e = T w - w``.

``w`` comes from Newton's method in floating point, of which nothing is believed. ``q`` at ``w`` is an interval of
fractions (exact in small games, with directed rounding in large ones), exponentials and logarithms are decimal numbers
of :data:`DIGITS` digits. With ``h`` the largest doubt of a ``q`` at the true soft values, a probability ``g(b | s)`` is
known up to the factor ``exp(2 h / tau)``.

The values of a pair solve ``V = sum_b g (r + gamma P V)``. For floats ``g'`` near ``g`` and any vector ``W`` the
residual is that of ``g'``, exactly, and at most ``sum_b |g - g'| |Q(s, b) - W(s)|`` more, because both are
distributions.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.evidence import Evidence
from ssg_mip.checker.response import FollowerView, loss_bound
from ssg_mip.checker.values import AnyProcess, FloatProcess, Interval, rounded_candidate
from ssg_mip.numerics.array_types import FloatArray

DIGITS = 60
"""Digits of exponentials and logarithms."""

ROUNDED = Fraction(1, 10**40)
"""What their rounding may come to, relative to what they are made of: hundreds of roundings, and to spare."""

ROUNDS = 100
"""Rounds of Newton's method in floating point; stopping early costs width, not truth."""

_CONTEXT = Context(prec=DIGITS, Emin=-(10**9), Emax=10**9)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class SoftEvidence(Evidence):
    """Evidence about a policy whose answer is mixed: ``mix`` encloses it, one interval per follower slot.

    ``pair`` holds the leader's and the follower's values under it. What the answer is does not depend on what a
    document says of it.
    """

    pair: tuple[tuple[Interval, ...], tuple[Interval, ...]]
    mix: tuple[Interval, ...]

    def pair_values(self, response: Sequence[int]) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
        """Both players' values of the policy with its answer."""
        del response
        return self.pair

    def epsilon(self, response: Sequence[int]) -> Fraction:
        """A proven bound on what the follower loses, in his worst state, by erring."""
        del response
        return loss_bound(self.view, self.pair[1])

    @cached_property
    def exact_outcome(self) -> tuple[Interval, ...]:
        """The leader's values: no tie decides them."""
        return self.outcomes[0]


@dataclasses.dataclass(frozen=True, eq=False)
class _Soft:
    """A mix in floats, and by how much each of its probabilities may be off."""

    mix: FloatArray
    doubt: tuple[Fraction, ...]


def enclosed_answer(
    leader: AnyProcess, follower: AnyProcess, temperature: Fraction, checkpoint: Checkpoint = unhurried
) -> tuple[tuple[Interval, ...], tuple[tuple[Interval, ...], tuple[Interval, ...]]]:
    """The mix, per follower slot, and the leader's and the follower's values under it, per state.

    Parameters
    ----------
    leader, follower
        Both processes against the policy.
    temperature
        ``tau``, above 0.
    checkpoint
        Called now and then; what it raises ends the work.
    """
    soft = _enclosed_mix(follower, temperature, checkpoint)
    pair = (_enclosed_values(leader, soft, checkpoint), _enclosed_values(follower, soft, checkpoint))
    total = [Fraction(one) for one in soft.mix.tolist()]
    mix = tuple(Interval(max(Fraction(0), p - d), p + d) for p, d in zip(total, soft.doubt, strict=True))
    return mix, pair


def _enclosed_mix(follower: AnyProcess, temperature: Fraction, checkpoint: Checkpoint) -> _Soft:
    floats = FloatProcess.of(follower)
    values, mix = _newton(floats, np.asarray(follower.offsets), float(temperature), checkpoint)
    candidate = rounded_candidate(values)
    slots = range(follower.offsets[-1])
    lower, upper = follower.action_bounds(candidate, candidate, slots)
    down = up = Fraction(0)
    for state in range(follower.num_states):
        checkpoint()
        own = follower.slots(state)
        least, most = (_log_sum([q[slot] for slot in own], temperature) for q in (lower, upper))
        down, up = max(down, candidate[state] - least.lower), max(up, most.upper - candidate[state])
    horizon = 1 - follower.discount
    spread = follower.discount * (down + up) / horizon
    widest = max(high - low for low, high in zip(lower, upper, strict=True)) + spread
    factor = _exponential_excess(2 * widest / temperature)
    middle = [(low + high) / 2 for low, high in zip(lower, upper, strict=True)]
    exact: list[Fraction] = []
    for state in range(follower.num_states):
        exact += _logit([middle[slot] for slot in follower.slots(state)], temperature)
    mix = np.array([float(one) for one in exact])
    doubt = tuple(
        abs(Fraction(p) - one) + (one + ROUNDED) * factor + ROUNDED for p, one in zip(mix.tolist(), exact, strict=True)
    )
    return _Soft(mix, doubt)


def _newton(
    floats: FloatProcess, offsets: Any, temperature: float, checkpoint: Checkpoint
) -> tuple[FloatArray, FloatArray]:
    """Soft values and a mix in floating point; nothing is believed of them."""
    starts, counts = offsets[:-1], np.diff(offsets)
    values = np.zeros(len(starts))
    best, least = values, np.inf
    mix = np.repeat(1.0 / counts, counts)
    for _ in range(ROUNDS):
        checkpoint()
        q = floats.action_values(values)
        highest = np.maximum.reduceat(q, starts)
        weights = np.exp((q - np.repeat(highest, counts)) / temperature)
        sums = np.add.reduceat(weights, starts)
        mix = weights / np.repeat(sums, counts)
        fresh = highest + temperature * np.log(sums)
        off = float(np.abs(fresh - values).max())
        if off < least:
            best, least = fresh, off
        elif least <= 1e-9 * (1.0 + float(np.abs(fresh).max())):
            break
        entropy = -np.add.reduceat(mix * np.log(np.maximum(mix, np.finfo(float).tiny)), starts)
        values = _mixed_values(floats, starts, mix, temperature * entropy, checkpoint)
    return best, mix


def _mixed_values(
    floats: FloatProcess, starts: Any, mix: FloatArray, more: FloatArray, checkpoint: Checkpoint
) -> FloatArray:
    """The values of a mix that is paid ``more`` in each state, in floating point."""
    rewards = np.add.reduceat(mix * floats.rewards, starts)
    if isinstance(floats.matrix, np.ndarray):
        matrix: Any = np.add.reduceat(mix[:, None] * floats.matrix, starts, axis=0)
    else:
        from scipy.sparse import csr_array

        counts = np.diff(np.append(starts, len(mix)))
        state = np.repeat(np.arange(len(starts)), counts)
        gather = csr_array((mix, (state, np.arange(len(mix)))), shape=(len(starts), len(mix)))
        matrix = csr_array(gather @ floats.matrix)
    collapsed = FloatProcess(matrix, rewards, floats.discount)
    return collapsed.response_to(np.arange(len(starts)), rewards + more, checkpoint)


def _enclosed_values(process: AnyProcess, soft: _Soft, checkpoint: Checkpoint) -> tuple[Interval, ...]:
    """The values under a mix that is known up to a doubt."""
    starts = np.asarray(process.offsets[:-1])
    found = _mixed_values(FloatProcess.of(process), starts, soft.mix, np.zeros(len(starts)), checkpoint)
    candidate = rounded_candidate(found)
    lower, upper = process.action_bounds(candidate, candidate, range(process.offsets[-1]))
    shares = [Fraction(one) for one in soft.mix.tolist()]
    down = up = Fraction(0)
    for state, value in enumerate(candidate):
        checkpoint()
        own = process.slots(state)
        total = sum((shares[slot] for slot in own), Fraction(0))
        least, most = (sum((shares[b] * q[b] for b in own), Fraction(0)) / total for q in (lower, upper))
        # dividing by the exact sum moves the mix once more, by what the sum misses
        missed = abs(total - 1)
        moved = sum(
            ((soft.doubt[b] + missed * shares[b]) * max(abs(lower[b] - value), abs(upper[b] - value)) for b in own),
            Fraction(0),
        )
        down, up = max(down, value - least + moved), max(up, most + moved - value)
    horizon = 1 - process.discount
    return tuple(Interval(value - down / horizon, value + up / horizon) for value in candidate)


def soft_view(view: FollowerView, mix: FloatArray, offsets: Sequence[int]) -> FollowerView:
    """What is proven of the follower, without any ties: his answer is unique."""
    alone = tuple((low + int(np.argmax(mix[low:high])),) for low, high in itertools.pairwise(offsets))
    return dataclasses.replace(view, tied=alone, possibly_tied=alone)


# -------------------------------------------------------------------- exponentials and logarithms


def _decimal(value: Fraction) -> Decimal:
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _log_sum(numbers: Sequence[Fraction], temperature: Fraction) -> Interval:
    """``tau log sum exp(number / tau)``."""
    highest = max(numbers)
    total = Decimal(0)
    for one in numbers:
        total = _CONTEXT.add(total, _exponential((one - highest) / temperature))
    found = highest + temperature * Fraction(_CONTEXT.ln(total))
    error = ROUNDED * (temperature + max(highest - one for one in numbers))
    return Interval(found - error, found + error)


def _logit(numbers: Sequence[Fraction], temperature: Fraction) -> list[Fraction]:
    """Probabilities proportional to ``exp(number / tau)``, up to :data:`ROUNDED`."""
    highest = max(numbers)
    weights = [_exponential((one - highest) / temperature) for one in numbers]
    total = Decimal(0)
    for weight in weights:
        total = _CONTEXT.add(total, weight)
    return [Fraction(_CONTEXT.divide(weight, total)) for weight in weights]


def _exponential(exponent: Fraction) -> Decimal:
    """``exp`` of a number of at most 0; 0 where it is smaller than anything that counts."""
    return Decimal(0) if exponent < -1000 else _CONTEXT.exp(_decimal(exponent))


def _exponential_excess(exponent: Fraction) -> Fraction:
    """At least ``exp(x) - 1`` for a number of at least 0; a probability is never further off than 1."""
    if exponent > 1:
        return Fraction(10**6)
    return exponent * (1 + exponent)  # x + x^2 for x <= 1
