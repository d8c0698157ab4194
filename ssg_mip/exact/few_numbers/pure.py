"""All deterministic policies, where they are few: the best of them is a start for a search over mixed ones."""

from __future__ import annotations

import itertools
import math

from ssg_mip.base.deadline import Deadline
from ssg_mip.exact.few_numbers.choices import FEWEST_STATES, distinct_actions, pure_policies
from ssg_mip.exact.heuristics.simple import evaluated
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

MOST_POLICIES = 5_000
"""Deterministic policies that are gone through, at most."""

TIME_SHARE = 0.05
"""Share of the remaining time that it may take."""

SECONDS = 2.0
"""Seconds that it may take at most."""


def best_pure_policy(problem: Problem, run: Run) -> Candidate | None:
    """The best of the given start and all deterministic policies; ``None`` where these are too many to look at all."""
    game = problem.game
    count = pure_policies(game)
    if not 1 < count <= MOST_POLICIES or game.num_states < FEWEST_STATES:
        return None
    clock = Deadline()
    best = evaluated(problem, run, LeaderPolicy.uniform(game) if run.start is None else run.start)
    if count * clock.elapsed > min(SECONDS, TIME_SHARE * run.deadline.remaining):
        return None
    for actions in itertools.product(*(some.tolist() for some in distinct_actions(game))):
        if run.stopped:
            break
        best = max(best, evaluated(problem, run, LeaderPolicy.deterministic(game, actions)), key=lambda one: one.value)
    return best if math.isfinite(best.value) else None
