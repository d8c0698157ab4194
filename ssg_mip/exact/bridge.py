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
from ssg_mip.branch_and_bound.branching_rule import BranchingRule
from ssg_mip.branch_and_bound.options import SearchOptions
from ssg_mip.branch_and_bound.records import Aim, Outcome
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation, Point
from ssg_mip.branch_and_bound.search import Search
from ssg_mip.branch_and_bound.tree_log import TreeLog
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.bound_propagation import IntervalBellman
from ssg_mip.evaluation.mdp import DENSE_STATES, induced_by_leader, joint_process, optimal_control
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds, tie_thresholds
from ssg_mip.exact.coupled_branching import CoupledBranching, CoupledColumns
from ssg_mip.exact.heuristics.allowed import Allowed, SlotRows
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal
from ssg_mip.exact.heuristics.primal_search import PrimalSearch
from ssg_mip.exact.heuristics.sequential_lp import Ascent
from ssg_mip.exact.rooted import Rooted, relaxation_in
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import CompiledProgram, compile_program
from ssg_mip.lp.ranges import warn_of_ranges
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import ConcavePieces, StepObjective, worth
from ssg_mip.programs.improvement import improvement, leader_gains
from ssg_mip.programs.policy_block import PolicyRows
from ssg_mip.programs.program import Program, given_up_quietly
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import OF_STATE, ColumnKind
from ssg_mip.runs.run import Run

ALWAYS_WRITTEN = 1000
"""Parts of a program that are written although time is up: less than a tenth of a second's work once it has begun."""

MARGIN_OVER_TIE = 100.0
"""Under tie rules that do not favour the leader, a response must be better by this many tie tolerances."""


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
        run, follower = self.run, self.problem.follower
        clear = MARGIN_OVER_TIE * float(tie_thresholds(self.game, run.tolerances).max())
        margin = clear if follower.rule_decides else follower.margin
        return Ascent(self.game, self.goal, self.evaluate, margin, run, self.allowed_rows)

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
            program = self.write(ValueBounds(box.lower, box.upper), selection)
        checkpoint()
        compiled = compile_program(program)
        if not self._warned:
            warn_of_ranges(compiled, self.game.name, given=self.given_numbers)
            self._warned = True
        slot_of = self._slot_of_columns(compiled)
        checkpoint()
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
    def write(self, follower: ValueBounds, selection: Selection) -> Program:
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


class ImprovementBridge(Bridge):
    """The improvement program (I): maximise an objective of ``Q_t - V_t`` with ``Q_t >= V_t`` in every state.

    Over the policies that the problem allows: Theorems 8 to 11 of Kudo & Akimoto compare values policy by policy, so
    they hold for any compact set of policies. Where rows couple states, nodes are also split by the answers there.
    """

    def __init__(self, problem: Problem, run: Run, values: FloatArray, objective: StepObjective) -> None:
        game, space = problem.game, problem.policies
        self.allowed = Allowed(game, space)
        self.policy_rows = PolicyRows.of(game, space)
        self._coupling_rows = space.of_scope(game, Scope.COUPLING)
        super().__init__(problem, run)
        self.values = values
        self.objective = objective
        self._gains = leader_gains(problem.game, values)

    @property
    def given_numbers(self) -> FloatArray:
        """The game and the weights; the values of the policy to improve on are none of the user's."""
        game, objective = self.game, self.objective
        weights = objective.weights if isinstance(objective, ConcavePieces) else objective
        own = (game.leader_rewards, game.follower_rewards, game.probabilities, weights)
        return np.concatenate([np.ravel(numbers) for numbers in own])

    @property
    def allowed_rows(self) -> SlotRows:
        """The rows of the policy space."""
        return self.allowed.rows

    @property
    def branching(self) -> BranchingRule:
        """Where to split boxes; by answers too where rows couple states."""
        if not self.policy_rows.coupled_states:
            return super().branching
        return CoupledBranching(self.game, lambda: self._coupled_columns, self._keeps_coupling_rows, self.groups)

    def _keeps_coupling_rows(self, slots: FloatArray) -> bool:
        return all(row.holds(slots) for row in self._coupling_rows)

    def write(self, follower: ValueBounds, selection: Selection) -> Program:
        """The hull form."""
        game, rows = self.game, self.policy_rows
        return improvement(game, self.values, self.objective, follower, selection=selection, rows=rows)

    def read_columns(self, compiled: CompiledProgram) -> None:
        """Columns of the probabilities."""
        self._rows, self._columns = weights_of(self.game, compiled, compiled.column_tags.block == OF_STATE)
        coupled = np.array(self.policy_rows.coupled_states, dtype=np.int64)
        if len(coupled):
            self._coupled_columns = CoupledColumns.of_probabilities(self.game, compiled, coupled)

    def nearest(self, policy: LeaderPolicy) -> tuple[LeaderPolicy, bool]:
        """The nearest allowed policy; the policy itself and false if none is found."""
        found = self.allowed.nearest(policy)
        return (policy, False) if found is None else (found, True)

    def evaluate(self, policy: LeaderPolicy) -> Candidate:
        """The objective at the gains of the nearest allowed policy.

        ``-inf`` if none is allowed, a state loses or the margin is missed.
        """
        policy, keeps = self.nearest(policy)
        response, gains = self.gains(policy)
        keeps &= self.problem.follower.accepts(self.game, response, self.run.tolerances)
        value = worth(self.objective, gains) if keeps and not self.losing(gains).any() else -np.inf
        return Candidate(policy, response, value)

    def losing(self, gains: FloatArray) -> NDArray[np.bool_]:
        """Which states lose, beyond what linear programs resolve."""
        return gains < -self.run.tolerances.feasibility * (1.0 + np.abs(self.values))

    def judge(self, policy: LeaderPolicy) -> tuple[NDArray[np.bool_], IntArray]:
        """Which states lose under a policy or stand in a row that it does not keep, and the follower's actions."""
        response, gains = self.gains(policy)
        return self.losing(gains) | self.allowed.losing_states(policy), response.follower_policy.actions

    def gains(self, policy: LeaderPolicy) -> tuple[Response, FloatArray]:
        """``Q_t - V_t`` per state; under ties in the leader's favour by the tied response with the largest ``Q_t``."""
        game, follower = self.game, self.problem.follower
        response = follower.response(game, policy, self.run.tolerances)
        leader, _ = induced_by_leader(game, policy)
        gains = leader.action_values(self.values) - self.values[game.follower_slot_state]
        if follower.ties == "leader":
            gains = np.maximum.reduceat(np.where(response.tied, gains, -np.inf), game.follower_offsets[:-1])
        else:
            gains = gains[response.follower_policy.slots(game)]
        return response, gains

    def goal(self, model: FixedResponse) -> LinearGoal:
        """``Q_t`` is linear in the policy for a fixed response: nothing is approximated on the leader's side."""
        gains = model.gains_over(self.values)
        none = np.zeros(len(gains))
        if isinstance(self.objective, ConcavePieces):
            return pieces_goal(self.objective, gains, none, model)
        gradient = self.objective @ gains
        return LinearGoal(float(gradient @ model.slots), gradient, gains, none)

    def slot_weights(self, columns: FloatArray) -> FloatArray:
        """The probabilities ``x(s, a, b)``."""
        weights = np.zeros(self.game.num_rows)
        weights[self._rows] = columns[self._columns]
        return weights


def weights_of(game: Game, compiled: CompiledProgram, among: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """Joint-action rows and columns of the weights of joint actions among some columns of a program."""
    tags = compiled.column_tags
    columns = np.flatnonzero(among & (tags.kind == ColumnKind.WEIGHT))
    state, leader, answer = (field[columns] for field in (tags.state, tags.leader, tags.answer))
    return game.row_offsets[state] + leader * game.follower_counts[state] + answer, columns


def pieces_goal(pieces: ConcavePieces, gains: FloatArray, least: FloatArray, model: FixedResponse) -> LinearGoal:
    """Raise the level that every piece reaches, with gains of at least so much."""
    ends = np.concatenate((np.ones(len(pieces.weights)), np.zeros(len(gains))))
    return LinearGoal(
        float(pieces(gains @ model.slots)),
        np.zeros(len(model.slots)),
        np.vstack((pieces.weights @ gains, gains)),
        np.concatenate((-pieces.offsets, least)),
        ends,
    )
