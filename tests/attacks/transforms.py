"""Changes of a game whose effect on the optimum is known without solving anything.

Each takes a game and a source of randomness and returns the changed game with the map ``optimum -> factor * optimum +
offset`` that the change works on the leader's weighted optimum.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from tests.oracles.games import Array, PlainGame

LEAST_FACTOR, LARGEST_FACTOR = 0.1, 10.0
"""Factors of :func:`rescale`, far enough inside what the README asks of rewards ("of a size near 1")."""


@dataclasses.dataclass(frozen=True)
class Changed:
    """The changed game; its optimum is ``factor * optimum + offset``."""

    game: PlainGame
    factor: float = 1.0
    offset: float = 0.0


Transform = Callable[[PlainGame, np.random.Generator], Changed]


def _rebuilt(plain: PlainGame, per_state: Callable[[int, Array], Array]) -> PlainGame:
    """The same change of the axes ``[a, b]`` in rewards and transitions of every state."""
    blocks = {
        label: tuple(per_state(s, block) for s, block in enumerate(getattr(plain, label)))
        for label in ("transition", "leader_reward", "follower_reward")
    }
    return plain.replace(**blocks)


def _put(blocks: tuple[Array, ...], s: int, block: Array) -> tuple[Array, ...]:
    return (*blocks[:s], block, *blocks[s + 1 :])


def relabel(plain: PlainGame, rng: np.random.Generator) -> Changed:
    """States and both players' actions in another order."""
    order = rng.permutation(plain.num_states)
    mine = [rng.permutation(count) for count in plain.leader_counts]
    theirs = [rng.permutation(count) for count in plain.follower_counts]
    shuffled = _rebuilt(plain, lambda s, block: block[mine[s]][:, theirs[s]])
    return Changed(
        shuffled.replace(
            transition=tuple(shuffled.transition[s][..., order] for s in order),
            leader_reward=tuple(shuffled.leader_reward[s] for s in order),
            follower_reward=tuple(shuffled.follower_reward[s] for s in order),
            initial=plain.initial[order],
        )
    )


def rescale(plain: PlainGame, rng: np.random.Generator) -> Changed:
    """Each player's rewards in another unit."""
    leader, follower = np.exp(rng.uniform(np.log(LEAST_FACTOR), np.log(LARGEST_FACTOR), 2)).tolist()
    scaled = plain.replace(
        leader_reward=tuple(leader * block for block in plain.leader_reward),
        follower_reward=tuple(follower * block for block in plain.follower_reward),
    )
    return Changed(scaled, factor=leader)


def shift(plain: PlainGame, rng: np.random.Generator) -> Changed:
    """A constant added to each player's rewards: every step is worth that much more, whatever is done."""
    leader, follower = rng.uniform(-5.0, 5.0, 2).tolist()
    shifted = plain.replace(
        leader_reward=tuple(leader + block for block in plain.leader_reward),
        follower_reward=tuple(follower + block for block in plain.follower_reward),
    )
    return Changed(shifted, offset=leader / (1.0 - plain.leader_discount))


def duplicate_action(plain: PlainGame, rng: np.random.Generator) -> Changed:
    """One action of one player twice: splitting its probability, or its place among the ties, wins nothing."""
    s, axis = int(rng.integers(plain.num_states)), int(rng.integers(2))
    copied = int(rng.integers(plain.transition[s].shape[axis]))
    place = int(rng.integers(plain.transition[s].shape[axis] + 1))

    def doubled(state: int, block: Array) -> Array:
        return np.insert(block, place, np.take(block, copied, axis), axis) if state == s else block

    return Changed(_rebuilt(plain, doubled))


def dominated_action(plain: PlainGame, rng: np.random.Generator) -> Changed:
    """One action more that does what another does and pays its owner less.

    A follower never takes it; a leader who takes it could take the other one, to which the follower answers alike.
    """
    s, axis = int(rng.integers(plain.num_states)), int(rng.integers(2))
    model = int(rng.integers(plain.transition[s].shape[axis]))
    label = ("leader_reward", "follower_reward")[axis]
    place = plain.transition[s].shape[axis]

    def extended(state: int, block: Array) -> Array:
        return np.insert(block, place, np.take(block, model, axis), axis) if state == s else block

    game = _rebuilt(plain, extended)
    worse = getattr(game, label)[s].copy()
    loss = rng.uniform(0.01, 1.0, plain.transition[s].shape[1 - axis])
    worse[(place, slice(None)) if axis == 0 else (slice(None), place)] -= loss
    return Changed(game.replace(**{label: _put(getattr(game, label), s, worse)}))


def unreachable_state(plain: PlainGame, rng: np.random.Generator) -> Changed:
    """One state more, full of temptations, to which nothing leads and where nothing starts."""
    shape = (int(rng.integers(1, 4)), int(rng.integers(1, 3)))
    onward = rng.dirichlet(np.ones(plain.num_states + 1), shape)
    wider = tuple(np.concatenate((block, np.zeros((*block.shape[:2], 1))), axis=2) for block in plain.transition)
    return Changed(
        plain.replace(
            transition=(*wider, onward),
            leader_reward=(*plain.leader_reward, rng.uniform(-5.0, 5.0, shape)),
            follower_reward=(*plain.follower_reward, rng.uniform(-5.0, 5.0, shape)),
            initial=np.append(plain.initial, 0.0),
        )
    )


def split_state(plain: PlainGame, rng: np.random.Generator) -> Changed:
    """One state as two identical ones; every way into it leads to the first with a probability of its own.

    Equality holds where the leader cannot profit from telling the two apart. In general a leader can: which of the two
    is entered works as a coin that both players see, or as a memory of how the state was entered.
    """
    s = int(rng.integers(plain.num_states))

    def parted(block: Array) -> Array:
        share = rng.integers(0, 5, block.shape[:2]) / 4.0
        moved = block[..., s] * share
        wider = np.concatenate((block, moved[..., None]), axis=2)
        wider[..., s] -= moved
        return wider

    parts = [parted(block) for block in (*plain.transition, plain.transition[s])]
    share = float(rng.integers(0, 5)) / 4.0
    start = np.append(plain.initial, plain.initial[s] * share)
    start[s] -= start[-1]
    return Changed(
        plain.replace(
            transition=tuple(parts),
            leader_reward=(*plain.leader_reward, plain.leader_reward[s]),
            follower_reward=(*plain.follower_reward, plain.follower_reward[s]),
            initial=start,
        )
    )
