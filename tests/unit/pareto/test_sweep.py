"""Fronts by scalarisation: the known fronts, dominance, limits, and what a front carries."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.pareto.dominance import covers
from ssg_mip.pareto.front import ParetoFront
from ssg_mip.pareto.sweep import trace_front
from ssg_mip.result import ProgressRow
from tests.oracles.games import agreement_game
from tests.oracles.known import figure_1, three_points

METHODS = ("commitment", "policy-iteration")
TIE_SETTING = 10.0 / 9.0
"""With x = 1 and y = 10/9 the threat gamma_B y equals the temptation x exactly."""


def check_front(front: ParetoFront) -> None:
    """No point covers another, and every point is worth what it says."""
    for i, first in enumerate(front):
        response = best_response(front.game, first.leader_policy, front.ties)
        assert first.leader_values == pytest.approx(response.leader_values)
        assert first.follower_values == pytest.approx(response.follower_values)
        assert first.weights.min() >= 0.0
        assert first.weights.sum() == pytest.approx(1.0)
        assert first.gain_bound >= 0.0
        for j, second in enumerate(front):
            assert i == j or not covers(second.leader_values, first.leader_values, front.tolerance)


@pytest.mark.parametrize("method", METHODS)
def test_figure_1_has_two_points(method: str) -> None:
    """Kudo & Akimoto, section 3: with gamma_B y > x the front is {(10, 9), (9, 10)} and no equilibrium exists."""
    front = trace_front(figure_1(1.0, 2.0).to_game(), method=method)
    assert front.values == pytest.approx(np.array([[10.0, 9.0], [9.0, 10.0]]), abs=1e-4)
    assert front.termination is Termination.CONVERGED
    check_front(front)


@pytest.mark.parametrize("method", METHODS)
def test_figure_1_with_a_weak_threat_has_one_point(method: str) -> None:
    """With y = 1 the threat does not work: nothing but (0, 0)."""
    front = trace_front(figure_1(1.0, 1.0).to_game(), method=method)
    assert front.values == pytest.approx(np.zeros((1, 2)), abs=1e-6)


def test_tie_setting_stands_and_falls_with_the_tie_rule() -> None:
    """On the knife's edge both points exist under ``leader``; the same policies are worth (0, 0) under ``adverse``."""
    game = figure_1(1.0, TIE_SETTING).to_game()
    front = trace_front(game, ties="leader")
    assert front.values == pytest.approx(np.array([[10.0, 9.0], [9.0, 10.0]]), abs=1e-4)
    for point in front:
        assert best_response(game, point.leader_policy, "adverse").leader_values == pytest.approx([0.0, 0.0])


def test_weighted_sums_miss_the_point_in_the_dent() -> None:
    """Three attained points, (4, 4) below the segment of the others: supported points only."""
    front = trace_front(three_points().to_game())
    assert front.values[:, :2] == pytest.approx(np.array([[10.0, 0.0], [0.0, 10.0]]), abs=1e-4)
    assert front.termination is Termination.CONVERGED
    check_front(front)


def test_policy_iteration_with_several_starts_can_stop_in_the_dent() -> None:
    """(4, 4) is stationary: no policy improves one of the first two states without losing in the other."""
    front = trace_front(three_points().to_game(), method="policy-iteration", starts=4, seed=1)
    assert any(point.leader_values[:2] == pytest.approx([4.0, 4.0], abs=1e-4) for point in front)
    check_front(front)


@pytest.mark.parametrize("index", [1, 6])
def test_points_lie_below_every_proven_bound(index: int) -> None:
    """For each scalarisation no point of the front is worth more than its bound; final points attain theirs."""
    game = agreement_game(1, index).to_game()
    front = trace_front(game, num_weights=6)
    check_front(front)
    for result in front.results:
        assert result.status is Status.OPTIMAL
        worth = front.values @ result.weights
        assert worth.max() <= result.dual_bound + 1e-7
        assert worth.max() >= result.leader_value - front.tolerance


def test_commitment_front_is_never_worse_than_policy_iteration() -> None:
    """Under each weight the certified optimum is at least what Algorithm 1 reaches, up to the gap."""
    game = agreement_game(1, 4).to_game()
    exact = trace_front(game, num_weights=6)
    local = trace_front(game, method="policy-iteration", num_weights=6)
    for result in local.results:
        assert result.leader_value <= (exact.values @ result.weights).max() + exact.tolerance + local.tolerance


@pytest.mark.parametrize("method", METHODS)
def test_given_weights_are_solved_in_order_as_they_are(method: str) -> None:
    """Weights by name or as arrays; a weight of zero stays one."""
    front = trace_front(figure_1(1.0, 2.0).to_game(), method=method, weights=[{"s0": 1.0}, [0.2, 0.8]])
    assert [result.weights.tolist() for result in front.results] == [[1.0, 0.0], [0.2, 0.8]]


@pytest.mark.parametrize("method", ["deterministic", "grid"])
def test_methods_without_floors_are_asked_with_positive_weights(method: str) -> None:
    """Their zeros become a small share, and the points and runs say so."""
    front = trace_front(figure_1(1.0, 2.0).to_game(), method=method, weights=[{"s0": 1.0}])
    assert 0.0 < front.results[0].weights[1] < 1e-2
    assert np.array_equal(front.points[0].weights, front.results[0].weights)
    assert front.settlements == (None,)


def test_same_seed_same_front() -> None:
    """Random starts come from the seed alone."""
    game = three_points().to_game()
    one, two = (trace_front(game, method="policy-iteration", starts=3, seed=5) for _ in range(2))
    assert np.array_equal(one.values, two.values)


def test_expired_time_limit_returns_what_there_is() -> None:
    """The first run still evaluates its start policy; the front says that the clock stopped it."""
    front = trace_front(figure_1(1.0, 2.0).to_game(), method="policy-iteration", time_limit=0.0)
    assert front.termination is Termination.TIME_LIMIT
    assert len(front.results) == 1
    check_front(front)


def test_interrupt_stops_the_sweep() -> None:
    """A request to stop ends the sweep after the current run."""
    interrupt = Interrupt()
    interrupt.request()
    front = trace_front(figure_1(1.0, 2.0).to_game(), interrupt=interrupt)
    assert front.termination is Termination.INTERRUPTED
    assert len(front.results) == 1


def test_progress_has_one_row_per_run() -> None:
    """Rows count the runs and add up their work."""
    seen: list[ProgressRow] = []
    front = trace_front(figure_1(1.0, 2.0).to_game(), on_progress=seen.append)
    assert [row.iteration for row in seen] == list(range(1, len(front.results) + 1))
    assert seen[-1].lps == front.provenance.counts["lps"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"method": "magic"}, "magic"),
        ({"starts": 0}, "starts"),
        ({"num_weights": 0}, "num_weights"),
        ({"weights": []}, "weights"),
        ({"states": []}, "states"),
        ({"weights": [[1.0]]}, "shape"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, object], word: str) -> None:
    """A usage error, not a traceback from inside a run."""
    with pytest.raises(OptionError, match=word):
        trace_front(figure_1(1.0, 2.0).to_game(), **arguments)


def test_to_dict_is_json_with_names() -> None:
    """Values and policies by name; the whole survives a JSON round trip."""
    front = trace_front(figure_1(1.0, 2.0).to_game())
    data = json.loads(json.dumps(front.to_dict(), allow_nan=False))
    assert data["points"][0]["leader_values"]["s0"] == pytest.approx(10.0, abs=1e-4)
    assert set(data["points"][0]["leader_policy"]["s0"]) == {"a0", "a1"}
    assert len(data["scalarisations"]) == len(front.results) == 3
    first, second, both = data["scalarisations"]
    assert first["weights"] == {"s0": 1.0, "s1": 0.0}
    assert first["second_solve"]["first_values"]["s0"] == pytest.approx(10.0, abs=1e-3)
    assert first["second_solve"]["termination"] == second["second_solve"]["termination"] == "gap"
    assert both["second_solve"] is None
    assert 0.0 <= data["points"][0]["gain_bound"] < 1e-2
    assert data["dual_bound_scope"] == "over stationary leader policies"
