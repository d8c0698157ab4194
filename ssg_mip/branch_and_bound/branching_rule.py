"""Where to split a box."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.tolerances import ARITHMETIC, INTERVAL, ROUNDING
from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.records import Branch, Split
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation, Point
from ssg_mip.numerics.array_types import FloatArray

KEEP_OFF = 0.4
"""Branching points stay this share of the width away from the ends."""

CUTS_PAY = 0.05
"""Average share of the remaining gap that cuts must close to be tried at every node."""

TRY_AGAIN = 20
"""Nodes between two trials while cuts do not pay."""

MOVING_SHARE = 0.05
"""Weight of the newest observation in the moving average."""


BranchingRule = Callable[[BoxRelaxation, Box, Point, FloatArray], Split | None]
"""Where to split a box, given its point and the widths of the root; ``None`` where it cannot be split."""


def violation_scores(relaxation: BoxRelaxation, box: Box, point: Point) -> FloatArray:
    """How badly the products of each box variable are violated, ``d(t) sum weight |m - y h(t)|``."""
    share = np.bincount(relaxation.branch_place, weights=point.error, minlength=len(relaxation.program.box))
    scores: FloatArray = box.width * share
    return scores


def splittable(box: Box) -> NDArray[np.bool_]:
    """Which intervals are wide enough to be split in floating point."""
    wide: NDArray[np.bool_] = box.width > INTERVAL * (1.0 + np.abs(box.lower) + np.abs(box.upper))
    return wide


def choose_branch(relaxation: BoxRelaxation, box: Box, point: Point, root_width: FloatArray) -> Branch | None:
    """The most violated coordinate and the weighted mean of its products' implied values.

    Returns ``None`` where no interval is wide enough to be split in floating point.
    """
    scores = violation_scores(relaxation, box, point) if len(point.error) else np.zeros(len(box.lower))
    return branch_by_scores(relaxation, box, point, root_width, scores)


def branch_by_scores(
    relaxation: BoxRelaxation, box: Box, point: Point, root_width: FloatArray, scores: FloatArray
) -> Branch | None:
    """The coordinate with the largest score; where there is none, the widest interval relative to the root."""
    wide = splittable(box)
    if not wide.any():
        return None
    relative = np.where(wide, box.width / np.maximum(root_width, ARITHMETIC), 0.0)
    if not len(point.error):
        place = int(np.argmax(relative))
        return Branch(place, float(box.lower[place] + 0.5 * box.width[place]))
    # Where nothing is violated beyond noise the widest interval, relative to the root, is split.
    noise = ROUNDING * float(np.max(np.abs(scores), initial=0.0))
    place = int(np.argmax(np.where(wide, scores + noise * relative, -1.0)))
    if scores[place] <= ARITHMETIC:
        place = int(np.argmax(relative))
    return Branch(place, float(box.lower[place] + box.width[place] * _unit_split(relaxation, point, place)))


def _unit_split(relaxation: BoxRelaxation, point: Point, place: int) -> float:
    mine = (relaxation.branch_place == place) & (point.error > 0.0)
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
