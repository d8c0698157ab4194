"""Green security: rangers guard the areas of a park, poachers see where they patrol and choose an area, or none.

Each area is *rich* or *poor* in animals. The rangers patrol one area a week; a poacher who goes to the patrolled area
is caught with probability ``capture``, and poaching elsewhere makes the area poor. A poor area that is left alone
recovers with probability ``recovery``. A poacher earns what the area holds and pays a fine when caught; the park
earns from every rich area and loses what is poached. Rangers who always guard the richest area send the poachers to
the other one, so a good commitment mixes, by what is rich.

Setting: green security games, in which poachers observe the patrols (Fang, Stone & Tambe, *When Security Games Go
Green*, IJCAI 2015). All numbers are made up.
"""

from __future__ import annotations

import itertools

from ssg_mip import Game, GameBuilder

AREAS = ("river", "plain")
VALUE = {"river": 3.0, "plain": 2.0}
"""What poaching in a rich area is worth."""

POOR_SHARE = 0.25
"""Share of that in a poor area."""


def build(
    capture: float = 0.5, recovery: float = 0.3, fine: float = 2.0, leader_discount: float = 0.9, discount: float = 0.7
) -> Game:
    """The game; both areas are rich at the start."""
    builder = GameBuilder(
        "green security",
        leader_discount=leader_discount,
        follower_discount=discount,
        source="written for this project, in the manner of Fang, Stone & Tambe, IJCAI 2015; numbers made up",
    )
    states = list(itertools.product((True, False), repeat=len(AREAS)))
    for rich in states:
        builder.add_state(
            name(rich),
            leader_actions=[f"patrol {area}" for area in AREAS],
            follower_actions=[*(f"poach {area}" for area in AREAS), "stay away"],
            initial=1.0 if all(rich) else None,
        )
    for rich in states:
        for patrolled, target in itertools.product(AREAS, (*AREAS, None)):
            caught = capture if patrolled == target else 0.0
            loot = 0.0 if target is None else VALUE[target] * (1.0 if rich[AREAS.index(target)] else POOR_SHARE)
            builder.add_transition(
                name(rich),
                f"patrol {patrolled}",
                "stay away" if target is None else f"poach {target}",
                leader_reward=sum(VALUE[area] for area, here in zip(AREAS, rich, strict=True) if here)
                - 2.0 * (1.0 - caught) * loot,
                follower_reward=(1.0 - caught) * loot - caught * fine,
                next=after(rich, target, caught, recovery),
            )
    return builder.build()


def name(rich: tuple[bool, ...]) -> str:
    """A state: which areas are rich."""
    return ", ".join(f"{area} {'rich' if here else 'poor'}" for area, here in zip(AREAS, rich, strict=True))


def after(rich: tuple[bool, ...], target: str | None, caught: float, recovery: float) -> dict[str, float]:
    """What becomes of the areas: a poached one is poor, a poor one that is left alone may recover."""
    becomes_rich = [
        (caught if here else 0.0) if area == target else (1.0 if here else recovery)
        for area, here in zip(AREAS, rich, strict=True)
    ]
    found = {}
    for next_rich in itertools.product((True, False), repeat=len(AREAS)):
        chance = 1.0
        for p, here in zip(becomes_rich, next_rich, strict=True):
            chance *= p if here else 1.0 - p
        if chance > 0.0:
            found[name(next_rich)] = chance
    return found
