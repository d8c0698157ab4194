"""The clock of a command: its time limit counts from when the process began, not from the end of its imports."""

from __future__ import annotations

import time

from ssg_mip.base.deadline import Deadline

_began: float | None = None


def count_from_the_beginning() -> None:
    """Take the CPU time of the process so far, which starting Python and importing took, for time that has passed."""
    global _began
    _began = time.monotonic() - time.process_time()


def command_deadline(time_limit: float | None) -> Deadline:
    """The budget of a command; inside a longer process, which called nothing of this module, it begins now."""
    return Deadline(time_limit, started=_began)
