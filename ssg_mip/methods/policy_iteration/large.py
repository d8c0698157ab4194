"""Steps of games whose improvement program is large: found without it, and proving nothing.

A step is a policy under which no true value falls and some rise, as the exact follower says. Three ways lead to one:
leaps look at the whole policy space (:mod:`ssg_mip.methods.policy_iteration.leaps`), sparse linear programs move many
states together (:mod:`ssg_mip.exact.heuristics.sparse_steps`), and every state steps as far as the follower lets it by
itself (:mod:`ssg_mip.exact.heuristics.statewise_steps`). The one that finds no step hands over to the next; where all
in turn find none only the program could say more; where that is too large to be written the run ends with
``SIZE_LIMIT``.
"""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Callable

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.base.status import Termination
from ssg_mip.evaluation.payoff_set import payoff_set_bound
from ssg_mip.exact.heuristics.sparse_steps import Climb
from ssg_mip.exact.size_limit import MOST_PRODUCTS, improvement_size, obstacle
from ssg_mip.game.game import Game
from ssg_mip.methods.payoff_bounded import bounds_payoffs
from ssg_mip.methods.policy_iteration.negligible import negligible_gain
from ssg_mip.methods.policy_iteration.objective_target import WeightedBound
from ssg_mip.methods.policy_iteration.step import PROGRAM_FIRST, Step, attempt, quick_improvement, stop_at_bound
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run

Way = Callable[[EvaluatedPolicy], EvaluatedPolicy | None]
"""How a step from an iterate is looked for; ``None`` where none is found."""

BEFORE_PROGRAM = 0.5
"""Share of the time for steps without a program that can be written in the rest."""

NOTHING_FOUND = "no step found, and the improvement program is too large to be written"

NOTHING_PROVEN = f"{NOTHING_FOUND}: nothing is proven"

FLOOR_SHARE, FLOOR_SECONDS = 0.5, 30.0
"""Share of the time that is left, and seconds, that may be spent on a bound for policies that lose nowhere."""


def is_large(game: Game) -> bool:
    """Whether steps are looked for without the improvement program before it is written."""
    return improvement_size(game) > PROGRAM_FIRST


def without_program(game: Game) -> bool:
    """Whether the improvement program of a game is never written."""
    return improvement_size(game) > MOST_PRODUCTS


class LargeSteps:
    """The steps of one run; which way is next, and how far linear programs may move, is remembered between them.

    A leap is followed by nearby steps, and looked for again where these lead no further; a leap that leads nowhere is
    the last one.
    """

    def __init__(self, problem: Problem, run: Run) -> None:
        from ssg_mip.methods.policy_iteration.leaps import Leaps  # loads SciPy, which small games do without

        self._problem = problem
        before = run.sharing(BEFORE_PROGRAM)
        self._run = before if obstacle(improvement_size(problem.game), before) is None else run
        self._climb = Climb(problem, self._run, monotone=True)
        self._leap = Leaps(problem, self._run, self._climb).step
        near = (self._climb.step, self._statewise) if self._climb.moves_all else (self._statewise, self._climb.step)
        self._ways: deque[Way] = deque((self._leap, *near))

    def step(self, current: EvaluatedPolicy, nodes: int, weighted: WeightedBound) -> Step:
        """The step from an iterate, or why there is none."""
        at_bound = stop_at_bound(self._problem, self._run, current, weighted)
        if at_bound is not None:
            return at_bound
        before = self._climb.lps
        for way in tuple(self._ways):
            reason = self._run.stop_reason(nodes)
            if reason is not None:
                return self._ended(reason, before)
            target = way(current)
            if target is not None:
                self._led_on(way)
                return dataclasses.replace(self._ended(Termination.SIZE_LIMIT, before), target=target, note="")
            self._led_nowhere(way)
        ended = self._ended(self._run.stop_reason(nodes) or Termination.SIZE_LIMIT, before)
        return self._with_floors(current, ended) if without_program(self._problem.game) else ended

    def _led_on(self, way: Way) -> None:
        if way == self._leap:
            self._ways.rotate(-1)

    def _led_nowhere(self, way: Way) -> None:
        self._ways.popleft()
        if way != self._leap:
            self._ways.append(way)
        self._climb.afresh()

    def _statewise(self, current: EvaluatedPolicy) -> EvaluatedPolicy | None:
        problem, run = self._problem, self._run
        objective = problem.objective.over(current.values)
        inner = run.starting_at(current.policy).quietly().recording(None)
        return attempt(problem, inner, current, objective, run.gap, quick_improvement).target

    def _with_floors(self, current: EvaluatedPolicy, ended: Step) -> Step:
        """What the payoff-set bound says of policies that lose in no state; the proof of the stop where it says enough.

        Policies of ``W>`` are such, and gain no more in one step than in all (Theorem 8).
        """
        problem, run = self._problem, self._run
        if run.stopped or not bounds_payoffs(problem):
            return ended
        deadline = Deadline(min(FLOOR_SECONDS, FLOOR_SHARE * run.deadline.remaining))
        floors = current.values - self._climb.least(current)
        found = payoff_set_bound(problem.game, deadline=deadline, floors=floors, stopped=lambda: run.stopped)
        gain = max(0.0, float(np.mean(found.upper - current.values)))
        least = negligible_gain(problem.game, current.values, problem.weights, run.gap, one_step=True)
        if gain <= least and run.recorder is None:
            return dataclasses.replace(ended, termination=Termination.STATIONARY, bound=gain, note=self._says(gain))
        return dataclasses.replace(ended, bound=gain, note=f"{NOTHING_FOUND}; {self._says(gain)}")

    def _says(self, gain: float) -> str:
        most = f"{self._run.scale.gain_out(gain):.3g} a state on average"
        return f"no policy without a losing state gains more than {most} (payoff sets, no certificate)"

    def _ended(self, termination: Termination, before: int) -> Step:
        note = NOTHING_PROVEN if termination is Termination.SIZE_LIMIT else ""
        return Step(None, termination, math.inf, 0, self._climb.lps - before, note)
