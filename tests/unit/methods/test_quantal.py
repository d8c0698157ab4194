"""The commitment against a quantal follower: against grids of policies, at its limits, and what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from ssg_mip import solve
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.soft_response import soft_response
from ssg_mip.evaluation.value_bounds import leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library.random_games import random_game
from ssg_mip.methods.quantal.ascent import Climb, projected
from ssg_mip.methods.registry import METHODS
from ssg_mip.problem.followers.quantal import Quantal
from ssg_mip.problem.problem import Problem
from ssg_mip.report.results import result_report

POINTS = 33
"""Probabilities of an action on the grid."""


def grid_best(game: Game, temperature: float) -> float:
    """The largest value from the start over a grid of policies of a game with two states and two leader actions."""
    steps = np.linspace(0.0, 1.0, POINTS)
    values = [
        float(
            game.initial
            @ soft_response(game, LeaderPolicy(np.array([[p, 1 - p], [q, 1 - q]])), temperature).leader_values
        )
        for p, q in itertools.product(steps, steps)
    ]
    return max(values)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_no_grid_policy_beats_the_answer_or_the_bound(seed: int, temperature: float) -> None:
    game = random_game(seed, 2, 2, 2, follower_discount=0.8)
    found, best = solve(game, follower=Quantal(temperature)), grid_best(game, temperature)
    spread = float(game.initial @ leader_value_bounds(game).width)
    assert found.leader_value >= best - 1e-6 * spread
    assert found.leader_value <= best + 0.05 * spread  # what lies between two points of the grid
    assert found.dual_bound >= max(best, found.leader_value)
    assert found.check.passed
    assert found.status in {Status.FEASIBLE, Status.OPTIMAL}


def test_the_strong_value_is_no_bound_on_it() -> None:
    """A follower who errs may err in the leader's favour: no method calls the rational optimum his bound."""
    beyond = []
    for seed in range(12):
        game = random_game(seed, 2, 2, 2)
        strong = solve(game, method="commitment", check=False, guarantee=False)
        quantal = solve(game, follower=Quantal(2.0), check=False)
        assert quantal.dual_bound >= quantal.leader_value
        beyond.append(quantal.leader_value > strong.dual_bound + 1e-6)
    assert any(beyond)


def test_result_and_report_say_who_the_follower_is_and_how_he_mixes() -> None:
    game = random_game(1, 2, 2, 2)
    found = solve(game, follower="quantal:0.1")
    data = found.to_dict()
    assert data["method"] == "commitment"
    assert data["follower"] == {"kind": "quantal", "temperature": 0.1} == data["provenance"]["options"]["follower"]
    assert all(abs(sum(row.values()) - 1.0) < 1e-12 for row in data["follower_policy"].values())
    assert found.follower_policy is None
    assert found.follower_mix is not None
    assert found.guaranteed is None
    assert data["tied_states"] == []
    assert data["details"]["stationary"] is True
    assert data["details"]["follower_loses_by_erring"] > 0.0
    report = str(result_report(found)[0])
    assert "quantal follower, temperature 0.1" in report
    assert "values verified" in report


def test_the_ascent_never_falls_and_ends_where_nothing_rises() -> None:
    game = random_game(4, 5, 3, 3)
    climb = Climb(game, 0.2, np.asarray(game.initial), 0.0, lambda: False)
    peaks = list(itertools.islice(climb.ascend(LeaderPolicy.uniform(game)), 500))
    values = [peak.value for peak in peaks]
    assert all(later >= before for before, later in itertools.pairwise(values))
    last = peaks[-1]
    assert last.is_stationary
    assert last.value > values[0]
    slots, slopes = last.policy.slots(game), last.pair.slopes(climb.weights)
    best = np.maximum.reduceat(slopes, game.leader_offsets[:-1])[game.leader_slot_state]
    assert float(np.max((best - slopes) * slots)) <= 1e-5  # nothing is left to gain to first order


def test_projections_are_the_nearest_distributions() -> None:
    """Against the condition of optimality: what is left positive lies one amount below, the rest no higher."""
    rng = np.random.default_rng(0)
    game = random_game(2, 4, 5, 2)
    for scale in (1e-6, 1.0, 1e6):
        numbers = rng.normal(size=20) * scale
        found = projected(game, numbers)
        for row, given in zip(found.reshape(4, 5), numbers.reshape(4, 5), strict=True):
            assert row.sum() == pytest.approx(1.0, abs=1e-9 * max(1.0, scale))
            taken = (given - row)[row > 0.0]
            assert np.ptp(taken) <= 1e-9 * max(1.0, scale)
            assert np.all(given[row == 0.0] <= taken.max() + 1e-9 * max(1.0, scale))


@pytest.mark.parametrize(
    ("limit", "due"),
    [
        ({"iteration_limit": 1}, Termination.ITERATION_LIMIT),
        ({"time_limit": 0.0}, Termination.TIME_LIMIT),
    ],
)
def test_a_limit_ends_the_work_with_an_answer(limit: dict[str, Any], due: Termination) -> None:
    game = random_game(3, 6, 3, 3)
    found = solve(game, follower=Quantal(0.1), **limit)
    assert found.termination is due
    assert found.leader_policy is not None
    assert found.dual_bound >= found.leader_value
    assert found.provenance.counts["steps"] <= 2


def test_a_wish_to_stop_ends_the_work_with_an_answer() -> None:
    stop = Interrupt()
    stop.request()
    found = solve(random_game(3, 6, 3, 3), follower=Quantal(0.1), interrupt=stop)
    assert found.termination is Termination.INTERRUPTED
    assert found.leader_policy is not None


def test_a_start_is_where_the_first_ascent_begins_and_seeds_draw_the_last() -> None:
    game = random_game(1, 5, 3, 3)
    start = LeaderPolicy.random(game, np.random.default_rng(5))
    one = solve(game, follower=Quantal(0.1), start=start, iteration_limit=1, check=False)
    assert np.allclose(one.trajectory[0].leader_policy.probabilities, start.probabilities)
    again = [solve(game, follower=Quantal(0.1), seed=7, check=False).leader_value for _ in range(2)]
    assert again[0] == again[1]
    assert "starts" in one.details["seed_decides"]
    settings = solve(game, follower=Quantal(0.1), settings={"random_starts": 1, "steps": 3}, check=False)
    assert settings.provenance.counts["ascents"] == 5  # uniform, cooled, the plan, the rational one, one drawn
    assert settings.provenance.counts["steps"] <= 3 * 7


def test_a_leader_without_a_choice_is_answered_too() -> None:
    game = random_game(1, 3, 1, 3)
    found = solve(game, follower=Quantal(0.3))
    due = soft_response(game, LeaderPolicy.uniform(game), 0.3)
    assert found.leader_values == pytest.approx(due.leader_values)
    assert found.check.passed
    assert "status feasible" not in found.check.claimed


@pytest.mark.parametrize("method", [name for name in METHODS if name != "commitment"])
def test_methods_that_do_not_honour_him_refuse_by_name(method: str) -> None:
    game = random_game(1, 2, 2, 2)
    with pytest.raises(OptionError, match=rf"{method}.*quantal follower.*ask for commitment"):
        solve(game, method=method, follower=Quantal(0.1))


def test_what_does_not_go_with_him_is_refused(tmp_path: Any) -> None:
    game = random_game(1, 2, 2, 2)
    with pytest.raises(OptionError, match="belong to a rational follower"):
        solve(game, follower=Quantal(0.1), ties="adverse")
    with pytest.raises(OptionError, match="belong to a rational follower"):
        solve(game, follower=Quantal(0.1), margin=0.1)
    with pytest.raises(OptionError, match="certificates are about rational"):
        solve(game, follower=Quantal(0.1), certificate=tmp_path / "proof.jsonl")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OptionError, match="rounding of his values"):
        solve(game, follower=Quantal(1e-12))
    with pytest.raises(OptionError, match="selection"):
        solve(game, follower=Quantal(0.1), selection="first")
    with pytest.raises(OptionError, match="random_starts"):
        solve(game, follower=Quantal(0.1), settings={"random_starts": 0})
    with pytest.raises(OptionError, match="must be a follower"):
        Problem(game).answered_by("quantal:0.1")  # type: ignore[arg-type]


def test_problems_name_their_follower() -> None:
    problem = Problem(random_game(1, 2, 2, 2)).answered_by(Quantal(0.5))
    assert problem.follower == Quantal(0.5)
    assert problem.options() == {"margin": 0.0, "follower": {"kind": "quantal", "temperature": 0.5}}
    assert problem.follower.in_units(0.25) == Quantal(2.0)
