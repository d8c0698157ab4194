"""Games with pennies and riches in one: islands and corridors of different sizes, constants by state, patient players.

Up to twelve states. Rewards of a state have a size between 1e-9 and 1e9 of their own and, now and then, a constant of
1e6; states keep to an island, lead onwards only, or stay where they are; rows are divided by their sums in floating
point; an action may be the copy of another one, exactly or nearly. Every method answers in turn, as in
:mod:`tests.attacks.wide`.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tests.attacks.driver import Attack
from tests.attacks.wide import play_with
from tests.oracles.games import Array, PlainGame

MOST_STATES = 12

DISCOUNTS = (0.0, 0.3, 0.9, 0.99, 0.9999, 1.0 - 1e-6)

SIZES = (1e-9, 1e-6, 1e-3, 1.0, 1.0, 1e3, 1e6, 1e9)
"""Sizes of rewards, drawn for each island and player."""

CONSTANTS = (0.0, 0.0, 0.0, 1e6, -1e6)
"""Constants of rewards, drawn for each state and player."""

NEAR = (0.0, 1e-12, 1e-9, 1e-7)
"""By which share a copied action is paid differently."""


def mixed_game(seed: int, index: int) -> PlainGame:
    """A game of 1 to 12 states in up to three islands."""
    rng = np.random.default_rng([seed, index, 7])
    count = int(rng.integers(1, MOST_STATES + 1))
    island = np.sort(rng.integers(0, rng.integers(1, 4), count))
    way = rng.choice(("closed", "onwards", "anywhere", "staying"))
    sizes, constants = rng.choice(SIZES, (2, 3)), rng.choice(CONSTANTS, (2, count))
    blocks: tuple[list[Array], ...] = ([], [], [])
    for s in range(count):
        shape = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        moves = np.zeros((*shape, count))
        reachable = {
            "closed": np.flatnonzero(island == island[s]),
            "onwards": np.arange(s, count),
            "anywhere": np.arange(count),
            "staying": np.unique([s, rng.integers(count)]),
        }[str(way)]
        for a, b in np.ndindex(shape):
            to = rng.choice(reachable, min(len(reachable), int(rng.integers(1, 4))), replace=False)
            share = rng.dirichlet(np.ones(len(to)))
            moves[a, b, to] = share / share.sum()
        rewards = [
            constants[player, s] + sizes[player, island[s]] * rng.integers(-5, 6, shape).astype(float)
            for player in range(2)
        ]
        if shape[1] > 1 and rng.random() < 0.4:
            moves[:, 1] = moves[:, 0]
            rewards[1][:, 1] = rewards[1][:, 0] * (1.0 + rng.choice(NEAR))
        for block, numbers in zip(blocks, (moves, *rewards), strict=True):
            block.append(numbers)
    leader, follower = rng.choice(DISCOUNTS, 2).tolist()
    start = np.zeros(count)
    start[rng.integers(count)] = 1.0
    return PlainGame(*map(tuple, blocks), leader, follower, start, f"mixed-{seed}-{index}")  # type: ignore[arg-type]


ATTACK = Attack(
    "mixed", "pennies and riches in one game: no honest answer fails its check", 1000, partial(play_with, mixed_game)
)
