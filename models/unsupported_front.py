"""A front with a point that no weighted sum finds.

In ``s1`` and ``s2`` the follower chooses how much of a promised reward to reach for: the promise is the probability of
``a1`` in ``s3``, which pays the follower 4, and each further step towards it costs. The leader earns ``0, 4, 10`` along
the way in ``s1`` and ``10, 4, 0`` in ``s2``. A high promise is worth ``(10, 0)``, a low one ``(0, 10)``, one between
0.45 and 0.55 ``(4, 4)``: below the line between the two others, so that maximising any weighted sum of the two
states' values misses it.
"""

from __future__ import annotations

from typing import Any

from ssg_mip import Game, GameBuilder

_STEPS = {"b0": 0.0, "b1": 0.5, "b2": 1.0}
_LEADER = {"s1": (0.0, 4.0, 10.0), "s2": (10.0, 4.0, 0.0)}
_COST = {"s1": (0.0, -0.45, -1.2), "s2": (0.0, -0.25, -0.8)}


def build() -> Game:
    """The game; play starts in ``s1`` or ``s2`` with equal probability."""
    front: list[dict[str, float]] = [
        {"s1": value[0], "s2": value[1], "s3": 0.0, "s4": 0.0} for value in ((0.0, 10.0), (4.0, 4.0), (10.0, 0.0))
    ]
    known: dict[str, Any] = {
        "leader_value": 5.0,
        "pareto_front": front,
        "weak_pareto_front": front,
        "missed_by_weighted_sums": front[1],
    }
    builder = GameBuilder(
        "unsupported front",
        leader_discount=0.5,
        follower_discount=0.5,
        source="constructed for this project",
        known=known,
    )
    for state in ("s1", "s2", "s3", "s4"):
        builder.add_state(
            state,
            leader_actions=["a0", "a1"],
            follower_actions=list(_STEPS),
            initial=0.5 if state in _LEADER else None,
        )
    for leader in ("a0", "a1"):
        for place, (follower, reach) in enumerate(_STEPS.items()):
            for state in ("s1", "s2"):
                builder.add_transition(
                    state,
                    leader,
                    follower,
                    leader_reward=_LEADER[state][place],
                    follower_reward=_COST[state][place],
                    next={target: p for target, p in (("s3", reach), ("s4", 1.0 - reach)) if p > 0.0},
                )
            paid = 4.0 if leader == "a1" else 0.0
            builder.add_transition("s3", leader, follower, leader_reward=0, follower_reward=paid, next="s4")
            builder.add_transition("s4", leader, follower, leader_reward=0, follower_reward=0, next="s4")
    return builder.build()
