"""How much work looking for superfluous actions may be, counted so that a game is always reduced alike."""

from __future__ import annotations

from ssg_mip.base.deadline import Checkpoint
from ssg_mip.lp.highs import OneShotLp

MOST_LPS = 4_000
"""Linear programs in one reduction."""

MOST_ENTRIES = 5_000_000
"""Entries of their matrices in all."""


class Effort:
    """What may still be spent on linear programs.

    Attributes
    ----------
    checkpoint
        Called before every piece of work.
    solver
        Solves them.
    lps
        How many were solved.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.solver = OneShotLp()
        self.lps = 0
        self._entries = 0

    @property
    def spent(self) -> bool:
        """Whether no further program should be solved."""
        return self.lps >= MOST_LPS or self._entries >= MOST_ENTRIES

    def spend(self, entries: int) -> None:
        """Count a program with so many entries."""
        self.checkpoint()
        self.lps += 1
        self._entries += entries
