"""Tolls: an operator announces how often each road is tolled, a driver takes the cheapest way to town.

At every crossing the driver chooses one of two roads; a motorway is faster and may be tolled, a byway is free. The
operator decides at each crossing with which probability the gate asks the toll; the driver knows these probabilities.
A toll earns the operator, cars on byways cost him repairs, and the driver pays in minutes. So each motorway is tolled
exactly so often that the driver is indifferent, counting what the choice means for the roads behind it. From town the
driver goes home, and another one comes.

Setting: Stackelberg tolls with a routing follower (Labbe, Marcotte & Savard, *A Bilevel Model of Taxation and Its
Application to Optimal Highway Pricing*, Management Science 44, 1998), with announced probabilities in the place of
prices. All numbers are made up.
"""

from __future__ import annotations

from ssg_mip import Game, GameBuilder

ROADS = {
    "home": {"motorway north": ("north", 4.0), "byway east": ("east", 6.0)},
    "north": {"tunnel": ("town", 3.0), "pass": ("east", 4.0)},
    "east": {"bridge": ("town", 5.0), "ferry": ("town", 9.0)},
    "town": {"way back": ("home", 0.0)},
}
"""From each crossing the roads: where they lead, and how many minutes they take."""

TOLLED = ("motorway north", "tunnel", "bridge")


def build(toll: float = 6.0, repair: float = 1.0, discount: float = 0.95) -> Game:
    """The game; ``toll`` is in minutes of the driver, and earns the operator as much."""
    builder = GameBuilder(
        "tolls on the way to town",
        leader_discount=discount,
        follower_discount=discount,
        source="written for this project, in the manner of Labbe, Marcotte & Savard, 1998; numbers made up",
    )
    for crossing, roads in ROADS.items():
        gates = ["ask the toll", "let pass"] if any(road in TOLLED for road in roads) else ["let pass"]
        builder.add_state(
            crossing, leader_actions=gates, follower_actions=list(roads), initial=1.0 if crossing == "home" else None
        )
        for gate in gates:
            for road, (there, minutes) in roads.items():
                paid = toll if gate == "ask the toll" and road in TOLLED else 0.0
                worn = repair if road not in TOLLED and minutes > 0.0 else 0.0
                builder.add_transition(
                    crossing, gate, road, leader_reward=paid - worn, follower_reward=-minutes - paid, next=there
                )
    return builder.build()
