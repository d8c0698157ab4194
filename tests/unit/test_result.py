"""Results: gaps, assembly from an exact response, and plain JSON data."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from ssg_mip.base.gap import relative_gap
from ssg_mip.base.provenance import versions
from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.result import Result, TrajectoryPoint, plain
from ssg_mip.runs.conclusion import Conclusion
from tests.oracles.known import figure_1
from tests.unit.questions import asked


def example(seed: Any = 3, **changes: Any) -> Result:
    """The policy (reward, punish) of Fig. 1, worth (10, 9)."""
    game = figure_1(1.0, 2.0).to_game()
    policy = LeaderPolicy.deterministic(game, (0, 1))
    response = best_response(game, policy)
    point = TrajectoryPoint(iteration=0, leader_values=response.leader_values, leader_value=9.25, leader_policy=policy)
    given: dict[str, Any] = {
        "method": "commitment",
        "status": Status.OPTIMAL,
        "termination": Termination.GAP,
        "dual_bound": 9.5,
        "found": EvaluatedPolicy(policy, response),
        "trajectory": (point,),
        "counts": {"nodes": 12},
    }
    problem, run = asked(game, weights=np.array([0.25, 0.75]), seed=seed)
    result = Conclusion(**{**given, **changes}).result(problem, run)
    options = {"gap": 1e-4, "time_limit": None, "node_limit": np.int64(7), "start": policy.probabilities}
    provenance = dataclasses.replace(result.provenance, options=options, seconds=0.5)
    return dataclasses.replace(result, provenance=provenance)


@pytest.mark.parametrize(
    ("primal", "dual", "scale", "expected"),
    [
        (9.0, 9.9, 0.0, 0.1),
        (9.0, 9.9, 0.5, 0.1),
        (-10.0, -9.0, 0.5, 0.1),
        (0.0, 0.1, 0.5, 0.2),
        (-0.25, 0.25, 0.5, 1.0),
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 0.1, 0.0, math.inf),
        (10.0, 9.0, 0.5, 0.0),
        (0.0, math.inf, 0.5, math.inf),
        (math.nan, 1.0, 0.5, math.inf),
    ],
)
def test_relative_gap(primal: float, dual: float, scale: float, expected: float) -> None:
    """Relative to the value, or to the scale where that is larger; never negative; infinite where a side is missing."""
    assert relative_gap(primal, dual, scale) == pytest.approx(expected)


def test_values_are_the_responses_and_the_weighted_sum() -> None:
    result = example()
    assert result.leader_values == pytest.approx([10.0, 9.0])
    assert result.leader_value == pytest.approx(0.25 * 10.0 + 0.75 * 9.0)
    assert result.relative_gap == pytest.approx(0.25 / 9.25)
    assert result.provenance.game_hash == result.game.content_hash


def test_a_result_without_policy_has_undefined_values_and_is_still_json() -> None:
    result = example(found=None, trajectory=(), status=Status.NO_SOLUTION, termination=Termination.TIME_LIMIT)
    assert math.isnan(result.leader_value)
    assert np.isnan(result.leader_values).all()
    assert result.relative_gap == math.inf
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert data["leader_value"] is None
    assert data["relative_gap"] is None
    assert data["leader_policy"] is None
    assert data["leader_values"] == {"s0": None, "s1": None}


def test_to_dict_speaks_in_names_and_survives_json() -> None:
    data = json.loads(json.dumps(example().to_dict(), allow_nan=False))
    assert data["leader_policy"] == {"s0": {"a0": 1.0, "a1": 0.0}, "s1": {"a0": 0.0, "a1": 1.0}}
    assert data["follower_policy"]["s0"] == "b0"
    assert data["leader_values"] == pytest.approx({"s0": 10.0, "s1": 9.0})
    assert (data["status"], data["termination"]) == ("optimal", "gap")
    assert data["dual_bound_scope"] == "over stationary leader policies"
    assert data["trajectory"][0]["leader_value"] == 9.25
    assert data["provenance"]["options"]["start"] == [[1.0, 0.0], [0.0, 1.0]]
    assert data["provenance"]["counts"] == {"nodes": 12}


def test_numpy_numbers_become_plain_ones() -> None:
    """A seed, a limit or a count may well be a NumPy scalar; JSON knows none."""
    data = json.loads(json.dumps(example(np.int64(3), counts={"nodes": np.int64(12)}).to_dict()))
    assert data["provenance"]["seed"] == 3
    assert data["provenance"]["counts"]["nodes"] == 12
    assert data["provenance"]["options"]["node_limit"] == 7


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        (np.float64(0.5), 0.5),
        (np.int32(4), 4),
        (np.bool_(True), True),
        (math.inf, None),
        ("leader", "leader"),
        (None, None),
        (True, True),
    ],
)
def test_options_become_json_data(value: Any, expected: Any) -> None:
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


def test_an_infinite_bound_is_null() -> None:
    assert example(dual_bound=math.inf).to_dict()["dual_bound"] is None


def test_tied_states_are_listed_by_name() -> None:
    """At the tie of Fig. 1 the follower is indifferent in the rewarded state at least."""
    game = figure_1(1.0, 10 / 9).to_game()
    policy = LeaderPolicy.deterministic(game, (0, 1))
    found = EvaluatedPolicy(policy, best_response(game, policy))
    conclusion = Conclusion(
        method="commitment",
        status=Status.FEASIBLE,
        termination=Termination.TIME_LIMIT,
        dual_bound=math.inf,
        found=found,
        counts={},
    )
    result = conclusion.result(*asked(game))
    assert "s0" in result.to_dict()["tied_states"]


def test_versions_name_what_computes() -> None:
    assert {"ssg_mip", "highs", "pyomo", "numpy", "scipy", "python"} <= set(versions())
    assert versions()["numpy"] == np.__version__
