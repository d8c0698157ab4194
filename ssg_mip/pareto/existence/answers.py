"""The possible answers to the question whether an equilibrium exists."""

from __future__ import annotations

import enum


class Verdict(enum.Enum):
    """Whether an equilibrium exists; the values are the messages for people."""

    EXISTS = "a stationary Stackelberg equilibrium exists, within the gap"
    NONE = "proven: no stationary Stackelberg equilibrium exists"
    UNDECIDED = "undecided at this gap and these limits"
