"""Places in arrays of rows of different lengths."""

from __future__ import annotations

import numpy as np

from ssg_mip.numerics.ranges import ranges


def test_ranges_follow_each_other() -> None:
    """Empty ones too, at the ends and in between."""
    starts, counts = np.array([7, 3, 3, 0, 9]), np.array([0, 2, 3, 0, 1])
    assert ranges(starts, counts).tolist() == [3, 4, 3, 4, 5, 9]
    assert ranges(starts[:0], counts[:0]).tolist() == []
