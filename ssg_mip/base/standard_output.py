"""Standard output belongs to the answer, whatever a library writes.

Libraries in C write to descriptor 1 past ``sys.stdout``, and before any option of theirs could forbid it: HiGHS 1.16
greets there. So descriptor 1 leads to standard error where a program is to read the answer, while a command prints JSON
and in the worker processes of a batch, and the answer goes to a duplicate made before.

What C has buffered is written when its buffer is emptied, not when it was printed; that is why buffers are emptied on
every change.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

STDOUT = 1
"""Descriptor of standard output."""

STDERR = 2
"""Descriptor of standard error."""


def point_stdout_at_stderr() -> None:
    """Let descriptor 1 lead where descriptor 2 leads, in processes started later too; nowhere if that is closed."""
    empty_buffers()
    try:
        os.dup2(STDERR, STDOUT)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if nowhere != STDOUT:  # opening takes the lowest descriptor that is free
            os.dup2(nowhere, STDOUT)
            os.close(nowhere)


@contextlib.contextmanager
def stdout_lent_to_stderr() -> Iterator[int | None]:
    """Point descriptor 1 at descriptor 2 inside the block.

    Yields
    ------
    int or None
        A duplicate of what descriptor 1 was before, closed on leaving; ``None`` if it was closed.
    """
    try:
        saved = os.dup(STDOUT)
    except OSError:
        saved = None
    point_stdout_at_stderr()
    try:
        yield saved
    finally:
        empty_buffers()
        if saved is None:
            os.close(STDOUT)
        else:
            os.dup2(saved, STDOUT)
            os.close(saved)


def empty_buffers() -> None:
    """Write out what Python and C hold back of descriptor 1; a stream that takes nothing is left to its owner."""
    for stream in (sys.stdout, sys.__stdout__):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    with contextlib.suppress(ImportError, OSError, TypeError, AttributeError):  # no ctypes, or no C library by that way
        import ctypes

        ctypes.CDLL(None).fflush(None)
