"""A shop on the web: the owner shows offers, advertisements or nothing, and a user decides what to do.

A user is *new*, *regular* or *loyal*. He may leave the shop for this week, browse, or buy; buying costs him more than
it is worth unless there is a bonus, or unless he is loyal and the shop keeps him so. The owner may grant a bonus,
which costs money, or show advertisements, which earn some and annoy. What the owner can do today is known to the user
as a probability only: how often regular users get a bonus. So the owner pays just enough to make buying worthwhile,
and uses the prospect of a loyal user's bonuses to make new ones buy earlier.

Setting: the example by which Kudo & Akimoto introduce the problem (*Policy Iteration for Two-Player General-Sum
Stochastic Stackelberg Games*, ACML 2025, section 1): an owner who sets page transitions, advertisements and incentive
bonuses and maximises long-term profit against a user who answers optimally. The paper gives no numbers; these are
made up.
"""

from __future__ import annotations

from ssg_mip import Game, GameBuilder

STAGES = ("new", "regular", "loyal")
TASTE = {"new": -1.2, "regular": -0.6, "loyal": 0.2}
"""What a purchase is worth to the user without a bonus."""

MARGIN = {"new": 2.0, "regular": 3.0, "loyal": 4.0}
"""What it earns the owner."""


def build(
    bonus: float = 1.5,
    advertising: float = 0.4,
    annoyance: float = 0.5,
    leader_discount: float = 0.95,
    discount: float = 0.8,
) -> Game:
    """The game; a bonus is paid for purchases, advertisements are seen by whoever comes."""
    builder = GameBuilder(
        "incentives of a web shop",
        leader_discount=leader_discount,
        follower_discount=discount,
        source="written for this project after the example of Kudo & Akimoto, ACML 2025, section 1; numbers made up",
    )
    for stage in STAGES:
        builder.add_state(
            stage,
            leader_actions=["bonus", "advertise", "plain"],
            follower_actions=["buy", "browse", "stay away"],
            initial=1.0 if stage == "new" else None,
        )
    for stage in STAGES:
        for leader in ("bonus", "advertise", "plain"):
            for follower in ("buy", "browse", "stay away"):
                buys, comes = follower == "buy", follower != "stay away"
                paid = bonus if leader == "bonus" and buys else 0.0
                seen = leader == "advertise" and comes
                builder.add_transition(
                    stage,
                    leader,
                    follower,
                    leader_reward=(MARGIN[stage] if buys else 0.0) - paid + (advertising if seen else 0.0),
                    follower_reward=(TASTE[stage] if buys else 0.1 if comes else 0.0)
                    + paid
                    - (annoyance if seen else 0.0),
                    next=following(stage, leader, follower),
                )
    return builder.build()


def following(stage: str, leader: str, follower: str) -> dict[str, float]:
    """The user's stage next week: purchases bring him closer, staying away and advertisements drive him off."""
    place = STAGES.index(stage)
    closer, farther = STAGES[min(place + 1, 2)], STAGES[max(place - 1, 0)]
    if follower == "buy":
        rise = 0.7 if leader == "bonus" else 0.5
        return merged({closer: rise, stage: 1.0 - rise})
    fall = 0.5 if follower == "stay away" else 0.3 if leader == "advertise" else 0.1
    return merged({farther: fall, stage: 1.0 - fall})


def merged(chances: dict[str, float]) -> dict[str, float]:
    """The distribution, or certainty where both ends are one stage."""
    return chances if len(chances) > 1 else dict.fromkeys(chances, 1.0)
