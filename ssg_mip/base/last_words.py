"""How a process ends that a signal cuts short: a line on stderr, with ``--json`` an error object on stdout, a code.

It must work in the first moments of the process and in any of its threads, so it imports and needs next to nothing.
"""

from __future__ import annotations

import os
import select
import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import NoReturn

_ENDINGS = {True: ("interrupted", 130), False: ("terminated", 143)}


def end_process(*, interrupted: bool, stdout: int = 1, answered: bool = False) -> NoReturn:
    """End the process here and now.

    Parameters
    ----------
    interrupted
        Whether it was SIGINT, and neither SIGTERM nor SIGHUP.
    stdout
        Descriptor of standard output.
    answered
        Whether something has been printed there, so that an object would be one too many.
    """
    word, code = _ENDINGS[interrupted]
    _write_if_it_can(2, f"error: {word}\n")
    if "--json" in sys.argv and not answered:
        error = f'{{"class": "{word.capitalize()}", "message": "{word}"}}'
        _write_if_it_can(stdout, f'{{"format": "ssg-mip-error/1", "error": {error}, "exit_code": {code}}}\n')
    os._exit(code)


def _write_if_it_can(descriptor: int, text: str) -> None:
    """Write a short text, unless its reader is gone or does not read."""
    try:
        if select.select([], [descriptor], [], 0)[1]:
            os.write(descriptor, text.encode())
    except (OSError, ValueError):
        pass  # nobody reads it
