"""Local ascent against an optimistic near-optimal follower, by the linear programs of the rational one.

For a fixed best response ``h`` and a fixed answer ``b`` the leader's values are those of ``b`` and the follower's those
of ``h``. A step keeps ``h`` best and ``b`` within ``epsilon`` of it, to first order; the exact answer judges it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ssg_mip.evaluation.best_response import best_response
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal, Linearisation
from ssg_mip.exact.heuristics.sequential_lp import FIRST_RADIUS, PENALTY, ROUNDS, SMALLEST_RADIUS
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LpStatus
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.runs.run import Run


class NearAscent:
    """What stays the same during an ascent: the game, the weights, ``epsilon`` and how policies are evaluated."""

    def __init__(
        self,
        game: Game,
        weights: FloatArray,
        epsilon: float,
        evaluate: Callable[[LeaderPolicy], Candidate],
        run: Run,
    ) -> None:
        self._game, self._weights, self._epsilon = game, weights, epsilon
        self._evaluate, self._run = evaluate, run
        self._steps, self._elastic_steps = OneShotLp(), OneShotLp()

    def best(self, policy: LeaderPolicy) -> IntArray:
        """A best response, one action per state."""
        return best_response(self._game, policy, tolerances=self._run.tolerances).follower_policy.actions

    def ascend(self, start: Candidate) -> Candidate:
        """The best candidate met on the way up."""
        best, radius = start, FIRST_RADIUS
        for _ in range(ROUNDS):
            if self._run.stopped:
                break
            here = self._linearised(best.policy, best.answers, self.best(best.policy))
            slots = self._moved(self._steps, here, radius, None)
            if slots is None:
                break
            moved = float(np.abs(slots - here.model.slots).max())
            trial = self._evaluate(LeaderPolicy.from_slots(self._game, slots))
            if trial.value > best.value:
                best, radius = trial, min(1.0, 2.0 * radius)
            else:
                radius = 0.25 * min(radius, moved)
            if moved <= self._run.tolerances.tie or radius <= SMALLEST_RADIUS:
                break
        return best

    def restore(self, policy: LeaderPolicy, played: IntArray, best: IntArray) -> LeaderPolicy:
        """A policy to which ``best`` is, or nearly is, a best response and ``played`` within ``epsilon`` of it."""
        here, radius = self._linearised(policy, played, best), FIRST_RADIUS
        penalty = PENALTY * max(1.0, here.goal.steepest)
        merit = here.goal.value - penalty * here.violation
        for _ in range(ROUNDS):
            slots = None if self._run.stopped else self._moved(self._elastic_steps, here, radius, penalty)
            if slots is None:
                break
            moved = float(np.abs(slots - here.model.slots).max())
            trial_policy = LeaderPolicy.from_slots(self._game, slots)
            trial = self._linearised(trial_policy, played, best)
            trial_merit = trial.goal.value - penalty * trial.violation
            if trial_merit > merit + self._run.tolerances.feasibility * (1.0 + abs(merit)):
                policy, here, merit = trial_policy, trial, trial_merit
                radius = min(1.0, 2.0 * radius)
            else:
                radius = 0.25 * min(radius, moved)
            if radius <= (SMALLEST_RADIUS if here.violation <= self._run.tolerances.tie else self._run.tolerances.tie):
                break
        return policy

    def _moved(self, steps: OneShotLp, here: Linearisation, radius: float, penalty: float | None) -> FloatArray | None:
        answer = steps.solve(here.step(radius, penalty), time_limit=self._run.deadline.remaining)
        if answer.status is not LpStatus.OPTIMAL:
            return None
        slots: FloatArray = answer.point[: len(here.model.slots)]
        return slots

    def _linearised(self, policy: LeaderPolicy, played: IntArray, best: IntArray) -> Linearisation:
        game = self._game
        rows, least = FixedResponse(game, policy, best).incentive_rows()
        others = np.ones(int(game.follower_offsets[-1]), dtype=bool)
        others[game.follower_offsets[:-1] + best] = False
        place = np.cumsum(others) - 1
        apart = (game.follower_offsets[:-1] + played)[played != best]
        model = FixedResponse(game, policy, played)
        slopes = model.leader_slopes()
        none = np.zeros((0, len(model.slots)))
        goal = LinearGoal(float(self._weights @ model.leader_values), self._weights @ slopes, none, np.zeros(0))
        return Linearisation(
            model,
            goal,
            np.vstack((rows, -rows[place[apart]])),
            np.concatenate((least, -least[place[apart]] - self._epsilon)),
            np.zeros(len(rows) + len(apart)),
        )
