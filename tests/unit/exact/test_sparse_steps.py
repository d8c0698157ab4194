"""Sparse linear programs as steps: first-order models, judged by the exact follower, that lose nowhere if asked."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, best_response
from ssg_mip.base.deadline import Deadline
from ssg_mip.evaluation.mdp import evaluate, induced_by_leader
from ssg_mip.exact.heuristics.sparse_steps import Climb, blocks, climb, program, steps
from ssg_mip.exact.heuristics.sparse_steps.blocks import Moving
from ssg_mip.exact.heuristics.sparse_steps.model import LocalModel
from ssg_mip.exact.heuristics.sparse_steps.program import Step, StepProgram
from ssg_mip.library import random_game
from ssg_mip.library.merge import highway_merge
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

FALL = 1e-7
"""What a value may fall by rounding, here where values are below ten."""


def uniform(problem: Problem, run: Run) -> EvaluatedPolicy:
    return EvaluatedPolicy.of(problem, LeaderPolicy.uniform(problem.game), run.tolerances)


def worth(problem: Problem, policy: LeaderPolicy) -> float:
    """The weighted value by the function that every result is made with."""
    return float(problem.weights @ best_response(problem.game, policy, problem.follower.ties).leader_values)


@pytest.mark.parametrize("game", [random_game(4, 60, 3, 3), random_game(4, 130, 3, 4), highway_merge(6, 3)])
def test_no_state_loses_in_a_monotone_climb(game: Game) -> None:
    problem, run = Problem(game), Run()
    before = best_response(game, LeaderPolicy.uniform(game)).leader_values
    start, met = before, 0
    for one in steps(problem, run, uniform(problem, run), monotone=True):
        values = best_response(game, one.policy).leader_values
        assert np.all(values >= before - FALL)
        before, met = values, met + 1
    assert met >= 2
    assert problem.weights @ before > problem.weights @ start + 0.1


def test_a_climb_that_may_lose_somewhere_reaches_more_on_average() -> None:
    free, bound = 0.0, 0.0
    for seed in range(4):
        problem, run = Problem(random_game(seed, 40, 3, 3)), Run()
        free += worth(problem, climb(problem, run, uniform(problem, run)).policy)
        bound += worth(problem, climb(problem, run, uniform(problem, run), monotone=True).policy)
    assert free > bound + 0.1


@pytest.mark.parametrize("ties", ["first", "adverse"])
def test_other_tie_rules_are_judged_by_their_own_follower(ties: str) -> None:
    problem, run = Problem(random_game(3, 30, 3, 3), follower=Rational(ties=ties)), Run()  # type: ignore[arg-type]
    start = uniform(problem, run)
    reached = climb(problem, run, start, monotone=True)
    values = best_response(problem.game, reached.policy, problem.follower.ties).leader_values
    assert np.all(values >= start.values - FALL)
    assert values.mean() > start.values.mean() + 0.1


def test_the_response_is_kept_clear_of_ties() -> None:
    """What is reached does not rest on the tolerance for ties."""
    problem, run = Problem(random_game(11, 100, 4, 4)), Run()
    reached = climb(problem, run, uniform(problem, run), monotone=True)
    assert reached.response.regret == 0.0
    adverse = best_response(problem.game, reached.policy, "adverse").leader_values
    assert problem.weights @ adverse == pytest.approx(problem.weights @ reached.values, abs=1e-9)


def test_rows_on_the_policy_are_kept() -> None:
    game = random_game(5, 30, 3, 3)
    budget = np.zeros(int(game.leader_offsets[-1]))
    budget[game.leader_offsets[:-1]] = 1.0
    row = PolicyRow(name="budget", coefficients=budget, upper=11.0)
    problem, run = Problem(game, policies=PolicySpace(rows=(row,))), Run()
    reached = climb(problem, run, uniform(problem, run))
    loose = climb(Problem(game), run, uniform(problem, run))
    assert budget @ loose.policy.slots(game) > 11.0
    assert problem.policies.holds(game, reached.policy)
    assert worth(problem, reached.policy) > worth(problem, LeaderPolicy.uniform(game)) + 0.1


def test_floors_are_kept() -> None:
    game = random_game(5, 30, 3, 3)
    floor = best_response(game, LeaderPolicy.uniform(game)).leader_values
    problem, run = Problem(game, policies=PolicySpace(floor=floor)), Run()
    reached = climb(problem, run, uniform(problem, run))
    assert np.all(reached.values >= floor - 1e-6)
    assert reached.values.mean() > floor.mean() + 0.1


def test_without_time_the_start_comes_back() -> None:
    problem, run = Problem(random_game(5, 30, 3, 3)), Run(deadline=Deadline(0.0))
    start = uniform(problem, run)
    assert climb(problem, run, start) is start


# ---------------------------------------------------------------------- the model


def test_the_gradient_is_that_of_the_values_under_the_response() -> None:
    game = random_game(8, 20, 3, 3)
    policy = LeaderPolicy.uniform(game)
    response = best_response(game, policy)
    model = LocalModel.at(game, policy, response.follower_policy.actions)
    gradient = model.gradient(game.initial)
    direction = np.random.default_rng(1).normal(size=len(gradient))
    means = np.add.reduceat(direction, game.leader_offsets[:-1]) / game.leader_counts
    direction -= means[game.leader_slot_state]
    ahead, behind = (
        game.initial
        @ evaluate(
            induced_by_leader(game, LeaderPolicy.from_slots(game, policy.slots(game) + by * direction))[0], model.answer
        )
        for by in (1e-6, -1e-6)
    )
    assert (ahead - behind) / 2e-6 == pytest.approx(gradient @ direction, rel=1e-5)


def step_at(game: Game) -> tuple[LocalModel, Step]:
    policy = LeaderPolicy.uniform(game)
    model = LocalModel.at(game, policy, best_response(game, policy).follower_policy.actions)
    everything = np.ones(game.num_states, dtype=bool)
    return model, Step(everything, everything, model.gradient(game.initial), np.zeros(int(game.follower_offsets[-1])))


def test_incentive_rows_left_out_at_first_are_added_where_they_are_violated(monkeypatch: pytest.MonkeyPatch) -> None:
    game = random_game(8, 20, 3, 3)
    model, step = step_at(game)
    worths = []
    for share in (0.0, np.inf):
        monkeypatch.setattr(program, "LEFT_OUT", share)
        written = StepProgram(model, step)
        found = written.solve(0.3, Run())
        assert found is not None
        assert (written.lps > 1) is (share == 0.0)
        worths.append(step.gradient @ found)
    assert worths[0] == pytest.approx(worths[1], rel=1e-9)
    assert worths[0] > step.gradient @ model.slots + 1e-3


def test_no_probability_moves_by_more_than_the_radius() -> None:
    game = random_game(8, 20, 3, 3)
    model, step = step_at(game)
    found = StepProgram(model, step).solve(0.05, Run())
    assert found is not None
    assert np.abs(found - model.slots).max() == pytest.approx(0.05, abs=1e-9)
    assert np.add.reduceat(found, game.leader_offsets[:-1]) == pytest.approx(np.ones(20))


# ---------------------------------------------------------------------- blocks


def test_blocks_hold_every_state_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "WHOLE_STATES", (50, 50))
    game = random_game(8, 300, 3, 3)
    moving, seen = Moving(game), np.zeros(300, dtype=int)
    while (part := moving.states(lambda: np.arange(300.0))) is not None:
        assert np.all(part.feels[part.moves])
        assert part.moves.sum() <= max(blocks.BLOCK_STATES)
        seen += part.moves
        moving.succeeded(counts=False)
    assert np.all(seen == 1)


def test_steps_of_blocks_lose_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "WHOLE_STATES", (50, 50))
    problem, run = Problem(random_game(8, 200, 3, 3)), Run()
    climbing, here = Climb(problem, run, monotone=True), uniform(problem, run)
    assert not climbing.moves_all
    for _ in range(4):
        following = climbing.step(here)
        assert following is not None
        moved = np.abs(following.policy.probabilities - here.policy.probabilities).max(axis=1) > 0.0
        assert 0 < moved.sum() < problem.game.num_states
        assert np.all(best_response(problem.game, following.policy).leader_values >= here.values - FALL)
        assert problem.weights @ following.values > problem.weights @ here.values
        here = following
