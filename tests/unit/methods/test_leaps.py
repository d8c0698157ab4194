"""Leaps of policy iteration: far-off policies are taken only if no state loses, and floors say what is left."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from ssg_mip import Game, best_response, solve
from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Termination
from ssg_mip.exact.heuristics.sparse_steps import Climb
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library import highway_merge, random_game
from ssg_mip.methods.policy_iteration import algorithm, large, leaps
from ssg_mip.methods.policy_iteration.large import NOTHING_FOUND
from ssg_mip.methods.policy_iteration.leaps import Leaps
from ssg_mip.methods.policy_iteration.step import Step
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run
from tests.unit.questions import asked


@pytest.fixture(autouse=True)
def _short_ascents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaps, "ASCENT_STEPS", 300)


def _leaping(game: Game) -> tuple[Problem, Run, Leaps]:
    problem, run = asked(game)
    return problem, run, Leaps(problem, run, Climb(problem, run, monotone=True))


def _evaluated(game: Game, policy: LeaderPolicy) -> EvaluatedPolicy:
    return EvaluatedPolicy(policy, best_response(game, policy))


@pytest.mark.parametrize("seed", range(4))
def test_a_leap_loses_in_no_state_and_gains_much(seed: int) -> None:
    game = random_game(seed, 40, 3, 3, 3)
    here = _evaluated(game, LeaderPolicy.uniform(game))
    leap = _leaping(game)[2].step(here)
    assert leap is not None
    again = best_response(game, leap.policy).leader_values
    assert np.all(again >= here.values - 1e-6)
    assert game.initial @ again > game.initial @ here.values + 1.0


def test_a_better_policy_that_loses_somewhere_is_no_leap(monkeypatch: pytest.MonkeyPatch) -> None:
    """State 0 can take from state 1: what is best by the weights leaves the other one lower."""
    transition = [[[[1.0, 0.0]] * 2] * 2, [[[0.0, 1.0]] * 2] * 2]
    pays = [[[0.0, 0.0], [9.0, 9.0]], [[1.0, 1.0], [0.0, 0.0]]]
    game = Game.from_arrays(transition, pays, np.zeros((2, 2, 2)), leader_discount=0.5, follower_discount=0.5)
    both_second = LeaderPolicy.from_slots(game, np.array([0.0, 1.0, 0.0, 1.0]))
    monkeypatch.setattr(leaps, "_over", lambda run: lambda done: 1.0)

    def only(*_: object) -> Iterator[LeaderPolicy]:
        yield both_second

    for name in ("simple_policies", "deterministic_policies", "mixed_policies"):
        monkeypatch.setattr(leaps, name, only)
    first = _evaluated(game, LeaderPolicy.from_slots(game, np.array([1.0, 0.0, 1.0, 0.0])))
    assert game.initial @ best_response(game, both_second).leader_values > game.initial @ first.values
    assert _leaping(game)[2].step(first) is None
    worse = _evaluated(game, LeaderPolicy.from_slots(game, np.array([1.0, 0.0, 0.0, 1.0])))
    leap = _leaping(game)[2].step(worse)
    assert leap is not None
    np.testing.assert_array_equal(leap.policy.probabilities, both_second.probabilities)


def test_weights_rise_where_an_ascent_loses_and_sink_again(monkeypatch: pytest.MonkeyPatch) -> None:
    game, seen = random_game(1, 30, 3, 3, 3), []
    weigh = leaps.SmoothGame.weigh

    def watched(self: leaps.SmoothGame, weights: np.ndarray) -> None:
        seen.append(weights)
        weigh(self, weights)

    monkeypatch.setattr(leaps.SmoothGame, "weigh", watched)
    best = solve(game, "local", iteration_limit=1500, settings={"starts": 1}).leader_policy
    assert best is not None
    _leaping(game)[2].step(_evaluated(game, best))  # near a peak an ascent always passes states that lose
    factors = np.array([weights / seen[0] for weights in seen])
    assert factors.min() == pytest.approx(1.0)
    assert factors.max() > 1.4
    assert np.any(np.diff(factors, axis=0) < 0.0)


def test_a_leader_without_a_choice_never_leaps() -> None:
    game = random_game(0, 30, 1, 3, 3)
    assert _leaping(game)[2].step(_evaluated(game, LeaderPolicy.uniform(game))) is None


def test_the_program_has_the_last_word_where_it_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaps and climbs come first; the stop is that of the program, and the point no worse than without them."""
    monkeypatch.setattr(large, "PROGRAM_FIRST", 0)
    found = []
    step = large.LargeSteps.step

    def watched(self: large.LargeSteps, *arguments: object) -> object:
        found.append(step(self, *arguments))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr(large.LargeSteps, "step", watched)
    for seed in range(3):
        game = random_game(seed, 4, 2, 2)
        with_leaps = solve(game, "policy-iteration")
        assert with_leaps.termination in (Termination.STATIONARY, Termination.GAP)
        values = [point.leader_values for point in with_leaps.trajectory]
        assert all(np.all(after >= before - 1e-7) for before, after in itertools.pairwise(values))
    assert any(one.target is not None for one in found)


def test_floors_say_what_a_policy_without_a_losing_state_can_gain() -> None:
    game = random_game(11, 100, 4, 4)
    problem, run, leaping = _leaping(game)
    here = _evaluated(game, LeaderPolicy.uniform(game))
    leap = leaping.step(here)
    assert leap is not None
    ended = large.LargeSteps(problem, run)._with_floors(here, Step.stopped(Termination.SIZE_LIMIT))
    assert ended.note.startswith(NOTHING_FOUND)
    assert ended.termination is Termination.SIZE_LIMIT
    assert 0.0 < float((leap.values - here.values).mean()) <= ended.bound


def test_floors_prove_the_stop_where_payoff_sets_are_attained(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the highway the bound is met in every state, so nothing is left to gain, and the run may say so."""
    monkeypatch.setattr(algorithm, "without_program", lambda game: True)
    monkeypatch.setattr(large, "without_program", lambda game: True)
    monkeypatch.setattr(large, "PROGRAM_FIRST", 0)
    monkeypatch.setattr(large, "stop_at_bound", lambda *_: None)
    result = solve(highway_merge(4, 2), "policy-iteration")
    assert result.trajectory[-1].note.startswith("no policy without a losing state gains more than")
    assert result.termination in (Termination.STATIONARY, Termination.GAP)


def test_in_short_time_there_is_one_ascent_from_where_policies_lose_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(2, 40, 3, 3, 3)
    here = _evaluated(game, LeaderPolicy.uniform(game))
    starts = []

    def ascent(*asked: object) -> Iterator[LeaderPolicy]:
        starts.extend(one for one in asked if isinstance(one, LeaderPolicy))
        yield from ()

    monkeypatch.setattr(leaps, "soft_ascent", ascent)
    leaping = _leaping(game)[2]
    leaping.step(here)
    assert len(starts) == 2
    assert starts[1] is here.policy
    problem, run = asked(game, deadline=Deadline(60.0))
    monkeypatch.setattr(Leaps, "_seconds_of_step", lambda self: 1.0)
    starts.clear()
    leap = Leaps(problem, run, Climb(problem, run, monotone=True)).step(here)
    assert leap is not None  # a policy of the operator, from which the one ascent starts
    assert [start is leap.policy for start in starts] == [True]
    monkeypatch.setattr(leaps, "simple_policies", lambda game: iter(()))
    monkeypatch.setattr(Leaps, "_listed", lambda *_: [])
    starts.clear()
    assert Leaps(problem, run, Climb(problem, run, monotone=True)).step(here) is None
    assert [start is here.policy for start in starts] == [True]
