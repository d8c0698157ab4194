"""``python -m tests.unit.command_line``: the command line with the fake methods, in worker processes too.

Spawned workers import the parent's main module, so that the fakes, installed on import, are there as well.
"""

from __future__ import annotations

import signal

from ssg_mip.__main__ import run
from tests.unit import fakes

fakes.install()

if __name__ == "__main__":
    # A test run in the background of a shell ignores SIGINT and hands that down.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()
