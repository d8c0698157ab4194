"""Policy iteration where its program is never written: it climbs, loses nowhere and says that nothing is proven."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip import best_response, solve
from ssg_mip.base.status import Status, Termination
from ssg_mip.library import random_game
from ssg_mip.methods.policy_iteration import algorithm, large, leaps
from ssg_mip.methods.policy_iteration.large import NOTHING_FOUND, is_large, without_program

GAME = random_game(11, 30, 4, 4)


@pytest.fixture(autouse=True)
def _no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "MOST_PRODUCTS", 1000)
    monkeypatch.setattr(leaps, "ASCENT_STEPS", 200)


def test_every_iterate_dominates_the_one_before_and_nothing_is_called_proven() -> None:
    assert is_large(GAME)
    assert without_program(GAME)
    result = solve(GAME, method="policy-iteration")
    values = [best_response(GAME, point.leader_policy).leader_values for point in result.trajectory]
    for before, after in itertools.pairwise(values):
        assert np.all(after >= before - 1e-7)
        assert after.sum() > before.sum()
    assert len(values) > 3
    assert result.leader_value > 7.0  # 7.715 when this was written; the uniform policy is worth -.93
    assert result.status is Status.FEASIBLE
    assert result.termination is Termination.SIZE_LIMIT
    assert NOTHING_FOUND in result.trajectory[-1].note


def test_a_time_limit_ends_it_with_what_it_has() -> None:
    result = solve(GAME, method="policy-iteration", time_limit=0.3)
    assert result.status is Status.FEASIBLE
    assert result.leader_value >= GAME.initial @ result.trajectory[0].leader_values


def test_small_games_never_climb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algorithm, "LargeSteps", None)
    assert solve(random_game(2, 4, 2, 2), method="policy-iteration").termination is Termination.STATIONARY
