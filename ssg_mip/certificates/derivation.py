"""Both players' processes against a policy and the view of the follower, kept for the policy that was asked for last.

An answer and what it secures are often proven for the same policy, one after the other.
"""

from __future__ import annotations

from functools import lru_cache

from ssg_mip.certificates.rational import ExactGame, PolicyRows, Process, induce
from ssg_mip.certificates.response import FollowerView, view_follower
from ssg_mip.certificates.tie_scale import local_scale, tie_thresholds
from ssg_mip.tolerances import Tolerances


@lru_cache(maxsize=1)
def derive(exact: ExactGame, policy: PolicyRows, tolerances: Tolerances) -> tuple[Process, Process, FollowerView]:
    """The leader's and the follower's process, and the follower's optimum and ties.

    Raises
    ------
    InvalidPolicyError
        If a state's probabilities are not finite, at least 0 and somewhere positive.
    """
    leader, follower = induce(exact, policy)
    return (
        leader,
        follower,
        view_follower(follower, tie_thresholds(exact, tolerances), tolerances, local_scale(exact, leader=False)),
    )
