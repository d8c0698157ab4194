"""One stage game: its linear programs against exact enumeration, and ties are decided as promised."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from ssg_mip.evaluation.best_response import best_response
from ssg_mip.exact.stage_operator.operator import StageOperator, Values
from ssg_mip.exact.stage_operator.stage import LeaderTies, StageSolver, stage_program
from ssg_mip.game.game import Game
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LpStatus
from tests.oracles.brute_force import brute_force
from tests.oracles.games import PlainGame, agreement_game, random_game
from tests.oracles.known import STATIC, StaticCase, actor_critic_trap
from tests.oracles.multiple_lps import mixed_commitment, pure_commitment, response_vertices


def _game_and_values(seed: int) -> tuple[PlainGame, Values]:
    plain = agreement_game(7, seed)
    rng = np.random.default_rng(seed)
    return plain, Values(rng.uniform(-9.0, 9.0, plain.num_states), rng.uniform(-9.0, 9.0, plain.num_states))


@pytest.mark.parametrize("seed", range(6))
def test_the_payoffs_are_rewards_and_what_follows(seed: int) -> None:
    """Against the dense arrays of the plain game; ragged action sets included (every sixth game)."""
    plain, values = _game_and_values(seed)
    for state, (leader, follower) in enumerate(StageOperator(plain.to_game()).payoffs(values)):
        transition = plain.transition[state]
        assert leader == pytest.approx(
            plain.leader_reward[state] + plain.leader_discount * transition @ values.leader, abs=1e-12
        )
        assert follower == pytest.approx(
            plain.follower_reward[state] + plain.follower_discount * transition @ values.follower, abs=1e-12
        )


def test_payoffs_by_hand() -> None:
    """``r + gamma p v``: two states, rewards 1 and 2, moving with probability 1/4 to the second state."""
    game = Game.from_arrays(
        [[[[0.75, 0.25]]], [[[0.0, 1.0]]]],
        [[[1.0]], [[0.0]]],
        [[[2.0]], [[0.0]]],
        leader_discount=0.5,
        follower_discount=0.8,
    )
    leader, follower = StageOperator(game).payoffs(Values(np.array([4.0, 8.0]), np.array([10.0, -10.0])))[0]
    assert leader == pytest.approx(np.array([[1.0 + 0.5 * (3.0 + 2.0)]]))
    assert follower == pytest.approx(np.array([[2.0 + 0.8 * (7.5 - 2.5)]]))


@pytest.mark.parametrize("seed", range(6))
def test_the_program_of_every_column_has_its_exact_optimum(seed: int) -> None:
    """The vertices of the column's region in fractions: same verdict, same optimum, in every state."""
    plain, values = _game_and_values(seed)
    solver = OneShotLp()
    infeasible = 0
    for leader, follower in StageOperator(plain.to_game()).payoffs(values):
        exact = [[Fraction(entry) for entry in row] for row in follower.tolist()]
        for column in range(leader.shape[1]):
            found = solver.solve(stage_program(leader, follower, column))
            worth = [
                sum(float(share) * payoff for share, payoff in zip(vertex, leader[:, column], strict=True))
                for vertex in response_vertices(exact, column)
            ]
            if worth:
                assert found.objective == pytest.approx(max(worth), abs=1e-8)
            else:
                assert found.status is LpStatus.INFEASIBLE
                infeasible += 1
    assert seed != 0 or infeasible > 0


def test_a_column_that_is_never_a_best_response_has_no_program() -> None:
    """The third column is dominated: its linear program is infeasible, and it is no answer although it pays 9."""
    leader, follower = np.array([[1.0, 0.0, 9.0], [0.0, 1.0, 9.0]]), np.array([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]])
    assert OneShotLp().solve(stage_program(leader, follower, 2)).status is LpStatus.INFEASIBLE
    assert StageSolver().solve(leader, follower).leader_payoff == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(("leader", "follower"), [(10.0, 0.0), (0.0, 10.0)])
def test_both_fixed_points_of_the_actor_critic_trap(leader: float, follower: float) -> None:
    """Zhang et al. 2020, appendix: values (10, 0) and (0, 10) in the first state are both fixed points of T."""
    operator = StageOperator(actor_critic_trap().to_game())
    values = Values(np.array([leader, 0.0]), np.array([follower, 0.0]))
    assert operator(values).values.joined() == pytest.approx(values.joined(), abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_iterating_against_a_myopic_follower_is_the_proven_optimum(seed: int) -> None:
    """Answers depend on one state alone: ``T`` contracts to what enumeration with SCIP proves, and is worth it."""
    counts = [2, 3] if seed % 2 else [2, 2, 2]
    plain = random_game(
        np.random.default_rng(seed),
        leader_counts=counts,
        follower_counts=counts[::-1],
        leader_discount=0.8,
        follower_discount=0.0,
        integer=seed % 3 == 0,
        unreached_start=seed % 2,
    )
    game = plain.to_game()
    operator, values = StageOperator(game), Values(np.zeros(plain.num_states), np.zeros(plain.num_states))
    for _ in range(120):
        step = operator(values)
        values = step.values
    assert float(plain.initial @ values.leader) == pytest.approx(brute_force(plain).value, abs=1e-5)
    attained = best_response(game, step.policy).leader_values
    assert float(plain.initial @ attained) == pytest.approx(float(plain.initial @ values.leader), abs=1e-6)


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
