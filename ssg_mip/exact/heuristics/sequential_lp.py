"""Local ascent on the leader's policy by sequential linear programs, always judged by the exact follower.

:meth:`Ascent.ascend` follows the response that the exact evaluation reports. Each round solves one linearised step
(:mod:`ssg_mip.exact.heuristics.linearisation`) and evaluates the outcome exactly. A step that improves is kept and the
trust region widens; one that does not is undone and the region shrinks. Tied responses switch on the way.

:meth:`Ascent.restore` goes to where the follower gives a *wanted* response. A relaxed point only approximates the
follower's indifference, so at its policy the response is usually another one. Violated incentive rows cost a penalty
there, in the steps and in what is compared between rounds (an exact penalty with a trust region: Fletcher, *Practical
Methods of Optimization*, 2nd edition, section 14.4).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ssg_mip.evaluation.value_bounds import tie_thresholds
from ssg_mip.exact.heuristics.allowed import SlotRows
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal, Linearisation
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LpStatus
from ssg_mip.numerics.array_types import IntArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

ROUNDS = 40
"""Linear programs of one ascent at most."""

FIRST_RADIUS = 0.3
"""How far a probability may move in the first step."""

SMALLEST_RADIUS = 1e-3
"""The trust region at which the ascent gives up: what is still gained inside comes in full steps, not in small ones."""

MARGIN_OVER_TIE = 100.0
"""Where a near tie must not decide, a response must be better than any other action by so many tie tolerances."""

PENALTY = 20.0
"""Price of violated incentives, in units of the largest slope of the objective (and of 1)."""


def ascent_margin(problem: Problem, run: Run) -> float:
    """The strict advantage to ask of a response: that of the problem's tie rule, else the margin of its follower."""
    clear = MARGIN_OVER_TIE * float(tie_thresholds(problem.game, run.tolerances).max())
    return clear if problem.follower.rule_decides else problem.follower.margin


class Ascent:
    """What stays the same during an ascent.

    Parameters
    ----------
    game
        The game.
    goal
        Makes the leader's side of the linearised program at a model.
    evaluate
        Turns a policy into an exactly evaluated candidate.
    margin
        Strict advantage asked of the response, for tie rules that do not favour the leader.
    run
        When to end with the best policy so far, and up to which tolerances.
    rows
        Rows on the policy that every step keeps; it should start from a policy that does.
    """

    def __init__(
        self,
        game: Game,
        goal: Callable[[FixedResponse], LinearGoal],
        evaluate: Callable[[LeaderPolicy], Candidate],
        margin: float,
        run: Run,
        rows: SlotRows | None = None,
    ) -> None:
        self._rows = rows
        self.game = game
        self.goal = goal
        self.evaluate = evaluate
        self.margin = margin
        self._deadline, self._tolerances = run.deadline, run.tolerances
        self._steps, self._elastic_steps = OneShotLp(), OneShotLp()

    def ascend(self, start: Candidate) -> Candidate:
        """Ascend from a candidate, after mending what constraints it violates; the best one met."""
        if not math.isfinite(start.value):
            start = self.evaluate(self.restore(start.policy, start.answers))
        best, radius = start, FIRST_RADIUS
        for _ in range(ROUNDS):
            if self._deadline.expired:
                break
            here = self._linearised(best.policy, best.answers)
            answer = self._steps.solve(here.step(radius, rows=self._rows), time_limit=self._deadline.remaining)
            if answer.status is not LpStatus.OPTIMAL:
                break
            slots = answer.point[: len(here.model.slots)]
            moved = float(np.abs(slots - here.model.slots).max())
            trial = self.evaluate(LeaderPolicy.from_slots(self.game, slots))
            if trial.value > best.value:
                least = best.value + self._tolerances.feasibility * (1.0 + abs(trial.value))
                best, radius = trial, min(1.0, 2.0 * radius)
                if trial.value <= least:
                    break
            else:
                radius = 0.25 * min(radius, moved)
            if moved <= self._tolerances.tie or radius <= SMALLEST_RADIUS:
                break
        return best

    def restore(self, policy: LeaderPolicy, wanted: IntArray) -> LeaderPolicy:
        """A policy to which ``wanted`` (one action per state) is, or nearly is, a best response."""
        here, radius = self._linearised(policy, wanted), FIRST_RADIUS
        penalty = PENALTY * max(1.0, here.goal.steepest)
        merit = here.goal.value - penalty * here.violation
        for _ in range(ROUNDS):
            if self._deadline.expired:
                break
            answer = self._elastic_steps.solve(
                here.step(radius, penalty, self._rows), time_limit=self._deadline.remaining
            )
            if answer.status is not LpStatus.OPTIMAL:
                break
            slots = answer.point[: len(here.model.slots)]
            moved = float(np.abs(slots - here.model.slots).max())
            trial_policy = LeaderPolicy.from_slots(self.game, slots)
            trial = self._linearised(trial_policy, wanted)
            trial_merit = trial.goal.value - penalty * trial.violation
            if trial_merit > merit + self._tolerances.feasibility * (1.0 + abs(merit)):
                policy, here, merit = trial_policy, trial, trial_merit
                radius = min(1.0, 2.0 * radius)
            else:
                radius = 0.25 * min(radius, moved)
            enough = SMALLEST_RADIUS if here.violation <= self._tolerances.tie else self._tolerances.tie
            if radius <= enough:
                break
        return policy

    def _linearised(self, policy: LeaderPolicy, response: IntArray) -> Linearisation:
        model = FixedResponse(self.game, policy, response)
        return Linearisation.at(model, self.goal(model), self.margin)
