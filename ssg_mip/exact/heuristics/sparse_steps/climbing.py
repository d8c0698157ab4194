"""Climbing by steps of linear programs, each judged by the exact follower."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ssg_mip.evaluation.mdp import occupancy
from ssg_mip.evaluation.value_bounds import tie_thresholds
from ssg_mip.exact.heuristics.alike import Alike
from ssg_mip.exact.heuristics.sequential_lp import MARGIN_OVER_TIE
from ssg_mip.exact.heuristics.sparse_steps.blocks import Moving, Part
from ssg_mip.exact.heuristics.sparse_steps.model import LocalModel, continued
from ssg_mip.exact.heuristics.sparse_steps.program import Block, Step, StepProgram
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import EvaluatedPolicy, answer_allowed
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import compliant_weights
from ssg_mip.runs.run import Run

CORRECTIONS = 6
"""Linear programs, after that of a step, that bring back a response which the step was to keep."""

CORRECTION_SHARE = 0.2
"""How far a correction may move, relative to the step or correction before it."""

LEAST_GAIN = 1e-5
"""Gain of a step, relative to the value, below which it ends what is tried with its states."""

WIDER_TIES = 3.0 * MARGIN_OVER_TIE
"""Tie tolerance, in units of the run's, within which a response may give way to one that is better for the leader."""


class Climb:
    """A climb that goes on from step to step.

    Parameters
    ----------
    problem, run
        What is asked, and the limits.
    monotone
        Whether no state's value may fall in any step.
    """

    def __init__(self, problem: Problem, run: Run, *, monotone: bool = False) -> None:
        game, follower = problem.game, problem.follower
        self._problem, self._run, self._game, self._monotone = problem, run, game, monotone
        self._weights = compliant_weights(problem.weights)
        clear = MARGIN_OVER_TIE * tie_thresholds(game, run.tolerances)
        self._margin = np.maximum(clear, follower.margin)[game.follower_slot_state]
        self._wider = dataclasses.replace(run.tolerances, tie=min(1.0, WIDER_TIES * run.tolerances.tie), monotone=1.0)
        self._secures = True
        self._alike = Alike(game, problem.policies)
        self._allowed = _allowed_rows(problem)
        self.lps = 0
        self.trials = 0
        self.afresh()

    def afresh(self) -> None:
        """Go on with all states, and with steps as long as the first one."""
        self._moving = Moving(self._game)
        self._first_order, self._fruitless = True, 0

    @property
    def moves_all(self) -> bool:
        """Whether a step moves all states, and not a block of them."""
        return self._moving.whole

    def step(self, here: EvaluatedPolicy) -> EvaluatedPolicy | None:
        """The next policy that is better than one, losing in no state if the climb is monotone; ``None`` for none."""
        while not self._run.stopped:
            part = self._moving.states(lambda: self._promise(here))
            if part is None:
                if not self._turned():
                    return None
                continue
            trial = self._best_of(here, part)
            if trial is None:
                self._moving.failed(self._moved)
            else:
                counts = self._gain(here, trial) > LEAST_GAIN * (1.0 + abs(self.worth(here)))
                self._moving.succeeded(counts)
                self._fruitless = 0 if counts else self._fruitless
                return trial
        return None

    def _turned(self) -> bool:
        """Ask the other way that no value falls; false where neither leads on."""
        self._fruitless += 1
        self._first_order = not self._first_order
        self._moving = Moving(self._game)
        return self._monotone and self._fruitless < 2

    def _best_of(self, here: EvaluatedPolicy, part: Part) -> EvaluatedPolicy | None:
        """A better policy, with the response that she likes best among nearly tied ones or with the present one."""
        wanted = self._wanted(here)
        trial = None
        if not np.array_equal(wanted, here.answers):
            trial = self._tried(here, wanted, part)
        return self._tried(here, here.answers, part) if trial is None else trial

    def _wanted(self, here: EvaluatedPolicy) -> IntArray:
        """The follower's answer if actions were tied that nearly are."""
        follower = self._problem.follower
        if not follower.favours_leader:
            return here.answers
        return follower.response(self._game, here.policy, self._wider).follower_policy.actions

    def _tried(self, here: EvaluatedPolicy, answers: IntArray, part: Part) -> EvaluatedPolicy | None:
        """The policy of one program, corrected until the exact follower makes it better; ``None`` if he never does."""
        self._moved = radius = self._moving.radius
        asked = self._margin
        model = LocalModel.at(self._game, here.policy, answers)
        if not (self._secures and part.moves.all()):
            asked = np.minimum(asked, model.slack)
        for correction in range(CORRECTIONS + 1):
            step = self._asked(here, answers, model, part, asked)
            found = self._solved(model, step, radius)
            if found is None and correction == 0 and asked is self._margin and answers is here.answers:
                asked = np.minimum(asked, model.slack)
                found = self._solved(model, dataclasses.replace(step, asked=asked), radius)
                self._secures = found is None
            if found is None:
                return None
            if correction == 0:
                self._moved = float(np.abs(found - model.slots).max())
            policy = LeaderPolicy.from_slots(self._game, found)
            trial = self.judged(policy)
            if trial is not None and self.better(here, trial):
                return trial
            if self._run.stopped or (trial is not None and np.array_equal(trial.answers, answers)):
                return None
            part = part if trial is None else part.joined(trial.answers != answers)
            radius *= CORRECTION_SHARE
            model = LocalModel.at(self._game, policy, answers)
        return None

    def _solved(self, model: LocalModel, step: Step, radius: float) -> FloatArray | None:
        program = StepProgram(model, step)
        found = program.solve(radius, self._run)
        self.lps += program.lps
        return found

    def _promise(self, here: EvaluatedPolicy) -> FloatArray:
        """What an action could add to the leader's value of each state, times how often it is visited."""
        game = self._game
        model = LocalModel.at(game, here.policy, here.answers)
        best = np.maximum.reduceat(model.hers[model.answered], game.leader_offsets[:-1])
        return occupancy(model.leader, model.answer, self._weights) * (best - model.leader_values)

    def judged(self, policy: LeaderPolicy) -> EvaluatedPolicy | None:
        """A policy with the exact follower's answer, if it is allowed."""
        problem, game = self._problem, self._game
        self.trials += 1
        if problem.policies.rows:
            policy = self._alike.copied(policy)
        if problem.stated:
            response = answer_allowed(problem, policy, self._run.tolerances)
        else:
            response = problem.follower.response(game, policy, self._run.tolerances)
        if response is None or not problem.follower.accepts(game, response, self._run.tolerances):
            return None
        return EvaluatedPolicy(policy, response)

    def worth(self, one: EvaluatedPolicy) -> float:
        """What a climb makes large: for a monotone one any sum that counts all states will do."""
        return float(self._weights @ one.values) if self._monotone else self._problem.objective(one.values)

    def _gain(self, here: EvaluatedPolicy, trial: EvaluatedPolicy) -> float:
        return self.worth(trial) - self.worth(here)

    def better(self, here: EvaluatedPolicy, trial: EvaluatedPolicy) -> bool:
        """Whether a policy is better than another, losing in no state if the climb is monotone."""
        if self._gain(here, trial) <= self.least(here):
            return False
        return not (self._monotone and self.falls(here, trial).any())

    def falls(self, here: EvaluatedPolicy, trial: EvaluatedPolicy) -> NDArray[np.bool_]:
        """The states that a policy leaves lower than another one does, boolean, shape ``[num_states]``."""
        lower: NDArray[np.bool_] = trial.values < here.values - self.least(here)
        return lower

    def least(self, here: EvaluatedPolicy) -> float:
        """From what difference on values count as different from those of a policy."""
        return self._run.tolerances.feasibility * (1.0 + float(np.abs(here.values).max()))

    def _asked(
        self,
        here: EvaluatedPolicy,
        answers: IntArray,
        model: LocalModel,
        part: Part,
        asked: FloatArray,
    ) -> Step:
        """What a step from a model is to do: one that loses nowhere keeps ``V_t`` in one of two ways."""
        step = Step(part.moves, part.feels, model.gradient(self._weights), asked, allowed=self._allowed)
        if not self._monotone:
            return step
        game = self._game
        rounding = 0.1 * self.least(here)
        least = here.values - rounding
        if np.array_equal(model.slots, here.policy.slots(game)):
            least = np.minimum(least, model.leader_values - rounding)
        if self._first_order:
            return dataclasses.replace(step, kept=least)
        hers = continued(game, game.leader_rewards, game.leader_discount, here.values)
        return dataclasses.replace(step, floors=(least, hers[LocalModel.rows_of(game, answers)]))


def climb(problem: Problem, run: Run, found: EvaluatedPolicy, *, monotone: bool = False) -> EvaluatedPolicy:
    """Climb from a policy until nothing more is gained or the run must stop; the best policy met.

    Parameters
    ----------
    problem, run
        What is asked, and the limits that every program keeps too.
    found
        Where to start: a policy with the exact follower's answer, which the problem allows.
    monotone
        Whether every step must leave no state's value lower than before.

    Returns
    -------
    EvaluatedPolicy
        ``found`` itself if no step is better.
    """
    best = found
    for better in steps(problem, run, found, monotone=monotone):
        best = better
    return best


def steps(problem: Problem, run: Run, found: EvaluatedPolicy, *, monotone: bool = False) -> Iterator[EvaluatedPolicy]:
    """The policies of a climb, each better than the one before."""
    going = Climb(problem, run, monotone=monotone)
    following = going.step(found)
    while following is not None:
        yield following
        following = going.step(following)


def _allowed_rows(problem: Problem) -> Block | None:
    """The rows of the policy space; ``None`` if there are none."""
    from scipy.sparse import csr_array

    rows = problem.policies.rows
    if not rows:
        return None
    matrix = csr_array(np.array([row.coefficients for row in rows]))
    return Block(matrix, np.array([row.lower for row in rows]), np.array([row.upper for row in rows]))
