"""The compact exact models: no policy is cut off, and nothing but policies fits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ssg_mip.evaluation.best_response import best_response
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import compile_program
from ssg_mip.programs.compact import compact_commitment, compact_improvement
from ssg_mip.programs.export import lp_text
from tests.oracles.games import agreement_game, static_game
from tests.oracles.known import STATIC, StaticCase
from tests.unit.programs.points import place_compact_point, place_products, violated
from tests.unit.programs.readers import solved_by_scip

GAMES = range(0, 100, 5)


def _policies(game: Game, seed: int) -> list[LeaderPolicy]:
    rng = np.random.default_rng(seed)
    pure = LeaderPolicy.deterministic(game, [int(rng.integers(count)) for count in game.leader_counts])
    return [LeaderPolicy.uniform(game), pure, *(LeaderPolicy.random(game, rng) for _ in range(4))]


@pytest.mark.parametrize("index", GAMES)
def test_every_policy_fits_the_commitment_model(index: int) -> None:
    """A policy with its response, both values and the products satisfies every row, and the objective is its value.

    A big-M that is too small shows here: with ``M = U(s) - L(s)`` 30 of these 120 points violate a row.
    """
    game = agreement_game(1, index).to_game()
    program = compact_commitment(game, game.initial)
    for policy in _policies(game, index):
        response = best_response(game, policy)
        place_compact_point(program, policy, response)
        place_products(program.model, (("w", "v"), ("W", "V")))
        value = float(game.initial @ response.leader_values)
        program.model.leader_value.set_value(value)
        assert violated(program.model) == {}


@pytest.mark.parametrize("index", GAMES)
def test_a_policy_that_improves_every_state_fits_the_improvement_model(index: int) -> None:
    """The current policy itself fits with gain 0; another policy fits exactly if no state loses."""
    game = agreement_game(1, index).to_game()
    first, *others = _policies(game, index)
    values = best_response(game, first).leader_values
    program = compact_improvement(game, values, game.initial)
    for policy in (first, *others):
        response = best_response(game, policy)
        chosen = game.follower_offsets[:-1] + response.follower_policy.actions
        gains = game.leader_rewards + game.leader_discount * (game.dense_transition @ values)
        weight = policy.slots(game)[game.row_leader_slot]
        promised = np.bincount(game.row_follower_slot, weights=weight * gains)[chosen]
        place_compact_point(program, policy, response)
        place_products(program.model, (("w", "v"),))
        for state, variable in program.model.Q.items():
            variable.set_value(float(promised[state]), skip_validation=True)
        program.model.gain.set_value(float(game.initial @ (promised - values)))
        losing = {f"improvement[{s}]" for s in range(game.num_states) if promised[s] < values[s] - 1e-8}
        assert set(violated(program.model)) == losing
        assert policy is not first or program.model.gain.value == pytest.approx(0.0, abs=1e-8)


def test_the_width_of_the_value_interval_would_be_too_small_a_big_m() -> None:
    """The third action is worth -100 whatever the leader plays, the optimal values span [0, 1]: M must reach 101."""
    game = static_game([[10.0, 0.0, 0.0], [5.0, 0.0, 0.0]], [[1.0, 0.0, -100.0], [0.0, 1.0, -100.0]]).to_game()
    policy = LeaderPolicy.deterministic(game, [0])
    program = compact_commitment(game, game.initial)
    place_compact_point(program, policy, best_response(game, policy))
    program.model.leader_value.set_value(10.0)
    assert violated(program.model) == {}
    assert program.model.v[0].value - (-100.0) == pytest.approx(101.0)
    assert float(follower_value_bounds(game).width[0]) == pytest.approx(1.0)


def test_no_product_where_the_leader_does_not_move_the_game() -> None:
    """Transitions that do not depend on the leader's action leave nothing to multiply; nor does a zero discount."""
    rng = np.random.default_rng(0)
    by_follower = np.repeat(rng.dirichlet(np.ones(3), size=(3, 1, 2)), 2, axis=1)
    rewards = rng.uniform(size=(2, 3, 2, 2))
    game = Game.from_arrays(by_follower, *rewards, leader_discount=0.9, follower_discount=0.8)
    assert compact_commitment(game, game.initial).products == ()
    moved = rng.dirichlet(np.ones(3), size=(3, 2, 2))
    myopic = Game.from_arrays(moved, *rewards, leader_discount=0.9, follower_discount=0.0)
    program = compact_commitment(myopic, myopic.initial)
    assert {product.value.parent_component().local_name for product in program.products} == {"V"}
    assert compact_improvement(myopic, np.zeros(3), myopic.initial).products == ()


def test_the_products_of_a_state_are_those_of_its_mixed_successors() -> None:
    """Three states of two actions with three successors each: 18 products with ``v`` and 18 with ``V``."""
    rng = np.random.default_rng(0)
    game = Game.from_arrays(
        rng.dirichlet(np.ones(3), size=(3, 2, 2)),
        *rng.uniform(size=(2, 3, 2, 2)),
        leader_discount=0.9,
        follower_discount=0.8,
    )
    program = compact_commitment(game, game.initial)
    compiled = compile_program(program)
    assert len(program.products) == len(compiled.product_result) == 36
    assert len(program.box) == 6
    assert int(compiled.integer.sum()) == 6


def test_narrower_bounds_are_taken_over() -> None:
    """Bounds handed in become the bounds of the variables."""
    game = agreement_game(1, 0).to_game()
    known = follower_value_bounds(game)
    middle = ValueBounds(known.lower + 0.25 * known.width, known.upper - 0.25 * known.width)
    model = compact_commitment(game, game.initial, follower_bounds=middle).model
    assert [model.v[s].lb for s in model.v] == pytest.approx(middle.lower.tolist())
    assert [model.v[s].ub for s in model.v] == pytest.approx(middle.upper.tolist())


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_one_state_has_the_optimum_of_multiple_linear_programs(case: StaticCase, tmp_path: Path) -> None:
    """Solved by SCIP as written, the model has the mixed Stackelberg value of the literature."""
    game = static_game(case.leader, case.follower).to_game()
    file = tmp_path / "static.lp"
    file.write_text(lp_text(game, compact_commitment(game, game.initial))[0])
    assert solved_by_scip(file) == pytest.approx(case.mixed, abs=1e-5)
