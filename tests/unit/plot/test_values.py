"""Pictures of the value space: what is reachable, where a run went, and the cone that nothing reaches."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import Polygon

from ssg_mip import solve
from ssg_mip.errors import OptionError
from ssg_mip.pareto.dominance import cone_excess
from ssg_mip.plot import RunView, cone_corners, plot_values, sampled_values
from ssg_mip.result import Result
from tests.oracles.known import figure_1, three_points
from tests.unit.plot.views import new_axes, view

FIG1 = figure_1(1.0, 2.0).to_game()
FRONT = [[10.0, 9.0], [9.0, 10.0]]


@pytest.fixture(scope="module")
def run() -> Result:
    return solve(FIG1, "policy-iteration", guarantee=False, check=False)


def cones(ax: Any) -> list[Polygon]:
    return [patch for patch in ax.patches if "Theorem 11" in str(patch.get_label())]


def test_sampled_values_are_reachable_and_the_same_for_a_seed() -> None:
    values = sampled_values(FIG1, 60, seed=3)
    assert values.shape == (60, 2)
    np.testing.assert_array_equal(values, sampled_values(FIG1, 60, seed=3))
    assert not np.array_equal(values, sampled_values(FIG1, 60, seed=4))
    covered = [(values <= np.array(point) + 1e-9).all(axis=1) for point in FRONT]
    assert np.all(covered[0] | covered[1])


def test_no_samples_are_refused() -> None:
    with pytest.raises(OptionError, match="samples is 0"):
        sampled_values(FIG1, 0)


def test_the_samples_the_course_and_its_limit_are_drawn(run: Result) -> None:
    ax = plot_values(FIG1, new_axes(), run=run, samples=30)
    (samples,) = ax.collections
    np.testing.assert_allclose(np.asarray(samples.get_offsets()), sampled_values(FIG1, 30))
    drawn = {str(line.get_label()): np.asarray(line.get_xydata()) for line in ax.get_lines()}
    course = [point.leader_values for point in run.trajectory] + [run.leader_values]
    np.testing.assert_allclose(drawn["course of the run"], course)
    np.testing.assert_allclose(drawn["limit"], [run.leader_values])


def test_the_cone_starts_at_the_limit_with_the_slopes_of_the_theorem(run: Result) -> None:
    """Slopes gamma_A = 0.9 and 1 / 0.9, as in Figure 3 of Kudo & Akimoto; no sample lies inside."""
    ax = plot_values(FIG1, new_axes(), run=run, samples=30)
    (cone,) = cones(ax)
    corners = np.asarray(cone.get_xy())[:4]
    np.testing.assert_allclose(corners[0], run.leader_values)
    lower, _, upper = corners[1:] - corners[0]
    np.testing.assert_allclose([lower[1] / lower[0], upper[1] / upper[0]], [0.9, 1 / 0.9])
    assert max(cone_excess(value, corners[0], 0.9) for value in sampled_values(FIG1, 300)) < 1e-6


@pytest.mark.parametrize("leader_discount", [0.0, 0.3, 0.9])
def test_the_cone_is_where_the_statement_would_be_broken(leader_discount: float) -> None:
    limit = np.array([2.0, -1.0])
    corners = cone_corners(limit, leader_discount, 3.0)
    excess = [cone_excess(corner, limit, leader_discount) for corner in corners]
    np.testing.assert_allclose(excess, [0.0, 0.0, 3.0 * (1.0 - leader_discount), 0.0], atol=1e-12)


def test_a_run_that_was_cut_short_has_no_cone() -> None:
    cut = RunView(
        title="cut", progress=(), states=FIG1.state_names, values=np.array([[0.0, 0.0], [5.0, 5.0]]), stationary=False
    )
    ax = plot_values(FIG1, new_axes(), run=cut, samples=5)
    assert not cones(ax)
    assert "end" in {str(line.get_label()) for line in ax.get_lines()}
    nothing = dataclasses.replace(cut, values=np.empty((0, 2)))
    assert not plot_values(FIG1, new_axes(), run=nothing, samples=5).get_lines()


def test_a_game_with_more_states_has_no_cone() -> None:
    """The theorem speaks of all states at once."""
    game = three_points().to_game()
    values = np.zeros((1, game.num_states))
    stopped = RunView(title="stopped", progress=(), states=game.state_names, values=values, stationary=True)
    assert not cones(plot_values(game, new_axes(), run=stopped, samples=5))


def test_a_run_is_drawn_by_the_names_of_its_states() -> None:
    """A JSON object may list the states in another order."""
    turned = RunView(
        title="turned", progress=(), states=FIG1.state_names[::-1], values=np.array([[1.0, 2.0]]), stationary=False
    )
    (course, _) = plot_values(FIG1, new_axes(), run=turned, samples=5).get_lines()
    np.testing.assert_allclose(course.get_xydata(), [[2.0, 1.0]])
    with pytest.raises(OptionError, match="about the states x, y"):
        plot_values(FIG1, new_axes(), run=dataclasses.replace(turned, states=("x", "y")), samples=5)


def test_a_front_is_drawn_over_the_same_states() -> None:
    front = dataclasses.replace(view(FRONT), names=("s0", "s1"))
    named = dataclasses.replace(front, names=FIG1.state_names)
    ax = plot_values(FIG1, new_axes(), front=named, samples=5, states=FIG1.state_names[::-1])
    (line,) = ax.get_lines()
    np.testing.assert_allclose(line.get_xydata(), [[9, 10], [10, 9]])
    assert ax.get_xlabel() == f"leader's value in {FIG1.state_names[1]}"
