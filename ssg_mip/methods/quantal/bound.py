r"""A bound on the commitment against a quantal follower: branch and bound over his soft values.

The program is the commitment program with other rows for the follower (:mod:`ssg_mip.programs.soft_rows`), and the
boxes are of his soft values. Answers are never closed: he plays all of them. A box is shrunk by

    ``tau log sum_b exp(min_a q(s, a, b) / tau) <= v(s) <= tau log sum_b exp(max_a q(s, a, b) / tau)``,

with the ``q`` of the box's lower and upper ends, and by linear programs at the root as always.

It says something where the temperature is small beside what is at stake for him; where he hardly cares the rows
restrict nothing, and the bound is that of the best pair of policies.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import partial

import numpy as np

from ssg_mip.base.status import Termination
from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.branch_and_bound.box import Box, all_open
from ssg_mip.branch_and_bound.records import Aim, Outcome
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation, Point
from ssg_mip.branch_and_bound.search import Search
from ssg_mip.evaluation.mdp import transition_matrix
from ssg_mip.evaluation.value_bounds import (
    LEAST_GAP,
    ValueBounds,
    finest_gap,
    follower_value_bounds,
    gap_scale,
    leader_value_bounds,
)
from ssg_mip.exact.rooted import Rooted, relaxation_in
from ssg_mip.exact.size_limit import commitment_size, obstacle
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import compile_program
from ssg_mip.methods.quantal.ascent import Climb, Peak
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.commitment import commitment
from ssg_mip.programs.program import given_up_quietly
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.soft_rows import add_soft_rows
from ssg_mip.programs.tags import FROM_WEIGHTS, ColumnKind
from ssg_mip.runs.run import Run

SWEEPS = 400
"""Sweeps that bound his soft values at the root; each is valid."""

AIMED = 0.99
"""Share of the gap within which the search ends: the rest is for rounding."""

SWEEPS_A_BOX = 3
"""Sweeps for every box."""


class SoftIntervals:
    """Bounds on the soft values from bounds on the values that follow, for one game and temperature."""

    def __init__(self, game: Game, temperature: float) -> None:
        self._game, self._temperature = game, temperature
        self._matrix = game.follower_discount * transition_matrix(game)
        self._largest = float(np.abs(game.follower_rewards).max())

    def root(self) -> ValueBounds:
        """Bounds over all leader policies."""
        hard = follower_value_bounds(self._game)
        most = self._temperature * np.log(self._game.follower_counts.max()) / (1.0 - self._game.follower_discount)
        box = self.tightened(hard.lower, hard.upper + most, SWEEPS)
        if box is None:
            raise ArithmeticError("the bounds on the soft values cross each other")
        return box

    def tightened(self, lower: FloatArray, upper: FloatArray, sweeps: int = SWEEPS_A_BOX) -> ValueBounds | None:
        """A smaller box with the same soft values, ``None`` if it holds none."""
        noise = ROUNDING * (1.0 + self._largest + float(np.maximum(np.abs(lower), np.abs(upper)).max()))
        for _ in range(sweeps):
            low = np.maximum(lower, self._log_sum(lower, np.minimum, np.inf) - noise)
            high = np.minimum(upper, self._log_sum(upper, np.maximum, -np.inf) + noise)
            if np.any(low > high + noise):
                return None
            moved = max(float(np.max(low - lower)), float(np.max(upper - high)))
            lower, upper = low, np.maximum(low, high)
            if moved <= noise:
                break
        return ValueBounds(lower, upper)

    def _log_sum(self, values: FloatArray, over_leader: np.ufunc, none: float) -> FloatArray:
        """``tau log sum_b exp(q(s, b) / tau)`` with the least or largest ``q(s, a, b)`` of every ``b``."""
        game, tau = self._game, self._temperature
        q = game.follower_rewards + self._matrix @ values
        best = np.full(int(game.follower_offsets[-1]), none)
        over_leader.at(best, game.row_follower_slot, q)
        starts = game.follower_offsets[:-1]
        highest = np.maximum.reduceat(best, starts)
        sums = np.add.reduceat(np.exp((best - highest[game.follower_slot_state]) / tau), starts)
        total: FloatArray = highest + tau * np.log(sums)
        return total


class SoftBoxes(Rooted):
    """The program and its boxes as the search wants them; solutions are the peaks of ascents."""

    def __init__(self, problem: Problem, run: Run, climb: Climb, known: Peak) -> None:
        self.groups = problem.game.follower_slot_state
        self._problem, self._run, self._climb, self._known = problem, run, climb, known
        self._intervals = SoftIntervals(problem.game, climb.temperature)

    def _first_root(self) -> Box:
        bounds = self._intervals.root()
        return Box(bounds.lower, bounds.upper, all_open(len(self.groups)))

    def _written(self, box: Box) -> BoxRelaxation:
        game, run = self._problem.game, self._run
        incentives = partial(add_soft_rows, self._climb.temperature)
        selection = Selection(game, all_open(len(self.groups)), checkpoint=run.checkpoint, incentives=incentives)
        with given_up_quietly():
            program = commitment(game, self._problem.weights, ValueBounds(box.lower, box.upper), selection=selection)
        compiled = compile_program(program)
        tags = compiled.column_tags
        columns = np.flatnonzero((tags.block == FROM_WEIGHTS) & (tags.kind == ColumnKind.WEIGHT))
        self._slots = game.leader_offsets[tags.state[columns]] + tags.leader[columns]
        self._columns = columns
        return relaxation_in(run, compiled, np.full(len(tags.kind), -1))

    def tighten(self, box: Box) -> Box | None:
        """Interval propagation of the soft Bellman equations."""
        if not self._run.search.propagation:
            return box
        found = self._intervals.tightened(box.lower, box.upper)
        return None if found is None else Box(found.lower, found.upper, box.open_choices)

    def start(self) -> Iterator[tuple[float, Peak]]:
        """The best policy of the ascents."""
        yield self._known.value, self._known

    def propose(self, point: Point, box: Box, primal_bound: float) -> Iterator[tuple[float, Peak]]:
        """The policy that a relaxed point implies, ascended from where it is better than what is known."""
        del box
        weights = np.maximum(point.columns[self._columns], 0.0)
        slots = np.bincount(self._slots, weights, int(self._problem.game.leader_offsets[-1]))
        policy = LeaderPolicy.from_slots(self._problem.game, slots)
        found = self._climb.at(policy)
        yield found.value, found
        if found.value > primal_bound:
            *_, peak = self._climb.ascend(policy)
            yield peak.value, peak


def searched_bound(problem: Problem, run: Run, climb: Climb, known: Peak) -> Outcome | Termination:
    """The outcome of the search, or why it was not begun.

    Parameters
    ----------
    problem, run
        What is asked; the run's limit on nodes is that of the search.
    climb, known
        Evaluates policies; the best one known.
    """
    stop = run.stop_reason() or obstacle(commitment_size(problem.game, problem.weights), run)
    if stop is not None:
        return stop
    bounds = leader_value_bounds(problem.game)
    gap = AIMED * max(run.gap, LEAST_GAP)
    aim = Aim(
        relative=gap,
        absolute=finest_gap(bounds, problem.weights, gap),
        scale=gap_scale(bounds, problem.weights),
        ceiling=float(problem.weights @ bounds.upper),
    )
    options = dataclasses.replace(run.search, probing=False)  # that asks which answer is the only one
    boxes = SoftBoxes(problem, run, climb, known)
    return Search(boxes, aim, run.budget, on_progress=run.on_progress, options=options).run()
