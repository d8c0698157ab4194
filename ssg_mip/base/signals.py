"""What the command line does about SIGINT, SIGTERM and SIGHUP, from its first moment to its last.

=========================================  ===========================================================================
when the signal comes                      what happens
=========================================  ===========================================================================
during imports, or in a command without    the process ends at once: one line on stderr, with ``--json`` an error
a flag to read (``validate``, ``plot``)    object, exit code 130 (SIGINT) or 143 (SIGTERM, SIGHUP)
at work                                    a request to stop: the command prints what it found and ends with that code
a second time                              the process ends at once, as above, whatever it is doing
when the answer is printed                 nothing more
=========================================  ===========================================================================

Nothing is ever raised, because an exception that strikes inside an import or a callback ends in a traceback or is
swallowed. Python's own C handler writes the number of the signal into a pipe at once, and a thread acts on it, also
while the main thread is inside a library. A signal that is ignored when the process starts (``nohup``, background
jobs) stays ignored.

This module is imported before everything else, so it imports little itself.
"""

from __future__ import annotations

import os
import signal
import threading

from ssg_mip.base.interrupt import STOP_SIGNALS, FlagHandler, Interrupt
from ssg_mip.base.last_words import end_process

_MESSAGE_BYTES = 64


class SignalWatch(FlagHandler):
    """Listens to the signals that ask to stop; :func:`watch_signals` makes the one of the process."""

    def __init__(self) -> None:
        super().__init__()
        self._stdout = _copy_of_stdout()
        self._changing = threading.Lock()
        self._at_work = self._answering = False
        self._numbers = [number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]

    def __call__(self, *_signal_and_frame: object) -> None:
        """Nothing: by now the thread has the signal."""

    def start(self) -> None:
        """Install the handlers and start to listen; in the main thread only."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        threading.Thread(target=self._listen, args=(reader,), daemon=True, name="signals").start()
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in self._numbers:
            signal.signal(number, self)

    def enter(self) -> Interrupt:
        """From now on there is work that reads the flag: the first signal is a request."""
        with self._changing:
            self._at_work = True
        return self.interrupt

    def answer_begins(self) -> None:
        """From now on standard output belongs to the answer, which the first signal does not cut short."""
        with self._changing:
            self._at_work = self._answering = True

    def over(self) -> None:
        """The answer is printed; what comes now must not change how the process ends."""
        for number in self._numbers:
            signal.signal(number, signal.SIG_IGN)

    def _listen(self, reader: int) -> None:
        while True:
            for number in os.read(reader, _MESSAGE_BYTES):
                if number in self._numbers:
                    self._hear(number)

    def _hear(self, number: int) -> None:
        with self._changing:
            if self._at_work and not self.interrupt.requested:
                self.interrupt.request(number)
            else:
                end_process(interrupted=number == signal.SIGINT, stdout=self._stdout, answered=self._answering)


def _copy_of_stdout() -> int:
    """Leads where standard output leads now, whatever becomes of it; -1 if it is closed."""
    try:
        return os.dup(1)
    except OSError:
        return -1


_watches: list[SignalWatch] = []


def watch_signals() -> SignalWatch:
    """The watch of this process, started at the first call."""
    if not _watches:
        _watches.append(SignalWatch())
        _watches[0].start()
    return _watches[0]


def answer_begins() -> None:
    """Tell the watch, if there is one, that the answer is being printed."""
    for watch in _watches:
        watch.answer_begins()
