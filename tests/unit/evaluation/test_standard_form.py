"""The standard form is the same game: exactly where it says so, up to its stated rounding everywhere else."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy
from ssg_mip.checker.rational import ExactGame, induce, policy_rows
from ssg_mip.checker.values import exact_values
from ssg_mip.evaluation.standard_form import ORDINARY, Scale, StandardForm, standard_form, value_range
from ssg_mip.evaluation.subgame import reached_subgame
from ssg_mip.numerics.array_types import FloatArray
from tests.attacks.unit_changes import add_potentials, whole_game
from tests.oracles.games import random_game
from tests.unit.unit_games import vault

RANDOM = random_game(
    np.random.default_rng(4), leader_counts=[2, 2, 1], follower_counts=[2, 1, 2], leader_discount=0.9,
    follower_discount=0.7,
).to_game()  # fmt: skip


def _with(game: Game, leader: FloatArray | None = None, follower: FloatArray | None = None) -> Game:
    return game.replace(
        leader_rewards=game.leader_rewards if leader is None else leader,
        follower_rewards=game.follower_rewards if follower is None else follower,
    )


def _exact(game: Game, policy: LeaderPolicy, player: int) -> tuple[Fraction, ...]:
    """Values of the policy against the follower's first actions, in fractions."""
    process = induce(ExactGame.of(game), policy_rows(game, policy))[player]
    return exact_values(process, game.follower_offsets[:-1].tolist())


def _differences(form: StandardForm, player: int) -> list[Fraction]:
    """By how much exact values differ from the translated exact values of the standard form."""
    policy, scale = LeaderPolicy.uniform(form.game), (form.leader, form.follower)[player]
    found = []
    pairs = zip(_exact(form.game, policy, player), _exact(form.standard, policy, player), strict=True)
    for state, (own, standard) in enumerate(pairs):
        weights = np.eye(form.game.num_states)[state]
        found.append(own - scale.base_of(weights) - Fraction(scale.unit) * standard)
    return found


@pytest.mark.parametrize("constant", [1e3, -1e6, 1e9])
@pytest.mark.parametrize("unit", [2.0**-30, 1.0, 2.0**30])
def test_whole_constants_and_powers_of_two_are_taken_out_exactly(constant: float, unit: float) -> None:
    rewards = unit * (np.rint(64.0 * RANDOM.leader_rewards) / 64.0 + constant)
    form = standard_form(_with(RANDOM, leader=rewards))
    assert form.is_exact
    assert form.leader.constant != 0.0
    assert ORDINARY[0] / 2 <= float(np.ptp(form.standard.leader_rewards)) <= ORDINARY[1]
    assert set(_differences(form, 0)) == {Fraction(0)}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_called_exact_is_exact(seed: int) -> None:
    """Rewards with all digits: what cannot be subtracted without rounding stays."""
    rng = np.random.default_rng(seed)
    rewards = rng.choice([1.0, 1e-9, 1e9]) * (rng.normal(size=RANDOM.num_rows) + rng.choice([0.0, 3.0, 1e3, 1e9]))
    form = standard_form(_with(RANDOM, follower=rewards))
    assert form.is_exact
    assert set(_differences(form, 1)) == {Fraction(0)}


def test_sterbenz_holds_within_a_factor_of_two_and_the_test_notices_where_it_fails() -> None:
    rewards = np.linspace(1.0, 2.0, RANDOM.num_rows) * 1e6 + 0.1
    form = standard_form(_with(RANDOM, leader=np.concatenate(([1e6], rewards[1:]))))
    assert form.is_exact
    # 0.1 beside 1e9 +- 1 has digits that a difference of floats cannot keep
    mixed = np.full(RANDOM.num_rows, 0.1)
    mixed[0] = 1e9
    form = standard_form(_with(RANDOM, leader=mixed))
    assert form.leader.constant == 0.0
    assert set(_differences(form, 0)) == {Fraction(0)}


def test_rewards_across_the_range_of_floats_stay_as_they_are() -> None:
    rewards = np.resize([5e-324, 1e300], RANDOM.num_rows)
    form = standard_form(_with(RANDOM, leader=rewards))
    assert form.leader.changes_nothing
    assert np.array_equal(form.standard.leader_rewards, rewards)


@pytest.mark.parametrize("index", range(12))
def test_potentials_round_no_more_than_they_say(index: int) -> None:
    changed = add_potentials(whole_game(9, index), np.random.default_rng([9, index])).changed.to_game()
    form = standard_form(changed)
    for player, scale in enumerate((form.leader, form.follower)):
        assert all(abs(one) <= Fraction(scale.rounding) for one in _differences(form, player))


def test_a_potential_is_taken_out_where_constants_differ_between_states() -> None:
    phi = np.array([1e5, -3e5, 7e5])
    policy_free = phi[RANDOM.row_state] - RANDOM.leader_discount * (RANDOM.dense_transition @ phi)
    form = standard_form(_with(RANDOM, leader=RANDOM.leader_rewards + policy_free))
    assert form.leader.potential is not None
    assert form.follower.potential is None
    assert not form.is_exact
    assert 0.0 < form.leader.rounding < 1e-5
    assert np.abs(value_range(form.standard, leader=True).upper).max() < 10.0
    widths = value_range(form.standard, leader=True).width, value_range(RANDOM, leader=True).width
    assert widths[0] == pytest.approx(widths[1], abs=1e-6)


SCALE = Scale(constant=1e6, unit=2.0**-20, discount=0.9, potential=np.array([3.3, -1e5 / 3.0]), rounding=1e-9)
WEIGHTS = np.array([0.3, 0.7])


@pytest.mark.parametrize("bound", [0.1, -1.0 / 3.0, 12345.678])
def test_translated_bounds_are_bounds(bound: float) -> None:
    due = SCALE.base_of(WEIGHTS) + Fraction(SCALE.unit) * Fraction(bound)
    out = Fraction(SCALE.upper_out(bound, WEIGHTS))
    assert due + Fraction(SCALE.rounding) <= out <= due + Fraction(SCALE.rounding) + Fraction(math.ulp(float(due)))
    assert Fraction(SCALE.upper_into(due, WEIGHTS)) >= Fraction(bound)
    assert SCALE.value_into(float(due), WEIGHTS) == pytest.approx(bound, abs=1e-2)
    each = SCALE.upper_values_out(np.array([bound, bound]))
    for state in range(2):
        exact = SCALE.base_of(np.eye(2)[state]) + Fraction(SCALE.unit) * Fraction(bound) + Fraction(SCALE.rounding)
        assert Fraction(float(each[state])) >= exact


def test_weights_that_do_not_quite_sum_to_one_count_as_divided_by_their_sum() -> None:
    assert SCALE.base_of(4.0 * WEIGHTS) == SCALE.base_of(WEIGHTS)
    with pytest.raises(ValueError, match="weighted"):
        SCALE.base_of(None)


def test_nothing_finite_comes_of_no_bound() -> None:
    assert SCALE.upper_out(math.inf, WEIGHTS) == math.inf
    assert SCALE.value_out(-math.inf, WEIGHTS) == -math.inf
    assert math.isnan(SCALE.value_into(math.nan, WEIGHTS))


def test_unreachable_riches_have_no_say_where_only_the_start_counts() -> None:
    game = vault(1e9)
    form = standard_form(game, game.initial)
    assert form.ignored is None
    assert standard_form(game).follower.rounding > 0.0
    alone = standard_form(game, game.initial, ignore=True)
    assert alone.ignored is not None
    assert alone.ignored.tolist() == [False, True]
    assert alone.game is game
    assert alone.is_exact
    assert alone.standard.follower_rewards.tolist() == [1.0, 0.0, 0.0]
    assert standard_form(vault(1.0), game.initial, ignore=True).ignored is None


def test_the_reached_subgame_is_a_game_of_its_own() -> None:
    game = vault(1e9)
    part = reached_subgame(game, game.initial)
    assert part.game.state_names == ("s0",)
    assert part.game.follower_rewards.tolist() == [1.0, 0.0]
    assert part.policy(LeaderPolicy.uniform(game)).probabilities.tolist() == [[1.0]]
    everything = reached_subgame(game, np.array([0.5, 0.5]))
    assert everything.kept.all()
    assert everything.game.num_rows == game.num_rows


def test_one_unit_is_shared() -> None:
    form = standard_form(_with(RANDOM, leader=1e6 * RANDOM.leader_rewards), one_unit=True)
    assert form.leader.unit == form.follower.unit > 1e5
