"""Where to split a box."""

from __future__ import annotations

import numpy as np

from ssg_mip.base.tolerances import ARITHMETIC, INTERVAL, ROUNDING
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.records import Branch
from ssg_mip.branch_and_bound.relaxation import Point
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import FloatArray

KEEP_OFF = 0.4
"""Branching points stay this share of the width away from the ends."""

CUTS_PAY = 0.05
"""Average share of the remaining gap that cuts must close to be tried at every node."""

TRY_AGAIN = 20
"""Nodes between two trials while cuts do not pay."""

MOVING_SHARE = 0.05
"""Weight of the newest observation in the moving average."""


def violation_scores(program: CompiledProgram, box: Box, point: Point) -> FloatArray:
    """How badly the products of each box variable are violated, ``d(t) sum weight |m - y h(t)|``."""
    share = np.bincount(program.product_value, weights=point.error, minlength=len(program.box))
    scores: FloatArray = box.width * share
    return scores


def choose_branch(program: CompiledProgram, box: Box, point: Point, root_width: FloatArray) -> Branch | None:
    """The most violated coordinate and the weighted mean of its products' implied values.

    Returns ``None`` where no interval is wide enough to be split in floating point.
    """
    splittable = box.width > INTERVAL * (1.0 + np.abs(box.lower) + np.abs(box.upper))
    if not splittable.any():
        return None
    relative = np.where(splittable, box.width / np.maximum(root_width, ARITHMETIC), 0.0)
    if not len(point.error):
        place = int(np.argmax(relative))
        return Branch(place, float(box.lower[place] + 0.5 * box.width[place]))
    scores = violation_scores(program, box, point)
    # Where nothing is violated beyond noise the widest interval, relative to the root, is split.
    noise = ROUNDING * float(np.max(np.abs(scores), initial=0.0))
    place = int(np.argmax(np.where(splittable, scores + noise * relative, -1.0)))
    if scores[place] <= ARITHMETIC:
        place = int(np.argmax(relative))
    return Branch(place, float(box.lower[place] + box.width[place] * _unit_split(program, point, place)))


def _unit_split(program: CompiledProgram, point: Point, place: int) -> float:
    mine = (program.product_value == place) & (point.error > 0.0)
    share = point.error[mine]
    mean = 0.5
    if share.sum() > 0.0:
        mean = float(point.unit_values[place])
    return float(np.clip(mean, KEEP_OFF, 1.0 - KEEP_OFF))


class CuttingPolicy:
    """Whether cuts are worth their time: a moving average of the share of the remaining gap that they closed."""

    def __init__(self) -> None:
        self._average = 1.0
        self._skipped = 0

    def due(self) -> bool:
        """Whether to cut at this node; while cutting does not pay, only now and then."""
        if self._average >= CUTS_PAY:
            return True
        self._skipped += 1
        if self._skipped < TRY_AGAIN:
            return False
        self._skipped = 0
        return True

    def record(self, gap: float, gain: float) -> None:
        """Learn from a node: the gap that remained, and how much of it the cuts closed."""
        if gap > 0.0:
            self._average += MOVING_SHARE * (min(1.0, gain / gap) - self._average)
