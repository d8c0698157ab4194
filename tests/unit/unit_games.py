"""Games in which units, constants or a near tie mislead a solver that measures by absolute numbers."""

from __future__ import annotations

import numpy as np

from ssg_mip import Game, GameBuilder
from tests.oracles.games import plain_from_arrays, static_game

NEAR_TIE = static_game([[0.0, 10.0, 100.0]], [[1.0, 0.999999991, 0.0]], "near tie").to_game()
"""The follower prefers the first answer by 9e-9 of 1: the leader gets 0, however ties are broken."""


def vault(worth: float) -> Game:
    """The follower cheats, worth 1 a step, rather than comply; beside it an unreachable state that is worth anything.

    The leader has no choice and gets 0.
    """
    stay, other = [[[1.0, 0.0], [1.0, 0.0]]], [[[0.0, 1.0]]]
    return plain_from_arrays(
        [stay, other],
        [[[0.0, 10.0]], [[0.0]]],
        [[[1.0, 0.0]], [[worth]]],
        leader_discount=0.5,
        follower_discount=0.5,
        initial=[1.0, 0.0],
        name=f"vault worth {worth:g}",
    ).to_game()


TINY_LEADER = plain_from_arrays(
    np.ones((1, 2, 3, 1)),
    [[[0.0, 1e-9, 0.0], [1e-9, 0.0, 0.0]]],
    [[[1.0, 0.0, 0.0], [1.0, 0.0, 1.0]]],
    leader_discount=0.9,
    follower_discount=0.9,
    name="tiny leader",
).to_game()
"""The leader's rewards are 0 or 1e-9; the optimum is 1e-8, the second action for ever."""


def pay_for_effort(*, wage: float = 0.0, revenue: float = 0.0, efforts: int = 11, discount: float = 0.9) -> Game:
    """Hidden effort and limited liability: effort ``e`` costs ``e^2 / 2`` and succeeds with probability ``e``.

    Success is worth 1 to the principal, who pays nothing or 2 in each outcome and may mix. With efforts in tenths the
    optimum is ``revenue + 0.275``: pay .45 on success, effort .5, by one linear program per effort. A base wage of the
    agent in every period and a base revenue of the principal in every outcome change nothing else.
    """
    builder = GameBuilder("pay for effort", leader_discount=discount, follower_discount=discount)
    levels = [round(level, 4) for level in np.linspace(0.0, 1.0, efforts).tolist()]
    builder.add_state("work", leader_actions=["wait"], follower_actions=[f"effort {e}" for e in levels], initial=1.0)
    builder.add_state("end", leader_actions=["-"], follower_actions=["-"])
    builder.add_transition("end", "-", "-", leader_reward=0.0, follower_reward=wage, next="end")
    for outcome, worth in (("failure", 0.0), ("success", 1.0)):
        builder.add_state(outcome, leader_actions=["nothing", "most"], follower_actions=["-"])
        for pay, amount in (("nothing", 0.0), ("most", 2.0)):
            builder.add_transition(
                outcome,
                pay,
                "-",
                leader_reward=(worth + revenue - amount) / discount,
                follower_reward=wage + amount / discount,
                next="end",
            )
    for e in levels:
        onward = {state: share for state, share in (("failure", 1.0 - e), ("success", e)) if share > 0.0}
        builder.add_transition(
            "work", "wait", f"effort {e}", leader_reward=0.0, follower_reward=wage - e * e / 2.0, next=onward
        )
    return builder.build()
