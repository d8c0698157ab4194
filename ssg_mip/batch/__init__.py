"""Solve every instance below a folder; each finished instance is one line of ``results.jsonl`` at once.

A row is a JSON object: ``instance`` (path below the folder), ``game_hash``, ``options``, ``exit_code``, ``seconds``,
``check`` (``verified``, ``FAILED`` or ``not checked``), ``secured`` (what a policy nearby is worth whatever the
follower does with ties, or null), ``error`` (``class`` and ``message``, or null) and ``result``
(as :meth:`Result.to_dict <ssg_mip.result.Result.to_dict>`, or null). A failure is a row like any other, so that a
night's work does not end with the first bad file; where an instance has several rows, the last one counts.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ssg_mip.batch.records import BatchOptions, BatchRow, BatchSummary, Task
from ssg_mip.batch.workers import solve_here, solve_in_workers
from ssg_mip.errors import OptionError
from ssg_mip.exit_codes import ExitCode
from ssg_mip.files import FORMATS
from ssg_mip.interrupt import Interrupt
from ssg_mip.methods import check_method_settings

RESULTS_NAME = "results.jsonl"
"""Name of the file with the rows."""

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
        If there are no instances, ``jobs`` is out of range, the method has no such settings, or rows exist and
        ``resume`` is not set.
    """
    folder, out = Path(folder), Path(out)
    options, interrupt = options or BatchOptions(), interrupt or Interrupt()
    if isinstance(jobs, bool) or jobs < 1:
        raise OptionError(f"jobs is {jobs!r}; it must be a whole number of at least 1")
    check_method_settings(options.method, options.settings)
    path = out / RESULTS_NAME
    if path.exists() and not resume:
        raise OptionError(f"{path} holds rows already; add --resume to continue it, or choose another folder")
    instances = _instances_to_solve(folder, out)
    done = _rows_done(path, options)
    tasks = [
        Task(folder=folder, instance=name, options=options, done=done.get(name, frozenset())) for name in instances
    ]
    answers = solve_here(tasks, interrupt) if jobs == 1 else solve_in_workers(tasks, jobs, interrupt)
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
    instances, written = find_instances(folder), out.resolve()
    if folder.resolve() in written.parents:
        instances = [name for name in instances if written not in (folder / name).resolve().parents]
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
