"""The commitment program with bounds on discounted costs, values that must be reached, and limits on used actions.

What is added to rows on the policy (:mod:`ssg_mip.exact.constrained`):

* *costs*: the program has them as rows of the occupancies; every visited state ends with one answer; steps of the
  ascent keep them to first order, and a policy that misses one by little is moved back onto it; among answers that are
  tied the best is taken that keeps them (:mod:`ssg_mip.problem.answer_within`);
* *values* of single states beside rows within states have blocks of their own, which is exact; beside rows across
  states, costs or limits on what a mean sees they would each choose a policy, and are refused unless the weights lie on
  that state alone: then they are costs;
* *limits*: a box also has the leader's actions as choices, which nodes close.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ssg_mip.branch_and_bound.box import Box
from ssg_mip.branch_and_bound.branching_rule import BranchingRule
from ssg_mip.branch_and_bound.relaxation import Point
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import induced_by_leader
from ssg_mip.evaluation.tied_selection import discounted_cost
from ssg_mip.exact.answer import Answer
from ssg_mip.exact.constrained import (
    ConstrainedBridge,
    constrained_root_bound,
    constrained_size,
    solve_constrained,
    started,
)
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal, Linearisation
from ssg_mip.exact.limited import LimitedBridge
from ssg_mip.exact.size_limit import least_values, obstacle
from ssg_mip.exact.solving import claimed, searched, solve_commitment
from ssg_mip.exact.spending import goal_within_costs
from ssg_mip.exact.wider_branching import PureBranching
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.lp.highs import OneShotLp
from ssg_mip.lp.interface import LpStatus
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.answer_within import answer_within, cost_bounds
from ssg_mip.problem.evaluated_policy import Candidate
from ssg_mip.problem.policy_space import PolicySpace, Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.wider_rows import CostRow, ValueRow
from ssg_mip.programs.tags import FROM_WEIGHTS, ColumnKind
from ssg_mip.proofs.claim import Claim
from ssg_mip.runs.run import Run

MENDING = 6
"""Steps that move a policy onto bounds on costs at most."""

SLIGHTLY = 0.05
"""Share of what could be spent by which a policy may miss a bound and be moved onto it."""

FIRST_STEP = 1e-7
"""The smallest step in which a policy is moved."""


def asked_for(problem: Problem) -> PolicySpace:
    """The policies of a problem, with what can be said of occupancies said so.

    Values from the start are costs. So is that of a single state in which the game starts, where rows speak of several
    states or of costs; beside those no other state may have one.

    Raises
    ------
    OptionError
        If costs are bounded and the weights are not the start distribution, or if a value cannot be asked for.
    """
    game, space = problem.game, problem.policies
    costs, least = space.all_costs(game), space.least_values(game)
    if least is not None and (costs or space.of_scope(game, Scope.COUPLING)):
        costs += tuple(
            _value_as_cost(game, state, float(least[state])) for state in np.flatnonzero(least > -np.inf).tolist()
        )
        least = None
    if costs and not np.array_equal(problem.weights, game.initial):
        raise OptionError(
            f"{costs[0].name} counts from the start distribution of {game.name}, and the value is weighted otherwise: "
            "maximise the value from the start, or leave it out"
        )
    return dataclasses.replace(space, costs=costs, values=(), floor=least)


def _value_as_cost(game: Game, state: int, least: float) -> CostRow:
    """The value of the state in which a game starts, as a cost.

    Raises
    ------
    OptionError
        If it starts elsewhere.
    """
    where = game.state_names[state]
    if game.initial[state] != 1.0:
        raise OptionError(
            f"a value of at least {least!r} is asked for in state {where!r} beside rows across states or on costs; "
            "with these it can be asked for from the start alone, because a block for another state would choose a "
            "policy of its own: ask for the value from the start, or leave one of them out"
        )
    return ValueRow(name=f"value of {where}", least=least).as_cost(game)


class WiderBridge(LimitedBridge, ConstrainedBridge):
    """The commitment program with rows of every scope.

    Parameters
    ----------
    problem, run
        As in :class:`~ssg_mip.exact.commitment_bridge.CommitmentBridge`; what its policies ask for is as of
        :func:`asked_for`.
    """

    def __init__(self, problem: Problem, run: Run) -> None:
        space = problem.policies
        self._costs = space.costs
        self._sides = tuple(side for row in space.costs for side in row.sides)
        self._mending = OneShotLp()
        super().__init__(problem, run)

    @property
    def branching(self) -> BranchingRule:
        """Where to split boxes: by answers everywhere where costs are bounded, by actions where states are limited."""
        rule = super().branching
        if self._costs:
            rule = PureBranching(self.game, lambda: self._coupled_columns, self._keeps_coupling_rows, self.groups, self)
        return self.closing_actions(rule, tied=bool(self._costs) or len(self._coupled) > 0)

    # ------------------------------------------------------------------ the program

    def read_columns(self, compiled: CompiledProgram) -> None:
        """The joint actions of all products of occupancies too."""
        super().read_columns(compiled)
        tags = compiled.column_tags
        results = compiled.product_result
        mine = (tags.kind[results] == ColumnKind.PRODUCT) & (tags.block[results] == FROM_WEIGHTS)
        state, leader, answer = (field[results] for field in (tags.state, tags.leader, tags.answer))
        rows = self.game.row_offsets[state] + leader * self.game.follower_counts[state] + answer
        self._row_of_product = np.where(mine, rows, -1)

    # ------------------------------------------------------------------ what branching asks

    def occupied(self, point: Point) -> FloatArray:
        """Per state, how often it is visited, discounted."""
        weights = np.maximum(point.columns[self._columns], 0.0)
        found: FloatArray = np.bincount(self.game.row_state[self._rows], weights, self.game.num_states).astype(float)
        return found

    def prices(self, box: Box, point: Point) -> FloatArray:
        """Per joint action, the weights of its products by the widths of the values they are made with."""
        places = self.relaxation.branch_place
        mine = self._row_of_product >= 0
        worth = point.importance[mine] * box.width[places[mine]]
        found: FloatArray = np.bincount(self._row_of_product[mine], worth, self.game.num_rows).astype(float)
        return found

    def affordable(self, shares: FloatArray, answers: IntArray) -> bool:
        """Whether the policy in given shares keeps every bound on a cost where the follower answers so."""
        game = self.game
        slots = np.bincount(game.row_leader_slot, shares, int(game.leader_offsets[-1]))
        policy = LeaderPolicy.from_slots(game, slots)
        leader, _ = induced_by_leader(game, policy)
        chosen = game.follower_offsets[:-1] + answers
        return all(
            bound.keeps(discounted_cost(leader, chosen, game.initial, bound.cost))
            for bound in cost_bounds(game, policy, self._costs)
        )

    # ------------------------------------------------------------------ policies

    def evaluate(self, policy: LeaderPolicy) -> Candidate:
        """The weighted exact value of an allowed policy near a given one, under an answer that keeps every cost."""
        candidate = super().evaluate(policy)
        if not self._costs or math.isfinite(candidate.value) or not self._allowed.holds(candidate.policy):
            return candidate
        mended = self._moved_onto_costs(candidate)
        return candidate if mended is None else super().evaluate(mended)

    def _answered(self, policy: LeaderPolicy) -> tuple[Response, bool]:
        """The best answer that keeps every cost, and whether it does, and the margin."""
        return answer_within(self.game, policy, self.problem.follower, self._costs, self.run.tolerances)

    def goal(self, model: FixedResponse) -> LinearGoal:
        """As without costs, with every bound on a cost to first order, in shares of what could be spent."""
        return goal_within_costs(super().goal(model), model, self._costs)

    def _moved_onto_costs(self, candidate: Candidate) -> LeaderPolicy | None:
        """A policy that keeps every cost with the same answers, if it is near; ``None`` if there is none."""
        policy, answers = candidate.policy, candidate.answers
        for _ in range(MENDING):
            model = FixedResponse(self.game, policy, answers)
            here = Linearisation.at(model, self.goal(model))
            missed = here.violation
            if missed > SLIGHTLY or self.run.stopped:
                return None
            if missed <= 0.0:
                return policy
            moved = self._step(here, max(FIRST_STEP, missed))
            if moved is None:
                return None
            policy = moved
        return policy

    def _step(self, here: Linearisation, radius: float) -> LeaderPolicy | None:
        """The best policy that keeps all rows to first order, in the smallest of growing trust regions that has one."""
        while radius <= 1.0:
            answer = self._mending.solve(here.step(radius, rows=self._allowed.rows))
            if answer.status is LpStatus.OPTIMAL:
                return LeaderPolicy.from_slots(self.game, np.maximum(answer.point[: len(here.model.slots)], 0.0))
            radius *= 8.0
        return None


def solve_allowed(problem: Problem, run: Run) -> Answer:
    """Maximise ``weights @ V^f`` over the stationary leader policies that a problem allows, with rows of any scope.

    Parameters
    ----------
    problem, run
        As in :func:`~ssg_mip.exact.solving.solve_commitment`. The leader is stationary and the follower's answer
        deterministic, also where costs are bounded.

    Returns
    -------
    Answer
        With ``Termination.INFEASIBLE`` and the dual bound ``-inf`` if no policy is allowed.

    Raises
    ------
    OptionError
        As :func:`asked_for`.
    """
    space = problem.policies
    wider = space.costs or space.values or space.supports
    if not wider and (problem.floor is None or not space.rows):
        return solve_constrained(problem, run)
    problem = dataclasses.replace(problem, policies=asked_for(problem))
    if not problem.policies.restricts:
        return solve_commitment(problem, run)
    bridge = WiderBridge(problem, run)
    stop = obstacle(constrained_size(problem), run)
    answer = searched(bridge) if stop is None else started(bridge, stop)
    return claimed(problem, run, answer, _claim(bridge, problem, run, answer))


def without_answers(problem: Problem) -> Problem:
    """The problem over all policies that keep its rows and limits, whatever they cost and are worth.

    These are more than it allows. What is proven of these policies holds for those that keep costs and values too.
    """
    policies = problem.policies
    if not policies.costs and not policies.values and policies.floor is None:
        return problem
    return dataclasses.replace(problem, policies=dataclasses.replace(policies, costs=(), values=(), floor=None))


def allowed_root_bound(problem: Problem, run: Run) -> float:
    """A cheap upper bound on the weighted value of every policy that keeps a problem's rows and limits."""
    problem = without_answers(problem)
    if not problem.policies.supports:
        return constrained_root_bound(problem, run)
    few = dataclasses.replace(run, search=dataclasses.replace(run.search, many_starts=False))
    return solve_allowed(problem, few.within(nodes=1).quietly()).dual_bound


def best_start(problem: Problem, run: Run) -> LeaderPolicy | None:
    """The best policy that is known before a search begins, if there is one; parameters as of :func:`solve_allowed`."""
    bridge = WiderBridge(dataclasses.replace(problem, policies=asked_for(problem)), run)
    best = max((candidate for _, candidate in bridge.start()), key=lambda one: one.value, default=None)
    return None if best is None or not math.isfinite(best.value) else best.policy


def _claim(bridge: WiderBridge, problem: Problem, run: Run, answer: Answer) -> Claim:
    """What a certificate says of an answer."""
    space, game = problem.policies, problem.game
    policy = dataclasses.replace(bridge.policy_claim, costs=space.costs, most=space.most_actions(game))
    floor = least_values(game, space.floor, run.tolerances)
    return Claim(weights=problem.weights, bound=answer.dual_bound, floor=floor, policy=policy)
