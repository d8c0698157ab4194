"""The MILPs over deterministic and over grid policies against enumeration of these policies."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import compile_program
from ssg_mip.lp.highs import solve_milp
from ssg_mip.programs.deterministic import deterministic_commitment, deterministic_improvement
from ssg_mip.programs.grid import grid_commitment
from ssg_mip.programs.program import Program
from tests.oracles.games import PlainGame, agreement_game, static_game
from tests.oracles.known import STATIC, STOCHASTIC, StaticCase, StochasticCase
from tests.oracles.sampling import answer, grid_policies


def _optimum(program: Program) -> float | None:
    assert program.products == ()
    compiled = compile_program(program)
    found = solve_milp(compiled.linear_program(), deadline=Deadline(60.0), gap=0.0)
    if found.status == "infeasible":
        return None
    assert found.status == "optimal"
    return found.primal_bound + compiled.offset


def _enumerated(game: PlainGame, levels: int, weights: np.ndarray) -> float:
    return max(float(weights @ answer(game, policy).leader_values) for policy in grid_policies(game, levels))


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_pure_commitment_to_static_games(case: StaticCase) -> None:
    """The deterministic optimum is the pure Stackelberg value; "Maintain" shows the gap to the mixed one."""
    game = static_game(case.leader, case.follower).to_game()
    assert _optimum(deterministic_commitment(game, game.initial)) == pytest.approx(case.pure, abs=1e-7)


def test_a_grid_must_hit_the_point_of_indifference() -> None:
    """ "Maintain" is decided at probability 1/4: one, two, three and four levels earn 20, 25, 80/3 and 27.5."""
    case = next(case for case in STATIC if case.name == "maintain")
    game = static_game(case.leader, case.follower).to_game()
    found = [_optimum(grid_commitment(game, game.initial, levels)) for levels in (1, 2, 3, 4)]
    assert found == pytest.approx([20.0, 25.0, 80.0 / 3.0, 27.5], abs=1e-7)


@pytest.mark.parametrize("case", STOCHASTIC, ids=lambda case: case.game.name)
def test_known_stochastic_games(case: StochasticCase) -> None:
    """These games have deterministic optima, so both programs find the known value for every start."""
    game = case.game.to_game()
    for start, optimum in case.optima.items():
        weights = np.array(start)
        assert _optimum(deterministic_commitment(game, weights)) == pytest.approx(optimum, abs=1e-7)
        assert _optimum(grid_commitment(game, weights, 2)) == pytest.approx(optimum, abs=1e-7)


@pytest.mark.parametrize("index", range(0, 100, 3))
def test_deterministic_optimum_is_that_of_enumeration(index: int) -> None:
    """Random games with ties, ragged actions and unreached states: no policy is missed and none invented."""
    plain = agreement_game(1, index)
    expected = _enumerated(plain, 1, plain.initial)
    assert _optimum(deterministic_commitment(plain.to_game(), plain.initial)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("index", "levels"), [(0, 3), (1, 4), (4, 2), (5, 3), (11, 3), (15, 2), (17, 3), (20, 4)])
def test_grid_optimum_is_that_of_enumeration(index: int, levels: int) -> None:
    """The same for policies with probabilities in multiples of ``1 / levels``."""
    plain = agreement_game(1, index)
    expected = _enumerated(plain, levels, plain.initial)
    assert _optimum(grid_commitment(plain.to_game(), plain.initial, levels)) == pytest.approx(expected, abs=1e-6)


def _promised(game: Game, policy: LeaderPolicy, values: np.ndarray) -> np.ndarray:
    """The best ``Q_t(s, f, g(s))`` over the follower's tied actions, state by state."""
    gains = game.leader_rewards + game.leader_discount * (game.dense_transition @ values)
    weight = policy.slots(game)[game.row_leader_slot]
    by_slot = np.bincount(game.row_follower_slot, weights=weight * gains)
    tied = best_response(game, policy).tied
    return np.maximum.reduceat(np.where(tied, by_slot, -np.inf), game.follower_offsets[:-1])


@pytest.mark.parametrize("index", range(0, 60, 4))
def test_improvement_over_deterministic_policies_is_that_of_enumeration(index: int) -> None:
    """From a deterministic policy: the best weighted gain among the deterministic policies that lose nowhere."""
    game = agreement_game(1, index).to_game()
    policies = [
        LeaderPolicy.deterministic(game, choice)
        for choice in itertools.product(*(range(int(count)) for count in game.leader_counts))
    ]
    values = best_response(game, policies[0]).leader_values
    weights = np.full(game.num_states, 1.0 / game.num_states)
    promised = [_promised(game, policy, values) - values for policy in policies]
    expected = max(float(weights @ gain) for gain in promised if gain.min() >= -1e-9)
    assert _optimum(deterministic_improvement(game, values, weights)) == pytest.approx(expected, abs=1e-6)


def test_no_deterministic_policy_may_be_as_good_as_a_mixed_one() -> None:
    """At the mixed optimum of "Maintain" (27.5) the deterministic improvement program is infeasible (at most 20)."""
    case = next(case for case in STATIC if case.name == "maintain")
    game = static_game(case.leader, case.follower).to_game()
    values = np.array([27.5])
    assert _optimum(deterministic_improvement(game, values, game.initial)) is None


def test_a_grid_needs_a_level() -> None:
    """Zero levels are refused."""
    game = agreement_game(1, 0).to_game()
    with pytest.raises(OptionError, match="levels is 0"):
        grid_commitment(game, game.initial, 0)
