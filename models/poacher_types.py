"""Rangers and poachers of several types: one patrol plan for all of them.

A reserve has a waterhole, a forest and a border strip. Rangers patrol one of them, poachers set snares in one or stay
away. Where snares are not found animals become scarce for a while. The rangers do not know whom they face: a
villager, who sets snares near the border and fears being caught, or a gang, which goes where the animals are worth most
and plans ahead. In the manner of green security games (Fang, Stone & Tambe, *When security games go green*, IJCAI 2015,
and the PAWS deployments); numbers are made up.
"""

from __future__ import annotations

from ssg_mip import Game, GameBuilder, Problem, bayesian

AREAS = {"waterhole": 4.0, "forest": 2.0, "border": 1.0}
"""What the animals of an area are worth while they are plenty."""

SCARCE = 0.4
"""What is left of that where they are scarce."""

TYPES = {
    "villager": {"effort": {"waterhole": 2.5, "forest": 1.0, "border": 0.1}, "fine": 3.0, "gain": 0.8},
    "gang": {"effort": {"waterhole": 0.6, "forest": 0.5, "border": 0.4}, "fine": 1.5, "gain": 1.2},
}
"""By type: what going to an area costs, the fine, and how much of an area's worth is gained."""

PRIOR = {"villager": 0.7, "gang": 0.3}
"""The chance of each type."""

RECOVERY = 0.5
"""The chance that scarce animals are plenty again in the next step."""


def of_type(effort: dict[str, float], fine: float, gain: float, discount: float) -> Game:
    """The game against one type; the state says whether animals are plenty."""
    builder = GameBuilder(
        "poachers of two types",
        leader_discount=discount,
        follower_discount=discount,
        source="written for this project, in the manner of green security games; numbers made up",
    )
    for state in ("plenty", "scarce"):
        builder.add_state(
            state,
            leader_actions=list(AREAS),
            follower_actions=["stay away", *AREAS],
            initial=float(state == "plenty"),
        )
        calm = {"plenty": 1.0} if state == "plenty" else {"plenty": RECOVERY, state: 1.0 - RECOVERY}
        for patrolled in AREAS:
            builder.add_transition(state, patrolled, "stay away", leader_reward=0.0, follower_reward=0.0, next=calm)
            for area, worth in AREAS.items():
                there = worth * (SCARCE if state == "scarce" else 1.0)
                caught = area == patrolled
                builder.add_transition(
                    state,
                    patrolled,
                    area,
                    leader_reward=0.5 if caught else -there,
                    follower_reward=(-fine if caught else gain * there) - effort[area],
                    next=calm if caught else "scarce",
                )
    return builder.build()


def build(discount: float = 0.8) -> Problem:
    """One plan against all types."""
    games = {
        name: of_type(own["effort"], own["fine"], own["gain"], discount)  # type: ignore[arg-type]
        for name, own in TYPES.items()
    }
    return bayesian(games, PRIOR)
