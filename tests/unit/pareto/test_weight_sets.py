"""Weights: lattices, corners, normals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.pareto.weight_sets import (
    corner_weights,
    distinct,
    lattice_levels,
    normal_weights,
    simplex_lattice,
    weight_grid,
    weighted_sum,
)


@pytest.mark.parametrize(("objectives", "levels"), [(1, 4), (2, 5), (3, 3), (4, 2)])
def test_lattice_has_the_binomial_number_of_distinct_points_on_the_simplex(objectives: int, levels: int) -> None:
    """Das & Dennis: comb(H + k - 1, k - 1) points, all multiples of 1/H, all summing to one."""
    lattice = simplex_lattice(objectives, levels)
    assert lattice.shape == (math.comb(levels + objectives - 1, objectives - 1), objectives)
    assert len(np.unique(lattice, axis=0)) == len(lattice)
    assert lattice.sum(axis=1) == pytest.approx(1.0)
    assert lattice * levels == pytest.approx(np.round(lattice * levels))


def test_lattice_refuses_nothing_to_trade() -> None:
    """No objectives, no lattice."""
    with pytest.raises(OptionError, match="at least 1"):
        simplex_lattice(0, 3)


@pytest.mark.parametrize(("objectives", "at_most"), [(2, 2), (2, 11), (3, 20), (5, 100), (9, 10)])
def test_lattice_levels_is_the_finest_that_fits(objectives: int, at_most: int) -> None:
    """One more level would exceed the count; a single level is always allowed."""
    levels = lattice_levels(objectives, at_most)
    assert math.comb(levels + objectives, objectives - 1) > at_most
    assert levels == 1 or math.comb(levels + objectives - 1, objectives - 1) <= at_most


def test_corners_are_each_state_alone_and_the_start() -> None:
    """Unit vectors and the start distribution as they are, without repetition."""
    corners = corner_weights(np.array([0.0, 0.5, 0.5]), np.array([0, 2]))
    assert np.array(corners).tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.5, 0.5]]
    assert len(corner_weights(np.array([1.0, 0.0]), np.array([0, 1]))) == 2


@pytest.mark.parametrize(("states", "count"), [(3, 20), (3, 3), (12, 20)])
def test_grid_contains_the_corners_and_is_distinct(states: int, count: int) -> None:
    """Lattice for three states, seeded draws for twelve; corners first in both."""
    initial = np.full(states, 1.0 / states)
    grid = weight_grid(initial, np.arange(states), count, np.random.default_rng(0))
    assert len(distinct(grid)) == len(grid)
    assert all(row.min() >= 0.0 and row.sum() == pytest.approx(1.0) for row in grid)
    corners = corner_weights(initial, np.arange(states))
    assert np.array(grid[: len(corners)]) == pytest.approx(np.array(corners))
    assert len(grid) <= max(count, len(corners)) + len(corners)


def test_draws_are_seeded() -> None:
    """The same seed gives the same weights, another seed others."""
    initial = np.full(12, 1.0 / 12)
    one, same, other = (weight_grid(initial, np.arange(12), 20, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_normal_makes_both_points_equal() -> None:
    """(10, 0) and (0, 5): weights (1/3, 2/3), under which both are worth 10/3."""
    weights = normal_weights((10, 0), (0, 5))
    assert weights == pytest.approx([1 / 3, 2 / 3])
    assert weighted_sum(weights, [(10, 0), (0, 5)]) == pytest.approx([10 / 3, 10 / 3])


def test_no_normal_between_a_point_and_one_that_it_dominates() -> None:
    """Positive weights cannot make a dominated point equal."""
    with pytest.raises(OptionError, match="dominate"):
        normal_weights((2, 2), (1, 1))
