"""Best-first bisection of the leader's one number, until no interval promises more than is asked for.

Intervals are split at numbers close to either side of the changes that the walk has met, the middle one of those inside
first; where there are none, in the middle. So an interval on which one response stays best needs one leaf, and an
interval around a change is so short that it promises hardly more than the change itself.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Callable, Sequence

from ssg_mip.exact.few_numbers.interval import BoundedInterval
from ssg_mip.proofs.value_tree import ValueNode, ValueSplit

AROUND = 1e-8
"""How far from a change of the response intervals are split first."""

NARROWEST = 1e-14
"""Intervals that are not split any more."""


class Bisection:
    """A tree of intervals of one number.

    Parameters
    ----------
    state
        The state of the choice.
    bound
        Bounds an interval.
    changes
        Numbers at which the response changes, as far as known.
    """

    def __init__(
        self, state: int, bound: Callable[[tuple[float, float]], BoundedInterval], changes: Sequence[float]
    ) -> None:
        self._state = state
        self._bound = bound
        around = {min(1.0, max(0.0, change + side)) for change in changes for side in (-AROUND, AROUND)}
        self._points = sorted({*around, *changes})
        self._around = sorted(around)
        self._ticket = itertools.count()
        self._open: list[tuple[float, int, BoundedInterval]] = []
        self._closed: list[BoundedInterval] = []
        self.intervals = 0
        self._add((0.0, 1.0))

    @property
    def dual_bound(self) -> float:
        """No policy has a larger value."""
        return max(one.bound for one in (*self._closed, *(entry[2] for entry in self._open[:1])))

    @property
    def widest(self) -> tuple[float, float]:
        """The ends of the open interval with the largest bound."""
        return self._open[0][2].ends

    @property
    def wants_policies(self) -> bool:
        """Whether the open interval with the largest bound is so short that a policy inside may be worth as much."""
        low, high = self.widest
        return high - low <= 4.0 * AROUND or bisect.bisect_right(self._points, low) >= bisect.bisect_left(
            self._points, high
        )

    def split(self) -> bool:
        """Split the interval with the largest bound; whether there was one wide enough."""
        if not self._open or self._open[0][2].bound < self.dual_bound:
            return False
        worst = heapq.heappop(self._open)[2]
        low, high = worst.ends
        for part in ((low, self._middle(low, high)), (self._middle(low, high), high)):
            self._add(part)
        return True

    def _add(self, ends: tuple[float, float]) -> None:
        interval = self._bound(ends)
        self.intervals += 1
        if ends[1] - ends[0] <= NARROWEST:
            self._closed.append(interval)
        else:
            heapq.heappush(self._open, (-interval.bound, next(self._ticket), interval))

    def _middle(self, low: float, high: float) -> float:
        """Where to split: at the middle one of the prepared points inside."""
        for points in (self._around, self._points):
            first, last = bisect.bisect_right(points, low), bisect.bisect_left(points, high)
            if first < last:
                return points[(first + last) // 2]
        return 0.5 * (low + high)

    def tree(self) -> ValueNode:
        """The intervals as a tree of values."""
        leaves = sorted((*self._closed, *(entry[2] for entry in self._open)), key=lambda one: one.ends)
        return self._subtree(leaves)

    def _subtree(self, leaves: list[BoundedInterval]) -> ValueNode:
        if len(leaves) == 1:
            return leaves[0].leaf
        half = len(leaves) // 2
        return ValueSplit(
            state=self._state,
            probability=leaves[half].ends[0],
            below=self._subtree(leaves[:half]),
            above=self._subtree(leaves[half:]),
        )
