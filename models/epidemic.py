"""Epidemic testing: an authority decides how often people are tested, people decide whether to meet.

Infections are *few*, *some* or *many*. People like to meet; an infection costs them something, a positive test means
quarantine. The authority may test at random, which costs money and keeps infections down, because those who are found
stay at home. People see how often there are tests at each level, not whether there will be one today, and keep their
distance where a test, or an infection, is likely enough. The authority bears what infections cost everybody, the
people only their own share: so it tests more than people would like, and no more often than makes them careful.

Setting: a random audit against a population that answers rationally. All numbers are made up.
"""

from __future__ import annotations

from ssg_mip import Game, GameBuilder

LEVELS = ("few", "some", "many")
RISK = {"few": 0.02, "some": 0.1, "many": 0.3}
"""The chance that a meeting infects."""

BURDEN = {"few": 0.2, "some": 1.5, "many": 6.0}
"""What infections cost the authority in a week."""


def build(
    test_cost: float = 0.6,
    pleasure: float = 1.0,
    illness: float = 3.0,
    quarantine: float = 4.0,
    leader_discount: float = 0.95,
    discount: float = 0.8,
) -> Game:
    """The game, from few infections."""
    builder = GameBuilder(
        "epidemic testing",
        leader_discount=leader_discount,
        follower_discount=discount,
        source="written for this project; numbers made up",
    )
    for level in LEVELS:
        builder.add_state(
            level,
            leader_actions=["test", "rely on people"],
            follower_actions=["meet", "keep distance"],
            initial=1.0 if level == "few" else None,
        )
    for level in LEVELS:
        for leader in ("test", "rely on people"):
            for follower in ("meet", "keep distance"):
                tested, meets = leader == "test", follower == "meet"
                risk = RISK[level] if meets else 0.0
                found = risk if tested else 0.0
                builder.add_transition(
                    level,
                    leader,
                    follower,
                    leader_reward=-BURDEN[level] - (test_cost if tested else 0.0),
                    follower_reward=(pleasure if meets else 0.0) - risk * illness - found * quarantine,
                    next=following(level, tested=tested, meets=meets),
                )
    return builder.build()


def following(level: str, *, tested: bool, meets: bool) -> dict[str, float]:
    """Infections next week: meetings raise them, distance and tests bring them down."""
    place = LEVELS.index(level)
    rise, fall = (0.5, 0.05) if meets else (0.05, 0.4)
    if tested:
        rise, fall = 0.5 * rise, fall + 0.2
    chances = {level: 1.0 - rise - fall}
    for target, chance in ((min(place + 1, 2), rise), (max(place - 1, 0), fall)):
        chances[LEVELS[target]] = chances.get(LEVELS[target], 0.0) + chance
    return chances
