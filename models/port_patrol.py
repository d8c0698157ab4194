"""Boats that patrol a port by day and by night, with a budget and crews who cannot be told the tide.

In each shift one boat goes to the ferry, to the terminal or stays at its berth. An attacker watches for weeks and then
attacks the ferry or the terminal, or waits. After an attack, stopped or not, the port is on alert for a shift, in which
all targets are guarded well. Two things bind the planners: boats cost fuel, so that the trips of day and night together
are limited; and the night comes in two tides between which the crews' orders make no difference. In the manner of the
PROTECT system (Shieh et al., *PROTECT: a deployed game theoretic system to protect the ports of the United States*,
AAMAS 2012); numbers are made up.
"""

from __future__ import annotations

from ssg_mip import Game, GameBuilder, Problem

SHIFTS = ("day", "night ebb", "night flood")
"""The shifts, in the order in which they follow each other."""

WORTH = {
    "day": {"ferry": 5.0, "terminal": 2.0},
    "night ebb": {"ferry": 1.0, "terminal": 4.0},
    "night flood": {"ferry": 1.0, "terminal": 3.0},
}
"""What a target is worth in a shift."""

FUEL = {"day": 1.0, "night ebb": 1.5, "night flood": 1.5}
"""What a trip costs in a shift, in the units of the budget."""


def port(discount: float = 0.85, patience: float = 0.75) -> Game:
    """The game without the budget and without the orders that tie the tides."""
    builder = GameBuilder(
        "port patrol",
        leader_discount=discount,
        follower_discount=patience,
        source="written for this project, in the manner of PROTECT; numbers made up",
    )
    for place, shift in enumerate(SHIFTS):
        later = SHIFTS[(place + 1) % len(SHIFTS)]
        builder.add_state(
            shift,
            leader_actions=["berth", "ferry", "terminal"],
            follower_actions=["wait", "ferry", "terminal"],
            initial=float(place == 0),
        )
        for boat in ("berth", "ferry", "terminal"):
            builder.add_transition(shift, boat, "wait", leader_reward=0.0, follower_reward=0.0, next=later)
            for target, worth in WORTH[shift].items():
                stopped = boat == target
                builder.add_transition(
                    shift,
                    boat,
                    target,
                    leader_reward=1.0 if stopped else -worth,
                    follower_reward=-3.0 if stopped else worth,
                    next="alert",
                )
    builder.add_state("alert", leader_actions=["guard all"], follower_actions=["wait"])
    builder.add_transition("alert", "guard all", "wait", leader_reward=-0.5, follower_reward=0.0, next="day")
    return builder.build()


def build(budget: float | None = 2.4) -> Problem:
    """The problem in which fuel is limited and the tides are patrolled alike; without a budget if it is ``None``."""
    problem = Problem(port()).same_policy(["night ebb", "night flood"], name="crews are not told the tide")
    if budget is None:
        return problem
    trips = {(shift, target): FUEL[shift] for shift in SHIFTS for target in ("ferry", "terminal")}
    return problem.budget(trips, budget, name="fuel")
