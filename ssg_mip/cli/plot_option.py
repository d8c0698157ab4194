"""The picture that ``--plot`` asks for beside an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.cli.console import say, say_error
from ssg_mip.errors import SsgError


def check_wish(path: Path | None) -> None:
    """Find out before the work, not after it, that a picture cannot be drawn."""
    if path is not None:
        from ssg_mip.plot import check_picture

        check_picture(path)


def draw_wish(function: str, subject: Any, path: Path, **how: Any) -> int:
    """Draw; a failure costs the picture and sets the exit code, but never what was computed."""
    from ssg_mip import plot

    try:
        plot.save_picture(getattr(plot, function), subject, path, **how)
    except (SsgError, OSError) as error:
        say_error(f"no picture: {error}")
        return int(ExitCode.USAGE)
    say(f"picture: {path}")
    return int(ExitCode.DONE)
