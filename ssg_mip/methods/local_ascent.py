"""Local ascent on the leader's policy by sequential linear programs, always judged by the exact follower.

Starting from a policy and a response that the follower should give, each round solves one linearised step
(:mod:`ssg_mip.methods.linearisation`) and evaluates the outcome exactly. A step that improves is kept and the trust
region widens; one that does not is undone and the region shrinks. The response followed is the one that the exact
evaluation reports, so tied responses switch on the way. The first rounds may go down: they restore the follower's
indifference that a relaxed point only approximates.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from ssg_mip.best_response import Response
from ssg_mip.deadline import Deadline
from ssg_mip.game import Game, IntArray
from ssg_mip.methods.linearisation import FixedResponse, LinearGoal, linearised_step
from ssg_mip.policy import LeaderPolicy
from ssg_mip.solver.highs import OneShotLp
from ssg_mip.solver.interface import LpStatus
from ssg_mip.tolerances import DEFAULT_TOLERANCES

RESTORATION_ROUNDS = 3
"""Rounds that follow the wanted response even though the exact value does not improve yet."""

SMALLEST_RADIUS = 1e-3
"""The trust region at which the ascent gives up: what is still gained inside comes in full steps, not in small ones."""


@dataclasses.dataclass(frozen=True, eq=False)
class Candidate:
    """A policy, the follower's exact response and the objective's value (``-inf`` if a constraint is violated)."""

    policy: LeaderPolicy
    response: Response
    value: float


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
    deadline
        When to end with the best policy so far; no limit if absent.
    """

    def __init__(
        self,
        game: Game,
        goal: Callable[[FixedResponse], LinearGoal],
        evaluate: Callable[[LeaderPolicy], Candidate],
        margin: float = 0.0,
        deadline: Deadline | None = None,
    ) -> None:
        self.game = game
        self.goal = goal
        self.evaluate = evaluate
        self.margin = margin
        self._deadline = Deadline() if deadline is None else deadline
        self._lp = OneShotLp()

    def climb(self, start: Candidate, response: IntArray, *, rounds: int = 25, radius: float = 0.3) -> Candidate:
        """Climb from a candidate, at first towards ``response`` (one action per state)."""
        best = current = start
        for count in range(rounds):
            if self._deadline.expired:
                break
            model = FixedResponse(self.game, current.policy, response)
            step = linearised_step(model, self.goal(model), radius, margin=self.margin)
            answer = self._lp.solve(step, time_limit=self._deadline.remaining)
            if answer.status is not LpStatus.OPTIMAL:
                radius *= 2.0 if count < RESTORATION_ROUNDS else 0.25
                if not SMALLEST_RADIUS < radius < 1.0:
                    break
                continue
            moved = float(np.abs(answer.point - model.slots).max())
            trial = self.evaluate(LeaderPolicy.from_slots(self.game, answer.point))
            if trial.value > best.value:
                gained = trial.value - best.value
                best = current = trial
                response = trial.response.follower_policy.actions
                radius = min(1.0, 2.0 * radius)
                if gained <= DEFAULT_TOLERANCES.feasibility * (1.0 + abs(best.value)):
                    break
            elif count < RESTORATION_ROUNDS:
                current = trial
            else:
                current = best
                response = best.response.follower_policy.actions
                radius = 0.25 * min(radius, moved)
            if moved <= DEFAULT_TOLERANCES.tie or radius <= SMALLEST_RADIUS:
                break
        return best
