"""Enclosures: known fronts complete with proof, random ones against sampling, limits, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import enclose_front, follower_objective, leader_objective, read_instance, verify
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Termination
from ssg_mip.errors import OptionError
from ssg_mip.pareto.enclosure.points import unsupported_by
from ssg_mip.pareto.enclosure.result import Enclosure
from tests.benchmarks.enclosure import contradictions, game, promise_game
from tests.oracles.games import Array, plain_from_arrays
from tests.oracles.known import figure_1, three_points

INSTANCES = Path(__file__).parents[3] / "instances"


def _values(enclosure: Enclosure) -> list[list[float]]:
    return enclosure.values.round(6).tolist()


@pytest.fixture(scope="module")
def three() -> Enclosure:
    return enclose_front(three_points().to_game(), resolution=0.01)


def test_the_point_that_weighted_sums_miss_is_found_and_proven(three: Enclosure) -> None:
    """(4, 4) lies below the line between (10, 0) and (0, 10); each point is Pareto-optimal up to .01."""
    assert three.termination is Termination.CONVERGED
    assert three.resolution <= 0.01
    assert _values(three) == [[10.0, 0.0], [4.0, 4.0], [0.0, 10.0]]
    assert [point.unsupported_by > 0.0 for point in three] == [False, True, False]
    assert three.points[1].unsupported_by == pytest.approx(1.0)
    assert all(point.gain_bound <= 0.01 for point in three)
    assert three.check.passed is True
    assert all(point.check.passed is True for point in three)


def test_the_regions_between_the_points_are_proven_empty(three: Enclosure) -> None:
    """What a better policy would be worth is excluded; what is worse than a point is not."""
    for better in ([4.1, 4.1], [0.1, 9.0], [9.0, 0.1], [4.1, 1.0], [10.1, 0.0]):
        assert not three.allows(np.array(better))
    assert three.allows(np.array([4.0, 3.0]))
    assert three.allows(np.array([1.0, 9.99]), tolerance=1.0)


@pytest.mark.parametrize(("name", "resolution"), [("fig1_threat", 0.1), ("fig1_tie", 0.1), ("fig1_no_threat", 2.0)])
def test_figure_1_is_complete(name: str, resolution: float) -> None:
    """Kudo & Akimoto, Fig. 1: the fronts in the instance files are all there is, up to the resolution."""
    played = read_instance(INSTANCES / "kudo_akimoto" / f"{name}.json")
    assert played.known is not None
    enclosure = enclose_front(played, resolution=resolution)
    assert enclosure.termination is Termination.CONVERGED
    known = sorted([row["s1"], row["s2"]] for row in played.known["pareto_front"])
    assert sorted(_values(enclosure)) == pytest.approx(np.array(known), abs=1e-6)


@pytest.mark.parametrize(("family", "index"), [("random", 11), ("random", 20), ("promise", 4)])
def test_no_sampled_policy_contradicts_an_enclosure(family: str, index: int) -> None:
    """The command ``python -m tests.benchmarks.enclosure`` in small."""
    plain = promise_game(1, index) if family == "promise" else game(1, index)
    enclosure = enclose_front(plain.to_game(), objectives=["s0", "s1"], resolution=0.1)
    assert enclosure.resolution <= 0.1
    assert contradictions(plain, enclosure, 2000, np.random.default_rng(0)) == 0


def test_a_planner_trades_the_leader_s_value_for_the_follower_s() -> None:
    plain = game(1, 0)
    made = plain.to_game()
    enclosure = enclose_front(made, objectives=[leader_objective(made), follower_objective(made)], resolution=0.2)
    assert enclosure.resolution <= 0.2
    assert contradictions(plain, enclosure, 2000, np.random.default_rng(0)) == 0
    assert [one.player for one in enclosure.objectives] == ["leader", "follower"]
    best = max(float(made.initial @ point.follower_values) for point in enclosure)
    assert best == pytest.approx(enclosure.values[:, 1].max())


def test_three_objectives() -> None:
    """Two states of the three-point game and the follower's promise: three points again, now with a third value."""
    made = three_points().to_game()
    objectives = [leader_objective(made, "s0"), leader_objective(made, "s1"), follower_objective(made, "s0")]
    enclosure = enclose_front(made, objectives=objectives, resolution=0.5)
    assert enclosure.resolution <= 0.5
    assert contradictions(three_points(), enclosure, 2000, np.random.default_rng(0)) == 0
    assert {(4.0, 4.0)} <= {(round(x, 1), round(y, 1)) for x, y, _ in enclosure.values.tolist()}
    assert enclosure.check.passed is True


def test_one_objective_is_the_commitment_program() -> None:
    enclosure = enclose_front(three_points().to_game(), objectives=[["s0", "s1"]], resolution=1e-3)
    assert len(enclosure) == 1
    assert enclosure.values[0, 0] == pytest.approx(5.0)
    assert enclosure.resolution <= 1e-3


def test_limits_leave_what_was_found_and_a_valid_resolution() -> None:
    """No time at all, two programs, an interrupt: the bounds stay true, and the resolution says how little is known."""
    made = figure_1(1.0, 2.0).to_game()
    flag = Interrupt()
    flag.request()
    cases: list[tuple[dict[str, Any], Termination]] = [
        ({"time_limit": 0.0}, Termination.TIME_LIMIT),
        ({"program_limit": 2}, Termination.ITERATION_LIMIT),
        ({"interrupt": flag}, Termination.INTERRUPTED),
    ]
    for limits, termination in cases:
        enclosure = enclose_front(made, resolution=0.1, **limits)
        assert enclosure.termination is termination
        assert enclosure.resolution > 0.1
        for value in ([10.0, 9.0], [9.0, 10.0]):
            assert enclosure.allows(np.array(value), 1e-6)
            assert enclosure.covers(np.array(value), enclosure.resolution + 1e-6)


def test_a_front_that_is_not_attained_ends_with_the_resolution_that_is_reached() -> None:
    """Fig. 1 with an exact tie that goes against the leader: nothing but (0, 0) is attained, while the bound is 10."""
    enclosure = enclose_front(
        read_instance(INSTANCES / "kudo_akimoto" / "fig1_tie.json"), resolution=0.5, ties="adverse", node_limit=10
    )
    assert enclosure.termination is not Termination.CONVERGED
    assert _values(enclosure) == [[0.0, 0.0]]
    assert enclosure.resolution >= 9.0
    assert enclosure.allows(np.array([10.0, 9.0]), 1e-6)


def test_a_margin_that_no_policy_keeps_is_proven_infeasible() -> None:
    """Two follower actions that are the same to him rule out every margin."""
    plain = plain_from_arrays(
        [[[[1.0], [1.0]], [[1.0], [1.0]]]],
        [[[1.0, 0.0], [0.0, 1.0]]],
        [[[1.0, 1.0], [0.0, 0.0]]],
        leader_discount=0.5,
        follower_discount=0.5,
    )
    enclosure = enclose_front(plain.to_game(), resolution=0.1, margin=0.1)
    assert enclosure.termination is Termination.INFEASIBLE
    assert (len(enclosure), enclosure.boxes, enclosure.resolution) == (0, (), 0.0)
    cut_short = enclose_front(plain.to_game(), resolution=0.1, margin=0.1, time_limit=0.0)
    assert (cut_short.resolution, cut_short.to_dict()["resolution"]) == (np.inf, None)
    assert cut_short.check.passed is True


def test_a_limit_before_any_policy_keeps_the_margin_leaves_everything_open() -> None:
    """One node for each weighted sum is too little to find a policy that keeps this margin, or to refute it."""
    enclosure = enclose_front(game(1, 4).to_game(), objectives=["s0", "s1"], resolution=0.5, margin=0.8, node_limit=1)
    assert enclosure.termination is Termination.NODE_LIMIT
    assert (len(enclosure), enclosure.resolution) == (0, np.inf)
    assert enclosure.check.passed is True


def test_the_printed_enclosure_is_verified_and_false_claims_are_not(three: Enclosure) -> None:
    """The checker derives the resolution again by another way: one per cent less is refused."""
    made, data = three_points().to_game(), json.loads(json.dumps(three.to_dict()))
    assert verify(made, data).passed

    def failed(**changes: Any) -> list[str]:
        return [check.name for check in verify(made, {**data, **changes}).failed]

    assert failed(resolution=0.99 * data["resolution"]) == ["resolution"]
    assert failed(upper_bounds=[[3.0, 3.0]]) == ["points_below_bounds"]
    assert failed(upper_bounds=[[11.0, 11.0]], ceilings=[]) == ["resolution"]
    assert failed(points=[data["points"][0], data["points"][2]]) == ["resolution"]
    moved = {**data["points"][0], "values": [10.5, 0.0]}
    assert "objectives" in failed(points=[moved, *data["points"][1:]])
    assert failed(objectives=[{**data["objectives"][0], "player": "nobody"}, data["objectives"][1]]) == ["readable"]


@pytest.mark.parametrize(
    ("value", "others", "margin"),
    [
        ([4.0, 4.0], [[10.0, 0.0], [0.0, 10.0]], 1.0),
        ([5.0, 5.0], [[10.0, 0.0], [0.0, 10.0]], 0.0),
        ([6.0, 6.0], [[10.0, 0.0], [0.0, 10.0]], 0.0),
        ([1.0, 1.0, 1.0], [[6.0, 0.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 6.0]], 1.0),
        ([1.0, 1.0], [], 0.0),
    ],
)
def test_unsupported_points_are_told_by_how_much(value: Array, others: Array, margin: float) -> None:
    found = unsupported_by(np.array(value), np.array(others).reshape(-1, len(value)), 1e-7)
    assert found == pytest.approx(margin, abs=1e-6)


def test_boxes_are_finite_and_sorted(three: Enclosure) -> None:
    depths = [box.depth for box in three.boxes]
    assert depths == sorted(depths, reverse=True)
    assert depths[0] == three.resolution
    for box in three.boxes:
        assert np.all(np.isfinite(box.lower))
        assert np.all(box.lower <= box.upper)


@pytest.mark.parametrize(
    "wrong", [{"resolution": 0.0}, {"resolution": float("nan")}, {"resolution": 1e-9}, {"program_limit": 0}]
)
def test_arguments_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(wrong))):
        enclose_front(three_points().to_game(), **wrong)


def test_a_point_that_fails_its_check_fails_the_enclosure(three: Enclosure) -> None:
    from ssg_mip.pareto.enclosure.points import checked_enclosure

    wrong = dataclasses.replace(three.points[0], leader_values=three.points[0].leader_values + 0.1)
    outcome = checked_enclosure(dataclasses.replace(three, points=(wrong, *three.points[1:])))
    assert outcome.check.passed is False
    assert [point.check.passed for point in outcome] == [False, True, True]


def test_a_box_that_its_share_of_the_time_left_stuck_is_tried_with_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that end at their share of the time without progress: once more with all that is left, then no more."""
    from ssg_mip.pareto.enclosure import algorithm as enclosing

    shares: list[float] = []
    solve = enclosing.solve_direction

    def without_progress(*arguments: Any, **options: Any) -> Any:
        shares.append(arguments[1].deadline.limit)
        found = solve(*arguments, **options)
        if len(shares) <= 3:
            return found
        return dataclasses.replace(
            found, policy=None, response=None, dual_bound=options["top"], termination=Termination.TIME_LIMIT
        )

    monkeypatch.setattr(enclosing, "solve_direction", without_progress)
    enclosure = enclose_front(figure_1(1.0, 2.0).to_game(), resolution=0.1, time_limit=100.0)
    assert enclosure.termination is Termination.TIME_LIMIT
    assert len(shares) == 5
    assert shares[4] > 2.0 * shares[3]
