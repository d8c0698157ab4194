"""The open region: its depth is what may be lost, and its boxes hold whatever is neither covered nor excluded."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.pareto.enclosure.region import Region
from ssg_mip.programs.direction import Ceiling


def _region(points: list[list[float]], corners: list[list[float]], ideal: list[float]) -> Region:
    region = Region(np.array(ideal))
    for point in points:
        region.lower.add(np.array(point))
    for corner in corners:
        region.upper.add(np.array(corner))
    return region


def test_the_box_between_two_points_is_as_deep_as_its_shorter_side() -> None:
    """(0, 4) and (6, 0) under the ideal (6, 4): the box between them, and nothing beside it."""
    region = _region([[0.0, 4.0], [6.0, 0.0]], [], [6.0, 4.0])
    (box,) = region.boxes()
    assert (box.lower.tolist(), box.upper.tolist(), box.depth) == ([0.0, 0.0], [6.0, 4.0], 4.0)
    assert region.resolution == 4.0
    assert region.gain_bound(np.array([0.0, 4.0])) == 6.0


def test_a_corner_shrinks_the_box_and_a_ceiling_its_depth() -> None:
    """Nothing above (3, 2): two slabs. Under ``x + 1.5 y <= 6`` only the corner's diagonal is left: 2.4 deep."""
    region = _region([[0.0, 4.0], [6.0, 0.0]], [[3.0, 2.0]], [6.0, 4.0])
    assert sorted(box.upper.tolist() for box in region.boxes()) == [[3.0, 4.0], [6.0, 2.0]]
    assert region.resolution == 3.0
    region = _region([[0.0, 4.0], [6.0, 0.0]], [], [6.0, 4.0])
    region.ceilings.append(Ceiling(np.array([1.0, 1.5]), 6.0))
    assert region.resolution == pytest.approx(2.4)
    assert not region.holds(np.array([3.0, 2.1]))
    assert region.holds(np.array([3.0, 2.0]))


@pytest.mark.parametrize("objectives", [2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_boxes_and_resolution_hold_for_every_possible_value(objectives: int, seed: int) -> None:
    """Random points below a sphere, corners and ceilings beyond it: checked at values that no bound excludes."""
    rng = np.random.default_rng([objectives, seed])
    directions = np.abs(rng.normal(size=(30, objectives))) + 0.01
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    region = Region(np.ones(objectives))
    points = directions[:15] * rng.uniform(0.8, 1.0, (15, 1))
    for point in points:
        region.lower.add(point)
    for corner in directions[15:] * 1.05:
        region.upper.add(corner)
    for weights in directions[:4]:
        region.ceilings.append(Ceiling(weights, 1.0))
    boxes, resolution = region.boxes(), region.resolution
    assert resolution == boxes[0].depth
    tight = 0.0
    for value in rng.uniform(0.0, 1.05, (3000, objectives)):
        if not region.holds(value):
            continue
        assert np.any(np.all(points >= value - resolution, axis=1))
        covered = np.any(np.all(points >= value, axis=1))
        assert covered or any(np.all(value >= box.lower) and np.all(value <= box.upper) for box in boxes)
        tight = max(tight, float((value - points).max(axis=1).min()))
    assert 0.5 * resolution <= tight <= resolution
