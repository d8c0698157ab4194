"""Solve every instance below a folder; each finished instance is one line of ``results.jsonl`` at once.

A row is a JSON object: ``instance`` (path below the folder), ``game_hash``, ``options``, ``exit_code``, ``seconds``,
``error`` (``class`` and ``message``, or null) and ``result`` (as :meth:`Result.to_dict
<ssg_mip.result.Result.to_dict>`, or null). A failure is a row like any other, so that a night's work does not end
with the first bad file; where an instance has several rows, the last one counts.

Worker processes are spawned, not forked: a fork after HiGHS has run with threads hangs the child.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from ssg_mip.best_response import Ties
from ssg_mip.errors import OptionError, SsgError
from ssg_mip.exit_codes import ExitCode, exit_code
from ssg_mip.files import FORMATS
from ssg_mip.interrupt import Interrupt

RESULTS_NAME = "results.jsonl"
"""Name of the file with the rows."""

_NOT_INSTANCES = (".names.json", ".schema.json")
_POLL_SECONDS = 0.2


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """What is asked of every instance; the members are arguments of ``solve``."""

    method: str = "policy-iteration"
    weights: Mapping[str, float] | None = None
    ties: Ties = "leader"
    gap: float = 1e-4
    time_limit: float | None = None
    node_limit: int | None = None
    seed: int = 0
    levels: int = 4

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchRow:
    """The answer for one instance; see the module's text for the members."""

    instance: str
    game_hash: str | None
    options: Mapping[str, Any]
    exit_code: int
    seconds: float
    error: Mapping[str, str] | None
    result: Mapping[str, Any] | None

    @property
    def failed(self) -> bool:
        """Whether there is no answer for another reason than the user's wish to stop."""
        return self.exit_code not in {ExitCode.DONE, ExitCode.INTERRUPTED}

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {"format": "ssg-mip-batch-row/1", **dataclasses.asdict(self)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchSummary:
    """What a batch did.

    Attributes
    ----------
    path
        The file with the rows.
    rows
        The rows of this run, in the order in which they finished.
    skipped
        Instances that had their row already.
    interrupted
        Whether the user stopped the batch; the instances left have no row.
    """

    path: Path
    rows: tuple[BatchRow, ...]
    skipped: tuple[str, ...]
    interrupted: bool

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that the batch deserves."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.FAILED_ROWS if any(row.failed for row in self.rows) else ExitCode.DONE

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data; the results themselves are in the file."""
        return {
            "format": "ssg-mip-batch/1",
            "file": str(self.path),
            "solved": sum(row.exit_code == ExitCode.DONE for row in self.rows),
            "failed": sum(row.failed for row in self.rows),
            "skipped": len(self.skipped),
            "interrupted": self.interrupted,
            "rows": [{key: value for key, value in row.to_dict().items() if key != "result"} for row in self.rows],
        }


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Task:
    """One instance to solve, and the contents for which there is a row already."""

    folder: Path
    instance: str
    options: BatchOptions
    done: frozenset[str]


_Answers = Generator[tuple[str, BatchRow | None], None, None]


def find_instances(folder: Path) -> list[str]:
    """Paths of all instance files below a folder, relative to it and sorted; schemas and name maps are left out."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in FORMATS and path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found if not path.name.endswith(_NOT_INSTANCES))


def run_batch(
    folder: Path | str,
    out: Path | str,
    options: BatchOptions | None = None,
    *,
    jobs: int = 1,
    resume: bool = False,
    on_row: Callable[[BatchRow], None] | None = None,
    interrupt: Interrupt | None = None,
) -> BatchSummary:
    """Solve every instance below ``folder`` and append a row for each to ``out/results.jsonl``.

    Parameters
    ----------
    folder, out
        Where the instances are; where the rows go (made if absent).
    options
        What is asked of every instance.
    jobs
        Worker processes; with 1 the work is done in this process.
    resume
        Continue an existing file: instances with a row for the same content and options that ended with exit code 0
        are skipped.
    on_row
        Called with each row after it is written.
    interrupt
        The user's wish to stop: running instances end with their incumbent, the others get no row.

    Raises
    ------
    OptionError
        If there are no instances, ``jobs`` is out of range, or rows exist and ``resume`` is not set.
    """
    folder, out = Path(folder), Path(out)
    options, interrupt = options or BatchOptions(), interrupt or Interrupt()
    if isinstance(jobs, bool) or jobs < 1:
        raise OptionError(f"jobs is {jobs!r}; it must be a whole number of at least 1")
    path = out / RESULTS_NAME
    if path.exists() and not resume:
        raise OptionError(f"{path} holds rows already; add --resume to continue it, or choose another folder")
    instances = _instances_to_solve(folder, out)
    done = _rows_done(path, options)
    tasks = [
        _Task(folder=folder, instance=name, options=options, done=done.get(name, frozenset())) for name in instances
    ]
    answers = _solve_here(tasks, interrupt) if jobs == 1 else _solve_in_workers(tasks, jobs, interrupt)
    rows, skipped = [], []
    with _open_to_append(path) as file, contextlib.closing(answers):
        for name, row in answers:
            if row is None:
                skipped.append(name)
                continue
            file.write(json.dumps(row.to_dict(), allow_nan=False) + "\n")
            file.flush()
            rows.append(row)
            if on_row is not None:
                on_row(row)
    return BatchSummary(path=path, rows=tuple(rows), skipped=tuple(skipped), interrupted=interrupt.requested)


def _instances_to_solve(folder: Path, out: Path) -> list[str]:
    """All instances below the folder, without what a batch itself wrote into ``out``."""
    instances = [name for name in find_instances(folder) if out.resolve() not in (folder / name).resolve().parents]
    if out.resolve() in {folder.resolve(), *folder.resolve().parents}:
        instances = find_instances(folder)
    if not instances:
        raise OptionError(f"there are no instances (*{', *'.join(FORMATS)}) below {folder}")
    return instances


def _open_to_append(path: Path) -> Any:
    """The file of rows, ready for a new line even if an earlier run was killed in the middle of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    file = path.open("a", encoding="utf-8")
    if torn:
        file.write("\n")
    return file


def _rows_done(path: Path, options: BatchOptions) -> dict[str, frozenset[str]]:
    """Per instance, the content hashes for which the file has a good row under the same options."""
    done: dict[str, set[str]] = {}
    asked = json.loads(json.dumps(options.to_dict()))
    for row in _read_rows(path):
        if row.get("options") == asked and row.get("exit_code") == ExitCode.DONE and row.get("game_hash"):
            done.setdefault(str(row.get("instance")), set()).add(row["game_hash"])
    return {name: frozenset(hashes) for name, hashes in done.items()}


def _read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file; a line that a killed run left half-written is passed over."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            row = json.loads(line)
            if isinstance(row, dict):
                yield row


# ---------------------------------------------------------------- solving, here or in worker processes


def _solve_here(tasks: Iterable[_Task], interrupt: Interrupt) -> _Answers:
    for task in tasks:
        if interrupt.requested:
            return
        yield task.instance, _solve_one(task, interrupt)


def _solve_in_workers(tasks: Iterable[_Task], jobs: int, interrupt: Interrupt) -> _Answers:
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


def _answer(future: Future[BatchRow | None], task: _Task) -> BatchRow | None:
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
    """Ignore Ctrl-C, which a terminal sends to every process, and listen to the parent instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def listen() -> None:
        stop.wait()
        _worker_interrupt.request()

    threading.Thread(target=listen, daemon=True).start()


def _solve_in_worker(task: _Task) -> BatchRow | None:
    return _solve_one(task, _worker_interrupt)


def _solve_one(task: _Task, interrupt: Interrupt) -> BatchRow | None:
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
        error=None,
        result=result.to_dict(),
    )


def _failed_row(task: _Task, content: str | None, error: Exception, code: int, seconds: float) -> BatchRow:
    return BatchRow(
        instance=task.instance,
        game_hash=content,
        options=task.options.to_dict(),
        exit_code=int(code),
        seconds=seconds,
        error={"class": type(error).__name__, "message": str(error)},
        result=None,
    )
