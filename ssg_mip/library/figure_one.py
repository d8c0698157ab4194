r"""The game without a strong Stackelberg equilibrium (Kudo & Akimoto, ACML 2025, Figure 1; after Jean-Marie 2022).

Two states. Where the leader plays ``a1`` the follower may stay (``b1``: the leader earns 1, the follower nothing) or
run to the other state (``b2``: the follower earns ``x``). Playing ``a2`` costs the follower ``y`` and moves on. To make
the follower stay in one state the leader must threaten to play ``a2`` in the other, so the two states cannot both be
worth their best:

* ``follower_discount * y > x``: the Pareto front is ``(1, g) / (1 - g)`` and ``(g, 1) / (1 - g)`` with
  ``g = leader_discount``, attained by ``a1`` in one state and ``a2`` in the other; no equilibrium exists;
* ``follower_discount * y < x``: no threat is strong enough, and every policy is worth 0;
* equality: the follower is indifferent, and the two answers above are those of the strong and the weak tie rule.
"""

from __future__ import annotations

import math
from typing import Any

from ssg_mip.base.rules import POSITIVE
from ssg_mip.game.builder import GameBuilder
from ssg_mip.game.game import Game
from ssg_mip.game.validation import checked_discount

SOURCE = (
    "Kudo & Akimoto, Policy Iteration for Two-Player General-Sum Stochastic Stackelberg Games, ACML 2025 (PMLR 304), "
    "Figure 1; first shown by Jean-Marie, Bucarey, Della Vecchia & Ordonez, 2022"
)


def kudo_akimoto_figure_1(
    x: float = 1.0, y: float = 2.0, leader_discount: float = 0.9, follower_discount: float = 0.9
) -> Game:
    """The game with the follower's temptation ``x`` and punishment ``y``, both positive; the start is uniform.

    Raises
    ------
    OptionError
        If ``x`` or ``y`` is no positive number.
    InvalidGameError
        If a discount is outside ``[0, 1)``.
    """
    for label, value in (("x", x), ("y", y)):
        POSITIVE.check(label, value)
    checked_discount(leader_discount, "leader_discount")  # what is known of the game divides by one minus it
    builder = GameBuilder(
        f"Kudo-Akimoto Fig. 1, x={x:.4g}, y={y:.4g}",
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        source=SOURCE,
        known=_known(x, y, leader_discount, follower_discount),
    )
    for here, there in (("s1", "s2"), ("s2", "s1")):
        builder.add_state(here, leader_actions=["a1", "a2"], follower_actions=["b1", "b2"], initial=0.5)
        builder.add_transition(here, "a1", "b1", leader_reward=1, follower_reward=0, next=here)
        builder.add_transition(here, "a1", "b2", leader_reward=0, follower_reward=x, next=there)
        for answer in ("b1", "b2"):
            builder.add_transition(here, "a2", answer, leader_reward=0, follower_reward=-y, next=there)
    return builder.build()


def _known(x: float, y: float, leader_discount: float, follower_discount: float) -> dict[str, Any]:
    # Rounded, so that 1 / (1 - 0.9) reads 10 in the file.
    high, low = (round(reward / (1.0 - leader_discount), 12) for reward in (1.0, leader_discount))
    two_points = [{"s1": high, "s2": low}, {"s1": low, "s2": high}]
    nothing = [{"s1": 0.0, "s2": 0.0}]
    if math.isclose(follower_discount * y, x):
        front, weak = two_points, nothing
    else:
        front = weak = two_points if follower_discount * y > x else nothing
    known: dict[str, Any] = {
        "leader_value": max(sum(point.values()) / 2.0 for point in front),
        "pareto_front": front,
        "weak_pareto_front": weak,
        "equilibrium_exists": len(front) == 1,
    }
    if front is two_points:
        known["leader_policy"] = {"s1": {"a1": 1.0, "a2": 0.0}, "s2": {"a1": 0.0, "a2": 1.0}}
    return known
