"""One-state games against multiple linear programs (Conitzer & Sandholm): one program per follower action.

Repeating one state changes nothing for a follower whose action moves nothing: the optimum of the game is that of its
matrix, divided by one minus the leader's discount.
"""

from __future__ import annotations

import numpy as np

from tests.attacks.driver import Attack, Verdict
from tests.attacks.judge import Truth, judge, solved
from tests.oracles.games import DISCOUNTS, PlainGame, random_game
from tests.oracles.multiple_lps import mixed_commitment

MOST_ACTIONS = 5


def one_state_game(seed: int, index: int) -> PlainGame:
    """Up to five actions of each player; every second game has whole rewards."""
    rng = np.random.default_rng([seed, index])
    leader_discount, follower_discount = rng.choice(DISCOUNTS, 2).tolist()
    return random_game(
        rng,
        leader_counts=[int(rng.integers(1, MOST_ACTIONS + 1))],
        follower_counts=[int(rng.integers(1, MOST_ACTIONS + 1))],
        leader_discount=leader_discount,
        follower_discount=follower_discount,
        integer=bool(index % 2),
        name=f"one-state-{seed}-{index}",
    )


def play(seed: int, index: int) -> Verdict:
    """Value and bound are the optimum of the matrix."""
    plain = one_state_game(seed, index)
    best = mixed_commitment(plain.leader_reward[0], plain.follower_reward[0])[0]
    return judge(plain, solved(plain), Truth.point(best / (1.0 - plain.leader_discount)))


ATTACK = Attack("one-state", "one state: the best of one linear program per follower action", 10_000, play)
