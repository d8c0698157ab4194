"""Ransomware: a firm inspects its network at random, an intruder waits, spreads or encrypts.

The intruder knows how often the firm inspects, not when. From a *foothold* he may wait, or spread to get *deep*;
encrypting earns little from a foothold and much from deep inside. An inspection costs the firm, finds an intruder who
is inside with probability ``detection``, more easily one who is spreading, and throws him out; then he needs time to
get in again. After an encryption the firm restores from backups for a while (*restoring*).

The best commitment baits: it inspects footholds often, not always, and leaves what is deep alone, so that the
intruder just prefers to spread, which is when he is found most easily, to a small ransom at once.

Setting: inspection games with a leader who commits (Avenhaus, von Stengel & Zamir, *Inspection Games*, Handbook of
Game Theory 3, 2002). All numbers are made up, in weeks of the firm's profit.
"""

from __future__ import annotations

from ssg_mip import Game, GameBuilder

RANSOM = {"foothold": 0.5, "deep": 8.0}
"""What encrypting from there earns the intruder."""

DAMAGE = {"foothold": 4.0, "deep": 16.0}
"""What it costs the firm."""


def build(inspection: float = 0.6, detection: float = 0.7, expulsion: float = 1.0, discount: float = 0.9) -> Game:
    """The game; ``expulsion`` is what being thrown out costs the intruder, in tools and accounts."""
    builder = GameBuilder(
        "ransomware inspections",
        leader_discount=discount,
        follower_discount=discount,
        source="written for this project, an inspection game; numbers made up",
    )
    moves = {
        "clean": ["probe"],
        "foothold": ["wait", "spread", "encrypt"],
        "deep": ["wait", "encrypt"],
        "restoring": ["probe"],
    }
    for state, actions in moves.items():
        builder.add_state(
            state,
            leader_actions=["inspect", "trust"],
            follower_actions=actions,
            initial=1.0 if state == "clean" else None,
        )
    for state, actions in moves.items():
        for leader in ("inspect", "trust"):
            for follower in actions:
                found = found_chance(state, leader, follower, detection)
                paid = (1.0 - found) * RANSOM.get(state, 0.0) if follower == "encrypt" else 0.0
                harm = (1.0 - found) * DAMAGE.get(state, 0.0) if follower == "encrypt" else 0.0
                down = 1.0 if state == "restoring" else 0.0
                builder.add_transition(
                    state,
                    leader,
                    follower,
                    leader_reward=1.0 - down - harm - (inspection if leader == "inspect" else 0.0),
                    follower_reward=paid - found * expulsion,
                    next=following(state, follower, found),
                )
    return builder.build()


def found_chance(state: str, leader: str, follower: str, detection: float) -> float:
    """The chance that the intruder is thrown out before he does anything; who spreads makes more noise."""
    if leader == "trust" or state not in RANSOM:
        return 0.0
    return min(1.0, 1.5 * detection) if follower == "spread" else detection


def following(state: str, follower: str, found: float) -> dict[str, float]:
    """Where the intruder is next week."""
    match state, follower:
        case "clean", _:
            return {"foothold": 0.4, "clean": 0.6}
        case "restoring", _:
            return {"clean": 0.5, "restoring": 0.5}
        case _, "encrypt":
            target = "restoring"
        case _, "spread":
            target = "deep"
        case _:
            target = state
    return {place: chance for place, chance in {"clean": found, target: 1.0 - found}.items() if chance > 0.0}
