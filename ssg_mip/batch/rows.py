"""The file with the rows of a batch: safe against a kill at any moment, and against a second batch.

A row is one line, on disk before the next instance is looked at. While a batch runs, lines are only appended, and where
an instance has several rows with the same options the last one counts; before and after a batch the others are taken
out, in one step. So the file holds one row for each instance and set of options, however often a batch was resumed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import filelock

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.batch.records import BatchOptions, BatchRow
from ssg_mip.errors import OptionError
from ssg_mip.io.safe_io import sync_folder

RESULTS_NAME = "results.jsonl"
"""Name of the file with the rows."""

LOCK_NAME = f"{RESULTS_NAME}.lock"
"""Name of the file that a batch holds locked while it runs; the system lets go of it when the process ends."""


@contextlib.contextmanager
def folder_of_its_own(out: Path) -> Iterator[Path]:
    """Make the folder, keep other batches out of it inside the block, and yield the path of the file with the rows.

    Raises
    ------
    OptionError
        If another batch is at work there, or the file system has no locks.
    """
    out.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(out / LOCK_NAME)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise OptionError(f"another batch is writing to {out}; wait for its end, or choose another folder") from None
    except NotImplementedError:
        raise OptionError(f"{out} is on a file system without locks; choose a folder on another one") from None
    try:
        yield out / RESULTS_NAME
    finally:
        lock.release()


@contextlib.contextmanager
def open_rows(path: Path) -> Iterator[RowFile]:
    """The file of rows, open for more of them, with one row per instance and options before and after the block."""
    _keep_last_rows(path)
    try:
        with path.open("ab") as stream:
            sync_folder(path.parent)
            yield RowFile(stream)
    finally:
        _keep_last_rows(path)


class RowFile:
    """Takes rows; each is on disk when :meth:`append` returns."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def append(self, row: BatchRow) -> None:
        """Write a row."""
        self._stream.write(json.dumps(row.to_dict(), allow_nan=False).encode() + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())


def rows_done(path: Path, options: BatchOptions) -> dict[str, frozenset[str]]:
    """Per instance, the content hashes for which the file has a good row under the same options."""
    done: dict[str, set[str]] = {}
    asked = json.loads(json.dumps(options.to_dict()))
    for row in filter(None, _rows(path)):
        if row.get("options") == asked and row.get("exit_code") == ExitCode.DONE and row.get("game_hash"):
            done.setdefault(str(row.get("instance")), set()).add(row["game_hash"])
    return {name: frozenset(hashes) for name, hashes in done.items()}


def _keep_last_rows(path: Path) -> None:
    """Take out rows that a later one replaces, and lines that a killed run left half-written."""
    total, last = 0, dict[tuple[str, str], int]()
    for total, row in enumerate(_rows(path), start=1):
        if row is not None:
            last[_key(row)] = total
    if len(last) == total:
        return
    kept, temporary = set(last.values()), path.with_name(f"{path.name}.part")
    with path.open("rb") as old, temporary.open("wb") as new:
        new.writelines(line.rstrip(b"\n") + b"\n" for number, line in enumerate(old, start=1) if number in kept)
        new.flush()
        os.fsync(new.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return str(row.get("instance")), json.dumps(row.get("options"), sort_keys=True)


def _rows(path: Path) -> Iterator[dict[str, Any] | None]:
    """What the lines of a file say; ``None`` for one that is half-written."""
    if path.exists():
        with path.open("rb") as stream:
            for line in stream:
                yield _row(line)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
