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

from ssg_mip.branching.box import Box
from ssg_mip.branching.options import SearchOptions
from ssg_mip.branching.relaxation import BoxRelaxation
from ssg_mip.branching.unit_form import narrow
from ssg_mip.game import IntArray

ROUNDS = 3
"""Rounds of probing and tightening at the root."""

WORTHWHILE = 0.05
"""A round must shrink the total width by this share, or close a choice, for another one to follow."""


class Tightenable(Protocol):
    """What is needed of a problem: its relaxation, the group of each choice, and its own tightening."""

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
    """

    def __init__(self, problem: Tightenable, *, options: SearchOptions, stop: Callable[[], bool]) -> None:
        self.options = options
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
        for choice in np.flatnonzero(box.open_choices):
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
            if alternatives.sum() == 1:
                return None
            closed = np.zeros(len(alternatives), dtype=bool)
            closed[choice] = True
            box = box.without(closed)
        return self.tighten(box)

    def shrink(self, box: Box, target: float) -> Box | None:
        """Shrink every interval to what the relaxation allows above the target; ``None`` if nothing is left."""
        lower, upper = box.lower.copy(), box.upper.copy()
        self.relaxation.load(box)
        too_narrow = narrow(box)
        for place in np.argsort(-box.width):
            if self.stop() or too_narrow[place]:
                break
            width = box.width[place]
            high = self.relaxation.extreme(int(place), target, largest=True)
            low = self.relaxation.extreme(int(place), target, largest=False)
            if high == -math.inf or low == math.inf:
                return None
            upper[place] = min(upper[place], box.lower[place] + width * high)
            lower[place] = max(lower[place], box.lower[place] + width * low)
            if lower[place] > upper[place]:
                return None
        return self.tighten(Box(lower, upper, box.open_choices))

    def worthwhile(self, before: Box, after: Box) -> bool:
        """Whether a round changed enough for another one."""
        closed = int(before.open_choices.sum() - after.open_choices.sum())
        return closed > 0 or float(after.width.sum()) <= (1.0 - WORTHWHILE) * float(before.width.sum())
