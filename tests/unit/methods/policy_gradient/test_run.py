"""The method: known optima of matrix games, what happens at a tie, what the details say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, read_instance, solve
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.library import actor_critic_trap, kudo_akimoto_figure_1, random_game
from ssg_mip.methods.policy_gradient import TabularGame, algorithm, regularised_response
from ssg_mip.methods.policy_gradient.tabular import evaluate_follower
from ssg_mip.result import Result
from tests.unit import ROOT

MAINTAIN = read_instance(ROOT / "instances/matrix/maintain.json")


def _solve(game: Game, iteration_limit: int | None = None, **settings: Any) -> Result:
    """By the inner loop, whose end is exact, unless another variant is asked for."""
    return solve(
        game, "policy-gradient", settings={"variant": "inner-loop", **settings}, iteration_limit=iteration_limit
    )


@pytest.mark.parametrize(
    "name",
    ["assurance", "battle", "battle_of_table_1", "chicken", "deadlock", "escape", "prisoners_dilemma", "stag_hunt"],
)
def test_pure_optima_of_matrix_games_are_found(name: str) -> None:
    """The known values; the last policy, and not only the best visited one, is worth them."""
    game = read_instance(ROOT / f"instances/matrix/{name}.json")
    assert game.known is not None
    result = _solve(game, 200)
    assert result.termination is Termination.CONVERGED
    assert result.details["last_leader_value"] == pytest.approx(game.known["leader_value"], abs=1e-4)
    assert result.details["stationarity"] <= 1e-6
    assert result.details["first_order_gain"] < 1e-4


@pytest.mark.parametrize("name", ["dobss_type_1", "hero", "conitzer_sandholm_1"])
def test_colder_followers_let_the_leader_closer_to_a_mixed_optimum(name: str) -> None:
    """The optimum is at a tie: the climb stops short of it by about the temperature, and by less as that falls."""
    game = read_instance(ROOT / f"instances/matrix/{name}.json")
    assert game.known is not None
    missed = [
        game.known["leader_value"]
        - _solve(game, 200, temperature=0.3, final_temperature=final).details["last_leader_value"]
        for final in (0.1, 0.03, 0.01)
    ]
    assert missed[0] > missed[1] > missed[2] > 0.0
    assert missed[2] < 0.5 * missed[0]


def test_maintain_stops_short_of_the_tie() -> None:
    """27.5 at (1/4, 3/4, 0), where the follower is indifferent: the default ends within 1 % of it.

    A little more than 1/4 on the first row keeps the smoothed follower, and the rational one, on the first column.
    """
    result = _solve(MAINTAIN)
    assert 27.2 < result.details["last_leader_value"] < 27.5
    assert isinstance(result.leader_policy, LeaderPolicy)
    assert 0.25 < result.leader_policy.probabilities[0, 0] < 0.29
    assert result.details["leader_value"]["unregularised"] == result.details["last_leader_value"]


def test_past_the_tie_of_maintain_the_unregularised_value_drops() -> None:
    """At temperature 1 the smoothed follower hardly notices where 1/4 is, so the climb goes past it to the second row.

    Its own value rises all the way (to 12.9), while a rational follower leaves the first column: 23.8, then 8.6.
    """
    hot = _solve(MAINTAIN, temperature=1.0, final_temperature=1.0)
    shares = [float(point.leader_policy.probabilities[0, 0]) for point in hot.trajectory]
    values = [point.leader_value for point in hot.trajectory]
    crossing = next(place for place, share in enumerate(shares) if share < 0.25)
    assert values[crossing] < values[crossing - 1] - 10.0
    assert hot.leader_value == max(values) > 23.0
    assert hot.details["leader_value"]["unregularised"] == pytest.approx(10.0, abs=0.1)
    assert 12.0 < hot.details["leader_value"]["regularised"] < 14.0


def test_figure_1_finds_a_pareto_point_on_the_way_down() -> None:
    """Falling temperatures keep the threat of Fig. 1 in sight: 9.5, where the operator's fixed point is worth 0."""
    result = _solve(kudo_akimoto_figure_1(1.0, 2.0))
    assert result.details["last_leader_value"] == pytest.approx(9.5, abs=1e-3)


def test_the_trap_is_a_plateau_from_the_even_start() -> None:
    """From the uniform policy the follower waits for its 10; from a policy near B the climb reaches the leader's 10."""
    trap = actor_critic_trap()
    stuck = _solve(trap)
    assert stuck.details["last_leader_value"] == pytest.approx(0.0, abs=0.1)
    start = LeaderPolicy.from_names(trap, {"s1": {"A": 0.05, "B": 0.95}, "s2": {"A": 0.5, "B": 0.5}})
    freed = solve(trap, "policy-gradient", start=start, settings={"variant": "inner-loop"})
    assert freed.details["last_leader_value"] == pytest.approx(10.0, abs=1e-2)


def test_the_paper_s_variant_on_a_matrix_game() -> None:
    """The default: two time scales, constant temperature. Assurance is worth 1, the follower has kept up."""
    assurance = read_instance(ROOT / "instances/matrix/assurance.json")
    result = solve(assurance, "policy-gradient", iteration_limit=2000)
    assert result.details["last_leader_value"] == pytest.approx(1.0, abs=1e-2)
    assert result.details["follower_lag"] < 1e-3
    assert result.details["temperature"] == 0.1
    assert result.provenance.counts["iterations"] == 2000


@pytest.mark.parametrize("seed", [0, 1])
def test_the_default_settles_on_markov_games_too(seed: int) -> None:
    """The follower keeps up, and the leader ends nearly stationary, above where it began."""
    game = random_game(seed, 3, 2, 2)
    result = solve(game, "policy-gradient", check=False, guarantee=False)
    curve = result.details["stationarity_curve"]
    assert curve[-1][1] < 5e-3 < 0.1 * curve[0][1]
    assert result.details["follower_lag"] < 1e-2
    assert result.details["last_leader_value"] > result.trajectory[0].leader_value + 0.1


def test_details_are_about_the_end_of_the_climb() -> None:
    """The regularised value is recomputed from the last policy; the curve begins and ends where the climb does."""
    game = random_game(1, 3, 2, 2)
    result = _solve(game, 60)
    details = result.details
    assert result.termination is Termination.ITERATION_LIMIT
    assert details["temperature"] == pytest.approx(0.005)
    assert details["stationarity_curve"][0][0] == 0
    assert details["stationarity_curve"][-1] == [60, details["stationarity"]]
    assert details["follower_lag"] < 1e-9
    tabular = TabularGame.from_game(game)
    leader = np.log(result.trajectory[-1].leader_policy.probabilities)
    follower = regularised_response(tabular, leader, details["temperature"])
    values = evaluate_follower(tabular, np.exp(leader), follower, details["temperature"]).values
    assert details["regularised_follower_value"] == pytest.approx(tabular.follower_value(game.initial @ values))
    assert details["leader_value"]["regularised"] == pytest.approx(details["leader_value"]["unregularised"], abs=0.3)
    assert len(result.trajectory) > 10


def test_a_game_too_large_for_dense_arrays_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The start policy comes back, with the reason."""
    monkeypatch.setattr(algorithm, "MOST_ENTRIES", 5)
    result = _solve(MAINTAIN)
    assert result.termination is Termination.SIZE_LIMIT
    assert len(result.trajectory) == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"temperature": 0.0}, "temperature is 0.0; it must be above 0 and at most 1000"),
        ({"final_temperature": -1.0}, "final_temperature is -1.0; it must be above 0 and at most 1000"),
        ({"tolerance": 0.0}, "tolerance is 0.0; it must be a positive number"),
        ({"leader_step": float("inf")}, "leader_step is inf; it must be a positive number"),
        ({"leader_decay": 0.6}, "must satisfy 0.5 < follower_decay < leader_decay <= 1"),
        ({"follower_decay": 0.5}, "Assumption 1"),
        ({"variant": "three"}, "'two-timescale' or 'inner-loop'"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        _solve(MAINTAIN, **settings)


@pytest.mark.parametrize("name", ["temperature", "final_temperature"])
def test_a_temperature_that_drowns_the_rewards_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(OptionError, match=f"^{name} is 1e\\+160; it must be above 0 and at most 1000"):
        solve(kudo_akimoto_figure_1(), "policy-gradient", settings={name: 1e160}, iteration_limit=2)
    assert solve(kudo_akimoto_figure_1(), "policy-gradient", settings={name: 1000.0}, iteration_limit=2).check.passed
