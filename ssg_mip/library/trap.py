"""A game in which learning state by state ends in the wrong place (Zhang et al., AAAI 2020, appendix).

In ``s1`` the leader wants the joint action ``(B, A)``, worth 10 to it and nothing to the follower; then play ends.
Committing to ``B`` gets exactly that: the follower loses 1 by staying, forever. Yet ``(A, B)``, worth 10 to the
follower and nothing to the leader, is a fixed point of the stage-wise operator as well, because the follower would
wait for those 10. The paper is undiscounted with a terminal state; here ``s2`` absorbs.
"""

from __future__ import annotations

from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game

SOURCE = (
    "Zhang et al., Bi-level Actor-Critic for Multi-agent Coordination, AAAI 2020, appendix "
    '"An example uncovered by Bi-AC"; there undiscounted with a terminal state, here discounted with an absorbing one'
)

_REWARDS = {("A", "A"): (0, 0), ("A", "B"): (0, 10), ("B", "A"): (10, 0), ("B", "B"): (-1, -1)}
_NEXT = {("A", "A"): "s1", ("A", "B"): "s2", ("B", "A"): "s2", ("B", "B"): "s1"}


def actor_critic_trap(discount: float = 0.9) -> Game:
    """The game with one discount for both players; play starts in ``s1``."""
    known = {
        "leader_value": 10.0,
        "follower_value": 0.0,
        "weak_leader_value": 10.0,
        "leader_policy": {"s1": {"A": 0.0, "B": 1.0}},
        "note": "checked for discounts 0.5, 0.9 and 0.99; (0, 10) is a fixed point of the stage-wise operator too",
    }
    builder = GameBuilder(
        "actor-critic trap", leader_discount=discount, follower_discount=discount, source=SOURCE, known=known
    )
    for state in ("s1", "s2"):
        builder.add_state(
            state, leader_actions=["A", "B"], follower_actions=["A", "B"], initial=1.0 if state == "s1" else None
        )
    for (leader, follower), rewards in _REWARDS.items():
        builder.add_transition(
            "s1",
            leader,
            follower,
            leader_reward=rewards[0],
            follower_reward=rewards[1],
            next=_NEXT[leader, follower],
        )
        builder.add_transition("s2", leader, follower, leader_reward=0, follower_reward=0, next="s2")
    return builder.build()
