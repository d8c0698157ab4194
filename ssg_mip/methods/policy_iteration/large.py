"""Steps of games whose improvement program is too large to be written: found by climbing, and proving nothing.

A step is a policy under which no true value falls and some rise, as the exact follower says. Two ways lead to one:
sparse linear programs move many states together (:mod:`ssg_mip.exact.heuristics.sparse_steps`), and every state steps
as far as the follower lets it by itself (:mod:`ssg_mip.exact.heuristics.statewise_steps`). The one that finds no step
hands over to the other; where both in turn find none the run ends with ``SIZE_LIMIT``, because only the program could
say more.
"""

from __future__ import annotations

import dataclasses
import math

from ssg_mip.base.status import Termination
from ssg_mip.exact.heuristics.sparse_steps import Climb
from ssg_mip.exact.size_limit import MOST_PRODUCTS, improvement_size
from ssg_mip.game.game import Game
from ssg_mip.methods.policy_iteration.objective_target import WeightedBound
from ssg_mip.methods.policy_iteration.step import Step, attempt, quick_improvement, stop_at_bound
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

NOTHING_PROVEN = "no step found, and nothing proven: the improvement program is too large to be written"


def is_large(game: Game) -> bool:
    """Whether the improvement program of a game is never written."""
    return improvement_size(game) > MOST_PRODUCTS


class LargeSteps:
    """The steps of one run; which way is next, and how far linear programs may move, is remembered between them."""

    def __init__(self, problem: Problem, run: Run) -> None:
        self._problem, self._run = problem, run
        self._climb = Climb(problem, run, monotone=True)
        self._climbs = self._climb.moves_all

    def step(self, current: EvaluatedPolicy, nodes: int, weighted: WeightedBound) -> Step:
        """The step from an iterate, or why the run ends there."""
        at_bound = stop_at_bound(self._problem, self._run, current, weighted)
        if at_bound is not None:
            return at_bound
        before = self._climb.lps
        for _ in range(2):
            reason = self._run.stop_reason(nodes)
            if reason is not None:
                return self._ended(reason, before)
            target = self._climb.step(current) if self._climbs else self._statewise(current)
            if target is not None:
                return dataclasses.replace(self._ended(Termination.SIZE_LIMIT, before), target=target, note="")
            self._turned()
        return self._ended(self._run.stop_reason(nodes) or Termination.SIZE_LIMIT, before)

    def _turned(self) -> None:
        self._climbs = not self._climbs
        self._climb.afresh()

    def _statewise(self, current: EvaluatedPolicy) -> EvaluatedPolicy | None:
        problem, run = self._problem, self._run
        objective = problem.objective.over(current.values)
        inner = run.starting_at(current.policy).quietly().recording(None)
        return attempt(problem, inner, current, objective, run.gap, quick_improvement).target

    def _ended(self, termination: Termination, before: int) -> Step:
        note = NOTHING_PROVEN if termination is Termination.SIZE_LIMIT else ""
        return Step(None, termination, math.inf, 0, self._climb.lps - before, note)
