"""Solving the instances of a batch, in this process or in workers.

Worker processes are spawned, not forked: a fork after HiGHS has run with threads hangs the child. Each has a
connection of its own and a thread here that reads it; the pools of libraries share pipes and locks between workers, and
one killed while it holds them costs or hangs all. A worker that dies, or does not answer in time and is killed, costs
its own instance only: it is tried once more, after the others, and then has a row that says so.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import multiprocessing
import queue
import signal
import threading
import time
from collections.abc import Generator, Iterable, Iterator

from ssg_mip.base.interrupt import Interrupt
from ssg_mip.batch.records import BatchRow
from ssg_mip.batch.solving import Task, failed_row, solve_one
from ssg_mip.batch.worker import Answer, Leave, Stop, serve, start_deaf
from ssg_mip.errors import WorkerError

Answers = Generator[tuple[str, BatchRow | None], None, None]
"""Instances as they finish, each with its row; ``None`` where there is a good row already."""

TRIES = 2
"""How often an instance is begun whose workers die."""

FAREWELL_SECONDS = 5.0
"""What idle workers have for ending by themselves once all is done."""

GRACE_SECONDS = 60.0
"""Seconds beyond the time limit, or as many as the limit if those are more, after which a worker is killed."""

STOP_SECONDS = 20.0
"""Seconds that a worker has to answer after the wish to stop."""

_POLL_SECONDS = 0.1
_CONTEXT = multiprocessing.get_context("spawn")


def solve_here(tasks: Iterable[Task], interrupt: Interrupt, started: float | None = None) -> Answers:
    """One instance after the other, in this process, the first since ``started``; none after the wish to stop."""
    for task in tasks:
        if interrupt.requested:
            return
        yield task.instance, solve_one(task, interrupt, started)
        started = None


def solve_in_workers(tasks: Iterable[Task], jobs: int, interrupt: Interrupt) -> Answers:
    """``jobs`` instances at a time, each in a worker process; after the wish to stop only the running ones answer."""
    crew = _Crew(tasks, jobs, interrupt)
    try:
        yield from crew.answers()
    finally:
        crew.end()


@dataclasses.dataclass
class _Try:
    """A task in the hands of a worker."""

    task: Task
    number: int = 1
    began: float = 0.0
    allowed: float = float("inf")
    """Seconds until its worker is killed."""

    @property
    def seconds(self) -> float:
        """Since it was begun."""
        return time.monotonic() - self.began

    def begin(self) -> None:
        """The clock starts."""
        limit = self.task.options.time_limit
        self.began = time.monotonic()
        self.allowed = float("inf") if limit is None else limit + max(limit, GRACE_SECONDS)

    def shorten(self, seconds: float) -> None:
        """At most so many seconds from now."""
        self.allowed = min(self.allowed, self.seconds + seconds)


class _Worker:
    """A worker process, seen from the parent; what it sends arrives among ``events``."""

    def __init__(self, events: queue.SimpleQueue[tuple[_Worker, Answer | None]]) -> None:
        self._events = events
        self._connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=serve, args=(theirs,), daemon=True)
        start_deaf(self._process)
        theirs.close()  # or its end would not be seen here
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.is_alive()

    def _read(self) -> None:
        answer: Answer | None
        with contextlib.suppress(Exception):  # whatever a dying process sent, it sends no more
            while True:
                answer = self._connection.recv()
                self._events.put((self, answer))
        self._events.put((self, None))

    def send(self, message: Task | Stop | Leave) -> None:
        """Send; that a worker is gone is said among the events."""
        with contextlib.suppress(OSError):
            self._connection.send(message)

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()

    def bury(self, patience: float = 0.0) -> str:
        """Wait for the end of a process that is killed, gone or asked to leave; says what it died of.

        Parameters
        ----------
        patience
            Seconds that it is given to end by itself.
        """
        if patience > 0.0:
            self._process.join(patience)
        self._process.kill()
        self._process.join()
        self._reader.join()  # there is no other writer, so it finds the end
        self._connection.close()
        code = self._process.exitcode or 0
        return f"exit code {code}" if code >= 0 else _signal_name(-code)


def _signal_name(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return f"{name}: out of memory?" if name == "SIGKILL" else name


class _Crew:
    """The workers of a batch, and who does what."""

    def __init__(self, tasks: Iterable[Task], jobs: int, interrupt: Interrupt) -> None:
        self._waiting = collections.deque(_Try(task) for task in tasks)
        self._jobs = jobs
        self._interrupt = interrupt
        self._stopping = False
        self._idle: list[_Worker] = []
        self._busy: dict[_Worker, _Try] = {}
        self._late: set[_Worker] = set()
        self._events: queue.SimpleQueue[tuple[_Worker, Answer | None]] = queue.SimpleQueue()

    def answers(self) -> Answers:
        """Hand out the tasks and pass on what comes back."""
        while True:
            if self._interrupt.requested and not self._stopping:
                self._pass_on_the_wish()
            self._hand_out()
            if not self._busy:
                return
            with contextlib.suppress(queue.Empty):
                yield from self._hear(*self._events.get(timeout=_POLL_SECONDS))
            self._kill_the_late()

    def end(self) -> None:
        """Leave no process behind."""
        for worker in self._idle:
            worker.send(Leave())
        for worker in self._idle:
            worker.bury(FAREWELL_SECONDS)
        for worker in self._busy:
            worker.bury()

    def _hand_out(self) -> None:
        while self._waiting and not self._stopping and len(self._busy) < self._jobs:
            worker = self._idle_or_new()
            attempt = self._waiting.popleft()
            self._busy[worker] = attempt
            attempt.begin()
            worker.send(attempt.task)

    def _idle_or_new(self) -> _Worker:
        for worker in self._idle:
            if worker.alive and worker not in self._late:
                self._idle.remove(worker)
                return worker
        return _Worker(self._events)

    def _pass_on_the_wish(self) -> None:
        self._stopping = True
        wish = Stop(signal.SIGTERM if self._interrupt.terminated else signal.SIGINT)
        for worker, attempt in self._busy.items():
            attempt.shorten(STOP_SECONDS)
            worker.send(wish)

    def _hear(self, worker: _Worker, answer: Answer | None) -> Iterator[tuple[str, BatchRow | None]]:
        attempt = self._busy.pop(worker, None)
        if answer is None:
            yield from self._lose(worker, attempt)
        elif attempt is not None:
            self._idle.append(worker)
            yield attempt.task.instance, answer.row

    def _lose(self, worker: _Worker, attempt: _Try | None) -> Iterator[tuple[str, BatchRow | None]]:
        died_of = worker.bury()
        if attempt is None:
            self._idle.remove(worker)
        elif attempt.number < TRIES and not self._stopping:
            self._waiting.append(_Try(attempt.task, attempt.number + 1))
        else:
            yield attempt.task.instance, _row_of_the_lost(attempt, died_of, worker in self._late)

    def _kill_the_late(self) -> None:
        for worker, attempt in self._busy.items():
            if worker not in self._late and attempt.seconds > attempt.allowed:
                self._late.add(worker)
                worker.kill()


def _row_of_the_lost(attempt: _Try, died_of: str, late: bool) -> BatchRow:
    end = f"gave no answer within {attempt.allowed:.0f} s and was killed" if late else f"died ({died_of})"
    tries = "" if attempt.number == 1 else f"; this was try {attempt.number}"
    error = WorkerError(f"the worker process {end}{tries}. Run again with --resume, with fewer jobs or a time limit")
    return failed_row(attempt.task, error, error.exit_code, attempt.seconds)
