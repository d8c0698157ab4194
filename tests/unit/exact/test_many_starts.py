"""Ascents from many starts: better policies, every one of which is allowed and worth what is said of it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from ssg_mip import Problem, WorstType, bayesian
from ssg_mip.base.deadline import Deadline
from ssg_mip.exact.constrained import ConstrainedBridge
from ssg_mip.exact.heuristics.alike import Alike
from ssg_mip.exact.heuristics.many_starts import LITTLE_PATIENCE, ManyStarts
from ssg_mip.exact.wider import WiderBridge, asked_for, best_start
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library import random_game
from ssg_mip.methods.suggestions_within import suggestions_within
from ssg_mip.problem.evaluated_policy import Candidate, answer_allowed
from ssg_mip.runs.run import Run


def game(seed: int, states: int = 4):
    return random_game(seed, states, 3, 3, 2, leader_discount=0.9, follower_discount=0.9)


def budget(seed: int) -> Problem:
    prices = np.random.default_rng([seed, 2]).random((4, 3))
    return Problem(game(seed)).budget({(s, a): float(prices[s, a]) for s in range(4) for a in range(3)}, 1.6)


def tied(seed: int) -> Problem:
    return Problem(game(seed)).same_policy([0, 1]).same_policy([2, 3])


def costly(seed: int) -> Problem:
    return Problem(game(seed)).cost(np.random.default_rng([seed, 1]).random((4, 3, 3)), at_most=4.0)


def limited(seed: int) -> Problem:
    return budget(seed).at_most_actions(0, 1).at_most_actions(2, 2)


def types(seed: int) -> Problem:
    return bayesian({"mild": game(seed, 2), "keen": game(seed + 50, 2)}, [0.5, 0.5])


def bridge_of(problem: Problem, run: Run) -> ConstrainedBridge:
    return WiderBridge(dataclasses.replace(problem, policies=asked_for(problem)), run)


def first_and_many(problem: Problem, run: Run) -> tuple[Candidate, list[Candidate]]:
    """The best simple policy, ascended, and what many starts bring from there."""
    bridge = bridge_of(problem, dataclasses.replace(run, search=dataclasses.replace(run.search, many_starts=False)))
    first = max((candidate for _, candidate in bridge.start()), key=lambda one: one.value)
    ascent = bridge._primal.ascent
    assert ascent is not None
    return first, list(ManyStarts(bridge.game, bridge.evaluate, ascent, run).around(first, LITTLE_PATIENCE))


@pytest.mark.parametrize("make", [budget, tied, costly, limited, types])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_policy_is_better_than_the_last_and_keeps_all_constraints(make, seed: int) -> None:
    problem = make(seed)
    first, found = first_and_many(problem, Run())
    values = [first.value, *(candidate.value for candidate in found)]
    assert values == sorted(values)
    assert len(set(values)) == len(values)
    for candidate in found:
        response = answer_allowed(problem, candidate.policy, Run().tolerances)
        assert response is not None
        assert float(problem.weights @ response.leader_values) == pytest.approx(candidate.value, abs=1e-8)


def test_there_is_more_to_find_than_one_ascent_finds() -> None:
    gains = []
    for make in (budget, tied, limited, types):
        first, found = first_and_many(make(0), Run())
        gains.append(found[-1].value - first.value if found else 0.0)
    assert max(gains) > 0.1


def test_the_draws_are_the_same_in_every_run() -> None:
    ends = [first_and_many(tied(0), Run(seed=seed))[1][-1].policy.probabilities for seed in (0, 7)]
    np.testing.assert_array_equal(*ends)


def test_without_time_there_are_no_rounds() -> None:
    first, _ = first_and_many(budget(0), Run())
    run = Run(deadline=Deadline(0.0))
    bridge = bridge_of(budget(0), run)
    ascent = bridge._primal.ascent
    assert ascent is not None
    assert list(ManyStarts(bridge.game, bridge.evaluate, ascent, run).around(first)) == []


def test_neighbouring_answers_begin_with_what_costs_the_follower_least() -> None:
    first, _ = first_and_many(budget(0), Run())
    bridge = bridge_of(budget(0), Run())
    ascent = bridge._primal.ascent
    assert ascent is not None
    near = list(ManyStarts(bridge.game, bridge.evaluate, ascent, Run())._answers_near(first))
    assert len(near) == bridge.game.num_states * 2
    assert all(np.count_nonzero(answers != first.answers) == 1 for answers in near)
    lost = ManyStarts(bridge.game, bridge.evaluate, ascent, Run())._lost(first)
    costs = [
        float(lost[bridge.game.follower_offsets[s] + answers[s]])
        for answers in near
        for s in np.flatnonzero(answers != first.answers)
    ]
    assert costs == sorted(costs)


# -------------------------------------------------------------------- easier questions


def test_what_is_known_of_one_type_is_played_against_all() -> None:
    problem = types(0)
    own = problem.game
    slots = LeaderPolicy.uniform(own).slots(own).copy()
    known = own.leader_slot_state >= 2
    slots[known] = np.tile([0.2, 0.3, 0.5], 2)
    spread = Alike(own, problem.policies).spread(slots, known)
    np.testing.assert_allclose(spread.slots(own), np.tile([0.2, 0.3, 0.5], 4))
    assert problem.policies.holds(own, spread)


@pytest.mark.parametrize("goal", [None, WorstType()])
def test_suggestions_for_types_are_policies_of_the_whole_game(goal) -> None:
    problem = types(1) if goal is None else types(1).maximise(goal)
    suggest = suggestions_within(problem, Run())
    assert suggest is not None
    found = list(suggest())
    # each type alone, the mean of both, each sum of the goal, and two methods
    assert len(found) == 5 + 2 * (goal is not None)
    assert all(policy.slots(problem.game).shape == (12,) for policy in found)
    alone = [problem.policies.holds(problem.game, policy) for policy in found[:3]]
    assert alone == [True, True, True]


def test_a_policy_against_one_type_is_the_best_against_it() -> None:
    problem = types(1)
    suggest = suggestions_within(problem, Run())
    assert suggest is not None
    policies = list(suggest())[:2]
    for k in range(2):
        start = np.where(np.arange(4) // 2 == k, problem.game.initial, 0.0)
        weights = start / start.sum()
        values = [
            weights @ problem.follower.response(problem.game, one, Run().tolerances).leader_values for one in policies
        ]
        assert values[k] == max(values)


def test_the_best_start_is_allowed() -> None:
    problem = limited(0)
    found = best_start(problem, Run())
    assert found is not None
    assert answer_allowed(problem, found, Run().tolerances) is not None


def test_where_no_policy_is_allowed_there_is_no_start() -> None:
    problem = budget(0).require({(0, 0): 1.0}, ">=", 0.9).require({(0, 1): 1.0}, ">=", 0.9)
    assert best_start(problem, Run()) is None


def test_a_search_from_many_starts_is_worth_no_less() -> None:
    problem = types(0)
    few = dataclasses.replace(Run().search, many_starts=False)
    runs = (Run(search=few).within(3), Run().within(3))
    values = []
    for run in runs:
        bridge = bridge_of(problem, run)
        values.append(max((value for value, _ in bridge.start()), default=-math.inf))
    assert values[1] >= values[0]
