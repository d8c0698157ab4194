"""The program of pairs and its boxes as the search wants them (:mod:`ssg_mip.programs.near_rows`)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import numpy as np

from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.branch_and_bound.box import Box, all_open
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation, Point
from ssg_mip.evaluation.bound_propagation import IntervalBellman
from ssg_mip.evaluation.mdp import joint_process, optimal_control, transition_matrix
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds
from ssg_mip.exact.heuristics.simple import simple_policies
from ssg_mip.exact.rooted import Rooted, relaxation_in
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import compile_program
from ssg_mip.methods.near_optimal.ascent import NearAscent
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.followers.near_optimal import NearOptimal
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.commitment import commitment
from ssg_mip.programs.near_rows import add_near_rows, game_of_pairs
from ssg_mip.programs.program import given_up_quietly
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import FROM_WEIGHTS, ColumnKind
from ssg_mip.runs.run import Run


class PairBoxes(Rooted):
    """Boxes of the follower's optimal values, and the pairs of answers that are open."""

    def __init__(self, problem: Problem, run: Run, follower: NearOptimal) -> None:
        self._problem, self._run, self._follower = problem, run, follower
        self._game, self._pairs = problem.game, game_of_pairs(problem.game)
        self.groups = self._pairs.follower_slot_state
        self._bellman = IntervalBellman(self._game)
        self._ascent = NearAscent(self._game, problem.weights, follower.epsilon, self.evaluate, run)
        state = self._pairs.follower_slot_state
        place = np.arange(len(state)) - self._pairs.follower_offsets[state]
        count = self._game.follower_counts[state]
        self._played = self._game.follower_offsets[state] + place // count
        self._best = self._game.follower_offsets[state] + place % count
        self._tried: set[bytes] = set()

    def _first_root(self) -> Box:
        bounds = follower_value_bounds(self._game)
        box = Box(bounds.lower, bounds.upper, all_open(len(self.groups)))
        return self.tighten(box) or box

    def _written(self, box: Box) -> BoxRelaxation:
        run, pairs = self._run, self._pairs
        incentives = partial(add_near_rows, self._game, self._follower.epsilon)
        selection = Selection(pairs, box.open_choices, checkpoint=run.checkpoint, incentives=incentives)
        with given_up_quietly():
            program = commitment(pairs, self._problem.weights, ValueBounds(box.lower, box.upper), selection=selection)
        compiled = compile_program(program)
        tags = compiled.column_tags
        slot_of: IntArray = np.where(tags.answer >= 0, pairs.follower_offsets[tags.state] + tags.answer, -1)
        self._columns = np.flatnonzero((tags.block == FROM_WEIGHTS) & (tags.kind == ColumnKind.WEIGHT))
        self._leaders = self._game.leader_offsets[tags.state[self._columns]] + tags.leader[self._columns]
        self._slots = slot_of[self._columns]
        return relaxation_in(run, compiled, slot_of)

    def tighten(self, box: Box) -> Box | None:
        """Propagation of the optimal values; it closes best answers, and answers that always cost more than allowed."""
        if not self._run.search.propagation:
            return box
        slots = int(self._game.follower_offsets[-1])
        best = np.bincount(self._best, box.open_choices, slots) > 0.0
        found = self._bellman.tighten(box.lower, box.upper, best)
        if found is None:
            return None
        lower, upper, best = found
        q = self._game.follower_rewards + self._game.follower_discount * (transition_matrix(self._game) @ upper)
        highest = np.full(slots, -np.inf)
        np.maximum.at(highest, self._game.row_follower_slot, q)
        noise = ROUNDING * (1.0 + float(np.abs(highest).max()) + self._follower.epsilon)
        near = highest >= lower[self._game.follower_slot_state] - self._follower.epsilon - noise
        kept = box.open_choices & best[self._best] & near[self._played]
        if not np.all(np.bincount(self.groups, kept, self._game.num_states) > 0.0):
            return None
        return Box(lower, upper, kept)

    def evaluate(self, policy: LeaderPolicy) -> Candidate:
        """A policy with its weighted value."""
        response = self._follower.response(self._game, policy, self._run.tolerances)
        return Candidate(policy, response, float(self._problem.weights @ response.leader_values))

    def start(self) -> Iterator[tuple[float, Candidate]]:
        """Simple policies, each with what lies uphill from it."""
        given = [] if self._run.start is None else [self._run.start]
        plan = optimal_control(joint_process(self._game, leader=True)).chosen
        cooperative = LeaderPolicy.deterministic(self._game, self._game.row_leader[plan])
        simple = (LeaderPolicy.uniform(self._game), cooperative)
        for policy in itertools.chain(given, simple, simple_policies(self._game)):
            yield from self._uphill(policy)
            if self._run.stopped:
                return

    def _uphill(self, policy: LeaderPolicy) -> Iterator[tuple[float, Candidate]]:
        candidate = self.evaluate(policy)
        yield candidate.value, candidate
        ascended = self._ascent.ascend(candidate)
        yield ascended.value, ascended

    def propose(self, point: Point, box: Box, primal_bound: float) -> Iterator[tuple[float, Candidate]]:
        """The policy that a relaxed point implies, and the one near it to which its heaviest pairs are answers."""
        del box
        weights = np.maximum(point.columns[self._columns], 0.0)
        slots = np.bincount(self._leaders, weights, int(self._game.leader_offsets[-1]))
        policy = LeaderPolicy.from_slots(self._game, slots)
        candidate = self.evaluate(policy)
        yield candidate.value, candidate
        played, best = self._wanted(weights)
        key = played.tobytes() + best.tobytes()
        if candidate.value <= primal_bound and key in self._tried:
            return
        self._tried.add(key)
        yield from self._uphill(self._ascent.restore(policy, played, best))

    def _wanted(self, weights: FloatArray) -> tuple[IntArray, IntArray]:
        """What is played and what is best in the heaviest pair of every state."""
        heavy = np.bincount(self._slots, weights, len(self.groups))
        ends = itertools.pairwise(self._pairs.follower_offsets.tolist())
        chosen = np.array([low + int(np.argmax(heavy[low:high])) for low, high in ends])
        first = self._game.follower_offsets[:-1]
        return self._played[chosen] - first, self._best[chosen] - first
