"""``python -m tests.unit.cli.command_line``: the command line with the fake methods, in worker processes too.

Spawned workers import the parent's main module, so that the fakes, installed on import, are there as well. With
``FAKE_PATIENCE`` in the environment a batch gives its workers that many seconds beyond any limit.
"""

from __future__ import annotations

import os
import signal

from ssg_mip.__main__ import run
from ssg_mip.batch import workers
from tests.unit import fakes

fakes.install()

if __name__ == "__main__":
    # A test run in the background of a shell ignores SIGINT and hands that down.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "FAKE_PATIENCE" in os.environ:
        workers.GRACE_SECONDS = workers.STOP_SECONDS = float(os.environ["FAKE_PATIENCE"])
    run()
