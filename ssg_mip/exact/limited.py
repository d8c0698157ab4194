"""Programs in which states may use a few of the leader's actions only, as problems for the search.

A box then has the leader's actions as choices after the follower's answers, and nodes close them. Limits stand within
single states: for fixed values of the follower one choice of a policy and an answer is still best in every state, in
the commitment program as in the improvement program, so that mixed answers need no splits of their own.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.branching_rule import BranchingRule
from ssg_mip.branch_and_bound.relaxation import Point
from ssg_mip.exact.bridge import Bridge
from ssg_mip.exact.wider_branching import LimitedBranching
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run


class LimitedBridge(Bridge):
    """Boxes with the leader's actions as further choices, where the problem limits how many a state may use."""

    def __init__(self, problem: Problem, run: Run) -> None:
        super().__init__(problem, run)
        if self.most:
            self.groups = np.concatenate((self.groups, np.full(int(self.game.leader_offsets[-1]), -1)))

    @cached_property
    def most(self) -> dict[int, int]:
        """How many actions each limited state may use."""
        return self.problem.policies.most_actions(self.game)

    @property
    def answers(self) -> int:
        """How many choices are answers; the leader's actions come after them, where there are limits."""
        return int(self.game.follower_offsets[-1])

    def with_actions(self, box: Box) -> Box:
        """A box of answers with all actions of the leader open, where there are limits."""
        actions = np.ones(len(self.groups) - self.answers, dtype=bool)
        return Box(box.lower, box.upper, np.concatenate((box.open_choices, actions)))

    def _whole_box(self) -> Box:
        return self.with_actions(super()._whole_box())

    def tighten(self, box: Box) -> Box | None:
        """As without limits; a state without an open action leaves nothing."""
        actions = box.open_choices[self.answers :]
        if len(actions) and not np.logical_or.reduceat(actions, self.game.leader_offsets[:-1]).all():
            return None
        inside = super().tighten(Box(box.lower, box.upper, box.open_choices[: self.answers]))
        if inside is None:
            return None
        return Box(inside.lower, inside.upper, np.concatenate((inside.open_choices, actions)))

    def _slot_of_columns(self, compiled: CompiledProgram) -> IntArray:
        """The answer of every column, and the leader's action."""
        answers = super()._slot_of_columns(compiled)
        if not self.most:
            return answers
        tags = compiled.column_tags
        slots = self.game.leader_offsets[tags.state] + tags.leader
        return np.stack((answers, np.where(tags.leader >= 0, self.answers + slots, -1)))

    def closing_actions(self, rule: BranchingRule, *, tied: bool) -> BranchingRule:
        """The rule, and before it actions are closed; of states of one action only where rows see their mean."""
        most = {state: most for state, most in self.most.items() if most > 1 or tied}
        return LimitedBranching(self.game, most, self.shares, rule) if self.most else rule

    def shares(self, point: Point) -> FloatArray:
        """Per joint action, its probability in its state; 0 where nothing is known of the state."""
        weights = np.maximum(self.slot_weights(point.columns), 0.0)
        totals = np.bincount(self.game.row_state, weights, self.game.num_states)[self.game.row_state]
        found: FloatArray = weights / np.where(totals > 0.0, totals, 1.0)
        return found
