"""When a check or a replay should end."""

from __future__ import annotations

import time
from collections.abc import Callable

from ssg_mip.errors import OptionError

GRACE_SECONDS, GRACE_SHARE = 0.4, 0.03
"""By how much, in seconds and as a share of the limit, what is begun in any case may exceed it."""


class TimeIsUp(Exception):  # noqa: N818 (not an error: whoever set the checkpoint catches it)
    """Work that is begun in any case took far longer than there was time."""


def never() -> bool:
    """There is always time."""
    return False


def time_is_up(seconds: float | None) -> Callable[[], bool]:
    """Whether so many seconds from now are over; never if there is no limit.

    Raises
    ------
    OptionError
        If the limit is below 0.
    """
    if seconds is None:
        return never
    if not seconds >= 0.0:
        raise OptionError(f"time_limit is {seconds!r}; it must be at least 0 seconds, or None")
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def ends_by(seconds: float | None) -> Callable[[], None]:
    """A checkpoint that raises :class:`TimeIsUp` a little after so many seconds from now; never without a limit."""
    over = time_is_up(None if seconds is None else seconds + GRACE_SECONDS + GRACE_SHARE * seconds)

    def checkpoint() -> None:
        if over():
            raise TimeIsUp

    return checkpoint
