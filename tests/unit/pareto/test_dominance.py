"""Dominance, non-dominated sets and the cone of Theorem 11."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ssg_mip.errors import OptionError
from ssg_mip.pareto.dominance import cone_excess, covers, dominates, non_dominated

POINTS = st.integers(0, 12).flatmap(lambda count: arrays(float, (count, 3), elements=st.integers(-3, 3)))


def test_dominance_needs_one_strict_gain_and_no_loss() -> None:
    """(1, 0) dominates (0, 0); it neither dominates (0, 1) nor itself."""
    assert dominates([1, 0], [0, 0])
    assert not dominates([1, 0], [0, 1])
    assert not dominates([1, 0], [1, 0])
    assert covers([1, 0], [1, 0])


def test_differences_within_the_tolerance_are_none() -> None:
    """A loss of half a tolerance is forgiven, a gain of half a tolerance does not count."""
    assert dominates([1.0, -0.05], [0.0, 0.0], tolerance=0.1)
    assert not dominates([0.05, 0.0], [0.0, 0.0], tolerance=0.1)


def test_non_dominated_of_a_hand_made_set() -> None:
    """(4, 4) stays although it is inside the hull of (10, 0) and (0, 10); (4, 0) and (0, 4) go."""
    points = [(10, 0), (4, 0), (4, 4), (0, 4), (0, 10)]
    assert non_dominated(points).tolist() == [True, False, True, False, True]


def test_of_equal_points_the_first_stays_and_of_nearly_equal_ones_the_better() -> None:
    """Repetitions are struck out; between points a tolerance apart the higher sum survives."""
    assert non_dominated([(1, 2), (1, 2), (1, 2)]).tolist() == [True, False, False]
    assert non_dominated([(1.0, 2.0), (1.0, 2.05)], tolerance=0.1).tolist() == [False, True]


def test_a_tolerance_cycle_does_not_empty_the_set() -> None:
    """With tolerance 1 each of these points dominates the next, round in a circle; one must stay all the same."""
    cycle = np.array([(0, -1, -1.5), (-1.5, 0, -1), (-1, -1.5, 0)])
    assert all(dominates(cycle[i], cycle[(i + 1) % 3], 1.0) for i in range(3))
    assert non_dominated(cycle, 1.0).sum() == 1


def test_an_empty_set_has_no_points() -> None:
    """No rows, no mask entries."""
    assert non_dominated(np.zeros((0, 2))).shape == (0,)


def test_points_must_be_a_matrix() -> None:
    """A single vector is refused with its shape, and so are points without coordinates."""
    with pytest.raises(OptionError, match=r"\(2,\)"):
        non_dominated([1.0, 2.0])
    with pytest.raises(OptionError, match=r"\(2, 0\)"):
        non_dominated(np.zeros((2, 0)))


@pytest.mark.parametrize("states", [255, 256, 400])
def test_any_number_of_states(states: int) -> None:
    """Also more than moocore compares: of a point, a worse one, its repetition and another trade-off two stay."""
    point, worse, other = np.zeros(states), np.zeros(states), np.zeros(states)
    worse[-1], other[0], other[-1] = -1.0, 1.0, -1.0
    assert non_dominated([worse, point, point, other]).tolist() == [False, True, False, True]


@given(POINTS)
def test_mask_agrees_with_the_definition(points: np.ndarray) -> None:
    """Without tolerance a point stays iff nothing dominates it and it is the first of its kind."""
    mask = non_dominated(points)
    for index, point in enumerate(points):
        first = not any(np.array_equal(point, other) for other in points[:index])
        assert mask[index] == (first and not any(dominates(other, point) for other in points))


@given(POINTS, st.sampled_from([0.0, 0.5, 1.0]))
def test_what_stays_is_mutually_non_dominated_and_never_empty(points: np.ndarray, tolerance: float) -> None:
    """Property of every front: no remaining point covers another, and something remains."""
    stays = points[non_dominated(points, tolerance)]
    assert bool(len(stays)) == bool(len(points))
    for i, first in enumerate(stays):
        assert not any(covers(second, first, tolerance) for j, second in enumerate(stays) if i != j)


def test_cone_excess_by_hand() -> None:
    """(2, 1) exceeds (0, 0) by at least 1 and at most 2: excess 1 - gamma * 2, positive below gamma = 1/2."""
    assert cone_excess([2, 1], [0, 0], 0.25) == pytest.approx(0.5)
    assert cone_excess([2, 1], [0, 0], 0.9) < 0.0
    assert cone_excess([2, -1], [0, 0], 0.0) == pytest.approx(-1.0)
