"""No command writes over what it reads, whatever the file is called: links to the same file count."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ssg_mip.errors import OptionError


def check_outputs(outputs: Mapping[str, Path | None], inputs: Mapping[str, Path | None]) -> None:
    """Refuse an output that is the file of an input, or of another output; before the work, not after it.

    Parameters
    ----------
    outputs, inputs
        Files by what the command line calls them; ``None`` where there is none.

    Raises
    ------
    OptionError
        With the names of both.
    """
    written: dict[str, Path] = {}
    for label, path in outputs.items():
        if path is None:
            continue
        for other, given in (*inputs.items(), *written.items()):
            if given is not None and _same_file(path, given):
                raise OptionError(
                    f"{label} {path} is the same file as {other} {given}; choose another path to write to"
                )
        written[label] = path


def file_named(text: str | None) -> Path | None:
    """The file that an option such as ``--weights`` names, if its text is the name of one."""
    try:
        return Path(text) if text is not None and Path(text).is_file() else None
    except (OSError, ValueError):  # JSON text can be too long for a name
        return None


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one of them does not exist yet
        return os.path.realpath(one) == os.path.realpath(other)
