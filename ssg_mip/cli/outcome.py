"""What the commands with an answer have in common: its report for people, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ssg_mip.cli.console import say
from ssg_mip.exit_codes import ExitCode, unless_stopped
from ssg_mip.interrupt import Interrupt

ROW_LIMIT = 40
"""States or points that a table for people shows, unless --verbose."""


def final_code(own: ExitCode, verified: bool | None, interrupt: Interrupt) -> int:
    """The exit code: a failed check comes first, then the wish to stop, then what the answer deserves."""
    if verified is False:
        return int(ExitCode.FAILED_CHECK)
    return int(unless_stopped(own, interrupt))


def say_unless_json(report: Callable[..., list[Any]], subject: Any, as_json: bool, verbose: bool) -> None:
    """Print the report for people; beside JSON only with --verbose, which also leaves no rows out."""
    if not as_json or verbose:
        say(*report(subject, limit=None if verbose else ROW_LIMIT))
