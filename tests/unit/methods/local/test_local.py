"""The method for large games: good policies, exact values, limits and refusals."""

import dataclasses
import time

import numpy as np
import pytest

from ssg_mip import solve
from ssg_mip.base.deadline import Deadline, unhurried
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library.figure_one import kudo_akimoto_figure_1
from ssg_mip.library.random_games import random_game
from ssg_mip.methods.local import solve as local
from ssg_mip.methods.local.smooth_game import SmoothGame
from ssg_mip.methods.local.soft_ascent import CALM, FIRST, HOT, JUDGED, LAST, RARELY, Schedule, soft_ascent
from ssg_mip.methods.local.stage_policies import mixed_policies, priced_policies
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run
from tests.unit.exact.test_batched_stages import ragged_game

SMALL = [(seed, *shape) for seed in range(4) for shape in ((3, 2, 2), (4, 3, 3))]


@pytest.mark.parametrize(("seed", "states", "leaders", "followers"), SMALL)
def test_small_games_are_nearly_solved(seed: int, states: int, leaders: int, followers: int) -> None:
    game = random_game(seed, states, leaders, followers, 2, 0.8, 0.8)
    proven = solve(game, "commitment", time_limit=60.0)
    assert proven.status is Status.OPTIMAL
    found = solve(game, "local", iteration_limit=2000, settings={"starts": 8})
    assert found.leader_value >= proven.leader_value - 0.1 * abs(proven.leader_value) - 1e-6
    assert found.leader_value <= proven.dual_bound + 1e-6 * abs(proven.dual_bound)


def test_it_is_better_than_the_operator_and_says_how() -> None:
    game = random_game(11, 200, 4, 4, 5, 0.9, 0.9)
    found = solve(game, "local", iteration_limit=1000, settings={"starts": 2})
    operator = solve(game, "fixed-point", iteration_limit=20)
    assert found.leader_value > operator.leader_value + 0.2
    assert found.status is Status.FEASIBLE
    assert found.check is not None
    assert found.check.passed
    assert found.dual_bound >= found.leader_value
    first, second = found.details["starts"]
    assert (first["start"], second["start"]) == ("the operator", "uniform")
    assert first["start_value"] <= first["ascended"] <= first["value"]
    assert found.leader_value == pytest.approx(max(first["value"], second["value"]))
    assert found.provenance.counts["steps"] == 1000


def test_the_value_is_that_of_the_exact_follower() -> None:
    game = ragged_game(120)
    found = solve(game, "local", iteration_limit=200)
    assert found.leader_policy is not None
    response = best_response(game, found.leader_policy)
    assert found.leader_value == pytest.approx(float(game.initial @ response.leader_values), abs=1e-9)
    np.testing.assert_allclose(found.trajectory[-1].leader_values, found.leader_values)


@pytest.mark.parametrize("seed", range(3))
def test_a_start_is_never_made_worse(seed: int) -> None:
    game = random_game(seed, 4, 2, 3, 2, 0.9, 0.9)
    start = solve(game, "commitment", time_limit=20.0)
    found = solve(game, "local", start=start.leader_policy, iteration_limit=100)
    assert found.leader_value >= start.leader_value - 1e-9
    assert found.details["starts"][0]["start"] == "the start"


def test_the_same_seed_gives_the_same_and_another_draws_others() -> None:
    game = random_game(3, 6, 3, 3, 2, 0.9, 0.9)
    runs = [
        solve(game, "local", seed=seed, iteration_limit=300, settings={"starts": 6}, check=False, guarantee=False)
        for seed in (0, 0, 1)
    ]
    rows = [run.details["starts"] for run in runs]
    assert rows[0] == rows[1]
    assert [row["start_value"] for row in rows[0][:4]] == [row["start_value"] for row in rows[2][:4]]
    assert rows[0][5]["start_value"] != rows[2][5]["start_value"]


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_it_works_in_any_units(unit: float) -> None:
    game = random_game(3, 4, 3, 3, 2, 0.9, 0.9)
    other = game.replace(leader_rewards=unit * game.leader_rewards, follower_rewards=5.0 + unit * game.follower_rewards)
    options = {"iteration_limit": 800, "settings": {"starts": 4}}
    here, there = (solve(one, "local", **options).leader_value for one in (game, other))
    assert there == pytest.approx(unit * here, rel=1e-4)


@pytest.mark.parametrize(("leader_discount", "follower_discount"), [(0.9, 0.0), (0.0, 0.9), (0.0, 0.0), (0.95, 0.5)])
def test_discounts_may_differ_and_be_zero(leader_discount: float, follower_discount: float) -> None:
    game = random_game(6, 3, 3, 2, 2, leader_discount, follower_discount)
    proven = solve(game, "commitment", time_limit=60.0)
    found = solve(game, "local", iteration_limit=600, settings={"starts": 5})
    assert found.leader_value == pytest.approx(proven.leader_value, rel=0.05)


def test_a_leader_without_a_choice_has_one_policy() -> None:
    found = solve(random_game(1, 120, 1, 3, 2), "local")
    assert found.details["starts"] == []
    assert len(found.trajectory) == 1


@pytest.mark.parametrize("ties", ["adverse", "first"])
def test_values_are_those_of_the_tie_rule(ties: str) -> None:
    game = kudo_akimoto_figure_1()
    found = solve(game, "local", ties=ties, iteration_limit=400)
    assert found.leader_policy is not None
    response = best_response(game, found.leader_policy, ties)
    assert found.leader_value == pytest.approx(float(game.initial @ response.leader_values), abs=1e-9)


def test_with_a_margin_only_policies_that_keep_it_count() -> None:
    game = random_game(2, 4, 3, 2, 2, 0.8, 0.8)
    found = solve(game, "local", margin=0.01, iteration_limit=400)
    assert found.leader_policy is not None
    assert best_response(game, found.leader_policy).advantage >= 0.01 - 1e-6


@pytest.mark.parametrize("limit", [0.0, 0.5, 3.0])
def test_it_ends_in_time_with_a_policy(limit: float) -> None:
    game = random_game(5, 2000, 3, 3, 4)
    begun = time.monotonic()
    found = local(Problem(game), Run(deadline=Deadline(limit)))
    assert time.monotonic() - begun <= limit + 1.0
    assert found.leader_policy is not None
    assert found.termination is Termination.TIME_LIMIT


def test_the_user_may_stop_it() -> None:
    game, interrupt = random_game(5, 300, 3, 3, 4), Interrupt()
    run = Run(interrupt=interrupt, on_progress=lambda row: interrupt.request() if row.iteration else None)
    found = local(Problem(game), run)
    assert found.termination is Termination.INTERRUPTED
    assert found.provenance.counts["steps"] < 3000


def test_progress_rises_to_the_answer() -> None:
    rows = []
    game = random_game(5, 150, 3, 3, 4)
    found = solve(game, "local", iteration_limit=300, on_progress=rows.append)
    values = [row.primal_bound for row in rows]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(found.leader_value)


@pytest.mark.parametrize("settings", [{"starts": 0}, {"steps": 0}, {"starts": "many"}, {"walks": 3}])
def test_settings_out_of_range_are_refused(settings: dict) -> None:
    with pytest.raises(OptionError, match=next(iter(settings))):
        solve(kudo_akimoto_figure_1(), "local", settings=settings)


def test_the_temperature_falls_from_first_to_last() -> None:
    schedule = Schedule(rate=0.1, progress=lambda done: done / 400)
    assert schedule.temperature(0.0) == FIRST
    assert schedule.temperature(1.0) == pytest.approx(LAST)
    game = random_game(5, 10, 3, 3, 2)
    policies = list(soft_ascent(SmoothGame(game, game.initial), LeaderPolicy.uniform(game), schedule))
    hot = int(HOT * 400)
    cool = [step for step in range(hot, 400) if step % JUDGED == 0]
    assert len(policies) == (hot - 1) // RARELY + len(cool) + 1


def test_steps_shrink_with_the_temperature_once_it_is_calm() -> None:
    schedule = Schedule(rate=0.4, progress=lambda done: 1.0)
    assert schedule.step(2.0 * CALM) == schedule.step(CALM) == 0.4
    assert schedule.step(0.25 * CALM) == pytest.approx(0.1)


def test_the_first_priced_policy_is_that_of_the_operator_and_later_ones_are_not() -> None:
    game = random_game(7, 50, 3, 3, 3, 0.9, 0.9)
    plain = list(mixed_policies(game, game.initial, unhurried))
    priced = list(priced_policies(game, game.initial, unhurried))
    np.testing.assert_array_equal(plain[0].probabilities, priced[0].probabilities)
    best = [max(_value(game, one) for one in policies) for policies in (plain, priced)]
    assert best[1] > best[0]


def _value(game: Game, policy: LeaderPolicy) -> float:
    return float(game.initial @ best_response(game, policy).leader_values)


def test_weights_decide_what_is_sought() -> None:
    game = random_game(3, 6, 3, 3, 2, 0.9, 0.9)
    weights = np.zeros(6)
    weights[2] = 1.0
    own = solve(game, "local", weights=weights, iteration_limit=800)
    even = solve(dataclasses.replace(game), "local", iteration_limit=800)
    assert own.leader_values[2] >= even.leader_values[2] - 1e-6
