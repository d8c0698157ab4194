"""Where the checker can be told to give up: a function that is called now and then, and may raise."""

from __future__ import annotations

from collections.abc import Callable

Checkpoint = Callable[[], None]
"""Called throughout a check; what it raises ends the work and is for the caller to catch."""


def unhurried() -> None:
    """A checkpoint that lets all work go on."""
