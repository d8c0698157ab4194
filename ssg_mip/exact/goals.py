r"""The improvement program with other goals, as problems for the search.

Both know the leader's gains ``d(s) = Q_t(s, f, g(s)) - V_t(s)`` and nothing new about the follower; the programs are
those of :mod:`ssg_mip.programs.improvement_goals`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.records import Aim, Outcome
from ssg_mip.branch_and_bound.tree_log import TreeLog
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import induced_by_leader
from ssg_mip.evaluation.value_bounds import LEAST_GAP, ValueBounds
from ssg_mip.exact.bridge import Bridge
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal
from ssg_mip.exact.improvement_bridge import ImprovementBridge
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.problem import Problem
from ssg_mip.programs.improvement_goals import highest_gain, least_gain
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import Selection
from ssg_mip.runs.run import Run


def search_goal(bridge: Bridge, *, absolute: float, trace: TreeLog | None = None) -> Outcome:
    """Search until the gap is closed, absolutely or relative to that of the run, or a limit is reached."""
    return bridge.search(Aim(relative=max(bridge.run.gap, LEAST_GAP), absolute=absolute), trace)


class HighestGainBridge(ImprovementBridge):
    """Maximise the gain of one state, of which a share may pay for what others lose (the test of Theorem 10)."""

    def __init__(self, problem: Problem, run: Run, values: FloatArray, state: int, share: float) -> None:
        weights = np.zeros(problem.game.num_states)
        weights[state] = 1.0
        super().__init__(problem, run, values, weights)
        self._state = state
        self._share = share

    def write(self, follower: ValueBounds, selection: Selection) -> Program:
        """The hull form with its rows ``d(s) + share * d(state) >= 0``."""
        state, share, rows = self._state, self._share, self.policy_rows
        return highest_gain(self.game, self.values, state, share, follower, selection=selection, rows=rows)

    def evaluate(self, policy: LeaderPolicy) -> Candidate:
        """The state's gain under the nearest allowed policy.

        ``-inf`` if none is allowed, another state loses more than its share pays for, or the margin is missed.
        """
        policy, keeps = self.nearest(policy)
        response, gains = self.gains(policy)
        keeps &= self.problem.follower.accepts(self.game, response, self.run.tolerances)
        lost = self.losing(gains + self._share * gains[self._state]).any()
        return Candidate(policy, response, float(gains[self._state]) if keeps and not lost else -np.inf)

    def goal(self, model: FixedResponse) -> LinearGoal:
        """Linear in the policy for a fixed response."""
        gains = model.gains_over(self.values)
        gradient = gains[self._state]
        rows = gains + self._share * gradient
        return LinearGoal(float(gradient @ model.slots), gradient, rows, np.zeros(len(rows)))


class LeastGainBridge(ImprovementBridge):
    """Problem (53): maximise the least gain, over all policies or over those that have one response.

    Parameters
    ----------
    problem, values, run
        The game, the values ``V_t``, and what is asked.
    response
        One follower action per state: only policies to which it is a best response count; ``None`` for all policies. An
        action of -1 leaves its state open.
    """

    def __init__(self, problem: Problem, run: Run, values: FloatArray, response: IntArray | None = None) -> None:
        game = problem.game
        super().__init__(problem, run, values, np.full(game.num_states, 1.0 / game.num_states))
        self._response = np.full(game.num_states, -1) if response is None else response
        self._fixed = bool(np.all(self._response >= 0))

    @property
    def open_choices(self) -> NDArray[np.bool_]:
        """The follower slots that may be answers."""
        game = self.game
        wanted = self._response[game.follower_slot_state]
        own = np.arange(len(wanted)) - game.follower_offsets[game.follower_slot_state]
        found: NDArray[np.bool_] = (wanted < 0) | (own == wanted)
        return found

    @property
    def first_box(self) -> Box | None:
        """The tightened box of the region; ``None`` if no policy has the response."""
        return self.tighten(self.with_actions(Box(self._follower.lower, self._follower.upper, self.open_choices)))

    @property
    def root(self) -> Box:
        """The region's box."""
        if self._root is None:
            box = self.with_actions(Box(self._follower.lower, self._follower.upper, self.open_choices))
            self._root = self.tighten(box) or box
        return self._root

    def write(self, follower: ValueBounds, selection: Selection) -> Program:
        """The hull form with the least gain as its objective."""
        return least_gain(self.game, self.values, follower, selection=selection, rows=self.policy_rows)

    def evaluate(self, policy: LeaderPolicy) -> Candidate:
        """The least gain of the nearest allowed policy under the response; ``-inf`` where it lies outside the region.

        Also where none is allowed.
        """
        policy, keeps = self.nearest(policy)
        response, gains, inside = self.region_gains(policy)
        inside &= keeps
        return Candidate(policy, response, float(gains.min()) if inside else -np.inf)

    def region_gains(self, policy: LeaderPolicy) -> tuple[Response, FloatArray, bool]:
        """The exact response, the gains under the region's own, and whether the policy belongs to the region."""
        response, keeps = self.problem.follower.answer(self.game, policy, self.run.tolerances)
        if not self._fixed:
            response, gains = self.gains(policy)
            return response, gains, keeps
        slots = self.game.follower_offsets[:-1] + self._response
        leader, _ = induced_by_leader(self.game, policy)
        gains = leader.action_values(self.values)[slots] - self.values
        return response, gains, keeps and bool(response.tied[slots].all())

    def goal(self, model: FixedResponse) -> LinearGoal:
        """To first order: raise the worst state, and let none fall below it."""
        gains = model.gains_over(self.values)
        now = gains @ model.slots
        worst = int(np.argmin(now))
        return LinearGoal(float(now[worst]), gains[worst], gains, np.full(len(gains), float(now[worst])))
