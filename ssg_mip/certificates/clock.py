"""When a check or a replay should end."""

from __future__ import annotations

import time
from collections.abc import Callable

from ssg_mip.errors import OptionError


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
