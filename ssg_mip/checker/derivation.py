"""Both players' processes against a policy and the view of the follower, kept for the policy that was asked for last.

An answer and what it secures are often proven for the same policy, one after the other.
"""

from __future__ import annotations

from ssg_mip.base.tolerances import Tolerances
from ssg_mip.checker.checkpoint import Checkpoint, unhurried
from ssg_mip.checker.directed import induce_directed, suits
from ssg_mip.checker.rational import ExactGame, PolicyRows, induce
from ssg_mip.checker.response import FollowerView, view_follower
from ssg_mip.checker.tie_scale import local_scale, tie_thresholds
from ssg_mip.checker.values import AnyProcess

Derived = tuple[AnyProcess, AnyProcess, FollowerView]

_last: dict[tuple[ExactGame, PolicyRows, Tolerances], Derived] = {}
"""What was asked for last, under what was asked."""


def derive(exact: ExactGame, policy: PolicyRows, tolerances: Tolerances, checkpoint: Checkpoint = unhurried) -> Derived:
    """The leader's and the follower's process, and the follower's optimum and ties.

    In fractions, or for large games with directed rounding (:mod:`ssg_mip.checker.directed`).

    Raises
    ------
    InvalidPolicyError
        If a state's probabilities are not finite, at least 0 and somewhere positive.
    OutOfTime
        What the checkpoint raises; nothing is kept then.
    """
    asked = exact, policy, tolerances
    found = _last.get(asked)
    if found is None:
        game = exact.game
        leader, follower = induce_directed(game, policy) if suits(game) else induce(exact, policy)
        thresholds = tie_thresholds(game, tolerances, checkpoint)
        scale = local_scale(game, leader=False, checkpoint=checkpoint)
        found = leader, follower, view_follower(follower, thresholds, scale, checkpoint)
        _last.clear()
        _last[asked] = found
    return found
