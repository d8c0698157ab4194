"""The direction program (:mod:`ssg_mip.programs.direction`), solved: how high objectives rise at once, and a bound.

The same search as for the commitment program, over the same boxes of follower values. A policy's level is what the
exact follower says; the bound on the level holds over all stationary leader policies, also where a limit ends the
search.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.branch_and_bound.records import Aim
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.value_bounds import LEAST_GAP, ValueBounds
from ssg_mip.exact.bridge import Bridge, weights_of
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal
from ssg_mip.exact.heuristics.simple import simple_policies
from ssg_mip.exact.size_limit import comparisons, obstacle
from ssg_mip.exact.solving import Answer, answer_of, without_program
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.direction import Ceiling, Demand, direction_products, level, thin_states
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import OF_STATE
from ssg_mip.runs.run import Run

Witness = Callable[[LeaderPolicy, Response], None]
"""Told of every policy that keeps the margin and of the exact response to it."""


class DirectionBridge(Bridge):
    """The direction program (L): maximise the level up to which every demand is met.

    Parameters
    ----------
    problem, run
        What is solved, and how.
    demands, ceilings
        As in :func:`ssg_mip.programs.direction.level`.
    top
        The highest level of interest.
    witness
        Told of every policy that is evaluated.
    """

    def __init__(
        self,
        problem: Problem,
        run: Run,
        demands: Sequence[Demand],
        top: float,
        ceilings: Sequence[Ceiling] = (),
        witness: Witness | None = None,
    ) -> None:
        super().__init__(problem, run)
        self.demands = list(demands)
        self._top = top
        self._ceilings = ceilings
        self._witness = witness
        self._leader_weights = np.array([demand.leader for demand in demands])
        self._follower_weights = np.array([demand.follower for demand in demands])
        self._least = np.array([demand.least for demand in demands])
        self._slope = np.array([demand.slope for demand in demands])
        self._slack = run.tolerances.monotone * (1.0 + np.abs(self._least))
        self._rising = self._slope > 0.0

    def write(self, follower: ValueBounds, selection: Selection) -> Program:
        """The program, with demands that are lower by what a policy may miss them by."""
        relaxed = [
            dataclasses.replace(demand, least=demand.least - float(slack))
            for demand, slack in zip(self.demands, self._slack, strict=True)
        ]
        return level(self.game, relaxed, follower, top=self._top, selection=selection, ceilings=self._ceilings)

    def read_columns(self, compiled: CompiledProgram) -> None:
        """Columns of all occupancy blocks, and of the conditional probabilities where they hardly reach."""
        block = compiled.column_tags.block
        self._rows, self._columns = weights_of(self.game, compiled, block >= 0)
        self._own_rows, self._own_columns = weights_of(self.game, compiled, block == OF_STATE)

    def evaluate(self, policy: LeaderPolicy) -> Candidate:
        """The exact level; ``-inf`` if a demand is missed at level 0, or the margin."""
        response, keeps = self.problem.follower.answer(self.game, policy, self.run.tolerances)
        if keeps and self._witness is not None:
            self._witness(policy, response)
        return Candidate(policy, response, self._reached(response) if keeps else -math.inf)

    def _reached(self, response: Response) -> float:
        over = (
            self._leader_weights @ response.leader_values
            + self._follower_weights @ response.follower_values
            - self._least
        )
        if np.any(over < -self._slack):
            return -math.inf
        return max(0.0, float((over[self._rising] / self._slope[self._rising]).min()))

    def _over(self, leader_values: FloatArray, follower_values: FloatArray) -> FloatArray:
        """By how much the demands are exceeded at level 0."""
        over: FloatArray = self._leader_weights @ leader_values + self._follower_weights @ follower_values - self._least
        return over

    def goal(self, model: FixedResponse) -> LinearGoal:
        """The linearised demands, with the level as objective."""
        over = self._over(model.leader_values, model.follower_values)
        rows = self._leader_weights @ model.leader_slopes()
        if self._follower_weights.any():
            rows = rows + self._follower_weights @ model.follower_slopes()
        reached = float((over[self._rising] / self._slope[self._rising]).min())
        return LinearGoal(reached, np.zeros(len(model.slots)), rows, rows @ model.slots - over, self._slope)

    def _start_policies(self) -> Iterator[LeaderPolicy]:
        """The given start alone: other simple policies hardly ever meet demands that were made to be hard."""
        return super()._start_policies() if self.run.start is None else iter((self.run.start,))

    def ascended(self, policy: LeaderPolicy) -> Candidate:
        """The best of a policy and of what lies uphill from it."""
        return max(self._primal.from_policy(policy), key=lambda one: one.value)

    def slot_weights(self, columns: FloatArray) -> FloatArray:
        """Occupancies of all blocks together; conditional probabilities where a state is hardly visited."""
        game = self.game
        weights = np.zeros(game.num_rows)
        np.add.at(weights, self._rows, np.maximum(columns[self._columns], 0.0))
        if len(self._own_rows):
            own = np.zeros(game.num_rows)
            own[self._own_rows] = columns[self._own_columns]
            total = np.bincount(game.row_state, weights, game.num_states)
            hardly = total <= self.run.tolerances.support / (1.0 - game.leader_discount)
            hardly[np.setdiff1d(np.arange(game.num_states), thin_states(game, self.demands))] = False
            weights = np.where(hardly[game.row_state], own, weights)
        return weights


def solve_direction(
    problem: Problem,
    run: Run,
    demands: Sequence[Demand],
    *,
    top: float,
    absolute_gap: float,
    ceilings: Sequence[Ceiling] = (),
    witness: Witness | None = None,
) -> Answer:
    """Maximise the level up to which every demand is met by one stationary leader policy.

    Parameters
    ----------
    problem
        The game with its follower; its weights do not matter.
    demands
        At least one of them with a positive slope. They hold within ``run.tolerances.monotone`` times their scale.
    run
        Limits, seed, start policy.
    top
        The highest level of interest.
    absolute_gap
        The gap between level and bound at which the search may stop.
    ceilings
        Proven bounds on weighted sums of the demands' left sides.
    witness
        Told of every policy that the search evaluates.

    Returns
    -------
    Answer
        ``primal_bound`` is the level of the policy, at least 0; ``dual_bound`` is at most ``top``: no stationary policy
        reaches a level between it and ``top``. Without any policy that meets the demands at level 0 it ends with
        ``Termination.INFEASIBLE`` and the dual bound ``-inf``.
    """
    bridge = DirectionBridge(problem, run, demands, top, ceilings, witness)
    stop = obstacle(max(direction_products(problem.game, demands), comparisons(problem.game)), run)
    if stop is not None:
        return _simple_answer(bridge, stop, top)
    outcome = bridge.search(Aim(relative=LEAST_GAP, absolute=absolute_gap))
    return answer_of(outcome, ceiling=top)


def _simple_answer(bridge: DirectionBridge, termination: Termination, top: float) -> Answer:
    """Without the program: the best of some simple policies, and the level up to which one was asked for."""
    run = bridge.run
    start = LeaderPolicy.uniform(bridge.game) if run.start is None else run.start
    best = bridge.evaluate(start)
    for policy in simple_policies(bridge.game):
        if run.stopped:
            break
        best = max(best, bridge.evaluate(policy), key=lambda one: one.value)
    return dataclasses.replace(without_program(best, top, termination), dual_bound=top)
