"""Games of more states than the checker solves in fractions: no honest answer may fail its check.

Their states are of kinds that meet in real models: lively ones, islands that are never left, ends where nothing is
earned, beside rewards that differ by orders of magnitude. Every method answers in turn; its
own result must pass, and a response that really loses in a state must not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

import numpy as np

from ssg_mip import solve, verify
from ssg_mip.checker.values import EXACT_STATES
from ssg_mip.errors import TooLargeError
from ssg_mip.game.policy import FollowerPolicy
from ssg_mip.result import Result
from tests.attacks.driver import Attack, Verdict
from tests.attacks.units import HERE, LEARNERS
from tests.oracles.games import Array, PlainGame
from tests.oracles.sampling import pair_values

MOST_STATES = 40

DISCOUNTS = (0.0, 0.5, 0.9, 0.95, 0.99)

SIZES = (1e-6, 1e-3, 1.0, 1.0, 1.0, 1e3)
"""Sizes of rewards, drawn for each state and player."""

LOST = 1e-4
"""A response that loses this share of the largest follower value of its state's own actions must be noticed."""


def wide_game(seed: int, index: int) -> PlainGame:
    """States of several kinds, from 13 to 40 of them."""
    rng = np.random.default_rng([seed, index])
    count = int(rng.integers(EXACT_STATES + 1, MOST_STATES + 1))
    kinds = rng.choice(("lively", "island", "end", "idle"), count, p=(0.55, 0.2, 0.15, 0.1))
    island = np.flatnonzero(kinds == "island")
    blocks: tuple[list[Array], ...] = ([], [], [])
    for s, kind in enumerate(kinds):
        shape = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
        moves = np.zeros((*shape, count))
        for a, b in np.ndindex(shape):
            reachable = np.array([s]) if kind == "end" else island if kind == "island" else np.arange(count)
            to = rng.choice(reachable, min(len(reachable), int(rng.integers(1, 4))), replace=False)
            moves[a, b, to] = rng.multinomial(16, rng.dirichlet(np.ones(len(to)))) / 16.0
        blocks[0].append(moves)
        for block in blocks[1:]:
            earns = kind == "lively" or (kind == "island" and index % 2)
            block.append(earns * rng.choice(SIZES) * rng.uniform(-1.0, 1.0, shape))
    leader, follower = rng.choice(DISCOUNTS, 2).tolist()
    start = np.zeros(count)
    start[rng.integers(count)] = 1.0
    return PlainGame(*map(tuple, blocks), leader, follower, start, f"wide-{seed}-{index}")  # type: ignore[arg-type]


def play_with(made: Callable[[int, int], PlainGame], seed: int, index: int) -> Verdict:
    """One game by the method whose turn it is."""
    plain, method = made(seed, index), HERE[index % len(HERE)]
    limits = {"iteration_limit": 5} if method in LEARNERS else {"node_limit": 3}
    try:
        result = solve(plain.to_game(), method, guarantee=False, time_limit=20.0, **limits)  # type: ignore[arg-type]
    except TooLargeError:
        return Verdict(remarks=(f"{method}: too large",))
    if result.leader_policy is None:
        return Verdict(remarks=(f"{method}: no policy",))
    found = [] if result.check.passed else [f"{method}: {result.check.word}: {result.check.reason}"]
    return Verdict(violations=(*found, *_forged(plain, result)))


def _forged(plain: PlainGame, result: Result) -> list[str]:
    """Where the response is changed so that it loses in its state, the checker says so."""
    assert result.leader_policy is not None
    assert result.follower_policy is not None
    table, response = result.leader_policy.probabilities, result.follower_policy.actions.copy()
    rows = [table[s, :n] / table[s, :n].sum() for s, n in enumerate(plain.leader_counts)]
    _, values = pair_values(plain, rows, response.tolist())
    for s, row in enumerate(rows):
        q = row @ (plain.follower_reward[s] + plain.follower_discount * (plain.transition[s] @ values))
        if q.max() - q.min() > LOST * np.abs(values).max():
            response[s] = int(np.argmin(q))
            forged = dataclasses.replace(result, follower_policy=FollowerPolicy(response))
            passes = verify(result.game, forged).passed
            return [f"the checker passes a response that loses {q.max() - q.min():.3g} in state {s}"] if passes else []
    return []


ATTACK = Attack(
    "wide",
    "more states than are solved in fractions: no honest answer fails its check",
    500,
    partial(play_with, wide_game),
)
