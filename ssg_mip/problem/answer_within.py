"""The follower's answer where discounted costs are bounded: ties in the leader's favour, as far as the bounds allow."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ssg_mip.base.tolerances import Tolerances
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.mdp import evaluate, induced_by_leader, optimal_control
from ssg_mip.evaluation.tied_selection import CostBound, best_within, discounted_cost
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.problem.follower import Follower
from ssg_mip.problem.wider_rows import CostRow


def cost_bounds(game: Game, policy: LeaderPolicy, rows: Sequence[CostRow]) -> tuple[CostBound, ...]:
    """The rows as bounds on the process of the follower's answers under a leader policy."""
    weight, count = policy.slots(game)[game.row_leader_slot], int(game.follower_offsets[-1])
    return tuple(
        CostBound(
            cost=np.bincount(game.row_follower_slot, weight * row.costs, count).astype(float, copy=False),
            lower=row.lower,
            upper=row.upper,
            tolerance=row.tolerance(game),
        )
        for row in rows
    )


def answer_within(
    game: Game, policy: LeaderPolicy, follower: Follower, rows: Sequence[CostRow], tolerances: Tolerances
) -> tuple[Response, bool]:
    """The follower's answer, and whether it keeps the margin and every bound on a cost from the start distribution.

    Among tied answers that keep the bounds the one is taken that is best for the leader from the start; where the rule
    for ties is not in his favour, there is no choice. If none keeps them the answer is that without bounds.
    """
    response, keeps = follower.answer(game, policy, tolerances)
    if not rows:
        return response, keeps
    leader, own = induced_by_leader(game, policy)
    bounds, start = cost_bounds(game, policy, rows), game.initial
    slots = response.follower_policy.slots(game)
    if all(bound.keeps(discounted_cost(leader, slots, start, bound.cost)) for bound in bounds):
        return response, keeps
    chosen = best_within(leader, response.tied, start, bounds) if follower.favours_leader else None
    if chosen is None:
        return response, False
    values = evaluate(own, chosen)
    return dataclasses.replace(
        response,
        follower_policy=FollowerPolicy(chosen - game.follower_offsets[:-1]),
        leader_values=evaluate(leader, chosen),
        follower_values=values,
        regret=max(0.0, float((optimal_control(own).values - values).max())),
    ), keeps
