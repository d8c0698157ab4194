r"""How large a player's values are in each state: what ties and rounding are measured by.

**Ties are a convention, not a claim.** The package calls actions tied in a state if their values differ by at most
``tie (1 - gamma)`` times the spread of the values that the follower could have there, over all pairs of policies; at
least by what floating point can tell. The spread is derived again here, in floating point. What two honest derivations
may differ by is left in doubt (:data:`ssg_mip.certificates.response.DOUBT`), and nothing proven rests on it.

**Rounding is local.** How far a printed value may honestly be off in a state depends on the states that it reaches, and
on no others: riches that nothing leads to excuse nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np

from ssg_mip.certificates.rational import ExactGame, Process
from ssg_mip.certificates.response import float_optimum
from ssg_mip.certificates.values import LocalScale
from ssg_mip.game import FloatArray
from ssg_mip.tolerances import TELLABLE, TIE_ROUNDINGS, Tolerances

FAR = 128
"""Times their largest spread that values may be far from 0 when the package computes them."""


@lru_cache(maxsize=4)
def tie_thresholds(exact: ExactGame, tolerances: Tolerances) -> tuple[Fraction, ...]:
    """The largest difference of tied actions in each state, in the follower's units."""
    game = exact.game
    process = _joint(exact, leader=False)
    lowest, highest = _range(exact, leader=False)
    share = max(tolerances.tie * (1.0 - game.follower_discount), TELLABLE)
    largest = np.maximum.reduceat(np.array([float(reward) for reward in process.rewards]), game.row_offsets[:-1])
    rounding = TIE_ROUNDINGS * float(np.finfo(float).eps) * (np.abs(highest) + largest)
    thresholds = share * np.maximum(highest - lowest, 0.0) + rounding
    return tuple(map(Fraction, thresholds.tolist()))


@lru_cache(maxsize=8)
def local_scale(exact: ExactGame, *, leader: bool) -> LocalScale:
    """The size of a player's values in each state, and in what it reaches."""
    process = _joint(exact, leader=leader)
    lowest, highest = _range(exact, leader=leader)
    width = tuple(map(Fraction, np.maximum(highest - lowest, 0.0).tolist()))
    before = predecessors(process)
    most = [max(process.rewards[slot] for slot in process.slots(state)) for state in range(process.num_states)]
    least = [max(-process.rewards[slot] for slot in process.slots(state)) for state in range(process.num_states)]
    above, below = largest_reached(most, before), largest_reached(least, before)
    widest = largest_reached(width, before)
    far = largest_reached(tuple(map(Fraction, np.abs(highest).tolist())), before)
    return LocalScale(
        width=width,
        widest=widest,
        size=tuple(min(FAR * spread, size) for spread, size in zip(widest, far, strict=True)),
        rewards=tuple(high + low for high, low in zip(above, below, strict=True)),
    )


def largest_reached(numbers: Sequence[Fraction], before: Sequence[set[int]]) -> tuple[Fraction, ...]:
    """The largest number of the states that each state reaches, itself included; ``before`` are its predecessors."""
    found: list[Fraction | None] = [None] * len(numbers)
    for state in sorted(range(len(numbers)), key=lambda place: -numbers[place]):
        waiting = [state]
        while waiting:
            place = waiting.pop()
            if found[place] is None:
                found[place] = numbers[state]
                waiting += before[place]
    return tuple(number for number in found if number is not None)


def predecessors(process: Process) -> list[set[int]]:
    """Per state, the states from which a slot leads there."""
    before: list[set[int]] = [set() for _ in range(process.num_states)]
    for state in range(process.num_states):
        for slot in process.slots(state):
            row = process.kernel[slot]
            for place, share in zip(row.places, row.numerators, strict=True):
                if share:
                    before[place].add(state)
    return before


@lru_cache(maxsize=8)
def _joint(exact: ExactGame, *, leader: bool) -> Process:
    """One planner picks both actions; the least reward is taken out, beside which the spread might drown."""
    rewards = exact.leader_rewards if leader else exact.follower_rewards
    least = min(rewards)
    return Process(
        offsets=tuple(exact.game.row_offsets.tolist()),
        kernel=exact.rows,
        rewards=tuple(reward - least for reward in rewards),
        discount=exact.leader_discount if leader else exact.follower_discount,
    )


@lru_cache(maxsize=8)
def _range(exact: ExactGame, *, leader: bool) -> tuple[FloatArray, FloatArray]:
    """The least and the largest value in each state, up to rounding."""
    process = _joint(exact, leader=leader)
    return -float_optimum(process.negated()), float_optimum(process)
