"""Policy iteration where its program is never written: it climbs, loses nowhere and says that nothing is proven."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip import best_response, solve
from ssg_mip.base.status import Status, Termination
from ssg_mip.library import random_game
from ssg_mip.methods.policy_iteration import algorithm
from ssg_mip.methods.policy_iteration.large import NOTHING_PROVEN, is_large

GAME = random_game(11, 100, 4, 4)


def test_every_iterate_dominates_the_one_before_and_nothing_is_called_proven() -> None:
    assert is_large(GAME)
    result = solve(GAME, method="policy-iteration")
    values = [best_response(GAME, point.leader_policy).leader_values for point in result.trajectory]
    for before, after in itertools.pairwise(values):
        assert np.all(after >= before - 1e-7)
        assert after.sum() > before.sum()
    assert len(values) > 3
    assert result.leader_value > 6.0  # the steps of single states alone end near 5
    assert result.status is Status.FEASIBLE
    assert result.termination is Termination.SIZE_LIMIT
    assert NOTHING_PROVEN in result.trajectory[-1].note


def test_a_time_limit_ends_it_with_what_it_has() -> None:
    result = solve(GAME, method="policy-iteration", time_limit=0.3)
    assert result.status is Status.FEASIBLE
    assert result.leader_value >= GAME.initial @ result.trajectory[0].leader_values


def test_small_games_never_climb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algorithm, "LargeSteps", None)
    assert solve(random_game(2, 4, 2, 2), method="policy-iteration").termination is Termination.STATIONARY
