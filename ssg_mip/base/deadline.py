"""One time budget on a monotonic clock, handed down to everything that may take long."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from ssg_mip.base.rules import SECONDS, instance_of, optional

Checkpoint = Callable[[], None]
"""Called now and then by long work that can be given up; raises :class:`OutOfTime` when it should be."""


def unhurried() -> None:
    """A checkpoint that lets all work go on."""


class OutOfTime(Exception):  # noqa: N818 (not an error: whoever set the checkpoint catches it)
    """The work in hand was given up at a checkpoint; it never reaches the user."""


def giving_up(deadline: Deadline, stopped: Callable[[], bool] = bool) -> Checkpoint:
    """A checkpoint that ends the work once the time is up, or once ``stopped`` says so; ``bool()`` never does."""

    def checkpoint() -> None:
        if deadline.expired or stopped():
            raise OutOfTime

    return checkpoint


class Deadline:
    """A point in time after which work should stop.

    Parameters
    ----------
    seconds
        Budget, at least 0; ``None`` for no limit.
    started
        When it was opened, on the clock of :func:`time.monotonic`; now if absent.

    Attributes
    ----------
    started, limit
        When the budget was opened, and the seconds in it.
    asked
        The seconds that were asked for: more than the limit where some are kept for later (:meth:`keeping`).
    """

    def __init__(self, seconds: float | None = None, *, started: float | None = None) -> None:
        optional(SECONDS).check("time_limit", seconds)
        self.started = time.monotonic() if started is None else started
        self.limit = math.inf if seconds is None else float(seconds)
        self.asked = self.limit

    @property
    def elapsed(self) -> float:
        """Seconds since the budget was opened."""
        return time.monotonic() - self.started

    @property
    def remaining(self) -> float:
        """Seconds left, never negative; infinite without a limit."""
        return max(0.0, self.limit - self.elapsed)

    @property
    def expired(self) -> bool:
        """Whether the budget is used up."""
        return self.elapsed >= self.limit

    def share(self, fraction: float) -> Deadline:
        """A new deadline that may use a fraction of what is left here."""
        return Deadline(None if math.isinf(self.limit) else fraction * self.remaining)

    def keeping(self, seconds: float) -> Deadline:
        """The same budget less what is kept for what follows, opened at the same time; never less than nothing."""
        kept = Deadline(None if math.isinf(self.limit) else max(0.0, self.limit - seconds))
        kept.started, kept.asked = self.started, self.asked
        return kept

    def extended(self, seconds: float) -> Deadline:
        """The same budget and some seconds more."""
        return self.keeping(-seconds)


DEADLINE = instance_of(Deadline, "a Deadline: a budget that is running already; time_limit takes seconds")
"""What an argument ``deadline`` must be."""
