"""Algorithm 2: regions of one response, enumerated lazily, counted, and never at the cost of a state."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ssg_mip import LeaderPolicy, verify
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Status, Termination
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.methods.registry import find_method
from ssg_mip.methods.response_regions import algorithm
from ssg_mip.methods.response_regions.ascent import pareto_ascent
from ssg_mip.methods.response_regions.regions import Regions, count_responses, solve_region
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from tests.benchmarks import responses as command
from tests.oracles.brute_force import improvement_gain
from tests.oracles.games import PlainGame, random_game
from tests.oracles.known import figure_1
from tests.oracles.sampling import answer, random_policy
from tests.unit.questions import asked

METHOD = "response-regions"
GAP = 1e-3


def _game(seed: int) -> PlainGame:
    return random_game(
        np.random.default_rng([5, seed]),
        leader_counts=[2, 2, 2],
        follower_counts=[2, 2, 2],
        leader_discount=0.9,
        follower_discount=0.9,
    )


@pytest.mark.parametrize("seed", [1, 3])
def test_a_run_never_loses_and_ends_where_the_oracle_finds_no_step(seed: int) -> None:
    plain = _game(seed)
    game = plain.to_game()
    result = find_method(METHOD)(*asked(game, gap=GAP))
    assert result.termination is Termination.STATIONARY
    assert verify(game, result).passed
    for before, after in itertools.pairwise(result.trajectory):
        assert np.all(after.leader_values >= before.leader_values - 1e-6)
    scale = max(1.0, float(np.abs(result.leader_values).max()))
    assert improvement_gain(plain, result.leader_values) <= 2.0 * GAP * scale
    counts = result.provenance.counts
    assert counts["regions"] >= counts["responses"] >= 1


@pytest.mark.parametrize("seed", range(3))
def test_every_sampled_response_is_counted(seed: int) -> None:
    """What occurs for random policies is a lower bound on the count, and nothing that is excluded occurs."""
    plain = _game(seed)
    game = plain.to_game()
    count = count_responses(*asked(game))
    assert (count.possible, count.undecided) == (8, 0)
    rng = np.random.default_rng(seed)
    seen = {tuple(answer(plain, random_policy(plain, rng)).actions) for _ in range(300)}
    assert len(seen) <= count.occurring <= count.possible - count.excluded


def test_fig_1_has_all_four_responses() -> None:
    """Kudo & Akimoto, Table 1: three of them without ties, and (b1, b1) where both threats are ties at once."""
    game = figure_1(1.0, 2.0).to_game()
    assert count_responses(*asked(game)).occurring >= 3
    assert count_responses(*asked(game, deadline=Deadline(0.0))).occurring == 0


def test_a_pruned_response_would_not_have_helped() -> None:
    """Every region that the enumeration leaves out has a positive z, or no policy at all."""
    game = _game(2).to_game()
    problem, run = asked(game, gap=GAP)
    values = best_response(game, LeaderPolicy.uniform(game)).leader_values
    regions = Regions(problem, run, values, np.random.default_rng(0))
    kept = {tuple(response.tolist()) for response in regions}
    assert regions.pruned > 0
    for response in itertools.product(range(2), repeat=3):
        _, outcome = solve_region(problem, run, values, np.array(response), absolute=1e-6)
        if tuple(response) not in kept and outcome is not None:
            assert outcome.primal_bound < 1e-6


def test_the_ascent_stays_in_its_region_and_no_promise_falls() -> None:
    game = _game(0).to_game()
    problem, run = asked(game, gap=GAP)
    start = LeaderPolicy.uniform(game)
    current = EvaluatedPolicy.of(problem, start, run.tolerances)
    response: IntArray = current.response.follower_policy.actions
    problem, outcome = solve_region(problem, run, current.values, response, absolute=1e-6)
    assert outcome is not None
    assert outcome.primal_bound >= 0.0
    end = pareto_ascent(problem, response, game.initial, start)
    _, before, _ = problem.region_gains(start)
    _, after, inside = problem.region_gains(end)
    assert inside
    assert np.all(after >= before - 1e-7)
    assert np.all(best_response(game, end).leader_values >= current.values - 1e-6)


def test_a_step_that_the_regions_miss_is_taken_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With regions that never help, the test of Theorem 9 leads on, and the run ends with the same proof."""
    monkeypatch.setattr(algorithm._Regions, "_visit", lambda *_: None)
    game = _game(3).to_game()
    result = find_method(METHOD)(*asked(game, gap=GAP))
    assert result.provenance.counts["missed"] >= 1
    assert result.status in {Status.STATIONARY, Status.OPTIMAL}


def test_no_time_leaves_the_start() -> None:
    game = _game(3).to_game()
    result = find_method(METHOD)(*asked(game, gap=GAP, deadline=Deadline(0.0)))
    assert result.termination is Termination.TIME_LIMIT
    assert result.provenance.counts["regions"] == 0


def test_the_command_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--size", "3x2x2", "--games", "1", "--time-limit", "30"]) == 0
    assert "| 3x2x2 | 1 | 8 |" in capsys.readouterr().out
    assert command.main(["--size", "wide"]) == 2
