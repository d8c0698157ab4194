r"""The follower's optimum and its ties, proven.

The optimal value ``v*`` is the fixed point of ``T v = max_b [r + gamma P v]``. Any vector ``w`` proves an interval:
``T`` is monotone and adding a constant ``c`` to ``w`` adds ``gamma c`` to ``T w``, so with ``e = T w - w``

    ``min(0, min e) / (1 - gamma)  <=  v* - w  <=  max(0, max e) / (1 - gamma)``,

in a state with the least and the largest ``e`` of what it reaches.

For small games ``w`` is the exact value of a policy; where an action is better, however little, the policy moves to
it (Howard's policy iteration in fractions), until ``T w = w`` holds exactly. Then ``v*`` is a point and every tie is
a tie of fractions.

From ``v*`` follow each action's *shortfall* ``v*(s) - q*(s, b) >= 0``, and with the value ``v^g`` of a claimed
response the ``epsilon = max_s v*(s) - v^g(s)`` up to which it is a best response.

**Ties.** The package calls an action tied if its shortfall is at most a threshold of its state
(:mod:`ssg_mip.checker.tie_scale`), judged in floating point. Near that threshold either judgement is honest, so
two sets are kept: the actions that are certainly tied and the ones that may be (:func:`tie_judgements`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np

from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.directed import DirectedProcess
from ssg_mip.checker.rational import Process
from ssg_mip.checker.values import (
    EXACT_STATES,
    AnyProcess,
    FloatProcess,
    Interval,
    LocalScale,
    directed_enclosure,
    enclose,
    exact_values,
    precise_candidate,
    value_intervals,
)
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.local_accuracy import ROUNDING

Allowed = Sequence[Sequence[int]]
"""Per state the slots that may be chosen, at least one each."""

MOST_DOUBTS = 4
"""Up to so many actions at the edge of the tie tolerance are judged in every combination."""

MOST_DOUBTS_OF_FEW = 6
"""The same in games that are solved in fractions."""

DOUBT = Fraction(1, 1000)
"""Share of a tie threshold by which two derivations of it may differ."""

FLOAT_ROUNDS = 200
"""Rounds of policy iteration in floating point; stopping early costs width, not truth."""


@dataclasses.dataclass(frozen=True, eq=False)
class Optimum:
    """The optimal value over the allowed slots, and a policy that (nearly) attains it."""

    values: tuple[Interval, ...]
    chosen: tuple[int, ...]


def optimal_values(process: AnyProcess, allowed: Allowed | None = None, checkpoint: Checkpoint = unhurried) -> Optimum:
    """Proven intervals for the best value over the allowed slots (all if absent)."""
    states = range(process.num_states)
    allowed = [process.slots(state) for state in states] if allowed is None else allowed
    floats = FloatProcess.of(process)
    chosen = _float_policy(floats, allowed, checkpoint)
    if process.num_states <= EXACT_STATES and isinstance(process, Process):
        return _exact_optimum(process, allowed, chosen.tolist())
    values = floats.evaluate(chosen, checkpoint)
    if isinstance(process, DirectedProcess):
        return Optimum(directed_enclosure(process, values, *_flat(allowed)), tuple(chosen.tolist()))
    candidate = precise_candidate(process, values, chosen)
    best = _best_slots(process, allowed, candidate)
    residuals = [q - candidate[state] for state, (q, _) in enumerate(best)]
    return Optimum(enclose(process, candidate, residuals), tuple(chosen.tolist()))


def float_optimum(floats: FloatProcess, offsets: Sequence[int], checkpoint: Checkpoint = unhurried) -> FloatArray:
    """The optimal values of a process with these slots per state, up to rounding; proves nothing."""
    allowed = [range(first, last) for first, last in pairwise(offsets)]
    return floats.evaluate(_float_policy(floats, allowed, checkpoint), checkpoint)


def _flat(allowed: Allowed) -> tuple[IntArray, IntArray]:
    """The allowed slots, state by state, and where those of each state begin."""
    flat = np.array([slot for slots in allowed for slot in slots], dtype=np.int64)
    return flat, np.cumsum([0, *(len(slots) for slots in allowed)])[:-1]


def _float_policy(floats: FloatProcess, allowed: Allowed, checkpoint: Checkpoint) -> IntArray:
    """A policy that is optimal up to rounding."""
    flat, starts = _flat(allowed)
    chosen = flat[starts]
    share = max(ARITHMETIC, ROUNDING / (1.0 - floats.discount))
    due = np.full(len(starts), -np.inf)  # what values must rise to, or the last rises were rounding
    for _ in range(FLOAT_ROUNDS):
        checkpoint()
        values = floats.evaluate(chosen, checkpoint)
        q = floats.action_values(values)
        if not np.all(np.isfinite(q)):
            break
        best = np.maximum.reduceat(q[flat], starts)
        noise = ARITHMETIC * float(np.abs(values).max() + np.abs(floats.rewards).max())
        improves = np.flatnonzero(best > q[chosen] + noise)
        if not improves.size and np.any(values >= due):
            own = np.maximum(np.abs(values), np.maximum.reduceat(np.abs(floats.rewards[flat]), starts))
            improves = np.flatnonzero(best > q[chosen] + share * own)
            due = np.full(len(values), np.inf)
            due[improves] = (values + share * own)[improves]
        if not improves.size:
            break
        for state in improves.tolist():
            slots = np.asarray(allowed[state])
            chosen[state] = slots[np.argmax(q[slots])]
    return chosen


def _best_slots(process: Process, allowed: Allowed, values: Sequence[Fraction]) -> list[tuple[Fraction, int]]:
    """Per state the highest action value and the first slot that has it."""
    flat = [slot for slots in allowed for slot in slots]
    q = dict(zip(flat, process.action_values(values, flat), strict=True))
    return [max((q[slot], -slot) for slot in slots) for slots in allowed]


def _exact_optimum(process: Process, allowed: Allowed, chosen: list[int]) -> Optimum:
    """Howard's policy iteration in fractions; the values rise strictly, so it ends."""
    while True:
        values = exact_values(process, chosen)
        best = _best_slots(process, allowed, values)
        better = [state for state, (q, _) in enumerate(best) if q > values[state]]
        if not better:
            return Optimum(tuple(map(Interval.point, values)), tuple(chosen))
        for state in better:
            chosen[state] = -best[state][1]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class FollowerView:
    """What is proven about the follower against one leader policy.

    Attributes
    ----------
    optimum
        The optimal value.
    shortfalls
        Per slot, how far the action is from the best one of its state.
    tied, possibly_tied
        Per state, the slots within the tie tolerance for certain, and those that rounding could put there.
    near
        Per state, how far an action may be from the best one and still be called tied, doubts included.
    slack
        Per state, how far a printed follower value may be off.
    """

    optimum: Optimum
    shortfalls: tuple[Interval, ...]
    tied: tuple[tuple[int, ...], ...]
    possibly_tied: tuple[tuple[int, ...], ...]
    near: tuple[Fraction, ...]
    slack: tuple[Fraction, ...]


def view_follower(
    follower: AnyProcess,
    thresholds: Sequence[Fraction],
    scale: LocalScale | None = None,
    checkpoint: Checkpoint = unhurried,
    *,
    accepted: Fraction = Fraction(0),
) -> FollowerView:
    """The follower's optimum and ties.

    Parameters
    ----------
    follower
        The follower's process against the policy.
    thresholds
        Per state, by how much tied actions differ at most; see :meth:`~.LocalScale.noise` for the doubt around it.
    scale
        The size of the follower's values; the largest that the process allows if absent.
    accepted
        What an answer may cost him in one step beside that: actions within it count as tied, and are near.
    """
    scale = LocalScale.of_process(follower) if scale is None else scale
    optimum = optimal_values(follower, None, checkpoint)
    noise = scale.noise(optimum.values, follower.discount)
    checkpoint()
    slots = range(follower.offsets[-1])
    ends = [value.lower for value in optimum.values], [value.upper for value in optimum.values]
    lower, upper = follower.action_bounds(*ends, slots)
    checkpoint()
    state_of = [state for state in range(follower.num_states) for _ in follower.slots(state)]
    shortfalls = tuple(optimum.values[state_of[slot]] - Interval(lower[slot], upper[slot]) for slot in slots)
    checkpoint()
    near = tuple(accepted + threshold * (1 + DOUBT) + own for threshold, own in zip(thresholds, noise, strict=True))
    certain = [accepted + threshold * (1 - DOUBT) - own for threshold, own in zip(thresholds, noise, strict=True)]
    return FollowerView(
        optimum=optimum,
        shortfalls=shortfalls,
        tied=tuple(
            _within(follower, shortfalls, state, certain[state], optimum) for state in range(follower.num_states)
        ),
        possibly_tied=tuple(
            tuple(slot for slot in follower.slots(state) if shortfalls[slot].lower <= near[state])
            for state in range(follower.num_states)
        ),
        near=near,
        slack=scale.slack_beside(noise),
    )


def _within(
    process: AnyProcess, shortfalls: Sequence[Interval], state: int, limit: Fraction, optimum: Optimum
) -> tuple[int, ...]:
    """The slots that are tied for certain; the best one is tied with itself."""
    found = tuple(slot for slot in process.slots(state) if shortfalls[slot].upper <= limit)
    return found or (optimum.chosen[state],)


def loss_bound(view: FollowerView, attained: Sequence[Interval]) -> Fraction:
    """A proven bound on what the follower loses, in the worst state, by a response with these values."""
    gaps = [best.upper - mine.lower for best, mine in zip(view.optimum.values, attained, strict=True)]
    return max(max(gaps), Fraction(0))


def rule_values(
    leader: AnyProcess, tied: Allowed, ties: str, checkpoint: Checkpoint = unhurried
) -> tuple[Interval, ...]:
    """The leader's values when the follower picks among the tied slots by a rule.

    Parameters
    ----------
    leader
        The leader's process against the policy.
    tied
        Per state the follower's tied slots, lowest first.
    ties
        ``"leader"``, ``"first"`` or ``"adverse"``.
    """
    if ties == "first":
        return value_intervals(leader, [slots[0] for slots in tied], checkpoint)
    if ties == "adverse":
        return tuple(-value for value in optimal_values(leader.negated(), tied, checkpoint).values)
    return optimal_values(leader, tied, checkpoint).values


def exactly_tied(view: FollowerView) -> Allowed:
    """Per state the slots that cannot be told from the best one; in games of few states these are exact ties."""
    return tuple(
        tuple(slot for slot in possible if view.shortfalls[slot].lower <= 0) for possible in view.possibly_tied
    )


def tie_judgements(view: FollowerView) -> tuple[Allowed, ...]:
    """The sets of tied slots that an honest judgement in floating point may arrive at; nearly always one.

    Up to :data:`MOST_DOUBTS` slots in doubt (:data:`MOST_DOUBTS_OF_FEW` in small games) are decided in every
    combination, more of them by a common threshold.
    """
    doubtful = [
        slot
        for certain, possible in zip(view.tied, view.possibly_tied, strict=True)
        for slot in possible
        if slot not in certain
    ]
    doubtful.sort(key=lambda slot: (view.shortfalls[slot].lower, slot))
    if len(doubtful) <= (MOST_DOUBTS if len(view.tied) > EXACT_STATES else MOST_DOUBTS_OF_FEW):
        subsets = [set(some) for size in range(len(doubtful) + 1) for some in combinations(doubtful, size)]
    else:
        subsets = [set(doubtful[:size]) for size in range(len(doubtful) + 1)]
    return tuple(
        tuple(
            tuple(slot for slot in possible if slot in certain or slot in added)
            for certain, possible in zip(view.tied, view.possibly_tied, strict=True)
        )
        for added in subsets
    )
