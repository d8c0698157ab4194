"""Stage games and the myopic follower's linear program."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import compile_program
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LpStatus
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.program import Program
from ssg_mip.programs.stage_game import myopic_commitment, stage_game, stage_payoffs
from tests.oracles.brute_force import brute_force
from tests.oracles.games import PlainGame, random_game, static_game
from tests.oracles.known import STATIC, StaticCase, actor_critic_trap


def _solve(program: Program) -> tuple[float, FloatArray]:
    compiled = compile_program(program)
    answer = OneShotLp().solve(compiled.linear_program())
    if answer.status is LpStatus.INFEASIBLE:
        return -math.inf, np.empty(0)
    assert answer.status is LpStatus.OPTIMAL
    variables = program.model.f if program.model.component("f") is not None else program.model.y
    known = {id(v): place for place, v in enumerate(variables.values())}
    point = np.zeros(len(known))
    for member, place in known.items():
        if member in compiled.column_of:
            point[place] = answer.point[compiled.column_of[member]]
    return answer.objective + compiled.offset, point


def _best_stage(game: Game, state: int, leader: FloatArray, follower: FloatArray) -> tuple[float, FloatArray]:
    counts = range(int(game.follower_counts[state]))
    return max((_solve(stage_game(game, state, b, leader, follower)) for b in counts), key=lambda found: found[0])


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_a_static_game_is_its_own_stage_game(case: StaticCase) -> None:
    """The best of one linear program per follower action is the mixed Stackelberg value (multiple LPs)."""
    game = static_game(case.leader, case.follower).to_game()
    nothing = np.zeros(1)
    assert _best_stage(game, 0, nothing, nothing)[0] == pytest.approx(case.mixed, abs=1e-9)


def test_an_action_that_is_never_a_best_response_has_no_program() -> None:
    """The third column of this game is dominated, so its linear program is infeasible."""
    game = static_game([[1.0, 0.0, 9.0], [0.0, 1.0, 9.0]], [[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]]).to_game()
    assert _solve(stage_game(game, 0, 2, np.zeros(1), np.zeros(1)))[0] == -math.inf


def test_both_fixed_points_of_the_actor_critic_trap() -> None:
    """Zhang et al. 2020, appendix: values (10, 0) and (0, 10) in the first state are both fixed points of T."""
    game = actor_critic_trap().to_game()
    for leader, follower in ((10.0, 0.0), (0.0, 10.0)):
        values = np.array([leader, 0.0]), np.array([follower, 0.0])
        assert _best_stage(game, 0, *values)[0] == pytest.approx(leader, abs=1e-9)


def test_payoffs_add_what_follows() -> None:
    """``r + gamma p v`` by hand: two states, rewards 1 and 2, moving with probability 1/4 to the second state."""
    game = Game.from_arrays(
        [[[[0.75, 0.25]]], [[[0.0, 1.0]]]],
        [[[1.0]], [[0.0]]],
        [[[2.0]], [[0.0]]],
        leader_discount=0.5,
        follower_discount=0.8,
    )
    leader, follower = stage_payoffs(game, 0, np.array([4.0, 8.0]), np.array([10.0, -10.0]))
    assert leader == pytest.approx(np.array([[1.0 + 0.5 * (3.0 + 2.0)]]))
    assert follower == pytest.approx(np.array([[2.0 + 0.8 * (7.5 - 2.5)]]))


def test_an_unknown_follower_action_is_refused() -> None:
    """The message names the state and its actions."""
    game = actor_critic_trap().to_game()
    with pytest.raises(OptionError, match=r"state 's1' has the actions 0\.\.1"):
        stage_game(game, 1, 2, np.zeros(2), np.zeros(2))


def _myopic(seed: int) -> PlainGame:
    rng = np.random.default_rng(seed)
    counts = [2, 3] if seed % 2 else [2, 2, 2]
    return random_game(
        rng,
        leader_counts=counts,
        follower_counts=counts[::-1],
        leader_discount=0.8,
        follower_discount=0.0,
        integer=seed % 3 == 0,
        unreached_start=seed % 2,
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_myopic_program_is_the_proven_optimum(seed: int) -> None:
    """One linear program has the optimum that enumeration with SCIP proves, unreached states included."""
    plain = _myopic(seed)
    found = brute_force(plain)
    value, _ = _solve(myopic_commitment(plain.to_game(), plain.initial))
    assert value == pytest.approx(found.value, abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_stage_games_inside_the_leaders_process_reach_the_same_value(seed: int) -> None:
    """Iterating the best stage game in every state converges to the program's value; its policy is worth it."""
    plain = _myopic(seed)
    game = plain.to_game()
    values, follower = np.zeros(game.num_states), np.zeros(game.num_states)
    for _ in range(120):
        stages = [_best_stage(game, s, values, follower) for s in range(game.num_states)]
        values = np.array([value for value, _ in stages])
    target, _ = _solve(myopic_commitment(game, plain.initial))
    assert float(plain.initial @ values) == pytest.approx(target, abs=1e-8)
    policy = LeaderPolicy.from_slots(game, np.concatenate([point for _, point in stages]))
    assert float(plain.initial @ best_response(game, policy).leader_values) == pytest.approx(target, abs=1e-6)


def test_a_follower_who_looks_ahead_is_refused() -> None:
    """The linear program would be a relaxation for ``follower_discount > 0``: it says what to use instead."""
    game = actor_critic_trap().to_game()
    with pytest.raises(OptionError, match=r"follower_discount is 0\.9.*use the commitment program"):
        myopic_commitment(game, game.initial)
