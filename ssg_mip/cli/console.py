"""Where the command line writes: people read stderr, programs read stdout.

A reader may go away at any time (``| head``), a stream may be closed (``2>&-``) or its disk full. Losing stderr must
not cost the JSON object on stdout, and losing stdout must not end in a traceback; so every write goes through
:func:`_write`. A library may write to stdout too, which is no part of the answer; so a command that prints JSON runs
inside :func:`stdout_for_the_answer`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any, TextIO

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.printable import printable
from ssg_mip.base.signals import answer_begins
from ssg_mip.base.standard_output import STDOUT, stdout_lent_to_stderr
from ssg_mip.result import ProgressRow

WIDTH = 120
"""Width of tables where there is no terminal to fit them to."""

LARGE_DOCUMENT = 1_000_000
"""Characters from which a JSON object is printed in one line."""

ROW_INTERVAL = 0.5
"""Seconds between two ordinary lines of the progress table."""

FLAGGED_INTERVAL = 0.05
"""Seconds between a line and one that reports a new incumbent or numerical trouble."""


def say(*renderables: Any) -> None:
    """Print text or rich renderables for people."""
    from rich.console import Console

    width = None if _is_terminal(sys.stderr) or "COLUMNS" in os.environ else WIDTH
    console = Console(stderr=True, highlight=False, markup=False, width=width)
    with console.capture() as captured:
        for renderable in renderables:
            safe = printable(renderable) if isinstance(renderable, str) else renderable
            console.print(safe, soft_wrap=isinstance(renderable, str))
    _write(sys.stderr, captured.get())


def say_error(message: str) -> None:
    """Print one error line for people."""
    _write(sys.stderr, f"error: {printable(message, one_line=True)}\n")


@dataclasses.dataclass
class Answer:
    """Where the one JSON object goes, and whether it has been sent there."""

    stream: TextIO | None
    given: bool = False


_answer: ContextVar[Answer | None] = ContextVar("_answer", default=None)


@contextlib.contextmanager
def stdout_for_the_answer() -> Iterator[Answer]:
    """Keep stdout for :func:`write_json`: whatever else is written there inside the block appears on stderr.

    That holds for ``sys.stdout`` and for descriptor 1; both are as before on leaving. Where ``sys.stdout`` is not
    descriptor 1, a caller has put a stream of its own there, and gets the answer in it.
    """
    with stdout_lent_to_stderr() as saved, _stream_of_the_answer(saved) as stream:
        answer = Answer(stream)
        token = _answer.set(answer)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield answer
        finally:
            _answer.reset(token)


@contextlib.contextmanager
def _stream_of_the_answer(saved: int | None) -> Iterator[TextIO | None]:
    if not _leads_to_stdout(sys.stdout):
        yield sys.stdout
        return
    if saved is None:
        yield None
        return
    stream = os.fdopen(saved, "w", encoding="utf-8", closefd=False)
    try:
        yield stream
    finally:
        with contextlib.suppress(OSError):
            stream.close()


def _leads_to_stdout(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.fileno() == STDOUT
    except (OSError, ValueError, AttributeError):  # no file at all, or closed
        return False


def write_json(data: Mapping[str, Any], code: int = ExitCode.DONE) -> int:
    """Print the one JSON object, and return ``code``, or another one where nobody reads it any more."""
    answer_begins()
    answer = _answer.get() or Answer(sys.stdout)
    answer.given = True
    text = json.dumps(data, allow_nan=False)
    if len(text) < LARGE_DOCUMENT:  # with lines and spaces it takes ten times as long
        text = json.dumps(data, indent=2, allow_nan=False)
    lost = _write(answer.stream, text + "\n")
    if lost is None:
        return int(code)
    if isinstance(lost, BrokenPipeError):
        return int(ExitCode.CLOSED_OUTPUT)
    say_error(f"stdout: {lost.strerror}")
    return int(ExitCode.USAGE)


def _write(stream: TextIO | None, text: str) -> OSError | None:
    """Write and flush; what went wrong comes back, and the stream leads nowhere from then on."""
    if stream is None:  # Python's way to say that the descriptor was closed from the start
        return BrokenPipeError()
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        return error
    return None


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


class ProgressTable:
    """Prints rows of progress, one line each, not more often than a person can read.

    Parameters
    ----------
    shown
        Whether to print at all; by default only where stderr is a terminal.
    """

    _HEADER = "   seconds   iter    nodes     open      LPs   LPs/s     incumbent         bound     gap"

    def __init__(self, shown: bool | None = None) -> None:
        self._shown = _is_terminal(sys.stderr) if shown is None else shown
        self._last: float | None = None
        self._flag = ""

    def __call__(self, row: ProgressRow) -> None:
        """Print the row, unless the last line is too recent; the flag of one that was left out goes to the next."""
        self._flag = row.flag or self._flag
        if not self._shown or not self._due(row):
            return
        if self._last is None:
            _write(sys.stderr, self._HEADER + "\n")
        self._last = row.seconds
        _write(sys.stderr, f"{self._line(row)} {self._flag}".rstrip() + "\n")
        self._flag = ""

    def _due(self, row: ProgressRow) -> bool:
        if self._last is None or row.seconds < self._last:
            return True
        return row.seconds - self._last >= (FLAGGED_INTERVAL if row.flag else ROW_INTERVAL)

    @staticmethod
    def _line(row: ProgressRow) -> str:
        return (
            f"{row.seconds:10.1f} {row.iteration:6d} {row.nodes:8d} {row.open_nodes:8d} {row.lps:8d} "
            f"{row.lps_per_second:7.0f} "
            f"{row.primal_bound:13.6g} {row.dual_bound:13.6g} {100.0 * row.relative_gap:6.2f}%"
        )
