"""The commitment program without products, where the follower steers nothing: searched over his answers alone.

:mod:`ssg_mip.programs.unsteered` is the program; it applies where what couples states can be said of occupancies
(:mod:`ssg_mip.exact.occupancy_rows`). A relaxed point errs by mixing answers only, and by nothing in a state where it
does not. How much it errs in a state is known: what it claims there, less what the leader gets from the same mix with
the answer that the follower gives to it. Where that is most, the heaviest answer is taken apart from the others.

Random Bayesian games of one state, medians of six (three from ten types on), CPU seconds (nodes) of this search with
all that it proves, and of HiGHS on the same hull form and on DOBSS with the tightest constants, to a gap of 1e-4:

==========  =====  ============  ============  ===========
size        types  here          hull MILP     DOBSS MILP
==========  =====  ============  ============  ===========
3x3         2      .010 (1)      .002 (1)      .005 (1)
3x3         6      .017 (1)      .006 (1)      .044 (1)
5x5         2      .014 (1)      .006 (1)      .023 (1)
5x5         4      .033 (2)      .064 (1)      .166 (5)
5x5         6      .088 (14)     .201 (4)      .490 (16)
5x5         8      .165 (31)     .377 (11)     .841 (35)
8x5         8      .462 (73)     .633 (16)     1.27 (135)
5x5         12     1.18 (568)    1.25 (97)     2.59 (579)
==========  =====  ============  ============  ===========

So there is no number of types, among these, from which on a MILP would be worth its unproven bound.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from ssg_mip.branch_and_bound.box import Box, all_open
from ssg_mip.branch_and_bound.branching_rule import BranchingRule
from ssg_mip.branch_and_bound.options import SearchOptions
from ssg_mip.branch_and_bound.records import ChoiceBranch, Split
from ssg_mip.branch_and_bound.relaxation import BoxRelaxation, Point
from ssg_mip.branch_and_bound.search import LOOK_ALWAYS
from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.exact.answer import Answer
from ssg_mip.exact.constrained import ConstrainedBridge
from ssg_mip.exact.heuristics.allowed import Allowed
from ssg_mip.exact.occupancy_rows import occupancy_rows
from ssg_mip.exact.size_limit import obstacle
from ssg_mip.exact.solving import claimed, searched
from ssg_mip.exact.wider import solve_allowed
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.policy_block import PolicyRows
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.unsteered import OccupancyRow, unsteered
from ssg_mip.proofs.claim import Claim
from ssg_mip.runs.run import Run

PURE = 1e-9
"""Share of a state's occupancy beside the heaviest answer below which its answers count as one."""


class UnsteeredBridge(ConstrainedBridge):
    """The commitment program of a problem whose follower steers nothing.

    Parameters
    ----------
    problem, run
        As in :class:`~ssg_mip.exact.constrained.ConstrainedBridge`.
    rows
        What couples states (:func:`~ssg_mip.exact.occupancy_rows.occupancy_rows`).
    """

    def __init__(self, problem: Problem, run: Run, rows: Sequence[OccupancyRow]) -> None:
        super().__init__(problem, run)
        self._rows_on_visits, self._points, self._many = rows, 0, None
        self._coupled = np.zeros(0, dtype=np.int64)

    def _whole_box(self) -> Box:
        none = np.zeros(0)
        return Box(none, none, all_open(int(self.game.follower_offsets[-1])))

    def tighten(self, box: Box) -> Box | None:
        """Nothing follows from a box without intervals, but that every state needs an answer."""
        left = np.add.reduceat(box.open_choices.astype(np.int64), self.game.follower_offsets[:-1])
        return box if left.all() else None

    @property
    def branching(self) -> BranchingRule:
        """By answers."""
        return self._split

    def write(self, follower: ValueBounds, selection: Selection) -> Program:
        """The program in occupancies alone."""
        del follower
        rows = PolicyRows.of(self.game, self.problem.policies)
        return unsteered(self.game, self.weights, selection, rows, self._rows_on_visits)

    def start(self) -> Iterator[tuple[float, Candidate]]:
        """The given policy, ascended, or else a simple one as it is: the first relaxed point is as cheap and better."""
        if self.run.start is not None:
            yield from self._tried(self.run.start)
            return
        candidate = self.evaluate(LeaderPolicy.uniform(self.game))
        yield candidate.value, candidate

    @property
    def search_options(self) -> SearchOptions:
        """Every relaxed point is looked at: one without mixed answers is a policy with its value."""
        return dataclasses.replace(self.run.search, local_ascent=False)

    def propose(self, point: Point, box: Box, primal_bound: float) -> Iterator[tuple[float, Candidate]]:
        """The policy of a relaxed point; what lies uphill from it at first, and where no answers are mixed."""
        self._points += 1
        y = self._occupancies(point)
        if self._points <= LOOK_ALWAYS or not self._mixed(y).any():
            yield from super().propose(point, box, primal_bound)
            return
        slots = np.bincount(self.game.row_leader_slot, y, int(self.game.leader_offsets[-1]))
        candidate = self.evaluate(LeaderPolicy.from_slots(self.game, slots))
        yield candidate.value, candidate

    def _occupancies(self, point: Point) -> FloatArray:
        """Per joint-action row, at least 0; all 0 without a point."""
        y = np.zeros(self.game.num_rows)
        if len(point.columns):
            y[self._rows] = np.maximum(point.columns[self._columns], 0.0)
        return y

    def _per_answer(self, y: FloatArray) -> FloatArray:
        """Per follower slot, how often it is the answer."""
        return np.bincount(self.game.row_follower_slot, y, int(self.game.follower_offsets[-1])).astype(np.float64)

    def _mixed(self, y: FloatArray) -> FloatArray:
        """Per state, how often another answer than the heaviest is given; 0 where that is rounding."""
        game = self.game
        visits = np.bincount(game.row_state, y, game.num_states)
        beside = visits - np.maximum.reduceat(self._per_answer(y), game.follower_offsets[:-1])
        return np.where(beside > PURE * visits, beside, 0.0)

    def _split(self, relaxation: BoxRelaxation, box: Box, point: Point, root_width: FloatArray) -> Split | None:
        """The heaviest answer of the state in which the relaxed point claims most beyond what there is."""
        del relaxation, root_width
        game, y = self.game, self._occupancies(point)
        left = np.add.reduceat(box.open_choices.astype(np.int64), game.follower_offsets[:-1])
        if left.max() <= 1:
            return None
        state = int(np.argmax(np.where(left > 1, self._claimed_beyond(y), -1.0)))
        first, last = game.follower_offsets[state : state + 2]
        mass = np.where(box.open_choices, self._per_answer(y), -1.0)
        return ChoiceBranch(int(first + np.argmax(mass[first:last])), game.follower_slot_state == state)

    def _claimed_beyond(self, y: FloatArray) -> FloatArray:
        """Per state, the leader's rewards in the point less those of its mix with the follower's answer to it.

        Nothing where no answers are mixed; where nothing is claimed, states go by how mixed they are.
        """
        game, mixed = self.game, self._mixed(y)
        played = np.bincount(game.row_leader_slot, y, int(game.leader_offsets[-1]))[game.row_leader_slot]
        theirs, ours = (self._per_answer(played * rewards) for rewards in (game.follower_rewards, game.leader_rewards))
        best = np.maximum.reduceat(theirs, game.follower_offsets[:-1])[game.follower_slot_state]
        is_best = theirs >= best - PURE * (1.0 + np.abs(best))
        real = np.maximum.reduceat(np.where(is_best, ours, -np.inf), game.follower_offsets[:-1])
        claimed = np.bincount(game.row_state, y * game.leader_rewards, game.num_states) - real
        return np.where(mixed > 0.0, np.maximum(claimed, 0.0) + PURE * mixed, 0.0)


def solve_suited(problem: Problem, run: Run) -> Answer:
    """Maximise ``weights @ V^f`` over the policies that a problem allows, by the program that suits it.

    Parameters are those of :func:`~ssg_mip.exact.wider.solve_allowed`, which is asked where the program of
    this module does not apply, or has no certificate and one is wanted.
    """
    rows = None if problem.floor is not None else _linear(problem, run)
    if rows is None or (run.recorder is not None and any(row.position is None for row in rows)):
        return solve_allowed(problem, run)
    bridge = UnsteeredBridge(problem, run, rows)
    answer = searched(bridge)
    if run.recorder is None:
        return answer
    claim = Claim(weights=problem.weights, bound=answer.dual_bound, policy=bridge.policy_claim)
    return claimed(problem, run, answer, claim)


def _linear(problem: Problem, run: Run) -> tuple[OccupancyRow, ...] | None:
    """What couples states, if anything does, all of it is linear in occupancies, and nothing else is asked."""
    space = problem.policies
    others = space.costs or space.supports or space.values
    if others or problem.objective.goal is not None or not isinstance(problem.follower, Rational):
        return None
    if not space.coupled_states(problem.game):
        return None
    if obstacle(problem.game.num_rows, run) is not None:
        return None
    # What no policy keeps in a state that is never visited would not be noticed.
    any_policy = Allowed(problem.game, space).nearest(LeaderPolicy.uniform(problem.game))
    return None if any_policy is None else occupancy_rows(problem)
