"""Pictures of fronts: points where they are, unsupported ones told apart, boxes with their own corners."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PatchCollection
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from ssg_mip import enclose_front
from ssg_mip.errors import OptionError
from ssg_mip.plot import fronts, plot_front, plot_front_3d, plot_parallel, save_picture
from tests.oracles.known import three_points
from tests.unit.plot.views import new_axes, view

THREE = view([[10, 0], [4, 4], [0, 10]], unsupported=[False, True, False], lower=[[4, 0]], upper=[[10, 0.5]])
SOLID = view([[3, 0, 0], [0, 3, 0], [0, 0, 3]], lower=[[0, 0, 0], [-9, 1, 1]], upper=[[1, 1, 1], [2, 2, 2]])
BROAD = view([[5, 0, 7, 1], [3, 1, 7, 0]], unsupported=[False, True])


def lines(ax: Any) -> dict[str, Any]:
    """The lines of a picture by what the legend calls them."""
    return {str(line.get_label()): line for line in ax.get_lines()}


def test_supported_and_unsupported_points_are_told_apart() -> None:
    drawn = lines(plot_front(THREE, new_axes()))
    np.testing.assert_allclose(drawn["front"].get_xydata(), [[0, 10], [10, 0]])
    np.testing.assert_allclose(drawn["optimum of no weighted sum"].get_xydata(), [[4, 4]])
    assert drawn["front"].get_marker() != drawn["optimum of no weighted sum"].get_marker()


def test_each_box_is_a_rectangle_with_its_corners() -> None:
    ax = plot_front(THREE, new_axes())
    (boxes,) = [one for one in ax.collections if isinstance(one, PatchCollection)]
    (path,) = boxes.get_paths()
    np.testing.assert_allclose(path.get_extents().get_points(), [[4, 0], [10, 0.5]])
    assert "open boxes" in {text.get_text() for text in ax.get_legend().get_texts()}
    assert ax.dataLim.x1 >= 10


def test_without_boxes_the_legend_names_none() -> None:
    ax = plot_front(view([[1, 2], [2, 1]]), new_axes())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["front"]


def test_an_enclosure_is_drawn_as_it_is() -> None:
    """The game whose front is (10, 0), (4, 4), (0, 10): the middle point is the one that no weighted sum finds."""
    enclosure = enclose_front(three_points().to_game(), resolution=0.5)
    ax = plot_front(enclosure, new_axes())
    np.testing.assert_allclose(lines(ax)["optimum of no weighted sum"].get_xydata(), [[4, 4]], atol=1e-6)
    (boxes,) = [one for one in ax.collections if isinstance(one, PatchCollection)]
    drawn = sorted(np.ravel(path.get_extents().get_points()).tolist() for path in boxes.get_paths())
    wanted = sorted([*box.lower.tolist(), *box.upper.tolist()] for box in enclosure.boxes)
    np.testing.assert_allclose(drawn, wanted)
    assert ax.get_xlabel() == f"leader's value in {enclosure.objectives[0].name}"


def test_three_objectives_stand_on_three_axes() -> None:
    ax: Any = plot_front_3d(SOLID, new_axes("3d"))
    (line,) = ax.get_lines()
    np.testing.assert_allclose(np.transpose(line.get_data_3d()), [[0, 3, 0], [0, 0, 3], [3, 0, 0]])
    assert ax.get_zlabel() == "value in z"


def test_boxes_in_three_objectives_have_six_faces_and_are_cut_off_out_of_sight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The points spread by 3 above 0, so nothing below -3 is drawn."""
    given: list[Any] = []
    take = Poly3DCollection.set_verts
    monkeypatch.setattr(Poly3DCollection, "set_verts", lambda self, *a, **k: (given.append(a[0]), take(self, *a, **k)))
    ax = plot_front_3d(SOLID, new_axes("3d"))
    (_,) = [one for one in ax.collections if isinstance(one, Poly3DCollection)]
    (faces,) = map(np.asarray, given)
    assert faces.shape == (12, 4, 3)
    np.testing.assert_allclose([faces[:6].min(axis=(0, 1)), faces[:6].max(axis=(0, 1))], [[0, 0, 0], [1, 1, 1]])
    np.testing.assert_allclose([faces[6:].min(axis=(0, 1)), faces[6:].max(axis=(0, 1))], [[-3, 1, 1], [2, 2, 2]])
    assert all(np.ptp(face, axis=0).min() == 0.0 for face in faces)


def test_of_many_boxes_the_legend_says_how_many_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fronts, "MOST_BOXES_3D", 1)
    ax = plot_front_3d(SOLID, new_axes("3d"))
    assert "1 of 2 open boxes" in {text.get_text() for text in ax.get_legend().get_texts()}


def test_flat_axes_are_refused_for_three_objectives() -> None:
    with pytest.raises(OptionError, match="projection='3d'"):
        plot_front_3d(SOLID, new_axes())


def test_two_objectives_are_too_few_for_three_axes() -> None:
    with pytest.raises(OptionError, match="needs 3"):
        plot_front_3d(THREE, new_axes("3d"))


def test_parallel_coordinates_run_from_the_worst_to_the_best_value() -> None:
    """The third objective does not vary; the second point is unsupported."""
    ax = plot_parallel(BROAD, new_axes())
    first, second = ax.get_lines()[:2]
    np.testing.assert_allclose(np.asarray(first.get_ydata()), [1, 0, 0.5, 1])
    np.testing.assert_allclose(np.asarray(second.get_ydata()), [0, 1, 0.5, 0])
    assert (first.get_linestyle(), second.get_linestyle()) == ("-", "--")
    assert [text.get_text() for text in ax.texts] == ["5", "3", "1", "0", "7", "7", "1", "0"]


def test_parallel_coordinates_keep_the_order_that_is_asked_for() -> None:
    """A picture of chosen objectives has these alone."""
    ax = plot_parallel(BROAD, new_axes(), states=["y", "x$_{"])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["value in y", r"value in x\$_{"]


def test_parallel_coordinates_need_two_objectives_and_a_point() -> None:
    with pytest.raises(OptionError, match="one state or objective"):
        plot_parallel(view([[1]]), new_axes())
    with pytest.raises(OptionError, match="no points"):
        plot_parallel(dataclasses.replace(THREE, points=np.empty((0, 2))), new_axes())


def test_a_title_that_no_font_has_is_drawn_all_the_same(tmp_path: Path) -> None:
    strange = dataclasses.replace(THREE, title="\U0001f600 \u6f22 \ud800 \x00")
    save_picture(plot_front, strange, tmp_path / "front.png")
    assert plot_front(strange, new_axes()).get_title() == "\U0001f600 \u6f22 ? ?"


@pytest.mark.parametrize("draw", [plot_front, plot_parallel])
def test_a_name_with_dollar_signs_is_no_mathematics(draw: Any, tmp_path: Path) -> None:
    save_picture(draw, THREE, tmp_path / "front.png")
    assert (tmp_path / "front.png").stat().st_size > 1_000
