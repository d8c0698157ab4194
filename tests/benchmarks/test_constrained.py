"""The table of problems with constraints: small, and two answers that cannot both be true are told."""

from __future__ import annotations

import dataclasses

import pytest

from tests.benchmarks.constrained import ROWS, Row, budget, main, measured, statewise

pytest.importorskip("pyscipopt")


@pytest.mark.parametrize("make", [statewise, budget])
def test_both_solvers_agree_on_a_small_game(make: object) -> None:
    row = measured(make, "2x2x2", 3, 20.0)  # type: ignore[arg-type]
    assert not row.disagrees
    assert row.values[0] == pytest.approx(row.values[1], abs=2e-2)
    assert row.bounds[0] >= row.values[0]


def test_a_policy_above_the_other_bound_is_a_disagreement() -> None:
    row = Row("budget", "2x2x2", 0, values=(1.0, 1.0), bounds=(1.01, 1.01), nodes=3, seconds=(0.1, 0.1))
    assert not row.disagrees
    assert dataclasses.replace(row, bounds=(0.9, 1.01)).disagrees
    assert dataclasses.replace(row, values=(1.0, 1.1)).disagrees
    assert str(dataclasses.replace(row, bounds=(0.9, 1.01))).endswith("DISAGREE")


def test_every_row_makes_a_problem() -> None:
    for make, _, _ in ROWS:
        assert make("2x2x2", 0).game.num_states >= 2


def test_the_table_has_a_row_for_each_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rows", "types", "--sizes", "2x2x2", "--seeds", "0", "--time-limit", "20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [["types", "2x2x2", "0"]]
