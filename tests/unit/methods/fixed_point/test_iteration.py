"""What becomes of the iterates: fixed points, cycles, neither."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.exact.stage_operator.operator import values_of_pair
from ssg_mip.exact.stage_operator.stage import LeaderTies
from ssg_mip.game.game import Game
from ssg_mip.library import random_game
from ssg_mip.methods.fixed_point import Behaviour, Iterates, StageOperator, Values, iterate_operator
from ssg_mip.methods.fixed_point.iteration import Algorithm
from tests.oracles.games import random_game as plain_game
from tests.oracles.known import actor_critic_trap, figure_1
from tests.oracles.zero_sum import shapley_values

both_algorithms = pytest.mark.parametrize("algorithm", ["value-iteration", "policy-iteration"])


def _zero(game: Game) -> Values:
    return Values(np.zeros(game.num_states), np.zeros(game.num_states))


def check_fixed_point(game: Game, found: Iterates, accuracy: float = 1e-6) -> None:
    """``T v = v``, and the pair of policies earns ``v`` (Kudo & Akimoto, Theorem 5)."""
    assert found.behaviour is Behaviour.CONVERGED
    again = StageOperator(game)(found.values).values
    assert again.joined() == pytest.approx(found.values.joined(), abs=accuracy)
    (step,) = found.steps
    earned = values_of_pair(game, step.policy, step.follower_policy)
    assert earned.joined() == pytest.approx(found.values.joined(), abs=accuracy)


@both_algorithms
@pytest.mark.parametrize(("first", "second"), [(10.0, 0.0), (0.0, 10.0)])
def test_both_fixed_points_of_the_trap(algorithm: Algorithm, first: float, second: float) -> None:
    """Zhang et al. 2020, appendix: from either side the operator stays where it is, also from values nearby."""
    game = actor_critic_trap().to_game()
    start = Values(np.array([0.9 * first, 0.3]), np.array([0.95 * second, -0.2]))
    found = iterate_operator(StageOperator(game), start, algorithm=algorithm)
    check_fixed_point(game, found)
    assert found.values.leader[0] == pytest.approx(first, abs=1e-6)
    assert found.values.follower[0] == pytest.approx(second, abs=1e-6)


@both_algorithms
def test_a_zero_sum_game_has_shapleys_value(algorithm: Algorithm) -> None:
    """From ``v_B = -v_A`` the operator is Shapley's."""
    plain = plain_game(
        np.random.default_rng(2),
        leader_counts=[2, 3],
        follower_counts=[3, 2],
        leader_discount=0.8,
        follower_discount=0.8,
    )
    plain = plain.replace(follower_reward=tuple(-block for block in plain.leader_reward))
    found = iterate_operator(StageOperator(plain.to_game()), _zero(plain.to_game()), algorithm=algorithm)
    assert found.behaviour is Behaviour.CONVERGED
    assert found.values.leader == pytest.approx(shapley_values(plain), abs=1e-6)
    assert found.values.follower == pytest.approx(-shapley_values(plain), abs=1e-6)


@both_algorithms
@pytest.mark.parametrize("seed", range(20))
def test_the_last_iterates_are_what_they_are_called(algorithm: Algorithm, seed: int) -> None:
    """Random 3x2x2 games, some of them cycling: applying ``T`` goes round the cycle, or stays."""
    game = random_game(seed, 3, 2, 2)
    found = iterate_operator(StageOperator(game), _zero(game), algorithm=algorithm, limit=600)
    if found.behaviour is Behaviour.WANDERING:
        assert (algorithm, seed) == ("policy-iteration", 4)
        return
    if found.behaviour is Behaviour.CONVERGED:
        check_fixed_point(game, found)
        return
    assert found.behaviour is Behaviour.CYCLE
    assert len(found.steps) == found.period >= 2
    operator, values, met = StageOperator(game), found.values, []
    for _ in range(found.period):
        step = operator(values)
        values = step.values
        if algorithm == "policy-iteration":
            values = values_of_pair(game, step.policy, step.follower_policy)
        met.append(values.joined())
    assert met[-1] == pytest.approx(found.values.joined(), abs=1e-6)
    for earlier in met[:-1]:
        assert np.abs(earlier - met[-1]).max() > 1e-5


def test_this_random_game_cycles() -> None:
    """Neither algorithm finds a fixed point of the stored game with seed 0: both end in a cycle of two."""
    game = random_game(0, 3, 2, 2)
    for algorithm in ("value-iteration", "policy-iteration"):
        found = iterate_operator(StageOperator(game), _zero(game), algorithm=algorithm)  # type: ignore[arg-type]
        assert (found.behaviour, found.period) == (Behaviour.CYCLE, 2)


FIGURE_1 = {"kind": {(0, 0)}, "unkind": {(0, 0), (10, 9), (9, 10)}}
"""Leader values at the fixed points that are reached."""


@both_algorithms
@pytest.mark.parametrize("ties", ["kind", "unkind"])
def test_figure_1_converges_to_what_the_ties_of_the_leader_decide(algorithm: Algorithm, ties: LeaderTies) -> None:
    """Kudo & Akimoto, Figure 1, ``x = 1, y = 2``: the fixed point may be worth nothing where 9.5 is possible.

    Where the follower leaves anyway the leader does not care what it plays; kindly played it makes both states alike
    and loses its threat: (0, 0) from everywhere. Unkindly, the Pareto points (10, 9) and (9, 10) are fixed points too.
    The paper reports from a talk that ``T`` does not converge on this game; with ties decided by one rule it does.
    """
    game = figure_1(1.0, 2.0).to_game()
    rng = np.random.default_rng(0)
    met = set()
    for _ in range(12):
        start = Values(rng.uniform(-30.0, 30.0, 2), rng.uniform(-30.0, 30.0, 2))
        found = iterate_operator(StageOperator(game, leader_ties=ties), start, algorithm=algorithm)
        assert found.behaviour is Behaviour.CONVERGED
        met.add(tuple(np.round(found.values.leader, 5).astype(int).tolist()))
    assert met == FIGURE_1[ties]


def test_iterates_stay_bounded() -> None:
    """No iterate exceeds the largest of the start and ``max |r| / (1 - gamma)``."""
    game = random_game(1, 5, 3, 3)
    seen: list[float] = []
    start = Values(np.full(5, 12.0), np.full(5, -12.0))
    iterate_operator(
        StageOperator(game),
        start,
        limit=100,
        on_step=lambda _, step: seen.append(float(np.abs(step.values.joined()).max())),
    )
    rewards = np.abs(np.concatenate((game.leader_rewards, game.follower_rewards))).max()
    assert max(seen) <= max(12.0, rewards / 0.1)


def test_a_run_that_is_cut_short_says_whether_it_was_getting_closer() -> None:
    """The trapless game of seed 1 is still approaching after 30 steps; a tolerance of 0.9 would call it converged."""
    game = random_game(1, 3, 2, 2)
    short = iterate_operator(StageOperator(game), _zero(game), limit=30)
    assert (short.behaviour, short.period, len(short.changes)) == (Behaviour.APPROACHING, 0, 30)
    cycling = iterate_operator(StageOperator(random_game(3, 5, 3, 3)), _zero(random_game(3, 5, 3, 3)), limit=150)
    assert cycling.behaviour is Behaviour.WANDERING


def test_without_time_nothing_is_claimed() -> None:
    game = figure_1(1.0, 2.0).to_game()
    found = iterate_operator(StageOperator(game), _zero(game), stopped=lambda: True)
    assert (found.behaviour, found.steps, len(found.changes)) == (Behaviour.APPROACHING, (), 0)
