"""Solve every instance below a folder; each finished instance is one line of ``results.jsonl`` at once.

A row is a JSON object: ``instance`` (path below the folder), ``game_hash`` (of all that the file asks: its game, its
constraints, its follower), ``options``, ``exit_code``, ``seconds``, ``check`` (``verified``, ``FAILED`` or ``not
checked``), ``secured`` (what a policy nearby is worth whatever the follower does with ties, or null), ``error``
(``class`` and ``message``, or null) and ``result`` (as :meth:`Result.to_dict <ssg_mip.result.Result.to_dict>`, or
null). A failure is a row like any other, so that a night's work does not end with the first bad file. Each instance and
set of options has one row, that of the last try;
only while a batch runs, or after it was killed, the file may hold earlier ones before it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from ssg_mip.base.interrupt import Interrupt
from ssg_mip.batch.records import BatchOptions, BatchRow, BatchSummary
from ssg_mip.batch.rows import RESULTS_NAME, folder_of_its_own, open_rows, rows_done
from ssg_mip.batch.solving import Task
from ssg_mip.batch.workers import Answers, solve_here, solve_in_workers
from ssg_mip.errors import OptionError
from ssg_mip.io import FORMATS
from ssg_mip.methods.registry import find_method

_NOT_INSTANCES = (".names.json", ".schema.json")

__all__ = ["RESULTS_NAME", "BatchOptions", "BatchRow", "BatchSummary", "find_instances", "run_batch"]


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
    started: float | None = None,
) -> BatchSummary:
    """Solve every instance below ``folder`` and append a row for each to ``out/results.jsonl``.

    Parameters
    ----------
    folder, out
        Where the instances are; where the rows go (made if absent).
    options
        What is asked of every instance.
    jobs
        Worker processes; with 1 the work is done in this process. An instance whose worker dies, or does not answer
        long after its time limit, is tried once more and then has a row that says so; the others go on.
    resume
        Continue an existing file: instances with a row for the same content and options that ended with exit code 0
        are skipped, and new rows replace those of earlier tries.
    on_row
        Called with each row after it is written.
    interrupt
        The wish to stop: running instances end with their incumbent, the others get no row.
    started
        When this process began, on the clock of :func:`time.monotonic`; if given, the first instance's time limit
        counts from then, as that of a worker's first instance does.

    Raises
    ------
    OptionError
        If there are no instances, ``jobs`` is out of range, the method has no such settings, rows exist and
        ``resume`` is not set, or another batch is at work in ``out``.
    """
    folder, out = Path(folder), Path(out)
    options, interrupt = options or BatchOptions(), interrupt or Interrupt()
    if isinstance(jobs, bool) or jobs < 1:
        raise OptionError(f"jobs is {jobs!r}; it must be a whole number of at least 1")
    if options.settings:  # an unknown method is a failed row for each instance
        find_method(options.method).check_settings(options.settings)
    instances = _instances_to_solve(folder, out)
    with folder_of_its_own(out) as path:
        if path.exists() and not resume:
            raise OptionError(f"{path} holds rows already; add --resume to continue it, or choose another folder")
        done = rows_done(path, options)
        tasks = [
            Task(folder=folder, instance=name, options=options, done=done.get(name, frozenset())) for name in instances
        ]
        answers = solve_here(tasks, interrupt, started) if jobs == 1 else solve_in_workers(tasks, jobs, interrupt)
        rows, skipped = _write_down(answers, path, on_row)
    return BatchSummary(
        path=path,
        rows=tuple(rows),
        skipped=tuple(skipped),
        interrupted=interrupt.requested,
        terminated=interrupt.terminated,
    )


def _write_down(
    answers: Answers, path: Path, on_row: Callable[[BatchRow], None] | None
) -> tuple[list[BatchRow], list[str]]:
    """Write each row as it comes; returns the rows and the names of the instances that had one already."""
    rows, skipped = [], []
    with open_rows(path) as file, contextlib.closing(answers):
        for name, row in answers:
            if row is None:
                skipped.append(name)
                continue
            file.append(row)
            rows.append(row)
            if on_row is not None:
                on_row(row)
    return rows, skipped


def _instances_to_solve(folder: Path, out: Path) -> list[str]:
    """All instances below the folder, without what a batch itself wrote into ``out``."""
    instances, written = find_instances(folder), out.resolve()
    if folder.resolve() in written.parents:
        instances = [name for name in instances if written not in (folder / name).resolve().parents]
    if not instances:
        raise OptionError(f"there are no instances (*{', *'.join(FORMATS)}) below {folder}")
    return instances
