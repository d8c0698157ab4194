r"""Iterating ``T``: value iteration, policy iteration, and what becomes of the iterates.

* **Value iteration**: ``v_{k+1} = T v_k``.
* **Policy iteration**: ``v_{k+1}`` are the values ``V^{fg}`` of the pair ``(f, g)`` that ``T`` picks at ``v_k``. Where
  it stops, ``v_k`` is a fixed point of ``T`` too.

With ``d_k = |v_{k+1} - v_k|`` (the largest over states and players) and the tolerance ``e`` times
``1 + the largest value``, a run

* has **converged** when ``d_k <= e``: ``v_k`` is a fixed point up to ``e``, by definition;
* has entered a **cycle** of period ``p >= 2`` when the last ``p`` iterates all lie within ``e`` of the iterates ``p``
  steps before, while it still moves by more than :data:`MOVING` ``* e / (1 - gamma)``. (Iterates that swing into a
  fixed point, shrinking by ``gamma`` or faster, come that close to themselves only when they hardly move any more.)
  ``T`` is a function of ``v`` alone, so what has been retraced once goes on, up to ``e`` and to ties that it decides
  (where the leader's ties are drawn it is not, and no cycle is claimed);
* otherwise runs on to its limit. Iterates are bounded, so to diverge can only mean to **wander**: the smallest
  ``d_k`` of the last third of the run is not below half of that of the third before. Else it is **approaching**:
  its steps still shrink, and a higher limit may let it converge.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from typing import Literal

import numpy as np

from ssg_mip.base.deadline import Checkpoint, OutOfTime, unhurried
from ssg_mip.exact.stage_operator.operator import StageOperator, Step, Values, values_of_pair
from ssg_mip.numerics.array_types import FloatArray

Algorithm = Literal["value-iteration", "policy-iteration"]

MOVING = 10.0
"""How much farther than the swing of a contraction a cycle must move, see above."""

LONGEST_PERIOD = 200
"""Periods up to this one are recognised; each step compares the new iterate with as many old ones."""

SHRINKING = 0.5
"""Steps shrink if the smallest of the last third is below this share of the smallest of the third before."""


class Behaviour(enum.Enum):
    """What became of the iterates; the values are the words for the user."""

    CONVERGED = "converged to a fixed point"
    CYCLE = "entered a cycle"
    APPROACHING = "stopped while its steps were still shrinking"
    WANDERING = "stopped while its steps did not shrink: no fixed point and no cycle in sight"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Iterates:
    """A run of the operator.

    Attributes
    ----------
    behaviour
        What became of the iterates.
    period
        Length of the cycle; 1 at a fixed point, 0 where there is neither.
    values
        The last iterate.
    steps
        ``T`` at the last iterates: those of one whole cycle, or just the last one. Empty without any time.
    changes
        ``d_k`` for every step.
    lps
        Linear programs solved.
    """

    behaviour: Behaviour
    period: int
    values: Values
    steps: tuple[Step, ...]
    changes: FloatArray
    lps: int


class _Recurrence:
    """The last iterates, and for how many steps running each period has been retraced."""

    def __init__(self, first: FloatArray) -> None:
        self._past = first[None, :]  # newest first: row p - 1 is p steps before the next iterate
        self._retraced = np.zeros(LONGEST_PERIOD, dtype=np.int64)

    def add(self, iterate: FloatArray, tolerance: float) -> int:
        """The smallest period, of at least 2, of which a whole round has been retraced; 0 if there is none."""
        close = np.zeros(LONGEST_PERIOD, dtype=bool)
        close[: len(self._past)] = np.abs(self._past - iterate).max(axis=1) <= tolerance
        self._retraced = np.where(close, self._retraced + 1, 0)
        self._past = np.concatenate((iterate[None, :], self._past[: LONGEST_PERIOD - 1]))
        periods = np.flatnonzero(self._retraced[1:] >= np.arange(2, LONGEST_PERIOD + 1)) + 2
        return int(periods[0]) if len(periods) else 0


def iterate_operator(
    operator: StageOperator,
    start: Values,
    *,
    algorithm: Algorithm = "value-iteration",
    tolerance: float = 1e-9,
    limit: int = 5000,
    stopped: Callable[[], bool] = lambda: False,
    checkpoint: Checkpoint = unhurried,
    on_step: Callable[[int, Step], None] | None = None,
) -> Iterates:
    """Iterate the operator from ``start`` until it converges, cycles, or has to stop.

    Parameters
    ----------
    operator, start
        The operator of a game, and the first values.
    algorithm
        Which iteration.
    tolerance
        The ``e`` above, relative to ``1 + the largest value``.
    limit
        The largest number of steps.
    stopped
        Asked before every step.
    checkpoint
        Called throughout a step; a step that it ends with :class:`~ssg_mip.base.deadline.OutOfTime` is left out.
    on_step
        Called with the number of every step and the step.
    """
    game = operator.game
    patience = MOVING / (1.0 - max(game.leader_discount, game.follower_discount))
    values, steps, changes = start, list[Step](), list[float]()
    recurrence, behaviour, period = _Recurrence(start.joined()), None, 0
    while behaviour is None and len(changes) < limit and not stopped():
        try:
            step = operator(values, checkpoint)
        except OutOfTime:
            break
        fresh = step.values
        if algorithm == "policy-iteration":
            fresh = values_of_pair(game, step.policy, step.follower_policy)
        change = float(np.abs(fresh.joined() - values.joined()).max())
        near = tolerance * (1.0 + float(np.abs(fresh.joined()).max()))
        returned = recurrence.add(fresh.joined(), near)
        values = fresh
        changes.append(change)
        steps = [*steps[-(LONGEST_PERIOD - 1) :], step]
        if on_step is not None:
            on_step(len(changes), step)
        if change <= near:
            behaviour, period = Behaviour.CONVERGED, 1
        elif returned and not operator.draws and min(changes[-returned:]) > patience * near:
            behaviour, period = Behaviour.CYCLE, returned
    return Iterates(
        behaviour=behaviour or _unsettled(changes),
        period=period,
        values=values,
        steps=tuple(steps[-max(1, period) :]),
        changes=np.array(changes),
        lps=operator.lps,
    )


def _unsettled(changes: list[float]) -> Behaviour:
    third = len(changes) // 3
    if third == 0:
        return Behaviour.APPROACHING
    before, last = min(changes[-2 * third : -third]), min(changes[-third:])
    return Behaviour.APPROACHING if last < SHRINKING * before else Behaviour.WANDERING
