"""``python -m tests.unit.cli.noisy_command_line``: the command line with libraries that write to standard output.

Whenever a file of data is opened, Python and C each print a line there, in worker processes too (they import the
parent's main module), and once more when the process ends.
"""

from __future__ import annotations

import atexit
import ctypes
import sys

from ssg_mip.cli import run

NOISE = "said by a library"

_C = ctypes.CDLL(None)
_C.puts.argtypes = [ctypes.c_char_p]


def make_noise() -> None:
    """One line through ``sys.stdout`` and one past it, which C keeps in a buffer of its own."""
    print(NOISE, "in Python")
    _C.puts(f"{NOISE} in C".encode())


def _hear(event: str, given: tuple[object, ...]) -> None:
    if event == "open" and str(given[0]).endswith((".json", ".lp", ".csv", ".md", ".png")):
        make_noise()


if __name__ in {"__main__", "__mp_main__"}:  # of a worker too; tests import this module for its names only
    sys.addaudithook(_hear)

if __name__ == "__main__":
    atexit.register(make_noise)
    run()
