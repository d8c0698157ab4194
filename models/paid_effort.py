"""Paid effort: an agent's effort moves a project, and payments move the effort.

A project struggles, runs steadily or thrives. In each period the agent rests, works or pushes; effort costs the agent
and moves the project, which pays the principal. The principal promises what each effort earns, up to a cap a period,
and may have the period looked into, which costs the principal and embarrasses an agent who rests. Repeated moral hazard
with observed effort; numbers are made up.

``build()`` is the problem with payments, ``project()`` the game without them.
"""

from __future__ import annotations

from ssg_mip import Game, GameBuilder, Problem, with_payments

EFFORT = {"rest": 0.0, "work": 1.0, "push": 2.2}
"""What an effort costs the agent."""

REVENUE = {"struggling": 0.0, "steady": 2.0, "thriving": 5.0}
"""What a period is worth to the principal, in the order in which the project rises."""

RISE = {"rest": -0.6, "work": 0.2, "push": 0.7}
"""The chance that the project rises in a period, or falls where it is below 0."""

LOOK, EMBARRASSMENT = 0.3, 0.8
"""What it costs to look into a period, and an agent who is seen to rest."""


def project(discount: float = 0.9, patience: float = 0.8) -> Game:
    """The game without payments."""
    builder = GameBuilder(
        "paid effort",
        leader_discount=discount,
        follower_discount=patience,
        source="written for this project: repeated moral hazard with observed effort, numbers made up",
    )
    ladder = list(REVENUE)
    for place, state in enumerate(ladder):
        builder.add_state(
            state, leader_actions=["trust", "look"], follower_actions=list(EFFORT), initial=float(state == "steady")
        )
        for effort, rise in RISE.items():
            there = ladder[min(max(place + (1 if rise > 0.0 else -1), 0), len(ladder) - 1)]
            following = {state: 1.0} if there == state else {there: abs(rise), state: 1.0 - abs(rise)}
            for action, cost in (("trust", 0.0), ("look", LOOK)):
                seen = EMBARRASSMENT if action == "look" and effort == "rest" else 0.0
                builder.add_transition(
                    state,
                    action,
                    effort,
                    leader_reward=REVENUE[state] - cost,
                    follower_reward=-EFFORT[effort] - seen,
                    next=following,
                )
    return builder.build()


def build(cap: float = 2.5, promised: float | None = None) -> Problem:
    """The problem in which an effort may earn up to ``cap`` a period, and all promises together ``promised``."""
    return with_payments(project(), cap, promised=promised)
