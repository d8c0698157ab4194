"""Plain games and seeded generators of random ones.

A :class:`PlainGame` holds one array per state and quantity, so action sets may differ between states; the index
order is ``[s][a, b, s_next]``. The generators draw each game from its own generator seeded by
``[seed, index]``: game ``index`` does not depend on how many games are asked for.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ssg_mip.game.game import Game

Array = NDArray[np.float64]

DISCOUNTS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)


@dataclasses.dataclass(frozen=True)
class PlainGame:
    """``transition[s][a, b, t]``, ``leader_reward[s][a, b]``, ``follower_reward[s][a, b]`` and scalars."""

    transition: tuple[Array, ...]
    leader_reward: tuple[Array, ...]
    follower_reward: tuple[Array, ...]
    leader_discount: float
    follower_discount: float
    initial: Array
    name: str = "plain"

    @property
    def num_states(self) -> int:
        return len(self.transition)

    @property
    def leader_counts(self) -> tuple[int, ...]:
        return tuple(block.shape[0] for block in self.transition)

    @property
    def follower_counts(self) -> tuple[int, ...]:
        return tuple(block.shape[1] for block in self.transition)

    def responses(self) -> Iterator[tuple[int, ...]]:
        """Every deterministic follower policy."""
        return itertools.product(*(range(count) for count in self.follower_counts))

    def fingerprint(self) -> str:
        """SHA-256 of the numbers at ten decimals: guards stored optima against a changed generator."""
        digest = hashlib.sha256()
        for blocks in (self.transition, self.leader_reward, self.follower_reward, (self.initial,)):
            for block in blocks:
                digest.update(str(block.shape).encode())
                digest.update((np.round(block, 10) + 0.0).astype("<f8").tobytes())
        digest.update(f"{self.leader_discount:.10f} {self.follower_discount:.10f}".encode())
        return digest.hexdigest()[:16]

    def replace(self, **changes: object) -> PlainGame:
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def to_game(self) -> Game:
        """The same game for the package, row by row in the order state, leader action, follower action."""
        indptr, successors, probabilities = [0], [], []
        for block in self.transition:
            for row in block.reshape(-1, self.num_states):
                reached = np.flatnonzero(row)
                successors.extend(reached.tolist())
                probabilities.extend(row[reached].tolist())
                indptr.append(len(successors))
        return Game(
            name=self.name,
            state_names=tuple(f"s{s}" for s in range(self.num_states)),
            leader_actions=tuple(tuple(f"a{a}" for a in range(count)) for count in self.leader_counts),
            follower_actions=tuple(tuple(f"b{b}" for b in range(count)) for count in self.follower_counts),
            indptr=np.array(indptr),
            successors=np.array(successors),
            probabilities=np.array(probabilities),
            leader_rewards=np.concatenate([block.ravel() for block in self.leader_reward]),
            follower_rewards=np.concatenate([block.ravel() for block in self.follower_reward]),
            leader_discount=self.leader_discount,
            follower_discount=self.follower_discount,
            initial=self.initial,
        )


def plain_from_arrays(
    transition: object,
    leader_reward: object,
    follower_reward: object,
    *,
    leader_discount: float,
    follower_discount: float,
    initial: Sequence[float] | None = None,
    name: str = "plain",
) -> PlainGame:
    """From nested lists ``[s][a][b]([t])``; a uniform start where none is given."""
    blocks = [
        tuple(np.asarray(block, dtype=float) for block in data)  # type: ignore[attr-defined]
        for data in (transition, leader_reward, follower_reward)
    ]
    states = len(blocks[0])
    start = np.full(states, 1.0 / states) if initial is None else np.asarray(initial, dtype=float)
    return PlainGame(*blocks, leader_discount, follower_discount, start, name)


def static_game(leader: object, follower: object, name: str = "static") -> PlainGame:
    """A bimatrix game as one state with both discounts zero (rows = leader)."""
    a, b = np.asarray(leader, dtype=float), np.asarray(follower, dtype=float)
    return PlainGame((np.ones((*a.shape, 1)),), (a,), (b,), 0.0, 0.0, np.ones(1), name)


def random_game(
    rng: np.random.Generator,
    *,
    leader_counts: Sequence[int],
    follower_counts: Sequence[int],
    leader_discount: float,
    follower_discount: float,
    successors: int | None = None,
    integer: bool = False,
    unreached_start: int = 0,
    name: str = "random",
) -> PlainGame:
    """A random game with the given action counts per state.

    Parameters
    ----------
    rng
        Source of randomness.
    leader_counts, follower_counts
        Actions per state; may be ragged.
    leader_discount, follower_discount
        In ``[0, 1)``.
    successors
        How many states each joint action may lead to; ``None`` for all of them.
    integer
        Rewards are whole numbers from -3 to 3 and probabilities multiples of 1/4: full of ties.
    unreached_start
        How many states get start probability zero (fewer than there are states).
    name
        Label.
    """
    states = len(leader_counts)
    transition, leader, follower = [], [], []
    for num_a, num_b in zip(leader_counts, follower_counts, strict=True):
        block = np.zeros((num_a, num_b, states))
        for a, b in itertools.product(range(num_a), range(num_b)):
            reached = rng.choice(states, size=min(states, successors or states), replace=False)
            if integer:
                block[a, b, reached] = rng.multinomial(4, np.full(len(reached), 1.0 / len(reached))) / 4.0
            else:
                weight = rng.exponential(size=len(reached))
                block[a, b, reached] = weight / weight.sum()
        transition.append(block)
        for rewards in (leader, follower):
            shape = (num_a, num_b)
            rewards.append(rng.integers(-3, 4, shape).astype(float) if integer else rng.uniform(-1.0, 1.0, shape))
    start = rng.exponential(size=states)
    start[rng.permutation(states)[:unreached_start]] = 0.0
    return PlainGame(
        tuple(transition),
        tuple(leader),
        tuple(follower),
        leader_discount,
        follower_discount,
        start / start.sum(),
        name,
    )


def uneven_game(seed: int, discounts: tuple[float, float]) -> Game:
    """Different numbers of actions, three of them somewhere: their even mix sums to one but for rounding."""
    return random_game(
        np.random.default_rng(seed),
        leader_counts=[3, 1, 2, 4],
        follower_counts=[2, 3, 1, 4],
        leader_discount=discounts[0],
        follower_discount=discounts[1],
        successors=2,
    ).to_game()


def agreement_game(seed: int, index: int) -> PlainGame:
    """Game ``index`` of the agreement suite: 2-3 states, 2-3 actions of each player, discounts that differ.

    Every fifth game has integer rewards (ties), every fourth has a state that the start never visits, every sixth
    has ragged action counts, half of them two successors only.
    """
    rng = np.random.default_rng([seed, index])
    states = int(rng.integers(2, 4))
    if index % 6 == 5:
        leader_counts = rng.integers(1, 4, states).tolist()
        follower_counts = rng.integers(1, 4, states).tolist()
    else:
        leader_counts = [int(rng.integers(2, 4))] * states
        follower_counts = [int(rng.integers(2, 4))] * states
    leader_discount, follower_discount = rng.choice(DISCOUNTS, size=2, replace=False)
    return random_game(
        rng,
        leader_counts=leader_counts,
        follower_counts=follower_counts,
        leader_discount=float(leader_discount),
        follower_discount=float(follower_discount),
        successors=2 if index % 2 else None,
        integer=index % 5 == 4,
        unreached_start=1 if index % 4 == 3 else 0,
        name=f"agreement-{seed}-{index}",
    )
