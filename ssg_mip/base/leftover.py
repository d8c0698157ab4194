"""Time that some runs leave over goes back to those that their share has cut.

A limit for many runs is shared out in advance, so that none takes all of it. What is left when all have run is given to
those that were cut, the one with the smallest share first, and twice what it had wherever there is so much. A search
that begins again knows a good point from the start; with much less time than before it comes no further all the same.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Generic, TypeVar

from ssg_mip.base.deadline import Deadline

MORE = 2.0
"""How many times its former share a run that was cut is given, as far as there is time."""

LEAST = 0.5
"""The least share of its former time with which a run is begun again."""

Key = TypeVar("Key", bound=Hashable)


class CutRuns(Generic[Key]):
    """The runs that their share of a budget has cut.

    Parameters
    ----------
    deadline
        The whole budget.
    """

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._shares: dict[Key, float] = {}

    def ended(self, key: Key, share: Deadline, *, cut: bool) -> None:
        """A run has ended, within a share of the budget that did or did not suffice."""
        self._shares.pop(key, None)
        if cut and math.isfinite(share.limit):  # without a limit more time is of no use
            self._shares[key] = share.limit

    def following(self) -> tuple[Key, Deadline] | None:
        """The run to be solved again with its new share; ``None`` if there is none, or too little time."""
        if not self._shares or self._deadline.expired:
            return None
        key = min(self._shares, key=lambda one: self._shares[one])
        left, before = self._deadline.remaining, self._shares[key]
        if left < LEAST * before:
            return None
        return key, Deadline(max(left / len(self._shares), min(left, MORE * before)))
