"""The archive of attained points against what it says: no point covers another, and nothing that came is forgotten."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.archive import Archive
from ssg_mip.pareto.dominance import covers, non_dominated


def filled(points: FloatArray, equal: float = 0.0) -> Archive[tuple[int, FloatArray]]:
    archive: Archive[tuple[int, FloatArray]] = Archive(points.shape[1], lambda one: one[1], equal)
    for number, values in enumerate(points):
        archive.add((number, values))
    return archive


@pytest.mark.parametrize("seed", range(5))
def test_what_stays_is_what_nothing_dominates(seed: int) -> None:
    points = np.random.default_rng(seed).integers(0, 6, size=(80, 3)).astype(float)
    archive = filled(points)
    assert sorted(number for number, _ in archive.points) == np.flatnonzero(non_dominated(points)).tolist()
    assert np.array_equal(archive.values, [values for _, values in archive.points])
    assert all(archive.knows(values) for values in points)
    assert not archive.knows(points.max(axis=0) + 1.0)
    weights = np.array([0.2, 0.3, 0.5])
    best = archive.best(weights)
    assert best is not None
    assert best[1] @ weights == (points @ weights).max()


def test_equal_points_come_once_and_close_ones_by_the_tolerance() -> None:
    points = np.array([[1.0, 2.0], [1.0, 2.0], [1.05, 1.98], [2.0, 1.0], [1.3, 2.0]])
    assert [number for number, _ in filled(points).points] == [3, 4]
    assert [number for number, _ in filled(points[:4]).points] == [0, 2, 3]
    assert [number for number, _ in filled(points[:4], equal=0.1).points] == [0, 3]
    archive = filled(points[:4])
    assert [number for number, _ in archive.front()] == [3, 2, 0]
    assert [number for number, _ in archive.front(0.1)] == [3, 2]


def test_an_empty_archive_knows_nothing() -> None:
    archive = filled(np.zeros((0, 2)))
    assert archive.best(np.array([0.5, 0.5])) is None
    assert archive.front() == []
    assert not archive.knows(np.zeros(2))
    assert archive.values.max(axis=0, initial=-np.inf).tolist() == [-np.inf, -np.inf]


def test_other_words_for_the_same_points_change_no_values() -> None:
    archive = filled(np.array([[1.0, 2.0], [2.0, 1.0]]))
    archive.retell(lambda one: (one[0] + 10, one[1]))
    assert [number for number, _ in archive.points] == [10, 11]
    assert not covers(archive.values[0], archive.values[1])
