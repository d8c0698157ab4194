"""Thousands of leader policies at once against a follower found by plain enumeration.

As :mod:`tests.oracles.sampling`, with one batch of linear systems for each deterministic response. A response that is
within the tie tolerance of the follower's optimum in every state is one that the follower may give; of these the one
with the largest sum of the leader's values counts. Nothing of the package is used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.oracles.games import Array, PlainGame

TIE = 1e-9
"""Narrower than the package's ties, so that no value counts here that the package would not attain."""

BATCH = 5000


def values_of_many(game: PlainGame, policies: Sequence[Array]) -> tuple[Array, Array]:
    """The leader's and the follower's values ``[policies, states]``; ``policies[s]`` has shape ``[policies, a]``."""
    parts = [
        _values(game, [rows[first : first + BATCH] for rows in policies]) for first in range(0, len(policies[0]), BATCH)
    ]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _values(game: PlainGame, policies: Sequence[Array]) -> tuple[Array, Array]:
    every = [_pair_values(game, policies, response) for response in game.responses()]
    leader, follower = (np.array(side) for side in zip(*every, strict=True))
    best = follower.max(axis=0)
    within = TIE * (1.0 + np.abs(best).max(axis=1))
    given = np.all(follower >= best - within[:, None], axis=2)
    chosen = np.where(given, leader.sum(axis=2), -np.inf).argmax(axis=0)
    places = np.arange(len(chosen))
    return leader[chosen, places], follower[chosen, places]


def _pair_values(game: PlainGame, policies: Sequence[Array], response: Sequence[int]) -> tuple[Array, Array]:
    played = list(enumerate(zip(policies, response, strict=True)))
    move = np.stack([rows @ game.transition[s][:, b] for s, (rows, b) in played], axis=1)
    sides = []
    for rewards, discount in (
        (game.leader_reward, game.leader_discount),
        (game.follower_reward, game.follower_discount),
    ):
        stage = np.stack([rows @ rewards[s][:, b] for s, (rows, b) in played], axis=1)
        sides.append(np.linalg.solve(np.eye(game.num_states) - discount * move, stage[:, :, None])[:, :, 0])
    return sides[0], sides[1]


def drawn_policies(game: PlainGame, count: int, rng: np.random.Generator, near: Sequence[Array] = ()) -> list[Array]:
    """Policies ``[s][policies, a]``: spread over the simplices, at their corners, and close to given ones.

    A third is drawn evenly, a third close to the corners and edges; the rest are given policies (padded arrays
    ``[states, actions]``), each moved towards a random one by a share between 1e-6 and 1.
    """
    drawn = []
    share = 10.0 ** rng.uniform(-6.0, 0.0, count)
    which = rng.integers(0, max(1, len(near)), count)
    moved = np.arange(count) % 3 == 2
    for s, actions in enumerate(game.leader_counts):
        rows = rng.dirichlet(np.ones(actions), count)
        sharp = np.arange(count) % 3 == 1
        rows[sharp] = rng.dirichlet(np.full(actions, 0.2), int(sharp.sum()))
        if len(near):
            centres = np.array([policy[s, :actions] for policy in near])[which]
            mixed = (1.0 - share)[:, None] * centres + share[:, None] * rows
            rows = np.where(moved[:, None], mixed, rows)
        drawn.append(rows / rows.sum(axis=1, keepdims=True))
    return drawn
