"""Small games of many kinds, by seed and index: random ones with and without ties, and the benchmark families."""

from __future__ import annotations

import numpy as np

from ssg_mip import Game
from tests.benchmarks.families import FAMILIES, Size
from tests.oracles.games import DISCOUNTS, PlainGame, random_game


def plain_of(game: Game) -> PlainGame:
    """A game of the package as plain arrays."""
    transition, leader, follower = [], [], []
    for s, (start, stop) in enumerate(zip(game.row_offsets[:-1], game.row_offsets[1:], strict=True)):
        shape = (int(game.leader_counts[s]), int(game.follower_counts[s]))
        transition.append(game.dense_transition[start:stop].reshape(*shape, game.num_states))
        leader.append(game.leader_rewards[start:stop].reshape(shape))
        follower.append(game.follower_rewards[start:stop].reshape(shape))
    return PlainGame(
        tuple(transition),
        tuple(leader),
        tuple(follower),
        game.leader_discount,
        game.follower_discount,
        np.array(game.initial),
        game.name,
    )


def varied_game(
    seed: int, index: int, *, states: tuple[int, ...] = (2, 3), most: int = 9, mixing: int = 4, **fixed: object
) -> PlainGame:
    """Game ``index`` of a series: every third from a benchmark family, the others random.

    The random ones have action counts that differ between states and players, discounts that mostly differ, every
    second one few successors, every third whole rewards and probabilities in quarters (ties), every fourth a state
    that is never the start.

    Parameters
    ----------
    seed, index
        Which game.
    states
        Numbers of states to choose from.
    most
        The largest number of deterministic follower policies.
    mixing
        The largest number of probabilities that the leader is free to choose in a random game.
    fixed
        Arguments of :func:`~tests.oracles.games.random_game` to set; no game is then from a family.
    """
    rng = np.random.default_rng([seed, index])
    if index % 3 == 2 and not fixed:
        return _family_game(rng, states, most)
    count = int(rng.choice(states))
    while True:
        leader_counts, follower_counts = rng.integers(1, 4, count).tolist(), rng.integers(1, 4, count).tolist()
        if np.prod(follower_counts) <= most and 0 < sum(leader_counts) - count <= mixing:
            break
    leader_discount, follower_discount = rng.choice(DISCOUNTS, 2).tolist()
    options: dict[str, object] = {
        "leader_counts": leader_counts,
        "follower_counts": follower_counts,
        "leader_discount": leader_discount,
        "follower_discount": follower_discount,
        **fixed,
    }
    return random_game(
        rng,
        successors=2 if index % 2 else None,
        integer=int(rng.integers(3)) == 0,
        unreached_start=int(index % 4 == 3 and count > 1),
        name=f"varied-{seed}-{index}",
        **options,  # type: ignore[arg-type]
    )


def _family_game(rng: np.random.Generator, states: tuple[int, ...], most: int) -> PlainGame:
    """A member of a benchmark family with a start of its own."""
    family = FAMILIES[str(rng.choice(sorted(FAMILIES)))]
    count = 3 if family.name == "random-3" else max(2, int(rng.choice(states))) if most >= 8 else 2
    size = Size(count, 2, 2)
    if size.states == 2:
        larger = Size(2, int(rng.integers(2, 4)), int(rng.integers(2, 4)))
        size = larger if larger.follower_actions**2 <= most else size
    plain = plain_of(family.build(size, int(rng.integers(1_000_000))))
    start = rng.multinomial(4, plain.initial) / 4.0
    return plain.replace(initial=start) if rng.integers(2) else plain
