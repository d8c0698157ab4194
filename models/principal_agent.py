"""Principal and agent: a firm promises bonuses, a worker decides how hard to work.

The worker's projects *start*, and end well or badly. Work is *hard*, *usual* or *idle*: the harder, the more it costs
him and the likelier it is that the project ends *well*. The firm sees the outcome, never the work, and may pay a
bonus after good and after bad outcomes. It commits to how often it pays; the worker knows that. The cheapest contract
pays after good outcomes only, and so often that hard work is just worth it: the worker is indifferent there, and the
firm, who has the tie on its side, owns what is left.

Setting: moral hazard with two outcomes (Holmstrom, *Moral Hazard and Observability*, Bell Journal of Economics 10,
1979), repeated. All numbers are made up.
"""

from __future__ import annotations

from ssg_mip import Game, GameBuilder

WORK = {"hard": (0.9, 0.9), "usual": (0.6, 0.4), "idle": (0.2, 0.0)}
"""The chance of a good outcome, and what the work costs the worker."""

PROFIT = {"well": 6.0, "badly": 0.0}
"""What an outcome earns the firm."""


def build(bonus: float = 5.0, discount: float = 0.9, worker_discount: float = 0.9) -> Game:
    """The game, from the start of a project."""
    builder = GameBuilder(
        "principal and agent",
        leader_discount=discount,
        follower_discount=worker_discount,
        source="written for this project, in the manner of Holmstrom, 1979; numbers made up",
    )
    builder.add_state("start", leader_actions=["watch"], follower_actions=list(WORK), initial=1.0)
    for outcome in PROFIT:
        builder.add_state(outcome, leader_actions=["bonus", "no bonus"], follower_actions=["accept"])
    for work, (chance, cost) in WORK.items():
        builder.add_transition(
            "start",
            "watch",
            work,
            leader_reward=0.0,
            follower_reward=-cost,
            next={"well": chance, "badly": 1.0 - chance},
        )
    for outcome, profit in PROFIT.items():
        for payment in ("bonus", "no bonus"):
            paid = bonus if payment == "bonus" else 0.0
            builder.add_transition(
                outcome, payment, "accept", leader_reward=profit - paid, follower_reward=paid, next="start"
            )
    return builder.build()
