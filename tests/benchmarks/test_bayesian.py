"""The Bayesian benchmark: its peers know the value of a known game, and every size has a row."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.benchmarks.bayesian import Bayesian, agree, as_milp, main, ours
from tests.unit.exact.constrained_cases import DATA


@pytest.mark.parametrize("index", [0, 1])
def test_all_three_know_the_games_of_dobss(index: int) -> None:
    one = json.loads((DATA / "bayesian_games.json").read_text(encoding="utf-8"))["games"][index]
    leader, follower = (
        tuple(np.array(block, dtype=float) for block in one[key]) for key in ("leader_payoffs", "follower_payoffs")
    )
    game = Bayesian(leader, follower, np.array(one["prior"]))
    found = [ours(game, 1e-6), as_milp(game, 1e-6, dobss=True), as_milp(game, 1e-6, dobss=False)]
    assert [one_of.value for one_of in found] == pytest.approx([one["checked"]["leader_value"]] * 3, abs=1e-5)
    assert agree(found, 1e-6)


def test_a_wrong_value_is_a_disagreement() -> None:
    game = Bayesian.random(3, 3, 0)
    found = ours(game, 1e-4), as_milp(game, 1e-4, dobss=True)
    assert agree(found, 1e-4)
    wrong = type(found[1])(found[1].value * 1.01, found[1].bound * 1.01, 0, 0.0)
    assert not agree((found[0], wrong), 1e-4)


def test_every_size_has_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--games", "2", "--sizes", "2x2,3x3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["2x2", "2"], ["3x3", "3"]]
    assert all(line.split()[-1] == "0" for line in lines[1:])
