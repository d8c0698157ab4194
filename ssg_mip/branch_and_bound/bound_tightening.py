"""Shrinking the root box with linear programs: probing of choices and bound tightening of values.

Both ask the relaxation what a solution *better than the target* could look like. A choice is closed when the
relaxation that takes it alone stays at or below the target; an interval shrinks to the range of its variable over the
relaxation with the objective kept above the target. What is lost are solutions that the search need not find: their
values are at most the target, and the caller keeps that number as part of its dual bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.options import SearchOptions
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation
from ssg_mip.branch_and_bound.scaling import narrow
from ssg_mip.branch_and_bound.tree_log import TreeLog, again
from ssg_mip.numerics.array_types import IntArray

ROUNDS = 3
"""Rounds of probing and tightening at the root."""

ROUNDING = 8.0 * float(np.finfo(float).eps)
"""More than the rounding of ``l + d h``, relative to ``|l| + d``."""

WORTHWHILE = 0.05
"""A round must shrink the total width by this share, or close a choice, for another one to follow."""


class Tightenable(Protocol):
    """What is needed of a problem: its relaxation, the group of each choice, and its own tightening.

    Choices of the group -1 exclude each other in no way and are not probed.
    """

    groups: IntArray

    @property
    def relaxation(self) -> BoxRelaxation:
        """The relaxation, written for the root."""

    def tighten(self, box: Box) -> Box | None:
        """A box inside ``box`` that keeps every solution in it, or ``None`` if there is none."""


class RootRounds:
    """Probing and tightening of the root box.

    Parameters
    ----------
    problem
        What to ask.
    options
        Which of the two to do.
    stop
        Whether a limit was reached; checked between linear programs.
    trace
        Where the box stands in a certificate; what is left of it after a round.
    """

    def __init__(
        self,
        problem: Tightenable,
        *,
        options: SearchOptions,
        stop: Callable[[], bool],
        trace: TreeLog | None = None,
    ) -> None:
        self.options = options
        self.trace = trace
        self.relaxation = problem.relaxation
        self.groups = problem.groups
        self.tighten = problem.tighten
        self.stop = stop

    def run(self, box: Box, target: float) -> Box | None:
        """One round: probe, then shrink; ``None`` if nothing better than the target is left."""
        probed = self.probe(box, target) if self.options.probing else box
        return self.shrink(probed, target) if probed is not None and self.options.tightening else probed

    def probe(self, box: Box, target: float) -> Box | None:
        """Close every choice whose relaxation stays at or below the target; ``None`` if a group loses all."""
        for choice in np.flatnonzero(box.open_choices & (self.groups >= 0)):
            alternatives = (self.groups == self.groups[choice]) & box.open_choices
            if self.stop():
                return box
            only = alternatives.copy()
            only[choice] = False
            trial = self.tighten(box.without(only))
            if trial is not None:
                self.relaxation.load(trial)
                if self.relaxation.solve(cut_off=target).bound > target:
                    continue
            if self.trace is not None:
                self.trace = self._traced(self.trace, int(choice), trial)
            if alternatives.sum() == 1:
                self._nothing_left()
                return None
            closed = np.zeros(len(alternatives), dtype=bool)
            closed[choice] = True
            box = box.without(closed)
        return self._tightened(box)

    def shrink(self, box: Box, target: float) -> Box | None:
        """Shrink every interval to what the relaxation allows above the target; ``None`` if nothing is left."""
        lower, upper = box.lower.copy(), box.upper.copy()
        self.relaxation.load(box)
        too_narrow = narrow(box)
        for place in np.argsort(-box.width):
            if self.stop() or too_narrow[place]:
                break
            width = box.width[place]
            rounding = ROUNDING * (abs(box.lower[place]) + width)
            high = self.relaxation.extreme(int(place), target, largest=True)
            if high == -math.inf:
                self._excluded()
                return None
            upper[place] = min(upper[place], box.lower[place] + width * high + rounding)
            if self.trace is not None and upper[place] < box.upper[place]:
                self.trace = self.trace.cut_off_above(int(place), float(upper[place]), self.relaxation.proof())
            low = self.relaxation.extreme(int(place), target, largest=False)
            if low == math.inf:
                self._excluded()
                return None
            lower[place] = max(lower[place], box.lower[place] + width * low - rounding)
            if self.trace is not None and lower[place] > box.lower[place]:
                self.trace = self.trace.cut_off_below(int(place), float(lower[place]), self.relaxation.proof())
            if lower[place] > upper[place]:
                self._nothing_left()
                return None
        return self._tightened(Box(lower, upper, box.open_choices))

    def _tightened(self, box: Box) -> Box | None:
        self.trace = again(self.trace)
        answer = self.tighten(box)
        if answer is None:
            self._nothing_left()
        return answer

    def _traced(self, trace: TreeLog, choice: int, trial: Box | None) -> TreeLog:
        """What is left in the certificate after a choice is closed: emptied by propagation, or by the last bound."""
        taken, left = trace.at_choice(choice)
        if trial is None:
            taken.empty()
        else:
            taken.bound, taken.proof = -math.inf, self.relaxation.proof()
        return left

    def _nothing_left(self) -> None:
        if self.trace is not None:
            self.trace.empty()

    def _excluded(self) -> None:
        """The last linear program has no point better than the target."""
        if self.trace is not None:
            self.trace.bound, self.trace.proof = -math.inf, self.relaxation.proof()

    def worthwhile(self, before: Box, after: Box) -> bool:
        """Whether a round changed enough for another one."""
        closed = int(before.open_choices.sum() - after.open_choices.sum())
        return closed > 0 or float(after.width.sum()) <= (1.0 - WORTHWHILE) * float(before.width.sum())
