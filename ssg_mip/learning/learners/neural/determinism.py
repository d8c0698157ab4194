"""Training that is the same for the same seed and leaves no trace in the process of the user."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread inside: these networks are too small for more, which cost time and the order of sums."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def untouched_global_randomness() -> Iterator[None]:
    """Put the global random states of Python, NumPy and PyTorch back afterwards: stable-baselines3 seeds them all."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - to put it back as it was
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002 - as above
