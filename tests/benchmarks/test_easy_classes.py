"""The table of easy classes: small, with the values of plain solvers beside ours."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.game import game_class
from tests.benchmarks.easy_classes import CLASSES, main, measured


@pytest.mark.parametrize("name", CLASSES)
def test_games_belong_to_their_class(name: str) -> None:
    recogniser = {"myopic": "is_myopic", "zero-sum": "is_zero_sum", "team": "is_team"}.get(name)
    silent = {"silent-leader": "has_silent_leader", "silent-follower": "has_silent_follower"}.get(name)
    moved = {"moved-by-leader": "moved_by_leader_alone", "moved-by-follower": "moved_by_follower_alone"}.get(name)
    assert getattr(game_class, str(recogniser or silent or moved))(CLASSES[name][0](30, 3, 1))


@pytest.mark.parametrize("name", ["team", "silent-follower", "silent-leader"])
def test_plain_solvers_agree(name: str) -> None:
    """They stop within the gap, from below or above."""
    row = measured(name, 25, actions=2, seed=3, gap=1e-6, time_limit=20.0).split()
    assert row[6] == "optimal"
    assert float(row[2]) == pytest.approx(float(row[7]), abs=2e-5)


def test_the_table_has_a_row_for_each_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--states", "21,22", "--classes", "myopic"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["21", "22"]
    assert all(np.isfinite(float(line.split()[5])) for line in lines[1:])
    assert main(["--classes", "easy"]) == 2
