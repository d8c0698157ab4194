"""Exact programs as problems for the search: what a box, a relaxed point and a solution mean in a game.

All of them branch on the follower's values. A relaxed point is read as a leader policy and a wanted response, evaluated
exactly by the follower's decision process, and improved by local ascent.
"""

from __future__ import annotations

import dataclasses
import itertools
from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ssg_mip.branch_and_bound.box import Box, all_open
from ssg_mip.branch_and_bound.options import SearchOptions
from ssg_mip.branch_and_bound.records import Aim, Outcome
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation, Point
from ssg_mip.branch_and_bound.search import Search
from ssg_mip.branch_and_bound.tree_log import TreeLog
from ssg_mip.evaluation.bound_propagation import IntervalBellman
from ssg_mip.evaluation.mdp import DENSE_STATES, joint_process, optimal_control
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds
from ssg_mip.exact.heuristics.allowed import SlotRows
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal
from ssg_mip.exact.heuristics.primal_search import PrimalSearch
from ssg_mip.exact.heuristics.sequential_lp import Ascent, ascent_margin
from ssg_mip.exact.rooted import Rooted, relaxation_in
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import CompiledProgram, compile_program
from ssg_mip.lp.ranges import warn_of_ranges
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.program import Program, given_up_quietly
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import ColumnKind
from ssg_mip.runs.run import Run

ALWAYS_WRITTEN = 1000
"""Parts or columns of a program that is written although time is up: less than a tenth of a second once begun."""

Written = Program | CompiledProgram
"""A program as a model of Pyomo's, or already in arrays (:mod:`ssg_mip.lp.direct`)."""


class Bridge(Rooted):
    """What all programs share: boxes of follower values, and policies read from relaxed points."""

    def __init__(self, problem: Problem, run: Run) -> None:
        game = problem.game
        self.game = game
        self.groups = game.follower_slot_state
        self.problem = problem
        self.run = run
        self._warned = False
        ascends = run.search.local_ascent and game.num_states <= DENSE_STATES
        self._primal = PrimalSearch(game, self.evaluate, self._ascent() if ascends else None)

    def _ascent(self) -> Ascent:
        margin = ascent_margin(self.problem, self.run)
        return Ascent(self.game, self.goal, self.evaluate, margin, self.run, self.allowed_rows)

    @property
    def allowed_rows(self) -> SlotRows | None:
        """Rows on the policy that heuristics keep."""
        return None

    @cached_property
    def _interval(self) -> IntervalBellman:
        options = self.run.search
        return IntervalBellman(
            self.game, self.problem.follower.margin, mixing=options.mixing, looking_back=options.looking_back
        )

    @cached_property
    def _follower(self) -> ValueBounds:
        return follower_value_bounds(self.game)

    def _first_root(self) -> Box:
        box = self._whole_box()
        return self.tighten(box) or box

    def _whole_box(self) -> Box:
        """The follower's value bounds."""
        return Box(self._follower.lower, self._follower.upper, all_open(int(self.game.follower_offsets[-1])))

    def _written(self, box: Box) -> BoxRelaxation:
        """The relaxation of the program, written for a box.

        Raises
        ------
        OutOfTime
            If a limit is reached meanwhile, unless the program is small.
        """
        calls = itertools.count()

        def checkpoint() -> None:
            if next(calls) >= ALWAYS_WRITTEN:
                self.run.checkpoint()

        answers = box.open_choices[: int(self.game.follower_offsets[-1])]
        selection = Selection(self.game, answers, margin=self.problem.follower.margin, checkpoint=checkpoint)
        with given_up_quietly():
            written = self.write(ValueBounds(box.lower, box.upper), selection)
        checkpoint()
        compiled = written if isinstance(written, CompiledProgram) else compile_program(written)
        if not self._warned:
            warn_of_ranges(compiled, self.game.name, given=self.given_numbers)
            self._warned = True
        slot_of = self._slot_of_columns(compiled)
        if compiled.num_columns >= ALWAYS_WRITTEN:
            self.run.checkpoint()
        relaxation = relaxation_in(self.run, compiled, slot_of)
        self.read_columns(compiled)
        return relaxation

    @property
    def given_numbers(self) -> FloatArray | None:
        """What users have given of a program's numbers; ``None`` if that is all of them."""
        return None

    def _slot_of_columns(self, compiled: CompiledProgram) -> IntArray:
        """The follower slot of every column that is about an answer, -1 for the rest.

        Choices after the answers have a row for each kind.
        """
        tags = compiled.column_tags
        slot_of: IntArray = np.where(tags.answer >= 0, self.game.follower_offsets[tags.state] + tags.answer, -1)
        return slot_of

    @property
    def search_options(self) -> SearchOptions:
        """How the program is searched."""
        return self.run.search

    def search(self, aim: Aim, trace: TreeLog | None = None) -> Outcome:
        """Search the program: until it is answered as the aim says, or the run must stop."""
        run = self.run
        return Search(
            self,
            dataclasses.replace(aim, enough=run.target),
            run.budget,
            on_progress=run.on_progress,
            options=self.search_options,
            trace=trace,
        ).run()

    # ------------------------------------------------------------------ what a program adds

    @abstractmethod
    def write(self, follower: ValueBounds, selection: Selection) -> Written:
        """The exact program within bounds on the follower's values and a selection of answers."""

    @abstractmethod
    def read_columns(self, compiled: CompiledProgram) -> None:
        """Remember where the program's blocks ended up among the compiled columns."""

    @abstractmethod
    def evaluate(self, policy: LeaderPolicy) -> Candidate:
        """The exact objective of a policy."""

    @abstractmethod
    def goal(self, model: FixedResponse) -> LinearGoal:
        """The leader's side of the linearised program."""

    @abstractmethod
    def slot_weights(self, columns: FloatArray) -> FloatArray:
        """Weight per joint-action row in a relaxed point."""

    # ------------------------------------------------------------------ what the search asks

    def tighten(self, box: Box) -> Box | None:
        """Interval propagation of the follower's Bellman equations."""
        if not self.run.search.propagation:
            return box
        answer = self._interval.tighten(box.lower, box.upper, box.open_choices)
        return None if answer is None else Box(*answer)

    def start(self) -> Iterator[tuple[float, Candidate]]:
        """Simple policies: the given one, uniform, that of a planner who moves both players; each ascended."""
        for policy in self._start_policies():
            for candidate in self._primal.from_policy(policy):
                yield candidate.value, candidate
                if self.run.stopped:
                    return

    def _start_policies(self) -> Iterator[LeaderPolicy]:
        if self.run.start is not None:
            yield self.run.start
        yield LeaderPolicy.uniform(self.game)
        yield self._cooperative()

    def _cooperative(self) -> LeaderPolicy:
        """The leader's part of the best pair of policies for the leader."""
        chosen = optimal_control(joint_process(self.game, leader=True)).chosen
        return LeaderPolicy.deterministic(self.game, self.game.row_leader[chosen])

    def propose(self, point: Point, box: Box, primal_bound: float) -> Iterator[tuple[float, Candidate]]:
        """Policies that a relaxed point suggests (:mod:`ssg_mip.exact.heuristics.primal_search`)."""
        del box
        weights = np.maximum(self.slot_weights(point.columns), 0.0)
        for candidate in self._primal.from_weights(weights, primal_bound):
            yield candidate.value, candidate


def weights_of(game: Game, compiled: CompiledProgram, among: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """Joint-action rows and columns of the weights of joint actions among some columns of a program."""
    tags = compiled.column_tags
    columns = np.flatnonzero(among & (tags.kind == ColumnKind.WEIGHT))
    state, leader, answer = (field[columns] for field in (tags.state, tags.leader, tags.answer))
    return game.row_offsets[state] + leader * game.follower_counts[state] + answer, columns
