"""Bounds on discounted costs in steps of policy iteration: what the current policy spends, and what a step may."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ssg_mip.base.tolerances import Tolerances
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import evaluate, induced_by_leader, transition_matrix
from ssg_mip.evaluation.occupancy_bounds import occupancy_bounds
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.answer_within import answer_within, cost_bounds
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.wider_rows import COST_TOLERANCE, CostRow
from ssg_mip.programs.spending import Spending

AIMED_SHARE = 0.1
"""Steps aim at a cost this share of its tolerance below its bound."""


class Budgets:
    """The bounds on costs of a problem, around a policy that keeps them.

    Parameters
    ----------
    problem
        Its bounds on costs hold from the game's start distribution; what the leader must get is none of them.
    """

    def __init__(self, problem: Problem, tolerances: Tolerances) -> None:
        self._problem = problem
        self._tolerances = tolerances
        self._every = problem.policies.all_costs(problem.game)
        self.rows: tuple[CostRow, ...] = problem.policies.spending(problem.game)

    def answered(self, policy: LeaderPolicy) -> tuple[Response, bool]:
        """The best answer that keeps every bound, and whether it does, and the margin."""
        return answer_within(self._problem.game, policy, self._problem.follower, self._every, self._tolerances)

    def around(self, policy: LeaderPolicy) -> tuple[Spending, ...]:
        """Every side of every bound, around a policy and its answer."""
        game = self._problem.game
        response, _ = self.answered(policy)
        leader, _ = induced_by_leader(game, policy)
        slots = response.follower_policy.slots(game)
        lower, upper = _visits(game)
        found: list[Spending] = []
        for row, bound in zip(self.rows, cost_bounds(game, policy, self.rows), strict=True):
            values = evaluate(dataclasses.replace(leader, reward=bound.cost), slots)
            moved = row.costs + game.leader_discount * (transition_matrix(game) @ values) - values[game.row_state]
            now, aimed = float(game.initial @ values), AIMED_SHARE * row.tolerance(game)
            for sign, end in ((1.0, row.upper), (-1.0, -row.lower)):
                if end < math.inf:
                    left = max(0.0, end - sign * now - aimed)
                    found.append(Spending(extra=sign * moved, lower=lower, upper=upper, left=left))
        return tuple(found)


@lru_cache(maxsize=4)
def _visits(game: Game) -> tuple[FloatArray, FloatArray]:
    """Bounds on the occupancies of all states from the start."""
    bounds = occupancy_bounds(game, game.initial)
    return bounds.lower, bounds.upper


def goal_within_costs(goal: LinearGoal, model: FixedResponse, costs: Sequence[CostRow]) -> LinearGoal:
    """A goal of the ascent with bounds on costs to first order, in shares of what could be spent."""
    game = model.game
    rows, least = [goal.rows], [goal.least]
    for row in costs:
        values, moves = model.costs(row.costs)
        now, slope = float(game.initial @ values), game.initial @ moves
        unit, aimed = row.tolerance(game) / COST_TOLERANCE, AIMED_SHARE * row.tolerance(game)
        if row.upper < math.inf:
            rows.append(-slope[None] / unit)
            least.append(np.array([now - float(slope @ model.slots) - row.upper + aimed]) / unit)
        if row.lower > -math.inf:
            rows.append(slope[None] / unit)
            least.append(np.array([row.lower + aimed - now + float(slope @ model.slots)]) / unit)
    whole = np.vstack(rows)
    slopes = None if goal.slopes is None else np.concatenate((goal.slopes, np.zeros(len(whole) - len(goal.rows))))
    return dataclasses.replace(goal, rows=whole, least=np.concatenate(least), slopes=slopes)
