"""A worker process of a batch, seen from inside.

It gets tasks and the wish to stop over a connection of its own and sends rows back over it: nothing is shared with
another worker, no lock either, so that one that is killed in any place harms nobody else. SIGINT and SIGHUP, which a
terminal sends to every process, it hears of from the parent. SIGTERM, which schedulers send to every process too, stops
the task at hand with what it has found; a second one during the same task ends the process. A worker whose parent is
gone, killed perhaps, ends at once: nobody would read its answer.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import queue
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.interrupt import STOP_SIGNALS, Interrupt
from ssg_mip.base.standard_output import point_stdout_at_stderr
from ssg_mip.batch.records import BatchRow
from ssg_mip.batch.solving import Task, solve_one


@dataclasses.dataclass(frozen=True)
class Stop:
    """The wish to stop, from the parent; with the kind of signal that it came by."""

    signal_number: int


@dataclasses.dataclass(frozen=True)
class Leave:
    """There are no more tasks: the process is to end by itself, and to tidy up."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came of a task; no row where there is a good one already."""

    row: BatchRow | None


@contextlib.contextmanager
def _stop_signals_blocked() -> Iterator[None]:
    """Processes started inside begin deaf to signals that ask to stop: they must not die of one while they start."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_deaf(process: BaseProcess) -> None:
    """Start a spawned process that is deaf to these signals until it says otherwise."""
    if hasattr(signal, "pthread_sigmask"):
        with _stop_signals_blocked():
            resource_tracker.ensure_running()  # or the start itself would do it, which lets signals through again
    with _stop_signals_blocked():
        process.start()


def serve(connection: Connection) -> None:
    """Solve what comes over the connection, until its other end is closed."""
    point_stdout_at_stderr()  # the parent's stdout is for the parent's answer
    _Worker(connection).work()


class _Worker:
    """The main thread solves, another one listens to the parent."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tasks: queue.SimpleQueue[Task | Leave] = queue.SimpleQueue()
        self._interrupt: Interrupt | None = None
        self._terminated: Interrupt | None = None
        self._stop: Stop | None = None
        self._started: float | None = time.monotonic() - time.process_time()

    def work(self) -> None:
        """Solve one task after the other; the process ends in :meth:`_listen`."""
        self._hear_signals()
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            task = self._tasks.get()
            if isinstance(task, Leave):
                return
            self._interrupt = interrupt = Interrupt()
            if self._stop is not None:  # looked at after the flag is there, as _listen does it the other way round
                interrupt.request(self._stop.signal_number)
            answer = Answer(solve_one(task, interrupt, self._started))
            self._started = None
            with contextlib.suppress(OSError):  # the parent is gone, and this process will be in a moment
                self._connection.send(answer)
            self._interrupt = None

    def _listen(self) -> None:
        try:
            while True:
                message = self._connection.recv()
                if isinstance(message, Stop):
                    self._stop = message
                    if self._interrupt is not None:
                        self._interrupt.request(message.signal_number)
                else:
                    self._tasks.put(message)
        except (EOFError, OSError):
            os._exit(ExitCode.FAILURE)

    def _hear_signals(self) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, self._terminate if number == signal.SIGTERM else signal.SIG_IGN)
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def _terminate(self, number: int, _frame: object) -> None:
        interrupt = self._interrupt
        if interrupt is None:  # perhaps a task is on its way; if all shall stop, the parent says so
            return
        if interrupt is self._terminated:
            os._exit(ExitCode.TERMINATED)
        self._terminated = interrupt
        interrupt.request(number)
