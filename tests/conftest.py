"""What holds for every test."""

from __future__ import annotations

import signal


def _ignore(number: int, frame: object) -> None:
    """As before, but not inherited by the commands that a test starts."""


# Commands obey an inherited "ignore SIGHUP", which tests under nohup would pass on: those of signals could not hold.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, _ignore)
