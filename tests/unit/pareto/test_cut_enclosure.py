"""An enclosure whose check has no time for all of its points."""

from __future__ import annotations

from ssg_mip import enclose_front
from ssg_mip.checker.verify import examine
from tests.oracles.known import figure_1


def test_points_that_are_left_out_are_named_and_nothing_breaks() -> None:
    game = figure_1(1.0, 2.0).to_game()
    found = enclose_front(game, resolution=0.5, check=False)
    assert len(found.points) > 1
    outcome = examine(game, found, out_of_time=lambda: True)
    assert outcome.whole.word == "checked in part"
    assert "points" in outcome.whole.reason
    assert [one.word for one in outcome.points[1:]] == ["not checked"] * (len(found.points) - 1)
