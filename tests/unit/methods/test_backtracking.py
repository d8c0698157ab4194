"""Algorithm 3: it goes back to choices not tried, files candidates, and says when Theorem 10 was conclusive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, solve, verify, verify_bounds
from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.library import random_game as library_game
from ssg_mip.methods.policy_iteration import backtracking, start
from ssg_mip.methods.policy_iteration.conditions import Sufficiency, SufficientCondition
from ssg_mip.methods.policy_iteration.improving import ImprovingPolicies
from ssg_mip.methods.policy_iteration.run_log import RunLog
from ssg_mip.methods.registry import find_method
from ssg_mip.result import Result
from ssg_mip.runs.run import StepSelection
from tests.benchmarks import backtracking as command
from tests.oracles.games import PlainGame, random_game
from tests.oracles.sampling import answer, random_policy
from tests.unit.questions import asked

GAP = 1e-3
TESTS = ("sufficient_held", "sufficient_failed", "sufficient_open")


def _game(seed: int, leader_discount: float = 0.9) -> PlainGame:
    return random_game(
        np.random.default_rng([5, seed]),
        leader_counts=[2, 2, 2],
        follower_counts=[2, 2, 2],
        leader_discount=leader_discount,
        follower_discount=0.9,
    )


def _run(plain: PlainGame, **options: Any) -> Result:
    return find_method("backtracking")(*asked(plain.to_game(), weights=plain.initial, gap=GAP, **options))


@pytest.mark.parametrize("seed", [1, 3])
def test_where_theorem_10_holds_the_point_is_the_answer_and_no_sample_dominates_it(seed: int) -> None:
    plain = _game(seed)
    result = _run(plain)
    assert result.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL}
    assert result.provenance.counts["sufficient_held"] == 1
    assert "Theorem 10" in result.trajectory[-1].note
    assert verify(plain.to_game(), result).passed
    rng = np.random.default_rng(seed)
    slack = 10.0 * GAP * float(np.abs(result.leader_values).max())
    for _ in range(200):
        gains = answer(plain, random_policy(plain, rng)).leader_values - result.leader_values
        assert gains.min() < 0.0 or gains.max() <= slack


@pytest.mark.parametrize(("selection", "epsilon", "ends"), [("first", None, 1), ("epsilon", 0.9, 2)])
def test_it_goes_back_to_policies_not_tried(selection: StepSelection, epsilon: float | None, ends: int) -> None:
    """Where the test is not conclusive it goes back; of the ends that it comes to, the best one is the answer."""
    plain = _game(2)
    result = _run(plain, selection=selection, epsilon=epsilon, iteration_limit=12)
    counts = result.provenance.counts
    assert counts["candidates"] >= ends
    assert counts["candidates"] - sum(counts[name] for name in TESTS) in {0, 1}  # the last iterate may be untested
    values = [point.leader_value for point in result.trajectory]
    assert np.any(np.diff(values[:-1]) < 0.0)
    assert result.leader_value == values[-1]
    assert counts["evaluations"] == 13
    stationary = [point.leader_value for point in result.trajectory if "stationary" in point.note]
    assert result.leader_value == pytest.approx(max(stationary), abs=1e-12)
    assert result.status is Status.STATIONARY
    assert verify(plain.to_game(), result).passed


def test_a_myopic_leader_needs_no_test() -> None:
    result = _run(_game(0, leader_discount=0.0))
    assert result.status in {Status.PARETO_OPTIMAL, Status.OPTIMAL}
    assert not any(result.provenance.counts[name] for name in TESTS)


@pytest.mark.parametrize("limits", [{"iteration_limit": 1}, {"node_limit": 1}])
def test_the_iterate_at_which_a_limit_comes_is_a_candidate(limits: dict[str, int]) -> None:
    result = _run(_game(0), **limits)
    assert result.termination.is_limit
    assert result.status is Status.FEASIBLE
    assert result.leader_value == max(point.leader_value for point in result.trajectory)


def test_the_kept_policies_improve_every_state_and_differ() -> None:
    plain = _game(2)
    game = plain.to_game()
    start = LeaderPolicy.uniform(game)
    values = best_response(game, start).leader_values
    solver = ImprovingPolicies(0.0)
    found = solver(*asked(game, gap=GAP, start=start), values, game.initial, 1e-6)
    assert found.policy is not None
    assert found.termination is Termination.GAP
    others = solver.others(found.policy)
    assert len(others) >= 2
    assert len({tuple(policy.probabilities.ravel()) for policy in others}) == len(others)
    for policy in others:
        assert np.all(best_response(game, policy).leader_values >= values - 1e-6)
    strict = ImprovingPolicies(1.0)
    strict(*asked(game, gap=GAP, start=start), values, game.initial, 1e-6)
    assert len(strict.others(found.policy)) <= len(others)


def _runs(result: Result) -> list[list[float]]:
    """The weighted values of the iterates, run by run: a run ends where the stop test holds or M evaluations do."""
    runs: list[list[float]] = [[]]
    for point in result.trajectory[: result.provenance.counts["evaluations"]]:
        runs[-1].append(point.leader_value)
        if point.note:
            runs.append([])
    return [run for run in runs if run]


@pytest.mark.parametrize(("seed", "optimum"), [(1001, 3.284717), (1010, 7.553743)])
def test_it_restarts_from_all_policies_until_it_meets_the_optimum(seed: int, optimum: float) -> None:
    """Kept sets run out after 4 evaluations of 100, at 1.680 and 7.175; ``W(0)`` never does."""
    game = library_game(seed, 3, 2, 2, 2)
    result = solve(game, "backtracking", guarantee=False)
    assert result.leader_value == pytest.approx(optimum, abs=1e-5)
    best = solve(game, "commitment", check=False, guarantee=False)
    assert best.leader_value == pytest.approx(optimum, abs=1e-5)
    assert best.status is Status.OPTIMAL
    counts = result.provenance.counts
    assert 4 < counts["evaluations"] < 100
    assert counts["restarts"] >= 1
    assert result.status is Status.OPTIMAL
    assert result.termination is Termination.STATIONARY
    assert result.trajectory[-1].leader_value == result.leader_value
    assert result.check.passed
    first = solve(game, "policy-iteration", check=False, guarantee=False)
    assert result.leader_value > first.leader_value + 0.3


def test_without_a_bound_it_goes_on_for_all_of_its_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run from one restart to the next is monotone; the best candidate is the answer, wherever it was met."""
    monkeypatch.setattr(RunLog, "closes_gap", lambda *_: False)
    game = library_game(1001, 3, 2, 2, 2)
    result = solve(game, "backtracking", iteration_limit=12, guarantee=False)
    assert result.provenance.counts["evaluations"] == 13
    assert result.provenance.counts["restarts"] >= 3
    assert result.status is Status.STATIONARY
    assert result.termination is Termination.ITERATION_LIMIT
    assert result.check.passed
    runs = _runs(result)
    assert len(runs) > 3
    assert all(np.all(np.diff(run) >= -1e-7) for run in runs)
    assert result.leader_value == result.trajectory[-1].leader_value
    assert result.leader_value == pytest.approx(max(max(run) for run in runs), rel=1e-12)  # candidates may tie


def test_a_proven_point_that_is_worth_less_than_a_candidate_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """In print the run would end there; here the better candidate stays the answer."""
    verdicts = iter([Sufficiency.FAILS, *[Sufficiency.HOLDS] * 50])

    def tested(*_: object) -> SufficientCondition:
        return SufficientCondition(
            verdict=next(verdicts),
            gain_bound=0.0,
            breaking_policy=None,
            programs=0,
            nodes=0,
            lps=0,
            termination=Termination.GAP,
        )

    monkeypatch.setattr(backtracking, "sufficient_condition", tested)
    monkeypatch.setattr(RunLog, "closes_gap", lambda *_: False)
    game = library_game(1001, 3, 2, 2, 2)
    good = solve(game, "commitment", check=False, guarantee=False).leader_policy
    result = solve(game, "backtracking", start=good, iteration_limit=8, check=False, guarantee=False)
    assert result.provenance.counts["sufficient_held"] >= 1
    assert result.leader_value == pytest.approx(3.284717, abs=1e-5)
    assert result.status is Status.STATIONARY
    assert result.termination is Termination.ITERATION_LIMIT


def test_the_last_iterate_is_a_candidate_without_a_stop_test() -> None:
    """M = 1: the start, worth less, has been left; the policy that it moved to is the answer, and not yet tested."""
    result = solve(library_game(1001, 3, 2, 2, 2), "backtracking", iteration_limit=1, guarantee=False)
    assert result.provenance.counts["evaluations"] == 2
    assert result.provenance.counts["candidates"] == 1
    assert result.leader_value == pytest.approx(1.6799, abs=1e-3)
    assert result.status is Status.FEASIBLE
    assert result.check.passed


def test_seeds_restart_elsewhere_and_a_random_start_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunLog, "closes_gap", lambda *_: False)
    game = library_game(1001, 3, 2, 2, 2)
    runs = [
        solve(game, "backtracking", seed=seed, start="random", iteration_limit=5, check=False, guarantee=False)
        for seed in (0, 0, 1)
    ]
    visited = [np.array([point.leader_policy.probabilities for point in run.trajectory]) for run in runs]
    assert np.array_equal(visited[0], visited[1])
    assert not np.array_equal(visited[0], visited[2])
    assert runs[0].provenance.counts["restarts"] >= 1
    again = np.abs(visited[0][1:-1] - visited[0][0]).max(axis=(1, 2))
    assert again.min() > 1e-3
    assert "the restarts" in runs[0].details["seed_decides"]


def test_the_values_of_a_candidate_are_not_tested_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart at the limit itself: no program, no test, and no second candidate with its values."""
    game = library_game(1001, 3, 2, 2, 2)
    limit = solve(game, "policy-iteration", check=False, guarantee=False)
    policy = limit.leader_policy
    assert policy is not None
    monkeypatch.setattr(LeaderPolicy, "random", classmethod(lambda *_: policy))
    result = solve(game, "backtracking", start=policy, iteration_limit=4, check=False, guarantee=False)
    counts = result.provenance.counts
    assert counts["evaluations"] == 5
    assert sum(counts[name] for name in TESTS) == 1
    assert all(point.nodes == 0 for point in result.trajectory[1:])
    assert "the values of a candidate again" in result.trajectory[2].note


def test_with_a_margin_restarts_keep_it_and_end_where_no_draw_does(monkeypatch: pytest.MonkeyPatch) -> None:
    game = library_game(1001, 3, 2, 2, 2)
    result = solve(game, "backtracking", margin=0.05, iteration_limit=8, guarantee=False)
    assert result.provenance.counts["restarts"] >= 1
    assert result.check.passed
    monkeypatch.setattr(start, "DRAWS", 0)
    result = solve(game, "backtracking", margin=0.05, iteration_limit=8, check=False, guarantee=False)
    assert result.provenance.counts["restarts"] == 0
    assert result.termination is Termination.STATIONARY


def test_the_certificate_holds_the_stop_of_the_answer_alone(tmp_path: Path) -> None:
    game = library_game(1001, 3, 2, 2, 2)
    path = tmp_path / "proof"
    result = solve(game, "backtracking", iteration_limit=8, certificate=path, guarantee=False)
    assert result.provenance.counts["candidates"] >= 2
    proofs = verify_bounds(game, path)
    assert all(proof.passed for proof in proofs)
    assert len(proofs) <= 4  # of the first bound, of a ceiling, of the last bound, of the stop
    assert "status stationary" not in result.check.claimed


def test_the_command_compares_both_algorithms_with_the_optimum(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--size", "3x2x2", "--games", "1", "--seed", "1001"]) == 0
    assert "| 3x2x2 | 1 | 0 | 1 | none |" in capsys.readouterr().out
    assert command.main(["--size", "large"]) == 2
    assert command.main(["--size", "3x2x2", "--games", "1,1"]) == 2
