"""Ctrl-C as a request to stop: work ends at the next safe place and what was found so far is kept.

A signal handler that raises can strike between any two instructions, inside a solver callback too, where it leaves
the solver in an undefined state. So the handler here only sets a flag, which long loops read beside their deadline::

    with graceful_interrupt() as interrupt:
        while not interrupt.requested:
            ...

The flag travels inside the :class:`~ssg_mip.methods.request.Request`; there is no global. A second Ctrl-C raises
``KeyboardInterrupt``, the way out when a loop does not look at its flag.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext


class Interrupt:
    """A flag that says whether the user asked to stop; it never goes back to ``False``."""

    def __init__(self) -> None:
        self._requested = False

    @property
    def requested(self) -> bool:
        """Whether work should stop at the next safe place."""
        return self._requested

    def request(self) -> None:
        """Ask to stop, from any thread."""
        self._requested = True


class _Handler:
    """A SIGINT handler that sets a flag, and raises when the flag is set already."""

    def __init__(self) -> None:
        self.interrupt = Interrupt()

    def __call__(self, *_signal_and_frame: object) -> None:
        if self.interrupt.requested:
            raise KeyboardInterrupt
        self.interrupt.request()


@contextmanager
def graceful_interrupt() -> Iterator[Interrupt]:
    """Turn the first Ctrl-C inside the block into a request to stop; restore the previous handler afterwards.

    Blocks nest: an inner block shares the flag of the outer one, so that a request reaches both. Nothing is
    installed outside the main thread (Python allows handlers only there), where SIGINT is ignored on purpose
    (background jobs of a shell), or where the present handler was not installed from Python.

    Yields
    ------
    Interrupt
        The flag; ``interrupt.request()`` sets it from the program, with or without a handler.
    """
    previous = signal.getsignal(signal.SIGINT)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and isinstance(previous, _Handler):
        yield previous.interrupt
    elif not in_main_thread or previous is None or previous is signal.SIG_IGN:
        yield Interrupt()
    else:
        handler = _Handler()
        signal.signal(signal.SIGINT, handler)
        try:
            yield handler.interrupt
        finally:
            signal.signal(signal.SIGINT, previous)


def given_or_graceful(interrupt: Interrupt | None) -> AbstractContextManager[Interrupt]:
    """The caller's own flag, if there is one; else Ctrl-C as in :func:`graceful_interrupt`."""
    return graceful_interrupt() if interrupt is None else nullcontext(interrupt)
