"""Policy teaching: a teacher shifts the world of a learner who solves it for its own reward.

The setting of Kudo & Akimoto, appendix J: the learner does not know that it has a teacher. It sees a decision process,
namely the transitions that the teacher's policy induces, and solves it. The teacher wants the learner to study, and
can make the way to the desk easier and the way to the sofa harder, at a price per step.

Three places in a row, ``sofa - room - desk``. The learner moves towards either end; a move may fail, and the learner
stays. Left alone it prefers the sofa.
"""

from __future__ import annotations

from ssg_mip.base.rules import NUMBER
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game

_PLACES = ("sofa", "room", "desk")
_LEARNER_REWARD = {"sofa": 1.0, "room": 0.0, "desk": 0.7}
_SUCCESS = {
    ("leave", "to sofa"): 0.9,
    ("leave", "to desk"): 0.5,
    ("steer", "to sofa"): 0.2,
    ("steer", "to desk"): 0.9,
}


def policy_teaching(leader_discount: float = 0.9, follower_discount: float = 0.8, price: float = 0.2) -> Game:
    """The game in which steering costs the teacher ``price`` a step; play starts in the room."""
    NUMBER.check("price", price)
    builder = GameBuilder(
        "policy teaching",
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        source="written for this project; the setting is that of Kudo & Akimoto, ACML 2025, appendix J",
    )
    for place, here in enumerate(_PLACES):
        builder.add_state(
            here,
            leader_actions=["leave", "steer"],
            follower_actions=["to sofa", "to desk"],
            initial=1.0 if here == "room" else None,
        )
        for (teacher, learner), success in _SUCCESS.items():
            step = 1 if learner == "to desk" else -1
            there = _PLACES[min(max(place + step, 0), len(_PLACES) - 1)]
            builder.add_transition(
                here,
                teacher,
                learner,
                leader_reward=(1.0 if here == "desk" else 0.0) - (price if teacher == "steer" else 0.0),
                follower_reward=_LEARNER_REWARD[here],
                next=here if there == here else {there: success, here: 1.0 - success},
            )
    return builder.build()
