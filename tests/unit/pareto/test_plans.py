"""Which weights come next."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip.base.status import Termination
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.plans import DichotomicPlan, ListPlan, supported_chain
from ssg_mip.pareto.weight_sets import corner_weights


def converse(plan: DichotomicPlan | ListPlan, reachable: FloatArray) -> tuple[FloatArray, int]:
    """Answer every question of a plan with the best of a finite set of points; the answers and their number."""
    found = np.zeros((0, reachable.shape[1]))
    for count in itertools.count():
        weights = plan.next_weights(found, 1e-6)
        if weights is None:
            return found, count
        found = np.vstack((found, reachable[np.argmax(reachable @ weights)]))
    raise AssertionError


CORNERS = corner_weights(np.array([0.5, 0.5]), np.arange(2))


def test_dichotomy_finds_every_extreme_supported_point_and_ends() -> None:
    """Six points in convex position and three inside: the six are found, and the scheme knows when it is done."""
    angles = np.linspace(0.1, np.pi / 2 - 0.1, 6)
    outer = 10.0 * np.column_stack((np.cos(angles), np.sin(angles)))
    reachable = np.vstack((outer, [(1.0, 1.0), (5.0, 5.0), (3.0, 6.0)]))
    plan = DichotomicPlan(CORNERS, np.arange(2), 100)
    found, questions = converse(plan, reachable)
    assert {tuple(row) for row in np.round(found, 9)} == {tuple(row) for row in np.round(outer, 9)}
    assert plan.termination is Termination.CONVERGED
    assert questions <= 2 * len(outer) + 1


def test_dichotomy_stops_at_its_limit_and_says_so() -> None:
    """A circle of points has more segments than questions allowed."""
    angles = np.linspace(0.0, np.pi / 2, 200)
    plan = DichotomicPlan(CORNERS, np.arange(2), 6)
    _, questions = converse(plan, np.column_stack((np.cos(angles), np.sin(angles))))
    assert questions == 6
    assert plan.termination is Termination.ITERATION_LIMIT


def test_dichotomy_asks_only_the_corners_where_one_point_is_best_for_all() -> None:
    """A single point leaves no segment."""
    plan = DichotomicPlan(CORNERS, np.arange(2), 50)
    _, questions = converse(plan, np.array([[3.0, 4.0]]))
    assert questions == len(CORNERS)
    assert plan.termination is Termination.CONVERGED


def test_list_plan_yields_its_weights_in_order() -> None:
    """Nothing added, nothing lost."""
    rows = [np.array([0.2, 0.8]), np.array([0.9, 0.1])]
    plan = ListPlan(rows)
    assert plan.pending == 2
    empty = np.zeros((0, 2))
    assert [plan.next_weights(empty, 0.1) for _ in rows] == rows
    assert plan.next_weights(empty, 0.1) is None
    assert plan.termination is Termination.CONVERGED


def test_supported_chain_drops_points_in_a_dent() -> None:
    """(4, 4) is Pareto-optimal beside (10, 0) and (0, 10) but under their segment; (7, 7) is above it."""
    assert supported_chain(np.array([(10.0, 0), (4, 4), (0, 10)]), 0.0).tolist() == [[10, 0], [0, 10]]
    assert supported_chain(np.array([(10.0, 0), (7, 7), (0, 10)]), 0.0).tolist() == [[10, 0], [7, 7], [0, 10]]
    assert supported_chain(np.zeros((0, 2)), 0.0) == pytest.approx(np.zeros((0, 2)))
