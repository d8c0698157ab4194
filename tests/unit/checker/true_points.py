"""Games, points that are true of them, regions around these, and random multipliers, for the rules of the replay."""

from __future__ import annotations

import itertools

import numpy as np

from ssg_mip import LeaderPolicy, best_response
from ssg_mip.checker.dual.cut_terms import TANGENT_BITS, Cut, CutRow
from ssg_mip.checker.dual.leaf import Block
from ssg_mip.checker.dual.propagation import Region
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray
from tests.oracles.games import random_game

GRID = 40
SCALE = 20
NOISE = 1e-9
"""Room for the rounding of the true points, which are floats."""


def drawn_game(seed: int) -> Game:
    rng = np.random.default_rng(seed)
    return random_game(
        rng,
        leader_counts=rng.integers(1, 4, size=3).tolist(),
        follower_counts=rng.integers(1, 4, size=3).tolist(),
        leader_discount=float(rng.choice([0.0, 0.5, 0.9])),
        follower_discount=float(rng.choice([0.0, 0.4, 0.9])),
    ).to_game()


def true_point(game: Game, rng: np.random.Generator) -> tuple[FloatArray, IntArray, float]:
    """Follower values, response and the leader's weighted value of a random policy, some of them pure."""
    policy = LeaderPolicy.random(game, rng)
    if rng.uniform() < 0.5:
        policy = LeaderPolicy.deterministic(game, [int(rng.integers(count)) for count in game.leader_counts])
    response = best_response(game, policy)
    return response.follower_values, response.follower_policy.actions, float(game.initial @ response.leader_values)


def on_grid(values: FloatArray, nudge: int) -> tuple[int, ...]:
    """On the grid, with the noise of floats to spare."""
    return tuple(int(np.floor(value * 2.0**GRID)) + nudge for value in values)


def region_around(game: Game, rng: np.random.Generator, v: FloatArray, response: IntArray) -> Region:
    """A random region that holds a point, sometimes tightly."""
    spread = rng.uniform(0.0, 3.0, size=(2, len(v))) * (rng.uniform(size=(2, len(v))) < 0.7)
    answers = [
        frozenset({int(best)} | {b for b in range(count) if rng.uniform() < 0.7})
        for best, count in zip(response, game.follower_counts.tolist(), strict=True)
    ]
    room = int(NOISE * 2**GRID)
    return Region(on_grid(v - spread[0], -room), on_grid(v + spread[1], room), tuple(answers))


def random_cut(game: Game, rng: np.random.Generator, state: int) -> Cut:
    leaders, followers = int(game.leader_counts[state]), int(game.follower_counts[state])
    return Cut(
        multiplier=int(rng.integers(1, 1 << SCALE)),
        kind=CutRow(int(rng.integers(3))),
        state=state,
        answer=int(rng.integers(followers)),
        action=int(rng.integers(followers)),
        place=int(rng.integers(game.num_states)),
        upper_side=bool(rng.integers(2)),
        chosen=tuple(rng.integers(1 << game.num_states, size=leaders).tolist()),
        tangents=tuple(int(c * 2**TANGENT_BITS) for c in rng.uniform(-1.0, 2.0, size=leaders)),
    )


def random_block(game: Game, rng: np.random.Generator, states: list[int]) -> Block:
    """Random multipliers with the right signs, most of them 0."""

    def number() -> int:
        return int(rng.integers(-(1 << SCALE), 1 << SCALE)) if rng.uniform() < 0.3 else 0

    incentive = {
        (s, b, c): number() if b == c else abs(number())
        for s in states
        for b, c in itertools.product(range(int(game.follower_counts[s])), repeat=2)
    }
    return Block(
        states=tuple(states),
        base=tuple(number() for _ in states),
        base_times_value=tuple(tuple(number() for _ in range(game.num_states)) for _ in states),
        incentive=incentive,
        cuts=tuple(random_cut(game, rng, int(rng.choice(states))) for _ in range(int(rng.integers(4)))),
    )
