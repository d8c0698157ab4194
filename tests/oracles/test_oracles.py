"""The oracles against each other and against answers from the literature."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tests.benchmarks.agreement import load
from tests.oracles.brute_force import brute_force, improvement_gain, solve_whole
from tests.oracles.games import agreement_game, plain_from_arrays, random_game, static_game
from tests.oracles.known import STATIC, STOCHASTIC, StaticCase, StochasticCase, figure_1
from tests.oracles.multiple_lps import exact_mixed_commitment, mixed_commitment, pure_commitment
from tests.oracles.sampling import answer, best_sampled, pair_values, random_policy, regret
from tests.oracles.team import joint_values
from tests.oracles.zero_sum import matrix_game_value, shapley_values


@pytest.mark.parametrize("case", STATIC, ids=lambda case: case.name)
def test_static_values_of_the_literature(case: StaticCase) -> None:
    """Multiple LPs, exact vertices and pure enumeration give the published (or corrected) values."""
    value, policy, column = mixed_commitment(case.leader, case.follower)
    assert value == pytest.approx(case.mixed, abs=1e-9)
    assert policy @ np.array(case.leader)[:, column] == pytest.approx(value, abs=1e-9)
    assert float(exact_mixed_commitment(case.leader, case.follower)) == pytest.approx(case.mixed, abs=1e-12)
    assert pure_commitment(case.leader, case.follower)[0] == case.pure


def test_exact_commitment_is_a_fraction() -> None:
    """The value 4/3 of the second Conitzer-Sandholm game comes out exactly."""
    case = STATIC[1]
    assert exact_mixed_commitment(case.leader, case.follower) == Fraction(4, 3)


@pytest.mark.parametrize("case", STATIC[:6], ids=lambda case: case.name)
def test_brute_force_solves_static_games(case: StaticCase) -> None:
    """One state is the special case that linear programs settle."""
    found = brute_force(static_game(case.leader, case.follower))
    assert found.value == pytest.approx(case.mixed, abs=1e-6)
    assert found.dual_bound == pytest.approx(case.mixed, abs=1e-5)


@pytest.mark.parametrize("case", STOCHASTIC, ids=lambda case: case.game.name)
def test_brute_force_on_known_stochastic_games(case: StochasticCase) -> None:
    """The enumeration finds the known optimum for every start and proves it."""
    for start, optimum in case.optima.items():
        found = brute_force(case.game, weights=np.array(start))
        assert found.value == pytest.approx(optimum, abs=1e-6)
        assert optimum - 1e-9 <= found.dual_bound <= optimum + 1e-5
        assert found.regret <= 1e-6


@pytest.mark.parametrize("index", [1, 4, 5, 11, 15])
def test_enumeration_agrees_with_one_whole_program(index: int) -> None:
    """Binaries for the follower's policy in one model give the optimum that enumeration gives."""
    game = agreement_game(1, index)
    record = load(1)[index]
    value, bound = solve_whole(game)
    scale = max(1.0, abs(record["value"]))
    assert value == pytest.approx(record["value"], abs=1e-5 * scale)
    assert bound >= record["value"] - 1e-6 * scale


def test_improvement_gain_in_figure_1() -> None:
    """From values (0, 0) the best step of Fig. 1 (x = 1, y = 2) gains 1 in one state, an average of 1/2.

    Staying is optimal for the follower where gB (v0 - v1) >= 1, so never in both states; the leader earns 1 there.
    At (10, 9), on the front, nothing is left to gain; at x > gB y nothing was there to begin with.
    """
    game = figure_1(1.0, 2.0)
    assert improvement_gain(game, np.zeros(2)) == pytest.approx(0.5, abs=1e-6)
    assert improvement_gain(game, np.array([10.0, 9.0])) == pytest.approx(0.0, abs=1e-6)
    assert improvement_gain(figure_1(1.0, 1.0), np.zeros(2)) == pytest.approx(0.0, abs=1e-6)


def test_stored_optima_are_policies_worth_what_they_claim() -> None:
    """Each stored policy is re-evaluated: its pair has the stored value and the follower loses next to nothing."""
    stored = load(1)
    assert len(stored) == 100
    for index, record in stored.items():
        game = agreement_game(1, index)
        policy = [np.array(row) for row in record["policy"]]
        values, _ = pair_values(game, policy, record["response"])
        assert game.initial @ values == pytest.approx(record["value"], abs=1e-9)
        assert regret(game, policy, record["response"]) <= 1e-6
        assert record["value"] <= record["dual_bound"] <= record["value"] + 1e-5 * max(1.0, abs(record["value"]))
        assert record["unfinished"] == 0


@pytest.mark.parametrize("index", range(0, 100, 9))
def test_no_sampled_policy_beats_a_stored_optimum(index: int) -> None:
    """Random and grid policies stay below the stored bound."""
    game = agreement_game(1, index)
    value, _, _ = best_sampled(game, samples=150, levels=1, seed=index)
    assert value <= load(1)[index]["dual_bound"] + 1e-6


def test_matrix_game_value_of_matching_pennies() -> None:
    """A two-by-two game without saddle point is worth (ad - bc) / (a + d - b - c)."""
    assert matrix_game_value(np.array([[3.0, -1.0], [-1.0, 1.0]])) == pytest.approx(1 / 3)


def test_brute_force_of_a_zero_sum_game_is_the_shapley_value() -> None:
    """Committing first costs nothing in a zero-sum game."""
    rng = np.random.default_rng(5)
    drawn = random_game(rng, leader_counts=[2, 2], follower_counts=[2, 2], leader_discount=0.8, follower_discount=0.8)
    game = drawn.replace(follower_reward=tuple(-block for block in drawn.leader_reward))
    values = shapley_values(game)
    found = brute_force(game)
    assert found.value == pytest.approx(game.initial @ values, abs=1e-5)


def test_brute_force_of_a_team_game_is_the_joint_optimum() -> None:
    """A follower with the leader's rewards and discount does what a single planner would."""
    rng = np.random.default_rng(6)
    drawn = random_game(rng, leader_counts=[2, 3], follower_counts=[3, 2], leader_discount=0.9, follower_discount=0.9)
    game = drawn.replace(follower_reward=drawn.leader_reward)
    assert brute_force(game).value == pytest.approx(game.initial @ joint_values(game), abs=1e-6)


def test_shapley_refuses_other_games() -> None:
    """The oracle of an easy class refuses a game outside it."""
    with pytest.raises(ValueError, match="not zero-sum"):
        shapley_values(agreement_game(1, 0))


def test_answer_of_a_one_state_follower_by_hand() -> None:
    """Two follower actions with rewards 1 and 0 at discount 1/2: value 2, and the leader's is 3 / (1 - 0.9)."""
    game = plain_from_arrays(
        [[[[1.0], [1.0]]]], [[[3.0, 7.0]]], [[[1.0, 0.0]]], leader_discount=0.9, follower_discount=0.5
    )
    found = answer(game, [np.ones(1)])
    assert found.actions == (0,)
    assert found.follower_values == pytest.approx([2.0])
    assert found.leader_values == pytest.approx([30.0])


def test_generators_are_seeded_and_independent_of_the_count() -> None:
    """Game 3 is the same whoever asks, and differs from game 4 and from game 3 of another seed."""
    prints = {agreement_game(seed, index).fingerprint() for seed, index in ((1, 3), (1, 3), (1, 4), (2, 3))}
    assert len(prints) == 3


def test_agreement_games_cover_what_they_promise() -> None:
    """Ragged counts, unvisited starts, integer rewards and unequal discounts all occur among 100 games."""
    games = [agreement_game(1, index) for index in range(100)]
    assert any(len(set(game.follower_counts)) > 1 for game in games)
    assert sum(bool((game.initial == 0.0).any()) for game in games) == 25
    assert all(game.leader_discount != game.follower_discount for game in games)
    assert all(block.is_integer() for block in games[4].leader_reward[0].ravel().tolist())
    assert {game.num_states for game in games} == {2, 3}


def test_random_policies_are_distributions() -> None:
    """Each row of a random policy sums to one and has one entry per action."""
    game = agreement_game(1, 5)
    policy = random_policy(game, np.random.default_rng(0))
    assert [len(row) for row in policy] == list(game.leader_counts)
    assert all(row.sum() == pytest.approx(1.0) and row.min() >= 0.0 for row in policy)
