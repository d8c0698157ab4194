"""Local bounds: together they describe exactly what points leave uncovered, and what proven corners leave possible."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.pareto.enclosure.search_region import LowerBounds, UpperBounds


def test_two_points_leave_three_bounds() -> None:
    """Points (1, 3) and (3, 1): right of both, above both, and the corner (1, 1) between them."""
    bounds = LowerBounds(2)
    assert bounds.add(np.array([1.0, 3.0]))
    assert bounds.add(np.array([3.0, 1.0]))
    expected = {(-np.inf, 3.0), (1.0, 1.0), (3.0, -np.inf)}
    assert {tuple(row) for row in bounds.corners.tolist()} == expected
    assert not bounds.add(np.array([3.0, 1.0]))
    assert not bounds.add(np.array([0.0, 0.0]))


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_lower_bounds_say_which_values_no_point_covers(objectives: int) -> None:
    """Whole numbers, so that components coincide: ``y`` is uncovered exactly if it is above some bound."""
    rng = np.random.default_rng(objectives)
    points = rng.integers(0, 6, (12, objectives)).astype(float)
    bounds = LowerBounds(objectives)
    for point in points:
        bounds.add(point)
    for value in rng.integers(0, 7, (400, objectives)) + rng.choice([0.0, 0.5], (400, objectives)):
        uncovered = not np.any(np.all(points >= value, axis=1))
        assert uncovered == bool(np.any(np.all(bounds.corners < value, axis=1)))
    for row in bounds.corners:
        others = np.all(bounds.corners <= row, axis=1)
        assert others.sum() == 1


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_upper_bounds_say_which_values_no_corner_excludes(objectives: int) -> None:
    """Mirrored: ``y`` is possible exactly if it is at or below some bound; corners may leave objectives out."""
    rng = np.random.default_rng(objectives)
    corners = rng.integers(0, 6, (10, objectives)).astype(float)
    corners[0, 0] = -np.inf if objectives > 1 else corners[0, 0]
    bounds = UpperBounds(np.full(objectives, 7.0))
    for corner in corners:
        bounds.add(corner)
    for value in rng.integers(0, 8, (400, objectives)) + rng.choice([0.0, 0.5], (400, objectives)):
        possible = bool(np.all(value <= 7.0)) and not np.any(np.all(value > corners, axis=1))
        assert possible == bool(np.any(np.all(value <= bounds.corners, axis=1)))
