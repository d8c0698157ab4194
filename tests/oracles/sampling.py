"""Sampled leader policies against a follower found by plain enumeration.

The follower's value against ``f`` is the componentwise maximum of ``(I - gB P_g)^{-1} r_g`` over *all*
deterministic responses ``g``; an action is tied if it is within a tolerance of that maximum after one step. Nothing
clever happens here, which is the point: it checks the package's policy iteration and gives lower bounds on any
optimum. For games with at most a few hundred follower policies.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from tests.oracles.games import Array, PlainGame

TIE = 1e-7


@dataclasses.dataclass(frozen=True)
class Answer:
    """The follower's answer to one leader policy, with both players' values over states."""

    leader_values: Array
    follower_values: Array
    actions: tuple[int, ...]
    tied: tuple[tuple[int, ...], ...]


def pair_values(game: PlainGame, policy: Sequence[Array], response: Sequence[int]) -> tuple[Array, Array]:
    """Values of both players over states when the leader plays ``policy[s]`` and the follower ``response[s]``."""
    move = np.array([policy[s] @ game.transition[s][:, b] for s, b in enumerate(response)])
    values = []
    for rewards, discount in (
        (game.leader_reward, game.leader_discount),
        (game.follower_reward, game.follower_discount),
    ):
        stage = np.array([policy[s] @ rewards[s][:, b] for s, b in enumerate(response)])
        values.append(np.linalg.solve(np.eye(game.num_states) - discount * move, stage))
    return values[0], values[1]


def follower_action_values(game: PlainGame, policy: Sequence[Array], values: Array) -> list[Array]:
    """``q(s, b)`` of the follower against ``policy`` when ``values`` follow."""
    return [
        policy[s] @ (game.follower_reward[s] + game.follower_discount * (game.transition[s] @ values))
        for s in range(game.num_states)
    ]


def answer(game: PlainGame, policy: Sequence[Array], ties: str = "leader", tie: float = TIE) -> Answer:
    """The follower's optimal response by enumeration, ties by rule (``leader``, ``first`` or ``adverse``).

    Actions are tied in a state within ``tie (1 - gB)`` times the spread of the values that he could have there.
    """
    follower = np.max([pair_values(game, policy, g)[1] for g in game.responses()], axis=0)
    within = max(tie * (1.0 - game.follower_discount), 1e-11) * spread(game) + 1e-14 * (1.0 + np.abs(follower))
    tied = tuple(
        tuple(int(b) for b in np.flatnonzero(q >= follower[s] - within[s]))
        for s, q in enumerate(follower_action_values(game, policy, follower))
    )
    candidates = list(itertools.product(*tied))
    if ties == "first":
        chosen = candidates[0]
    else:
        sign = 1.0 if ties == "leader" else -1.0
        # the tied responses form a decision process, so one of them is best in every state: the sum finds it
        chosen = max(candidates, key=lambda g: sign * float(pair_values(game, policy, g)[0].sum()))
    return Answer(*pair_values(game, policy, chosen), chosen, tied)


def spread(game: PlainGame) -> Array:
    """Per state the follower's largest value less his smallest, where one planner moves both players."""
    if id(game) not in _SPREADS:
        ends = [_planned(game, sign) for sign in (1.0, -1.0)]
        _SPREADS[id(game)] = game, ends[0] + ends[1]
    return _SPREADS[id(game)][1]


_SPREADS: dict[int, tuple[PlainGame, Array]] = {}
"""By identity; the games are kept, so that none takes the place of another."""


def _planned(game: PlainGame, sign: float) -> Array:
    """The best value over all pairs of policies of ``sign`` times the follower's rewards, by value iteration."""
    values, change = np.zeros(game.num_states), np.inf
    while change > 1e-9 * (1.0 - game.follower_discount) * (1.0 + float(np.abs(values).max())):
        fresh = np.array(
            [
                (sign * game.follower_reward[s] + game.follower_discount * (game.transition[s] @ values)).max()
                for s in range(game.num_states)
            ]
        )
        values, change = fresh, float(np.abs(fresh - values).max())
    return values


def regret(game: PlainGame, policy: Sequence[Array], response: Sequence[int]) -> float:
    """How much the follower loses by playing ``response``, the largest over states."""
    best = np.max([pair_values(game, policy, g)[1] for g in game.responses()], axis=0)
    return float((best - pair_values(game, policy, response)[1]).max())


def random_policy(game: PlainGame, rng: np.random.Generator, concentration: float = 1.0) -> list[Array]:
    """One draw per state from a symmetric Dirichlet distribution."""
    return [rng.dirichlet(np.full(count, concentration)) for count in game.leader_counts]


def grid_policies(game: PlainGame, levels: int) -> Iterator[list[Array]]:
    """Every leader policy whose probabilities are multiples of ``1/levels``."""
    rows = [
        [
            np.array(point, dtype=float) / levels
            for point in itertools.product(range(levels + 1), repeat=count)
            if sum(point) == levels
        ]
        for count in game.leader_counts
    ]
    return (list(policy) for policy in itertools.product(*rows))


def best_sampled(
    game: PlainGame, *, samples: int = 200, levels: int = 0, seed: int = 0, weights: Array | None = None
) -> tuple[float, list[Array], Answer]:
    """The best weighted leader value over random, pure and (if ``levels``) grid policies: a lower bound."""
    rng = np.random.default_rng(seed)
    weight = game.initial if weights is None else weights
    drawn = (random_policy(game, rng, (1.0, 0.3)[k % 2]) for k in range(samples))
    best: tuple[float, list[Array], Answer] | None = None
    for policy in itertools.chain(grid_policies(game, max(levels, 1)), drawn):
        found = answer(game, policy)
        value = float(weight @ found.leader_values)
        if best is None or value > best[0]:
            best = (value, policy, found)
    if best is None:
        raise ValueError("no policy was sampled")
    return best
