"""The tables of local search: small ones."""

from __future__ import annotations

import pytest

from tests.benchmarks.local import distribution, main, small_games


def test_small_games_are_of_all_shapes() -> None:
    games = list(small_games(10))
    assert {game.num_states for game in games} == {3, 4, 5, 6}
    assert {(game.leader_discount, game.follower_discount) for game in games} == {(0.9, 0.9), (0.8, 0.8)}


def test_the_distribution_counts() -> None:
    told = distribution([0.0, 5e-4, 0.3])
    assert "3 games" in told
    assert "within 0.01 %: 1, within 0.1 %: 2, within 1 %: 2" in told
    assert told.endswith("worst 30 %")


def test_the_table_of_small_games(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--games", "2", "--starts", "3", "--steps", "60"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert float(lines[1].split()[-4]) < 5.0
    assert lines[3].startswith("2 games with a proven optimum")


def test_the_table_of_large_games(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--large", "30", "--seconds", "1"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert rows[0][-3] == "local"
    assert float(rows[0][-2]) > float(rows[3][-2])
