"""Policies of other methods, tried now and then while a search goes on."""

from __future__ import annotations

from collections.abc import Iterator

from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.runs.run import Run

LOOKS = (40, 120, 360)
"""Relaxed points looked at before the first, the second, ... policy of another method is tried."""

TIME_SHARES = (0.15, 0.3, 0.5)
"""Shares of the time limit after which it is tried in any case."""


class OtherMethods:
    """What a run suggests, one policy after the other.

    Parameters
    ----------
    run
        Whose methods are asked; its limit says when.
    """

    def __init__(self, run: Run) -> None:
        self.policies: Iterator[LeaderPolicy] = iter(()) if run.suggest is None else run.suggest()
        self._deadline = run.deadline
        self._looks = self._asked = 0

    def is_due_after_a_look(self) -> bool:
        """Whether after one more relaxed point the time of another method has come."""
        self._looks += 1
        if not self._is_due():
            return False
        self._asked += 1
        return True

    @property
    def times_due(self) -> int:
        """How often it was due."""
        return self._asked

    def next_policy(self) -> LeaderPolicy | None:
        """The next policy, if there is one."""
        return next(self.policies, None)

    def _is_due(self) -> bool:
        """Whether another method is to be asked next: after so much work, or so much of the time."""
        if self._asked == len(LOOKS):
            return False
        late = self._deadline.elapsed >= TIME_SHARES[self._asked] * self._deadline.limit
        return late or self._looks >= LOOKS[self._asked]
