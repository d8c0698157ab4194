"""Larger games write fewer products: the program stays exact, its estimate right, its bound valid."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response, solve
from ssg_mip.evaluation.value_bounds import follower_value_bounds
from ssg_mip.exact.size_limit import commitment_products
from ssg_mip.library import random_game
from ssg_mip.programs import coupling
from ssg_mip.programs.commitment import commitment
from ssg_mip.programs.coupling import Coupling

GAME = random_game(seed=5, states=4, leader_actions=2, follower_actions=2)


@pytest.fixture
def own_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the game were large."""
    monkeypatch.setattr(coupling, "MOST_FOR_EVERY_ROW", 0)


def test_small_games_multiply_every_row_and_large_ones_their_own() -> None:
    assert Coupling(GAME).every_row
    assert len(Coupling(GAME).flow_rows()) == GAME.num_states**2
    large = Coupling(random_game(seed=1, states=20, leader_actions=3, follower_actions=3))
    assert not large.every_row
    assert large.flow_rows() == [(s, s) for s in range(20)]
    assert all(state in large.of_action(state, a) for state in range(20) for a in range(3))


@pytest.mark.usefixtures("own_rows_only")
@pytest.mark.parametrize("start", [np.full(4, 0.25), np.array([1.0, 0.0, 0.0, 0.0])])
def test_the_estimate_is_the_number_of_products(start: np.ndarray) -> None:  # type: ignore[type-arg]
    program = commitment(GAME, start, follower_value_bounds(GAME))
    assert len(program.products) == commitment_products(GAME, start) < 2 * GAME.num_rows * GAME.num_states


@pytest.mark.parametrize("weights", [None, [1.0, 0.0, 0.0, 0.0]])
def test_both_forms_prove_the_same_optimum(weights: list[float] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    every = solve(GAME, "commitment", weights=weights, gap=1e-3)
    monkeypatch.setattr(coupling, "MOST_FOR_EVERY_ROW", 0)
    own = solve(GAME, "commitment", weights=weights, gap=1e-3)
    assert own.leader_value <= every.dual_bound + 1e-7
    assert every.leader_value <= own.dual_bound + 1e-7


@pytest.mark.usefixtures("own_rows_only")
def test_no_policy_exceeds_the_bound_of_the_smaller_form() -> None:
    game: Game = random_game(seed=8, states=5, leader_actions=3, follower_actions=2)
    result = solve(game, "commitment", node_limit=30)
    rng = np.random.default_rng(4)
    for _ in range(200):
        values = best_response(game, LeaderPolicy.random(game, rng)).leader_values
        assert float(game.initial @ values) <= result.dual_bound + 1e-9
