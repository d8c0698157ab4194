r"""Pareto ascent with projection inside a region: problem (54) of Kudo & Akimoto.

For a fixed response ``g`` the promised values ``Q_t(s, f, g)`` are linear in ``f``, so a direction along which none
falls and their weighted sum rises is the solution of a linear program. The same program keeps ``g`` a best response to
first order, which projects the step onto the region, and rows on policies are rows of it; a step that leaves the region
is shortened (:mod:`ssg_mip.exact.heuristics.sequential_lp`). The ascent ends where no such direction is left.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.exact.goals import LeastGainBridge
from ssg_mip.exact.heuristics.linearisation import FixedResponse, LinearGoal
from ssg_mip.exact.heuristics.sequential_lp import Ascent
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.evaluated_policy import Candidate


def pareto_ascent(
    bridge: LeastGainBridge, response: IntArray, weights: FloatArray, policy: LeaderPolicy
) -> LeaderPolicy:
    """A policy of the region, reached from ``policy`` by steps along which no state's promised value falls.

    Parameters
    ----------
    bridge
        Problem (53) of the region.
    response
        The region's response, one action per state.
    weights
        Positive weights of the sum that each step raises.
    policy
        A policy of the region without a losing state.
    """

    def evaluate(trial: LeaderPolicy) -> Candidate:
        answer, gains, inside = bridge.region_gains(trial)
        answer = dataclasses.replace(answer, follower_policy=FollowerPolicy(response))
        counts = inside and bridge.allowed.holds(trial) and not bridge.losing(gains).any()
        value = float(weights @ gains) if counts else -np.inf
        return Candidate(trial, answer, value)

    def goal(model: FixedResponse) -> LinearGoal:
        gains = model.gains_over(bridge.values)
        now = gains @ model.slots
        return LinearGoal(float(weights @ now), weights @ gains, gains, now)

    start = evaluate(policy)
    if not np.isfinite(start.value):
        return policy
    margin = bridge.problem.follower.margin
    return Ascent(bridge.game, goal, evaluate, margin, bridge.run, bridge.allowed_rows).ascend(start).policy
