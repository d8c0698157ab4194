"""One stage game: the arrays say what the written formulation says, and ties are decided as promised."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.exact.stage_operator.operator import StageOperator, Values
from ssg_mip.exact.stage_operator.stage import LeaderTies, StageSolver, stage_program
from ssg_mip.game.game import Game
from ssg_mip.lp.compiled import compile_program
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.programs.stage_game import stage_game, stage_payoffs
from tests.oracles.games import agreement_game
from tests.oracles.known import STATIC, StaticCase
from tests.oracles.multiple_lps import mixed_commitment, pure_commitment


def _game_and_values(seed: int) -> tuple[Game, Values]:
    game = agreement_game(7, seed).to_game()
    rng = np.random.default_rng(seed)
    return game, Values(rng.uniform(-9.0, 9.0, game.num_states), rng.uniform(-9.0, 9.0, game.num_states))


@pytest.mark.parametrize("seed", range(6))
def test_the_payoffs_are_those_of_the_written_formulation(seed: int) -> None:
    """Ragged action sets included (every sixth game)."""
    game, values = _game_and_values(seed)
    for state, (leader, follower) in enumerate(StageOperator(game).payoffs(values)):
        expected = stage_payoffs(game, state, values.leader, values.follower)
        assert leader == pytest.approx(expected[0], abs=1e-12)
        assert follower == pytest.approx(expected[1], abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_the_arrays_are_the_written_linear_program(seed: int) -> None:
    """Same verdict, same optimum for every state and every action of the follower."""
    game, values = _game_and_values(seed)
    solver = OneShotLp()
    infeasible = 0
    for state, (leader, follower) in enumerate(StageOperator(game).payoffs(values)):
        for column in range(leader.shape[1]):
            compiled = compile_program(stage_game(game, state, column, values.leader, values.follower))
            written = solver.solve(compiled.linear_program())
            arrays = solver.solve(stage_program(leader, follower, column))
            assert arrays.status is written.status
            if written.point.size:
                assert arrays.objective == pytest.approx(written.objective + compiled.offset, abs=1e-8)
            else:
                infeasible += 1
    assert seed != 0 or infeasible > 0


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_static_games_have_their_known_value(case: StaticCase) -> None:
    """27.5 for Maintain if the leader mixes, 20 if it does not."""
    leader, follower = np.array(case.leader, dtype=float), np.array(case.follower, dtype=float)
    assert StageSolver().solve(leader, follower).leader_payoff == pytest.approx(case.mixed, abs=1e-9)
    assert StageSolver("deterministic").solve(leader, follower).leader_payoff == pytest.approx(case.pure, abs=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_random_stage_games_agree_with_multiple_linear_programs(seed: int) -> None:
    """Value and best response on random payoffs, every other one full of ties; pure commitment too."""
    rng = np.random.default_rng([3, seed])
    shape = tuple(rng.integers(1, 5, 2))  # two rows are answered without linear programs
    leader, follower = (
        rng.integers(-2, 3, shape).astype(float) if seed % 2 else rng.uniform(-1.0, 1.0, shape) for _ in range(2)
    )
    found = StageSolver().solve(leader, follower)
    assert found.leader_payoff == pytest.approx(mixed_commitment(leader, follower)[0], abs=1e-8)
    assert found.mix.min() >= 0.0
    assert found.mix.sum() == pytest.approx(1.0, abs=1e-12)
    assert found.mix @ leader[:, found.follower_action] == pytest.approx(found.leader_payoff, abs=1e-12)
    assert found.mix @ follower[:, found.follower_action] == pytest.approx((found.mix @ follower).max(), abs=1e-8)
    pure = StageSolver("deterministic").solve(leader, follower)
    assert pure.leader_payoff == pytest.approx(pure_commitment(leader, follower)[0], abs=1e-8)
    assert sorted(pure.mix)[-1] == 1.0


@pytest.mark.parametrize(("ties", "follower_payoff"), [("kind", 3.0), ("unkind", 1.0)])
@pytest.mark.parametrize("leader_class", ["mixed", "deterministic"])
def test_ties_of_the_leader_go_by_the_follower(ties: LeaderTies, follower_payoff: float, leader_class: str) -> None:
    """Both rows are worth 2 to the leader in the first column: the follower gets 3 or 1 there."""
    leader, follower = np.array([[2.0, 0.0], [2.0, 0.0]]), np.array([[3.0, 0.0], [1.0, 0.0]])
    found = StageSolver(leader_class, ties).solve(leader, follower)  # type: ignore[arg-type]
    assert (found.leader_payoff, found.follower_payoff) == pytest.approx((2.0, follower_payoff), abs=1e-9)


def test_ties_of_the_follower_go_to_the_leader() -> None:
    """The follower is indifferent between the columns; the leader earns 5 in the second one."""
    found = StageSolver().solve(np.array([[0.0, 5.0]]), np.array([[1.0, 1.0]]))
    assert (found.follower_action, found.leader_payoff) == (1, 5.0)


def test_rounding_moves_no_answer() -> None:
    """Payoffs that differ by rounding only have the same equilibrium: iterates are reproducible at ties."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        leader, follower = rng.integers(-2, 3, (2, 3, 3)).astype(float)
        first = StageSolver().solve(leader, follower)
        noise = 1e-14 * rng.standard_normal((2, 3, 3))
        second = StageSolver().solve(leader + noise[0], follower + noise[1])
        assert second.follower_action == first.follower_action
        assert (second.leader_payoff, second.follower_payoff) == pytest.approx(
            (first.leader_payoff, first.follower_payoff), abs=1e-8
        )
