"""Attained points of an enclosure in the making: kept where they tell something new, and moved up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import DENSE_STATES
from ssg_mip.exact import Answer
from ssg_mip.exact.constrained import bridge_along
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.archive import Archive
from ssg_mip.pareto.dominance import covers
from ssg_mip.pareto.enclosure.objectives import Objective, sum_demand
from ssg_mip.pareto.enclosure.points import AttainedPoint
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.direction import Direction, shared_start
from ssg_mip.runs.run import Run


class Gathered:
    """The attained points of which none covers another, and by-products of searches that wait for a look.

    Parameters
    ----------
    problem, objectives, run
        What the points are values of, and under which rules.
    equal
        Differences up to this count as none.
    news
        A by-product of a search is kept if every point is worse by more than this in some objective.
    on_new
        Told of the values of every new point.
    """

    def __init__(
        self,
        problem: Problem,
        run: Run,
        objectives: tuple[Objective, ...],
        *,
        equal: float,
        news: float,
        on_new: Callable[[FloatArray], object],
    ) -> None:
        self._game = problem.game
        self._objectives = objectives
        self._problem = problem
        self._run = run
        self._archive: Archive[AttainedPoint] = Archive(len(objectives), lambda one: one.objectives, equal)
        self._news_share = news
        self._on_new = on_new
        self._news: list[AttainedPoint] = []

    @property
    def points(self) -> list[AttainedPoint]:
        """The points."""
        return self._archive.points

    @property
    def values(self) -> FloatArray:
        """The objectives at the points, shape ``[points, objectives]``."""
        return self._archive.values

    def best(self, weights: FloatArray) -> AttainedPoint | None:
        """The point worth most under weights on the objectives."""
        return self._archive.best(weights)

    def evaluated_anew(self) -> list[AttainedPoint]:
        """The points by a fresh evaluation of their policies."""
        answered = self._problem.follower.response
        return [self._at(one.policy, answered(self._game, one.policy, self._run.tolerances)) for one in self.points]

    def witness(self, policy: LeaderPolicy, response: Response) -> None:
        """Remember a policy that a search evaluated, if it tells something new."""
        found = self._at(policy, response)
        if not self._archive.knows(found.objectives, self._news_share):
            self._news.append(found)

    def take(self, answer: Answer) -> None:
        """Take over the answer of a program, moved up, and then what it found on the way."""
        if answer.policy is not None and answer.response is not None:
            self.add(answer.policy, answer.response)
        news, self._news = self._news, []
        for found in sorted(news, key=lambda one: -float(one.objectives.sum())):
            if not self._archive.knows(found.objectives, self._news_share):
                self.add(found.policy, found.response)

    def add(self, policy: LeaderPolicy, response: Response) -> None:
        """Keep a point, moved up, unless a known one is as good."""
        found = self._at(policy, response)
        if self._archive.knows(found.objectives):
            return
        best = self._moved_up(found)
        self._archive.add(best)
        self._on_new(best.objectives)

    def _at(self, policy: LeaderPolicy, response: Response) -> AttainedPoint:
        return AttainedPoint(policy, response, np.array([one.value(response) for one in self._objectives]))

    def _moved_up(self, found: AttainedPoint) -> AttainedPoint:
        """Local ascent on the sum of the objectives, with their values as floors, where matrices are dense."""
        if self._game.num_states > DENSE_STATES or self._run.stopped:
            return found
        floors = [one.demand(float(value), 0.0) for one, value in zip(self._objectives, found.objectives, strict=True)]
        total = sum_demand(self._objectives, np.ones(len(floors)), float(found.objectives.sum()))
        coupled = self._problem.policies.coupled_states(self._game)
        direction = Direction(
            demands=(total, *floors),
            missing=self._run.tolerances.monotone,
            shared=shared_start(self._game, (total, *floors)) if coupled else None,
        )
        candidate = bridge_along(self._problem, self._run, direction).ascended(found.policy)
        moved = self._at(candidate.policy, candidate.response)
        return moved if covers(moved.objectives, found.objectives) else found
