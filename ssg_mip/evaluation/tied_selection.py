"""Which of the follower's tied answers is taken where discounted costs are bounded.

Without such bounds the tied answers that are best for the leader are an optimal control over the tied actions. With
bounds on costs, answers that are best for the leader may cost too much while others, tied as well, do not: what is
wanted is the best *deterministic* choice among those that keep every bound. It is found by branch and bound over the
tied actions: a part of the choices is worth no more than its optimal control, and holds none that keeps a bound which
even its cheapest control breaks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ssg_mip.evaluation.mdp import DecisionProcess, evaluate, optimal_control
from ssg_mip.numerics.array_types import FloatArray, IntArray

MOST_PARTS = 2000
"""Parts that are looked at; after so many the best choice so far is taken, which is one that keeps the bounds."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class CostBound:
    """``lower <= start @ C <= upper`` for the discounted costs ``C`` of a policy, within ``tolerance``.

    ``cost`` is one number per slot of the decision process.
    """

    cost: FloatArray
    lower: float
    upper: float
    tolerance: float

    def keeps(self, cost: float) -> bool:
        """Whether a discounted cost is within the bounds."""
        return self.lower - self.tolerance <= cost <= self.upper + self.tolerance


def discounted_cost(process: DecisionProcess, chosen: IntArray, start: FloatArray, cost: FloatArray) -> float:
    """What a choice costs from a start distribution, discounted as the rewards of the process are."""
    return float(start @ evaluate(dataclasses.replace(process, reward=cost), chosen))


def best_within(
    process: DecisionProcess, allowed: NDArray[np.bool_], start: FloatArray, bounds: Sequence[CostBound]
) -> IntArray | None:
    """The choice of one slot per state that is worth most from the start among those that keep every bound.

    Parameters
    ----------
    process
        Rewards are the leader's.
    allowed
        The slots that may be chosen, at least one in every state.
    start, bounds
        Where it starts, and what must be kept.

    Returns
    -------
    IntArray or None
        Nothing if no choice keeps them.
    """
    parts, best, most, looked = [allowed], None, -np.inf, 0
    while parts and looked < MOST_PARTS:
        part = parts.pop()
        looked += 1
        control = optimal_control(process, allowed=part)
        worth = float(start @ control.values)
        if worth <= most or not all(_reachable(process, part, start, bound) for bound in bounds):
            continue
        chosen = control.chosen
        if all(bound.keeps(discounted_cost(process, chosen, start, bound.cost)) for bound in bounds):
            best, most = chosen, worth
            continue
        parts += _parts(process, part, chosen, start, bounds)
    return best


def _reachable(process: DecisionProcess, part: NDArray[np.bool_], start: FloatArray, bound: CostBound) -> bool:
    """Whether some control of a part, not of every bound at once, keeps a bound."""
    costly = dataclasses.replace(process, reward=bound.cost)
    least = float(start @ optimal_control(costly, allowed=part, maximise=False).values)
    if least > bound.upper + bound.tolerance:
        return False
    return bound.lower == -np.inf or (
        float(start @ optimal_control(costly, allowed=part).values) >= bound.lower - bound.tolerance
    )


def _parts(
    process: DecisionProcess,
    part: NDArray[np.bool_],
    chosen: IntArray,
    start: FloatArray,
    bounds: Sequence[CostBound],
) -> list[NDArray[np.bool_]]:
    """With the chosen slot of a state alone, and without it; the state is one where a broken bound wants another."""
    several = np.add.reduceat(part.astype(np.int64), process.offsets[:-1]) > 1
    if not several.any():
        return []
    broken = next(one for one in bounds if not one.keeps(discounted_cost(process, chosen, start, one.cost)))
    too_much = discounted_cost(process, chosen, start, broken.cost) > broken.upper
    wanted = optimal_control(
        dataclasses.replace(process, reward=broken.cost), allowed=part, maximise=not too_much
    ).chosen
    differing = several & (wanted != chosen)
    state = int(np.argmax(differing if differing.any() else several))
    first, last = process.offsets[state : state + 2]
    alone, without = part.copy(), part.copy()
    alone[first:last] = False
    alone[chosen[state]], without[chosen[state]] = True, False
    return [alone, without]
