"""The replay memory of Mnih et al. (2015), one per run."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor


@dataclasses.dataclass(frozen=True, eq=False)
class Transitions:
    """Sampled transitions ``<s, a, b, s', r_A, r_B>``.

    Attributes
    ----------
    row
        Joint-action row ``(s, a, b)``, shape ``[runs, batch]``; it stands for the rewards too, which it determines.
    next_state
        ``s'``, shape ``[runs, batch]``.
    leniency
        Probability that leader and follower forgave a disappointment when this was played, ``[runs, batch, 2]``
        (:mod:`ssg_mip.learning.learners.neural.independent`); zero for learners that do not forgive.
    """

    row: Tensor
    next_state: Tensor
    leniency: Tensor


class ReplayMemory:
    """The last ``capacity`` transitions of each of ``runs`` runs, which are all equally long."""

    def __init__(self, runs: int, capacity: int) -> None:
        self._row = torch.zeros((runs, capacity), dtype=torch.long)
        self._next_state = torch.zeros((runs, capacity), dtype=torch.long)
        self._leniency = torch.zeros((runs, capacity, 2))
        self._capacity = capacity
        self._count = 0

    def add(self, row: Tensor, next_state: Tensor, leniency: Tensor) -> None:
        """Keep one transition per run, over the oldest one if the memory is full; shapes ``[runs]``, ``[runs, 2]``."""
        place = self._count % self._capacity
        self._row[:, place] = row
        self._next_state[:, place] = next_state
        self._leniency[:, place] = leniency
        self._count += 1

    def sample(self, batch: int, generator: torch.Generator) -> Transitions:
        """Draw uniformly, with replacement, for each run by itself."""
        runs = self._row.shape[0]
        place = torch.randint(min(self._count, self._capacity), (runs, batch), generator=generator)
        run = torch.arange(runs).unsqueeze(1)
        return Transitions(self._row[run, place], self._next_state[run, place], self._leniency[run, place])
