"""The benchmark of large policy iteration runs, and notices a state that loses or a bound that is exceeded."""

from __future__ import annotations

import dataclasses

import pytest

from tests.benchmarks import large_steps


def test_a_run_gains_and_contradicts_nothing() -> None:
    row = large_steps.run("random-100", 5.0)
    assert row.value > row.start
    assert row.steps > 0
    assert not row.contradicts
    assert dataclasses.replace(row, fall=1e-3).contradicts
    assert dataclasses.replace(row, value=row.bound + 1e-3).contradicts


def test_an_unknown_game_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert large_steps.main(["--games", "nothing"]) == 2
    assert "there is no game 'nothing'" in capsys.readouterr().err
