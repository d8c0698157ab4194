"""Claims are judged by the exact follower, and a bound that a policy beats is found out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, best_response, export
from tests.benchmarks.columns import read_policy
from tests.benchmarks.measurement import Measurement, Task
from tests.benchmarks.specs import SMALLEST, Case, Limits, Spec
from tests.benchmarks.verify import find_conflicts, first_near, is_solved, relative_distance, verified_value

SPEC = Spec(Case("random", SMALLEST), 0)
LIMITS = Limits(1.0, 1e-3, 1e-4)


def test_a_bound_below_a_verified_value_is_a_conflict_and_names_both_sides() -> None:
    measured = {
        "liar": Measurement(outcome="optimal", value=7.9, bound=7.9),
        "honest": Measurement(outcome="limit", value=8.0, bound=8.5),
    }
    found = find_conflicts("game", measured, {"liar": 7.9, "honest": 8.0})
    assert [(conflict.bound_by, conflict.policy_by) for conflict in found] == [("liar", "honest")]
    assert "liar" in str(found[0])
    assert "honest" in str(found[0])


def test_a_solver_contradicts_itself_when_its_own_policy_beats_its_bound() -> None:
    measured = {"odd": Measurement(outcome="optimal", value=1.0, bound=1.0)}
    assert len(find_conflicts("game", measured, {"odd": 1.1})) == 1


def test_the_tolerance_of_a_conflict_is_relative_to_the_value() -> None:
    measured = {"near": Measurement(outcome="optimal", value=100.0, bound=100.0)}
    assert not find_conflicts("game", measured, {"near": 100.0009})
    assert find_conflicts("game", measured, {"near": 100.0011})


def test_infeasible_is_a_bound_that_any_policy_beats() -> None:
    measured = {
        "wrong": Measurement(outcome="infeasible"),
        "right": Measurement(outcome="optimal", value=0.0, bound=0.0),
    }
    assert len(find_conflicts("game", measured, {"wrong": None, "right": 0.0})) == 1


@pytest.mark.parametrize("outcome", ["licence", "absent", "crash", "killed"])
def test_a_solver_that_did_not_finish_proves_nothing(outcome) -> None:  # type: ignore[no-untyped-def]
    measured = {"none": Measurement(outcome=outcome)}
    assert not find_conflicts("game", measured, {"none": None, "other": 5.0})


def test_a_commitment_is_worth_what_the_follower_makes_of_it() -> None:
    game = SPEC.build()
    policy = LeaderPolicy.random(game, np.random.default_rng(5))
    expected = float(game.initial @ best_response(game, policy).leader_values)
    assert verified_value(game, "commitment", policy.slots(game).tolist()) == pytest.approx(expected)
    assert verified_value(game, "commitment", None) is None


def test_improving_on_the_uniform_policy_by_itself_gains_nothing() -> None:
    game = SPEC.build()
    uniform = LeaderPolicy.uniform(game).slots(game).tolist()
    assert verified_value(game, "improvement", uniform) == pytest.approx(0.0, abs=1e-12)


def test_a_policy_that_makes_a_state_worse_is_no_improvement() -> None:
    """Of all deterministic policies of this game at least one loses somewhere, and none of those counts."""
    game = SPEC.build()
    values = best_response(game, LeaderPolicy.uniform(game)).leader_values
    losing = 0
    for actions in np.ndindex(*game.leader_counts):
        policy = LeaderPolicy.deterministic(game, list(actions))
        gain = verified_value(game, "improvement", policy.slots(game).tolist())
        # Theorem 8 turned round: if the true value falls somewhere, Q_t did not stay above V_t.
        if np.any(best_response(game, policy).leader_values < values - 1e-6):
            losing += 1
            assert gain is None
    assert losing > 0


@pytest.mark.parametrize(("value", "bound", "solved"), [(10.0, 10.01, True), (10.0, 10.02, False), (0.0, 9e-5, True)])
def test_solved_means_the_relative_or_the_absolute_gap(value: float, bound: float, solved: bool) -> None:
    assert is_solved(Measurement(outcome="limit", value=value, bound=bound), LIMITS) is solved


def test_without_a_value_nothing_is_solved_and_no_gap_is_known() -> None:
    empty = Measurement(outcome="limit", bound=3.0)
    assert not is_solved(empty, LIMITS)
    assert relative_distance(empty) is None


def test_the_first_near_incumbent_is_the_first_within_one_percent() -> None:
    trace = Measurement(outcome="optimal", value=10.0, seconds=4.0, incumbents=((1.0, 9.0), (2.0, 9.91), (3.0, 9.95)))
    assert first_near(trace, 10.0) == 2.0
    assert first_near(trace, 10.05) == 3.0
    assert first_near(trace, 11.0) is None


@pytest.mark.parametrize(
    ("program", "form", "block"),
    [
        ("commitment", "bilinear", "f"),
        ("commitment", "strong", "y"),
        ("improvement", "bilinear", "f"),
        ("improvement", "strong", "x"),
    ],
)
def test_a_policy_is_read_back_from_the_columns_of_every_exported_form(
    tmp_path: Path,
    program,
    form,
    block: str,  # type: ignore[no-untyped-def]
) -> None:
    """Columns are found by the names file; the occupancy form is normalised state by state."""
    spec = Spec(SPEC.case, SPEC.seed, program)
    game = spec.build()
    policy = LeaderPolicy.random(game, np.random.default_rng(1)).slots(game)
    path = export(game, tmp_path / "game.lp", program=program, form=form)
    legend = json.loads((tmp_path / "game.lp.names.json").read_text(encoding="utf-8"))["names"]
    point = {}
    for name, entry in legend.items():
        if entry["component"] == block:
            state = game.state_index(entry["index"]["s"])
            place = game.leader_actions[state].index(entry["index"]["a"])
            share = 1.0 if "b" not in entry["index"] else {"b0": 0.75, "b1": 0.25}[entry["index"]["b"]]
            visits = 1.0 + state if block == "y" else 1.0
            point[name] = visits * share * policy[game.leader_offsets[state] + place]
    assert len(point) >= len(policy)
    task = Task(spec=spec, solver="scip", limits=LIMITS, lp_file=str(path))
    assert read_policy(task, point) == pytest.approx(policy.tolist())
