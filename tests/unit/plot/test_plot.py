"""Pictures: the right numbers on the right axes, drawn on the axes given, a clear word without matplotlib."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ssg_mip import Game, solve, trace_front
from ssg_mip.errors import OptionError
from ssg_mip.pareto.front import ParetoFront
from ssg_mip.plot import check_picture, plot_front, plot_progress, save_picture
from tests.unit import fakes

pytestmark = pytest.mark.usefixtures("fake_methods")


@pytest.fixture
def front() -> ParetoFront:
    return trace_front(fakes.small_game(), method="fake")


def new_axes() -> Axes:
    return Figure().add_subplot()


def test_a_front_is_drawn_at_its_values_with_state_names_on_the_axes(front: ParetoFront) -> None:
    ax = new_axes()
    assert plot_front(front, ax) is ax
    (line,) = ax.get_lines()
    np.testing.assert_allclose(line.get_xydata(), [[10.0, 10.0]])
    assert ax.get_xlabel() == "leader's value in calm"
    assert ax.get_ylabel() == "leader's value in [bold]storm"


def test_the_two_states_can_be_chosen(front: ParetoFront) -> None:
    ax = plot_front(front, new_axes(), states=["[bold]storm", "calm"])
    assert ax.get_ylabel() == "leader's value in calm"


def test_every_attained_point_is_drawn_too(front: ParetoFront) -> None:
    ax = plot_front(front, new_axes())
    attained = ax.collections[0].get_offsets()
    assert len(attained) == sum(len(result.trajectory) + 1 for result in front.results)


@pytest.mark.parametrize("states", [["calm"], ["calm", "calm"], ["calm", "[bold]storm", "calm"]])
def test_other_than_two_states_are_refused(front: ParetoFront, states: list[str]) -> None:
    with pytest.raises(OptionError, match="two different states"):
        plot_front(front, new_axes(), states=states)


def test_an_unknown_state_is_refused(front: ParetoFront) -> None:
    with pytest.raises(OptionError, match="no state or objective 'sea'"):
        plot_front(front, new_axes(), states=["calm", "sea"])


def test_a_front_over_one_state_has_no_picture() -> None:
    one = np.ones((1, 1, 1))
    game = Game.from_arrays(one[..., None], one, one, leader_discount=0.5, follower_discount=0.5)
    with pytest.raises(OptionError, match="one state"):
        plot_front(trace_front(game, method="fake"), new_axes())


def test_progress_shows_value_and_bound_and_skips_what_is_infinite() -> None:
    result = solve(fakes.small_game(), "fake-nothing")
    lines = {str(line.get_label()): line for line in plot_progress(result, new_axes()).get_lines()}
    np.testing.assert_allclose(np.asarray(lines["bound"].get_ydata()), [100.0] * 3)
    assert np.isnan(np.asarray(lines["value"].get_ydata())).all()
    np.testing.assert_allclose(np.asarray(lines["bound"].get_xdata()), [0.0, 1.0, 2.0])


def test_axes_are_made_where_none_are_given(front: ParetoFront, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function must not open a window either."""
    pyplot.switch_backend("agg")
    monkeypatch.setattr(pyplot, "show", lambda: pytest.fail("a window was opened"))
    ax = plot_front(front)
    assert ax.get_title() == "small"
    pyplot.close("all")


def test_a_picture_is_saved_in_the_format_of_its_name(front: ParetoFront, tmp_path: Path) -> None:
    save_picture(plot_front, front, tmp_path / "front.pdf")
    assert (tmp_path / "front.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(OptionError, match="'doc'"):
        save_picture(plot_front, front, tmp_path / "front.doc")


def test_without_matplotlib_the_message_says_how_to_get_it(front: ParetoFront, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(OptionError, match=r"ssg_mip\[plot\]"):
        plot_front(front)
    with pytest.raises(OptionError, match=r"ssg_mip\[plot\]"):
        check_picture("front.png")
