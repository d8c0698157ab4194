"""A game with names that people would use, for problems in words."""

from __future__ import annotations

import numpy as np

from ssg_mip import Game, GameBuilder

STATES = ("yard", "gate")
ACTIONS = ("patrol", "rest")
ANSWERS = ("rob", "hide")


def port() -> Game:
    """Two places that can be patrolled or not; a thief robs the one where he expects nobody."""
    builder = GameBuilder("port", leader_discount=0.8, follower_discount=0.6)
    for state in STATES:
        builder.add_state(state, leader_actions=ACTIONS, follower_actions=ANSWERS)
    rng = np.random.default_rng(4)
    for state in STATES:
        for action in ACTIONS:
            for answer in ANSWERS:
                share = float(rng.uniform(0.2, 0.8))
                caught = action == "patrol"
                robs = answer == "rob"
                rich = 3.0 if state == "yard" else 2.0
                builder.add_transition(
                    state,
                    action,
                    answer,
                    leader_reward=(1.0 if caught else -rich) * robs - 0.25 * caught,
                    follower_reward=(-2.0 if caught else rich) * robs + 0.3 * (not robs),
                    next={"yard": share, "gate": 1.0 - share},
                )
    return builder.build()
