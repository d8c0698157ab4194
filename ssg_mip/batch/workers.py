"""Solving the instances of a batch, in this process or in workers.

Worker processes are spawned, not forked: a fork after HiGHS has run with threads hangs the child. A terminal sends
Ctrl-C to every process of the group; workers ignore it and hear of it from the parent, so that one that has just
started does not die of it, and a signal sent to the parent alone reaches all. A worker whose parent is gone, killed
perhaps, ends at once: nobody would read its answer.
"""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event

from ssg_mip.batch.records import BatchRow, Task
from ssg_mip.certificates.outcome import UNCHECKED
from ssg_mip.errors import SsgError
from ssg_mip.exit_codes import ExitCode, exit_code
from ssg_mip.interrupt import Interrupt
from ssg_mip.standard_output import point_stdout_at_stderr

Answers = Generator[tuple[str, BatchRow | None], None, None]
"""Instances as they finish, each with its row; ``None`` where there is a good row already."""

_POLL_SECONDS = 0.2


def solve_here(tasks: Iterable[Task], interrupt: Interrupt) -> Answers:
    """One instance after the other, in this process; none is begun after the wish to stop."""
    for task in tasks:
        if interrupt.requested:
            return
        yield task.instance, _solve_one(task, interrupt)


def solve_in_workers(tasks: Iterable[Task], jobs: int, interrupt: Interrupt) -> Answers:
    """``jobs`` instances at a time, each in a worker process; after the wish to stop only the running ones answer."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker, initargs=(stop,)) as pool:
        try:
            with _sigint_blocked():
                waiting = {pool.submit(_solve_in_worker, task): task for task in tasks}
            while waiting:
                finished, _ = wait(waiting, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                if interrupt.requested and not stop.is_set():
                    stop.set()
                    waiting = {future: task for future, task in waiting.items() if not future.cancel()}
                for future in finished & waiting.keys():
                    task = waiting.pop(future)
                    yield task.instance, _answer(future, task)
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _answer(future: Future[BatchRow | None], task: Task) -> BatchRow | None:
    try:
        return future.result()
    except BrokenProcessPool:
        error = SsgError("a worker process died (out of memory?); run again with --resume, with fewer jobs")
        return _failed_row(task, None, error, ExitCode.FAILURE, 0.0)


@contextlib.contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Processes started inside never see Ctrl-C: the parent tells them. Here it is delivered on leaving."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_worker_interrupt = Interrupt()
"""The flag of a worker process; an initialiser can leave something to later tasks only in its module."""


def _start_worker(stop: Event) -> None:
    """Ignore Ctrl-C, which a terminal sends to every process, listen to the parent instead, and end with it."""
    point_stdout_at_stderr()  # the parent's stdout is for the parent's answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def listen() -> None:
        stop.wait()
        _worker_interrupt.request()

    threading.Thread(target=listen, daemon=True).start()
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """Wait until the parent is gone; then end this process, whatever its main thread does."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(ExitCode.FAILURE)


def _solve_in_worker(task: Task) -> BatchRow | None:
    return _solve_one(task, _worker_interrupt)


def _solve_one(task: Task, interrupt: Interrupt) -> BatchRow | None:
    """The row of one instance; ``None`` if there is a good one already."""
    from ssg_mip.files import read_instance
    from ssg_mip.front_door import solve

    started = time.monotonic()
    content: str | None = None
    try:
        game = read_instance(task.folder / task.instance)
        content = game.content_hash
        if content in task.done:
            return None
        asked = {field.name: getattr(task.options, field.name) for field in dataclasses.fields(task.options)}
        result = solve(game, **asked, interrupt=interrupt)
    except SsgError as error:
        return _failed_row(task, content, error, error.exit_code, time.monotonic() - started)
    except Exception as error:  # a defect must cost one row, not the batch
        return _failed_row(task, content, error, ExitCode.FAILURE, time.monotonic() - started)
    return BatchRow(
        instance=task.instance,
        game_hash=content,
        options=task.options.to_dict(),
        exit_code=int(exit_code(result)),
        seconds=time.monotonic() - started,
        check=result.check.word,
        secured=None if result.guaranteed is None else result.guaranteed.secured_value,
        error=None,
        result=result.to_dict(),
    )


def _failed_row(task: Task, content: str | None, error: Exception, code: int, seconds: float) -> BatchRow:
    return BatchRow(
        instance=task.instance,
        game_hash=content,
        options=task.options.to_dict(),
        exit_code=int(code),
        seconds=seconds,
        check=UNCHECKED.word,
        secured=None,
        error={"class": type(error).__name__, "message": str(error)},
        result=None,
    )
