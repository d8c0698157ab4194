"""A request to stop: work ends at the next safe place and what was found so far is kept.

A signal handler that raises can strike between any two instructions, inside a solver callback too, where it leaves
the solver in an undefined state. So the handler here only sets a flag, which long loops read beside their deadline::

    with graceful_interrupt() as interrupt:
        while not interrupt.requested:
            ...

The flag travels inside the :class:`~ssg_mip.runs.run.Run`; there is no global. In Python only Ctrl-C
(SIGINT) is such a request, and a second one raises ``KeyboardInterrupt``, the way out when a loop does not look at its
flag; a program that wants the same of SIGTERM calls ``interrupt.request()`` in its own handler. The command line
listens to more signals: :mod:`ssg_mip.base.signals`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

STOP_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals by which people, schedulers and terminals ask a process to stop."""


class Interrupt:
    """A flag that says whether somebody asked to stop; it never goes back to ``False``."""

    def __init__(self) -> None:
        self._requested = False
        self._terminated = False

    @property
    def requested(self) -> bool:
        """Whether work should stop at the next safe place."""
        return self._requested

    @property
    def terminated(self) -> bool:
        """Whether the first request came from the system (SIGTERM, SIGHUP), not from a person at the keyboard."""
        return self._terminated

    def request(self, signal_number: int = signal.SIGINT) -> None:
        """Ask to stop, from any thread; ``signal_number`` says what kind of request it is."""
        if not self._requested:
            self._terminated = signal_number != signal.SIGINT
            self._requested = True


class FlagHandler:
    """A SIGINT handler that sets a flag, and raises when the flag is set already."""

    def __init__(self) -> None:
        self.interrupt = Interrupt()

    def __call__(self, *_signal_and_frame: object) -> None:
        """Hear a signal."""
        if self.interrupt.requested:
            raise KeyboardInterrupt
        self.interrupt.request()

    def enter(self) -> Interrupt:
        """The flag, for a block whose work reads it."""
        return self.interrupt


@contextmanager
def graceful_interrupt() -> Iterator[Interrupt]:
    """Turn the first Ctrl-C inside the block into a request to stop; restore the previous handler afterwards.

    Blocks nest: an inner block shares the flag of the outer one, or of the command line, so that a request reaches
    both. Nothing is installed outside the main thread (Python allows handlers only there), where SIGINT is ignored on
    purpose (background jobs of a shell), or where the present handler was not installed from Python.

    Yields
    ------
    Interrupt
        The flag; ``interrupt.request()`` sets it from the program, with or without a handler.
    """
    previous = signal.getsignal(signal.SIGINT)
    in_main_thread = threading.current_thread() is threading.main_thread()
    shared = _shared_handler()
    if in_main_thread and shared is not None:
        yield shared.enter()
    elif not in_main_thread or previous is None or previous is signal.SIG_IGN:
        yield Interrupt()
    else:
        handler = FlagHandler()
        signal.signal(signal.SIGINT, handler)
        try:
            yield handler.interrupt
        finally:
            signal.signal(signal.SIGINT, previous)


def _shared_handler() -> FlagHandler | None:
    """The handler with a flag that is installed already; SIGINT alone may be ignored, as in background jobs."""
    handlers = (signal.getsignal(number) for number in STOP_SIGNALS)
    return next((handler for handler in handlers if isinstance(handler, FlagHandler)), None)


def given_or_graceful(interrupt: Interrupt | None) -> AbstractContextManager[Interrupt]:
    """The caller's own flag, if there is one; else Ctrl-C as in :func:`graceful_interrupt`."""
    return graceful_interrupt() if interrupt is None else nullcontext(interrupt)
