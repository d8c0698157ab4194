"""What each method promises beyond the common ground: the optimum, the pure optimum, the grid optimum, monotonicity."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from tests.benchmarks.agreement import compare, load, table
from tests.conformance.cases import GAMES, GAP, run, solved, truth
from tests.oracles.brute_force import improvement_gain
from tests.oracles.games import PlainGame, agreement_game, random_game, static_game
from tests.oracles.known import STATIC, STOCHASTIC, StaticCase, StochasticCase
from tests.oracles.multiple_lps import mixed_commitment
from tests.oracles.sampling import best_sampled
from tests.oracles.team import joint_values
from tests.oracles.zero_sum import shapley_values

every_game = pytest.mark.parametrize("name", GAMES)


# -------------------------------------------------------------------- commitment


@every_game
def test_commitment_proves_the_optimum(name: str) -> None:
    """Status optimal, gap closed, and the value is that of the brute force."""
    result, optimum = solved("commitment", name), truth(name)
    assert result.status is Status.OPTIMAL
    assert result.termination is Termination.GAP
    assert result.leader_value == pytest.approx(optimum.value, abs=2.0 * optimum.slack)
    assert result.dual_bound == pytest.approx(optimum.value, abs=2.0 * optimum.slack)


@pytest.mark.parametrize("case", STOCHASTIC, ids=lambda case: case.game.name)
def test_commitment_on_known_stochastic_games(case: StochasticCase) -> None:
    """Known optima, from every start distribution they are known for."""
    for start, optimum in case.optima.items():
        result = run("commitment", case.game, weights=np.array(start))
        assert result.leader_value == pytest.approx(optimum, abs=1e-4)
        assert result.dual_bound == pytest.approx(optimum, abs=2e-4)
        assert result.dual_bound >= optimum - 1e-6


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_commitment_equals_multiple_linear_programs(case: StaticCase) -> None:
    """One state: the answer of one LP per follower action, to 1e-6."""
    result = run("commitment", static_game(case.leader, case.follower), gap=1e-8)
    expected = mixed_commitment(case.leader, case.follower)[0]
    assert result.leader_value == pytest.approx(expected, abs=1e-6)
    assert result.dual_bound >= expected - 1e-6


def test_commitment_agrees_with_brute_force_on_random_games() -> None:
    """Six games of the agreement suite that no other test here solves, within 1e-4."""
    rows = compare((6, 9, 14, 19, 23, 29), 1, time_limit=60.0)
    assert not any(row.disagrees for row in rows), table(rows)


@pytest.mark.parametrize("index", [9, 24, 47, 74, 99])
@pytest.mark.parametrize("gap", [0.5, 0.05])
def test_commitment_stops_at_a_wide_gap_with_a_bound_that_counts_closed_nodes(index: int, gap: float) -> None:
    """Nodes given up because they are within the gap still count: the bound stays above the optimum."""
    record = load(1)[index]
    result = run("commitment", agreement_game(1, index), gap=gap)
    scale = max(1.0, abs(record["value"]))
    assert result.dual_bound >= record["value"] - 1e-6 * scale
    assert result.dual_bound - result.leader_value <= gap * max(scale, abs(result.dual_bound)) + 1e-9


def test_commitment_of_a_zero_sum_game_is_the_shapley_value() -> None:
    rng = np.random.default_rng(21)
    drawn = random_game(rng, leader_counts=[2, 3], follower_counts=[3, 2], leader_discount=0.7, follower_discount=0.7)
    game = drawn.replace(follower_reward=tuple(-block for block in drawn.leader_reward))
    result = run("commitment", game)
    assert result.leader_value == pytest.approx(game.initial @ shapley_values(game), abs=2e-5)


def test_commitment_of_a_team_game_is_the_joint_optimum() -> None:
    rng = np.random.default_rng(22)
    drawn = random_game(
        rng, leader_counts=[2, 3, 2], follower_counts=[3, 2, 2], leader_discount=0.9, follower_discount=0.9
    )
    game = drawn.replace(follower_reward=drawn.leader_reward)
    result = run("commitment", game)
    assert result.leader_value == pytest.approx(game.initial @ joint_values(game), rel=1e-5)


# -------------------------------------------------------------------- deterministic and grid


def best_on_grid(plain: PlainGame, levels: int) -> float:
    """The best leader value over policies whose probabilities are multiples of ``1/levels``."""
    return best_sampled(plain, samples=0, levels=levels)[0]


@every_game
def test_deterministic_finds_the_best_pure_policy(name: str) -> None:
    """The value equals that of listing every pure leader policy, and the policy is pure."""
    result, expected = solved("deterministic", name), best_on_grid(GAMES[name], 1)
    assert result.leader_value == pytest.approx(expected, abs=truth(name).slack)
    assert result.status in {Status.OPTIMAL, Status.RESTRICTED_OPTIMAL}
    assert result.leader_policy is not None
    assert set(np.unique(result.leader_policy.probabilities)) <= {0.0, 1.0}


BIG_M_TRAPS = ((1, 45), (1, 57), (2, 32), (2, 49))
"""Games whose best pure policy is cut off by a big-M as wide as the bounds on the optimal follower values."""


@pytest.mark.parametrize(("seed", "index"), BIG_M_TRAPS)
def test_deterministic_is_not_cut_off_by_a_small_big_m(seed: int, index: int) -> None:
    """The value of an action that is not chosen may lie below every optimal value; the constants must allow it."""
    plain = agreement_game(seed, index)
    expected = best_on_grid(plain, 1)
    assert run("deterministic", plain).leader_value == pytest.approx(expected, abs=1e-6)
    assert run("grid", plain, levels=1).leader_value == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_deterministic_on_static_games(case: StaticCase) -> None:
    """Maintain is worth 20 to a pure leader, not 27.5, and the bound still covers the mixed optimum."""
    result = run("deterministic", static_game(case.leader, case.follower))
    assert result.leader_value == pytest.approx(case.pure, abs=1e-6)
    assert result.dual_bound >= case.mixed - 1e-6


@pytest.mark.parametrize("name", ["figure-1-x1-y2", "maintain", "hero-like", "agreement-1-15", "agreement-1-18"])
@pytest.mark.parametrize("levels", [2, 4])
def test_grid_is_at_least_the_best_policy_on_its_grid(name: str, levels: int) -> None:
    """With ``levels`` steps the value is not below that of listing all policies of the grid."""
    plain = GAMES.get(name) or static_game(STATIC[8].leader, STATIC[8].follower, "hero-like")
    result = run("grid", plain, levels=levels)
    expected = best_on_grid(plain, levels)
    assert result.leader_value >= expected - 1e-5 * max(1.0, abs(expected))


# -------------------------------------------------------------------- policy iteration


@every_game
def test_policy_iteration_never_falls_in_any_state(name: str) -> None:
    """Kudo & Akimoto, Theorem 8: each iterate is weakly better in every state."""
    points = solved("policy-iteration", name).trajectory
    assert points
    for before, after in itertools.pairwise(points):
        scale = 1.0 + np.abs(before.leader_values).max()
        assert np.all(after.leader_values >= before.leader_values - DEFAULT_TOLERANCES.monotone * scale)


@every_game
def test_policy_iteration_ends_at_its_last_iterate(name: str) -> None:
    """The result is the last point of the trajectory, and it stopped because nothing improves every state."""
    result = solved("policy-iteration", name)
    assert result.trajectory[-1].leader_values == pytest.approx(result.leader_values, abs=1e-9)
    assert result.termination in {Termination.STATIONARY, Termination.GAP}
    assert result.status in {Status.STATIONARY, Status.OPTIMAL}


@every_game
def test_policy_iteration_stops_only_where_no_step_is_left(name: str) -> None:
    """Theorem 9's test, repeated by the oracle: no policy that keeps every state gains more than the gap allows."""
    plain, result = GAMES[name], solved("policy-iteration", name)
    largest = max(1.0, *(float(np.abs(block).max()) for block in plain.leader_reward))
    scale = max(largest, float(np.abs(result.leader_values).max()))
    assert improvement_gain(plain, result.leader_values) <= 2.0 * GAP * scale


def test_policy_iteration_reaches_the_front_of_figure_1() -> None:
    """From any of several starts the end is (10, 9) or (9, 10), the whole front."""
    plain = GAMES["figure-1-x1-y2"]
    for seed in range(3):
        values = run("policy-iteration", plain, seed=seed).leader_values
        assert sorted(values.tolist()) == pytest.approx([9.0, 10.0], abs=1e-4)
