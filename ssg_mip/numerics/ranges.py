"""Places in arrays of rows of different lengths."""

from __future__ import annotations

import numpy as np

from ssg_mip.numerics.array_types import IntArray


def ranges(starts: IntArray, counts: IntArray) -> IntArray:
    """The whole numbers from each start on, so many each, one after the other: shape ``[sum of counts]``."""
    found: IntArray = np.arange(int(counts.sum())) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return found


def expand(starts: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """For each chosen row in turn all its entries: the position in ``rows``, and the entry."""
    lengths = starts[rows + 1] - starts[rows]
    return np.repeat(np.arange(len(rows)), lengths), ranges(starts[rows], lengths)
