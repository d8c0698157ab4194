"""Leaving a long call behind when the user asks to stop.

HiGHS asks its callbacks between nodes only: inside the root LP, a heuristic or a restart of a MILP many seconds can
pass without a question. So the call runs in a thread, and after the wish to stop the caller waits for it a moment and
then goes on without it. What was left behind ends by itself at its next question, or with the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

POLL_SECONDS = 0.02
"""Seconds between two looks at the flag."""

PATIENCE_SECONDS = 0.2
"""Seconds that a call is given to end by itself after the wish to stop."""

_left_behind: list[threading.Thread] = []


def work_left_behind() -> bool:
    """Whether a call that was left behind is still running."""
    return any(thread.is_alive() for thread in _left_behind)


def run_impatiently(call: Callable[[], object], interrupted: Callable[[], bool]) -> bool:
    """Run a call in a thread until it ends or, soon after ``interrupted()`` is true, leave it behind.

    Parameters
    ----------
    call
        Releases the GIL while it works, and must touch nothing that the caller changes afterwards.
    interrupted
        The wish to stop.

    Returns
    -------
    bool
        Whether the call has ended. An exception inside it is raised here.
    """
    errors: list[BaseException] = []

    def work() -> None:
        try:
            call()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while thread.is_alive() and not interrupted():
            thread.join(POLL_SECONDS)
        thread.join(PATIENCE_SECONDS)
    finally:
        if thread.is_alive():
            _left_behind.append(thread)
    if errors:
        raise errors[0]
    return not thread.is_alive()
