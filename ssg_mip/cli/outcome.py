"""What the commands with an answer have in common: its report for people, its certificate, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssg_mip.api.exit_codes import ExitCode, unless_stopped
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.cli.console import say, say_error
from ssg_mip.errors import SsgError

if TYPE_CHECKING:
    from ssg_mip.game.game import Game
    from ssg_mip.proofs.writer import Recorder

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


def write_certificate(recorder: Recorder, game: Game, path: Path) -> int:
    """Write; a failure costs the certificate and sets the exit code, but never what was computed."""
    try:
        recorder.write(path, game)
    except SsgError as error:
        say_error(f"no certificate: {error}")
        return error.exit_code
    say(f"certificate: {path}")
    return int(ExitCode.DONE)
