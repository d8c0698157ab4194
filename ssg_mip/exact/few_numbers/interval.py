r"""A bound on the leader's values over an interval of the one number, with all rounding counted.

Let ``w(x)`` be any line of the form of :class:`~ssg_mip.exact.few_numbers.one_number.Line`, with any two ends and any
positive ratio, and let ``a(t, b)`` be the largest of the three advantages of an answer and ``e`` the largest of all
``a``, or 0. Then ``w(x) + e / (1 - gamma)`` satisfies Bellman's inequality everywhere on the line, so the follower's
value ``v`` is at most that. If every state has an answer whose three advantages are at least ``-d``, then
``v >= w(x) - d / (1 - gamma)``. An answer with ``a(t, b) < -(d + gamma e) / (1 - gamma)`` is therefore never best:
``q(t, b) <= w(t) + a(t, b) + gamma e / (1 - gamma) < v(t)``.

The leader is worth at most what a planner gets who picks one of the ends in the state of the choice and any other
answer: against a fixed response the leader's values, too, lie on a segment between those at the ends, so this loses
nothing where only one response is left.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.evaluation.mdp import ROUNDINGS, DecisionProcess, upper_solution
from ssg_mip.evaluation.value_bounds import raised_sum
from ssg_mip.exact.few_numbers.howard import best_policy
from ssg_mip.exact.few_numbers.one_number import Line, OneNumber
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.proofs.value_tree import FollowerLine, ValueLeaf

MIXED = 8
"""Roundings in what is mixed of two actions."""


@dataclasses.dataclass(frozen=True, eq=False)
class BoundedInterval:
    """An interval with its bound.

    Attributes
    ----------
    ends
        The least and the largest number.
    bound
        No policy between them has a larger weighted value.
    leaf
        What proves it.
    """

    ends: tuple[float, float]
    bound: float
    leaf: ValueLeaf


def bounded(
    family: OneNumber, ends: tuple[float, float], chosen: IntArray, weights: FloatArray, noise: float = 0.0
) -> BoundedInterval:
    """Bound the leader's weighted value between two numbers, by the line of a response that is best there, or nearly.

    Any response will do; the better it is, the fewer answers are left. The follower's rewards may be off by ``noise``.
    """
    line = Line.of(family, ends, chosen)
    upper = _upper_values(family, ends, left_open(line, noise))
    follower = FollowerLine(state=family.state, first=line.values, second=line.later, ratio=line.ratio)
    return BoundedInterval(ends, raised_sum(weights, upper), ValueLeaf(upper=upper, line=follower))


def left_open(line: Line, noise: float = 0.0) -> NDArray[np.bool_]:
    """Per follower slot: whether it may be best somewhere on the line, as far as the three advantages tell."""
    advantages = np.array(line.advantages())
    largest, least = advantages.max(axis=0), advantages.min(axis=0)
    size = max(float(np.abs(one.reward).max()) for one in (line.first, line.second))
    size += 2.0 * max(float(np.abs(one).max()) for one in (line.values, line.later))
    rounding = noise + 4.0 * (line.first.num_states + ROUNDINGS + MIXED) * float(np.finfo(float).eps) * size
    discount = line.first.discount
    above = max(0.0, float(largest.max())) + rounding
    below = max(0.0, -float(np.maximum.reduceat(least, line.first.offsets[:-1]).min())) + rounding
    needed = (below + discount * above) / (1.0 - discount) * (1.0 + ROUNDINGS * float(np.finfo(float).eps))
    may_be_best: NDArray[np.bool_] = largest + rounding >= -needed
    return may_be_best


def _upper_values(family: OneNumber, ends: tuple[float, float], may_be_best: NDArray[np.bool_]) -> FloatArray:
    """What the leader gets at most in every state."""
    process = _planner(family, ends, may_be_best)
    return upper_solution(process, best_policy(process)[1], terms=MIXED)


def _planner(family: OneNumber, ends: tuple[float, float], may_be_best: NDArray[np.bool_]) -> DecisionProcess:
    """Slots are the open answers; in the state of the choice once for each end."""
    first, second = (family.processes(end)[0] for end in ends)
    state, open_slots = family.game.follower_slot_state, np.flatnonzero(may_be_best)
    again = open_slots[state[open_slots] == family.state]
    before = int(np.searchsorted(state[open_slots], family.state, side="right"))
    rewards = np.insert(first.reward[open_slots], [before] * len(again), second.reward[again])
    counts = np.bincount(state[open_slots], minlength=family.game.num_states)
    counts[family.state] += len(again)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    return DecisionProcess(
        offsets, rewards, _inserted(first.transition, second.transition, open_slots, again, before), first.discount
    )


def _inserted(first: object, second: object, open_slots: IntArray, again: IntArray, before: int) -> object:
    """The rows of the open answers, with those at the second end after those at the first."""
    parts = (first[open_slots[:before]], second[again], first[open_slots[before:]])  # type: ignore[index]
    if isinstance(first, np.ndarray):
        return np.concatenate(parts)
    from scipy.sparse import csr_array, vstack

    return csr_array(vstack([part for part in parts if part.shape[0]]))
