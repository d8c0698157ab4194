"""Policy iteration with restarts: monotone, beyond where Algorithm 1 stops, and Pareto-optimal with proof."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, solve, verify
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import BoundProof, Status, Termination
from ssg_mip.methods.policy_iteration import dominating_point as restart
from ssg_mip.methods.registry import find_method
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.result import Result
from tests.benchmarks import restarts as command
from tests.benchmarks.families import FAMILIES, Size
from tests.oracles.games import PlainGame, random_game
from tests.oracles.known import figure_1
from tests.oracles.sampling import answer, random_policy
from tests.unit.questions import asked

METHOD = "restarted-policy-iteration"
GAP = 1e-4


def _game(seed: int, leader_discount: float = 0.8) -> PlainGame:
    return random_game(
        np.random.default_rng([31, seed]),
        leader_counts=[2, 2],
        follower_counts=[2, 2],
        leader_discount=leader_discount,
        follower_discount=0.9,
    )


def _run(plain: PlainGame, **options: Any) -> Result:
    given: dict[str, Any] = {"weights": plain.initial, "gap": GAP, **options}
    return find_method(METHOD)(*asked(plain.to_game(), **given))


@pytest.mark.parametrize("seed", [0, 1, 4])
def test_nothing_that_is_sampled_dominates_the_end(seed: int) -> None:
    """The end is proven Pareto-optimal, passes the exact checks, and no random policy contradicts it."""
    plain = _game(seed)
    result = _run(plain, start=LeaderPolicy.random(plain.to_game(), np.random.default_rng(seed)))
    assert result.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL}
    assert result.termination is Termination.STATIONARY
    verification = verify(plain.to_game(), result)
    assert verification.passed, verification.failed
    for before, after in itertools.pairwise(result.trajectory):
        assert np.all(after.leader_values >= before.leader_values - 1e-6)
    rng = np.random.default_rng(seed)
    slack = GAP * (1.0 + np.abs(result.leader_values).max())
    for _ in range(200):
        values = answer(plain, random_policy(plain, rng)).leader_values
        assert np.any(values < result.leader_values) or np.mean(values - result.leader_values) <= slack


def test_a_restart_leads_on_from_where_algorithm_1_stops() -> None:
    """A random game whose stationary point is dominated: the iterates before it are those of Algorithm 1."""
    game = FAMILIES["random"].build(Size(3, 2, 2), 1001)
    alone = solve(game, "policy-iteration", gap=1e-3, check=False, guarantee=False)
    result = solve(game, METHOD, gap=1e-3, guarantee=False)
    for mine, theirs in zip(alone.trajectory, result.trajectory, strict=False):
        assert np.array_equal(mine.leader_values, theirs.leader_values)
    assert result.check.passed, result.check.reason
    assert np.all(result.leader_values >= alone.leader_values - 1e-6)
    assert result.provenance.counts["restarts"] == 1
    assert result.leader_value >= alone.leader_value + 0.5


def test_the_other_point_of_figure_1_needs_a_floor_to_be_proven() -> None:
    """From (9, 10) the weights would rather have (10, 9), which loses in the second state: stay, and prove it."""
    plain = figure_1(1.0, 2.0)
    start = LeaderPolicy.deterministic(plain.to_game(), (1, 0))
    result = _run(plain, start=start, weights=np.array([0.9, 0.1]))
    assert result.leader_values == pytest.approx([9.0, 10.0], abs=1e-6)
    assert result.status is Status.PARETO_OPTIMAL
    assert result.dual_bound == pytest.approx(9.9, abs=2e-3)
    assert result.bound_proof is BoundProof.SEARCH


def test_a_weight_of_zero_is_settled_as_well() -> None:
    """All the weight in one state: the other one must not be worse than it need be."""
    result = _run(figure_1(1.0, 2.0), weights=np.array([1.0, 0.0]))
    assert sorted(result.leader_values.tolist()) == pytest.approx([9.0, 10.0], abs=1e-3)
    assert result.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL}


def test_a_myopic_leader_needs_no_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Theorem 11 (d): with leader discount 0 the stop test says Pareto-optimal, and no further program is solved."""
    monkeypatch.setattr(restart, "solve_allowed", None)
    plain = _game(3, leader_discount=0.0)
    for method in (METHOD, "policy-iteration"):
        result = find_method(method)(*asked(plain.to_game(), weights=plain.initial, gap=GAP))
        assert result.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL}
        assert "Pareto-optimal" in result.trajectory[-1].note


@pytest.mark.parametrize("limit", [{"node_limit": 1}, {"iteration_limit": 1}, {"deadline": Deadline(0.0)}])
def test_a_limit_leaves_what_was_reached(limit: dict[str, Any]) -> None:
    result = _run(_game(1), **limit)
    assert result.termination.is_limit
    assert result.status in {Status.FEASIBLE, Status.STATIONARY}
    assert result.leader_value <= result.dual_bound


@pytest.mark.parametrize("ties", ["first", "adverse"])
def test_no_state_loses_under_other_tie_rules(ties: Any) -> None:
    result = _run(figure_1(1.0, 2.0), ties=ties)
    for before, after in itertools.pairwise(result.trajectory):
        assert np.all(after.leader_values >= before.leader_values - 1e-6)
    assert result.leader_value <= result.dual_bound + 1e-6


def test_a_false_claim_of_pareto_optimality_is_found() -> None:
    """An iterate that dominates the answer contradicts it, in exact arithmetic."""
    plain = figure_1(1.0, 2.0)
    data = _run(plain).to_dict()
    data["status"] = "pareto_optimal"
    first, last = data["trajectory"][0], data["trajectory"][-1]
    data["trajectory"] = [{**last, "iteration": 0}, {**first, "iteration": 1, "step_bound": 0.0}]
    for key in ("leader_value", "leader_values", "leader_policy"):
        data[key] = first[key]
    failed = {check.name for check in verify(plain.to_game(), data).failed}
    assert "undominated" in failed


def test_the_command_prints_its_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "rows.json"
    assert command.main(["--size", "3x2x2", "--games", "1", "--starts", "2", "--out", str(out)]) == 0
    assert "| 3x2x2 | 1 x 2 |" in capsys.readouterr().out
    assert '"seed": 1000' in out.read_text()
    assert command.main(["--render", str(out)]) == 0
    assert "| 3x2x2 | 1 x 2 |" in capsys.readouterr().out
    wrong = [{**json.loads(out.read_text())[0], "restarted": 1e6}]
    out.write_text(json.dumps(wrong))
    assert command.main(["--render", str(out)]) == 1
    assert command.main(["--size", "3x2x2", "--games", "1,2"]) == 2
    assert command.main(["--size", "large", "--games", "1"]) == 2


@pytest.mark.parametrize("size", [1e-3, 1.0, 50.0])
def test_a_floor_is_met_by_its_own_point_and_clear_of_what_counts_as_a_fall(size: float) -> None:
    """The program's slack below the floor reaches under the point, but not down to where monotonicity is violated."""
    plain = _game(0)
    scaled = plain.replace(leader_reward=tuple(size * block for block in plain.leader_reward))
    game = scaled.to_game()
    problem, run = asked(game)
    current = EvaluatedPolicy.of(problem, LeaderPolicy.uniform(game), run.tolerances)
    restarter = restart.DominatingPointSearch(problem, run)
    floor = restarter._floor(current)
    least = floor - run.tolerances.monotone * (1.0 + np.abs(floor))
    assert np.all(least < current.values)
    assert not restarter._falling(current, least).any()
