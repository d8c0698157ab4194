"""Games with certificates of their bounds, made once."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from typing import Any

import numpy as np

from ssg_mip import LeaderPolicy, best_response, solve
from ssg_mip.exact import Answer, solve_commitment, solve_improvement
from ssg_mip.game.game import Game
from ssg_mip.library import matrix_game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.proofs.writer import Recorder
from tests.oracles.games import random_game
from tests.oracles.known import figure_1
from tests.unit.questions import asked

Lines = list[Any]


@dataclasses.dataclass(frozen=True, eq=False)
class Certified:
    """A game, weights, the answer of the search and the lines of its certificate as JSON."""

    game: Game
    weights: FloatArray
    answer: Answer
    recorder: Recorder
    text: str

    @property
    def lines(self) -> Lines:
        """A fresh copy of the lines."""
        data: Lines = json.loads(self.text)
        return data


def _random(seed: int, leader: list[int], follower: list[int], leader_discount: float, discount: float) -> Game:
    rng = np.random.default_rng(seed)
    return random_game(
        rng,
        leader_counts=leader,
        follower_counts=follower,
        leader_discount=leader_discount,
        follower_discount=discount,
    ).to_game()


def _zero_sum() -> Game:
    game = _random(5, [2, 3], [3, 2], 0.8, 0.8)
    return game.replace(follower_rewards=-game.leader_rewards)


def _constant_sum() -> Game:
    """What one player gets of a third of ten, the other does not: opposite up to rounding."""
    game = _zero_sum()
    return game.replace(follower_rewards=(10.0 - game.leader_rewards) / 3.0)


_GAMES = {
    "three states": lambda: _random(1, [2, 2, 3], [2, 3, 2], 0.8, 0.7),
    "impatient leader": lambda: _random(2, [3, 2], [2, 2], 0.3, 0.9),
    "myopic follower": lambda: _random(3, [2, 2], [3, 2], 0.9, 0.0),
    "one follower action": lambda: _random(4, [2, 2], [1, 2], 0.5, 0.5),
    "zero-sum": _zero_sum,
    "constant-sum": _constant_sum,
    "matrix": lambda: matrix_game("maintain"),
    "figure 1": lambda: figure_1(0.9, 1.0).to_game(),
}

_DEMANDING = ("floor", "floor, one start", "margin", "improvement", "improvement with a margin", "stationary")

CASES = (
    *_GAMES,
    "three states, one start",
    "three states, cut short",
    *(f"three states, {variant}" for variant in _DEMANDING),
    "matrix, stationary",
    "zero-sum, stationary",
    "zero-sum, floor",
)
"""Certificates of a bound."""

EMPTY_CASES = ("three states, floor too high", "three states, margin too wide", "zero-sum, floor too high")
"""Certificates that there is no policy as demanded."""


@cache
def certified(name: str) -> Certified:
    """The case of a name."""
    base, _, variant = name.partition(", ")
    game = _GAMES[base]()
    weights = np.array(game.initial)
    if variant.endswith("one start"):
        weights = np.eye(game.num_states)[0]
    recorder = Recorder()
    problem, run = asked(
        game,
        weights=weights,
        gap=1e-5,
        node_limit=4 if variant == "cut short" else None,
        recorder=recorder,
        margin=_margin(variant),
        start=LeaderPolicy.uniform(game),
    )
    if variant in {"improvement", "improvement with a margin", "stationary"}:
        values = best_response(game, LeaderPolicy.uniform(game)).leader_values
        if variant == "stationary":
            values = solve(game, gap=1e-5, check=False, guarantee=False).leader_values
        answer = solve_improvement(problem, run, values, weights)
    else:
        answer = solve_commitment(problem.above(_floor(game, variant)), run)
    text = json.dumps(list(recorder.lines(game)))
    return Certified(game, weights, answer, recorder, text)


def _margin(variant: str) -> float:
    if variant == "improvement with a margin":
        return 0.1
    return {"margin": 0.2, "margin too wide": 50.0}.get(variant, 0.0)


def _floor(game: Game, variant: str) -> FloatArray | None:
    """What the uniform policy yields and a little more in some states; more than anything yields."""
    if not variant.startswith("floor"):
        return None
    floor = best_response(game, LeaderPolicy.uniform(game)).leader_values + 0.01
    floor[0] = -np.inf
    return floor + (100.0 if variant == "floor too high" else 0.0)
