"""The improvement program (I) as a problem for the search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ssg_mip.branch_and_bound.branching_rule import BranchingRule
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import induced_by_leader
from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.exact.bridge import Written, weights_of
from ssg_mip.exact.coupled_branching import CoupledBranching, CoupledColumns
from ssg_mip.exact.heuristics.allowed import Allowed, SlotRows
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal
from ssg_mip.exact.limited import LimitedBridge
from ssg_mip.exact.spending import Budgets, goal_within_costs
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.lp.direct import improvement_in_arrays
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.policy_space import Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import ConcavePieces, StepObjective, worth
from ssg_mip.programs.improvement import improvement, leader_gains
from ssg_mip.programs.policy_block import NO_ROWS, PolicyRows
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import OF_STATE
from ssg_mip.runs.run import Run


class ImprovementBridge(LimitedBridge):
    """The improvement program (I): maximise an objective of ``Q_t - V_t`` with ``Q_t >= V_t`` in every state.

    Over the policies that the problem allows: Theorems 8 to 11 of Kudo & Akimoto compare values policy by policy, so
    they hold for any compact set of policies. Where rows couple states, nodes are also split by the answers there, and
    where states may use a few actions only, by closing actions. What the leader must get at least stands in no row: a
    policy with ``V >= V_t`` gets as much as ``f_t`` does, which gets it.
    """

    def __init__(self, problem: Problem, run: Run, values: FloatArray, objective: StepObjective) -> None:
        game, space = problem.game, problem.policies
        self.allowed = Allowed(game, space)
        self.policy_rows = PolicyRows.of(game, space)
        self._coupling_rows = space.of_scope(game, Scope.COUPLING)
        self._budgets = Budgets(problem, run.tolerances)
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
        """Where to split boxes; by answers too where rows couple states, by actions where states are limited."""
        if not self._pure_states:
            return self.closing_actions(super().branching, tied=False)
        rule = CoupledBranching(self.game, lambda: self._coupled_columns, self._keeps_mixed_rows, self.groups)
        return self.closing_actions(rule, tied=True)

    @property
    def _pure_states(self) -> tuple[int, ...]:
        """The states that must end with one answer, because a row sees the mean over their answers."""
        if self._budgets.rows:
            return tuple(range(self.game.num_states))
        return self.policy_rows.coupled_states

    def _keeps_mixed_rows(self, slots: FloatArray) -> bool:
        """Whether probabilities keep every row that sees the mean over answers."""
        if not all(row.holds(slots) for row in self._coupling_rows):
            return False
        return not self._budgets.rows or self._budgets.answered(LeaderPolicy.from_slots(self.game, slots))[1]

    def write(self, follower: ValueBounds, selection: Selection) -> Written:
        """The hull form."""
        game, rows = self.game, self.policy_rows
        if rows is NO_ROWS and not self._budgets.rows and not isinstance(self.objective, ConcavePieces):
            return improvement_in_arrays(game, self.values, self.objective, follower, selection)
        spending = self._budgets.around(self.current) if self._budgets.rows else ()
        return improvement(
            game, self.values, self.objective, follower, selection=selection, rows=rows, spending=spending
        )

    @property
    def current(self) -> LeaderPolicy:
        """The policy that is to be improved on."""
        return LeaderPolicy.uniform(self.game) if self.run.start is None else self.run.start

    def read_columns(self, compiled: CompiledProgram) -> None:
        """Columns of the probabilities."""
        self._rows, self._columns = weights_of(self.game, compiled, compiled.column_tags.block == OF_STATE)
        coupled = np.array(self._pure_states, dtype=np.int64)
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
        keeps &= not self._budgets.rows or self._budgets.answered(policy)[1]
        value = worth(self.objective, gains) if keeps and not self.losing(gains).any() else -np.inf
        return Candidate(policy, response, value)

    def losing(self, gains: FloatArray) -> NDArray[np.bool_]:
        """Which states lose, beyond what linear programs resolve."""
        return gains < -self.run.tolerances.feasibility * (1.0 + np.abs(self.values))

    def judge(self, policy: LeaderPolicy) -> tuple[NDArray[np.bool_], IntArray]:
        """Which states lose under a policy or stand in a row that it does not keep, and the follower's actions.

        All of them where it costs too much.
        """
        response, gains = self.gains(policy)
        spent = bool(self._budgets.rows) and not self._budgets.answered(policy)[1]
        losing = self.losing(gains) | self.allowed.losing_states(policy) | spent
        return losing, response.follower_policy.actions

    def gains(self, policy: LeaderPolicy) -> tuple[Response, FloatArray]:
        """``Q_t - V_t`` per state; under ties in the leader's favour by the tied response with the largest ``Q_t``.

        Where costs are bounded by the tied response that keeps them.
        """
        game, follower = self.game, self.problem.follower
        if self._budgets.rows:
            return self._gains_within(policy)
        response = follower.response(game, policy, self.run.tolerances)
        leader, _ = induced_by_leader(game, policy)
        gains = leader.action_values(self.values) - self.values[game.follower_slot_state]
        if follower.ties == "leader":
            gains = np.maximum.reduceat(np.where(response.tied, gains, -np.inf), game.follower_offsets[:-1])
        else:
            gains = gains[response.follower_policy.slots(game)]
        return response, gains

    def _gains_within(self, policy: LeaderPolicy) -> tuple[Response, FloatArray]:
        response, _ = self._budgets.answered(policy)
        leader, _ = induced_by_leader(self.game, policy)
        slots = response.follower_policy.slots(self.game)
        return response, leader.action_values(self.values)[slots] - self.values

    def goal(self, model: FixedResponse) -> LinearGoal:
        """``Q_t`` is linear in the policy for a fixed response: nothing is approximated on the leader's side.

        Bounds on costs are kept to first order.
        """
        return goal_within_costs(self._goal(model), model, self._budgets.rows)

    def _goal(self, model: FixedResponse) -> LinearGoal:
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
