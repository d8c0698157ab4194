"""Policies and payoffs of a PPO leader and its follower, over the course of their learning."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssg_mip.game.policy import LeaderPolicy
    from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PolicyDynamics:
    """A run. Curves have one entry per recorded moment.

    Attributes
    ----------
    steps
        Steps of play done at each moment.
    leader_payoffs, follower_payoffs
        Average reward per step since the start.
    leader_regret, follower_regret
        Cumulative regret; ``comparator`` says against what.
    leader_policies, leader_averages
        The leader's policy and its average over the visits of each state, per leader slot:
        ``[moments, leader slots]``.
    follower_policies, follower_averages
        The follower's mix and its average over the visits of each information set, per joint action:
        ``[moments, num_rows]``.
    last_leader_policy, average_leader_policy
        The last entries as policies.
    """

    steps: IntArray
    leader_payoffs: FloatArray
    follower_payoffs: FloatArray
    leader_regret: FloatArray
    follower_regret: FloatArray
    comparator: str
    leader_policies: FloatArray
    leader_averages: FloatArray
    follower_policies: FloatArray
    follower_averages: FloatArray
    last_leader_policy: LeaderPolicy
    average_leader_policy: LeaderPolicy
