"""Places in arrays of rows of different lengths."""

from __future__ import annotations

import numpy as np

from ssg_mip.numerics.ranges import expand, ranges


def test_ranges_follow_each_other() -> None:
    """Empty ones too, at the ends and in between."""
    starts, counts = np.array([7, 3, 3, 0, 9]), np.array([0, 2, 3, 0, 1])
    assert ranges(starts, counts).tolist() == [3, 4, 3, 4, 5, 9]
    assert ranges(starts[:0], counts[:0]).tolist() == []


def test_rows_are_expanded_in_the_order_that_is_asked_for() -> None:
    """Twice, too, and without entries."""
    starts = np.array([0, 2, 2, 5])
    owner, entry = expand(starts, np.array([2, 1, 0, 2]))
    assert owner.tolist() == [0, 0, 0, 2, 2, 3, 3, 3]
    assert entry.tolist() == [2, 3, 4, 0, 1, 2, 3, 4]
