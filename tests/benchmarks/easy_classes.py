"""Easy classes at sizes for which no exact program is written, beside plain solvers on the same games.

``python -m tests.benchmarks.easy_classes --states 1000,5000`` makes a seeded game of every class (rewards uniform on
[-1, 1], four successors, discount 0.95), solves it with ``commitment`` and prints value, bound, gap and CPU seconds.
The plain solvers are value iteration in NumPy (teams, silent followers; silent leaders: of the follower, then a linear
solve) and, where a static game stands in every state, value iteration with one SciPy linear program per answer
(statewise) or per state (zero-sum). The latter take hours at this size, so one sweep over a few states is timed and
multiplied by the states and by the sweeps that the accuracy asks for: ``~`` marks such figures.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from ssg_mip import solve
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.library import random_game
from ssg_mip.numerics.array_types import FloatArray, IntArray
from tests.oracles.multiple_lps import mixed_commitment
from tests.oracles.zero_sum import matrix_game_value

SUCCESSORS = 4
DISCOUNT = 0.95
TIMED = 20
"""States of which a sweep of linear programs is timed."""


def _random(states: int, leader: int, follower: int, seed: int) -> Game:
    return random_game(seed, states, leader, follower, min(SUCCESSORS, states), DISCOUNT, DISCOUNT)


def _moved_as(game: Game, representative: IntArray) -> Game:
    """The game with every joint action's transitions replaced by those of another one."""
    width = int(game.indptr[1])
    successors = game.successors.reshape(-1, width)[representative]
    probabilities = game.probabilities.reshape(-1, width)[representative]
    return game.replace(successors=successors.ravel(), probabilities=probabilities.ravel())


def myopic(states: int, actions: int, seed: int) -> Game:
    """The follower looks no further than the immediate reward."""
    return _random(states, actions, actions, seed).replace(follower_discount=0.0)


def moved_by_leader(states: int, actions: int, seed: int) -> Game:
    """Transitions do not depend on the follower's action."""
    game = _random(states, actions, actions, seed)
    return _moved_as(game, np.arange(game.num_rows) - game.row_follower)


def moved_by_follower(states: int, actions: int, seed: int) -> Game:
    """Transitions do not depend on the leader's action."""
    game = _random(states, actions, actions, seed)
    return _moved_as(game, game.row_offsets[game.row_state] + game.row_follower)


def zero_sum(states: int, actions: int, seed: int) -> Game:
    """One player's reward is the other's loss."""
    game = _random(states, actions, actions, seed)
    return game.replace(follower_rewards=-game.leader_rewards)


def team(states: int, actions: int, seed: int) -> Game:
    """Both players want the same."""
    game = _random(states, actions, actions, seed)
    return game.replace(follower_rewards=game.leader_rewards)


def silent_follower(states: int, actions: int, seed: int) -> Game:
    """The follower has one action in every state."""
    return _random(states, actions, 1, seed)


def silent_leader(states: int, actions: int, seed: int) -> Game:
    """The leader has one action in every state."""
    return _random(states, 1, actions, seed)


# ----------------------------------------------------------------------------------------------- the plain solvers


def _sweeps(game: Game, accuracy: float) -> int:
    """Sweeps of value iteration from zero until the values are as accurate as asked."""
    largest = float(np.abs(game.leader_rewards).max()) / (1.0 - DISCOUNT)
    return math.ceil(math.log(largest / accuracy) / -math.log(DISCOUNT))


def _onward(game: Game, rewards: FloatArray, values: FloatArray) -> FloatArray:
    """``r + gamma p V`` for every joint action."""
    later = np.add.reduceat(game.probabilities * values[game.successors], game.indptr[:-1])
    total: FloatArray = rewards + DISCOUNT * later
    return total


def by_planning(game: Game, accuracy: float) -> tuple[float, bool]:
    """Value iteration over joint actions; the weighted value."""
    values = np.zeros(game.num_states)
    for _ in range(_sweeps(game, accuracy)):
        values = np.maximum.reduceat(_onward(game, game.leader_rewards, values), game.row_offsets[:-1])
    return float(game.initial @ values), True


def by_the_follower(game: Game, accuracy: float) -> tuple[float, bool]:
    """The follower's value iteration, then the leader's values of his answers, by sweeps too."""
    mine, his = np.zeros(game.num_states), np.zeros(game.num_states)
    for _ in range(_sweeps(game, accuracy)):
        q = _onward(game, game.follower_rewards, his)
        his = np.maximum.reduceat(q, game.row_offsets[:-1])
    width = int(game.follower_counts[0])
    chosen = game.row_offsets[:-1] + q.reshape(-1, width).argmax(axis=1)
    for _ in range(_sweeps(game, accuracy)):
        mine = _onward(game, game.leader_rewards, mine)[chosen]
    return float(game.initial @ mine), True


def _one_sweep(game: Game, static_value: Callable[[FloatArray, FloatArray], float]) -> None:
    payoffs = _onward(game, game.leader_rewards, np.zeros(game.num_states))
    for start, stop in zip(game.row_offsets[:TIMED].tolist(), game.row_offsets[1 : TIMED + 1].tolist(), strict=True):
        shape = (int(game.leader_counts[0]), int(game.follower_counts[0]))
        static_value(payoffs[start:stop].reshape(shape), game.follower_rewards[start:stop].reshape(shape))


def by_multiple_programs(game: Game, accuracy: float) -> tuple[float, bool]:
    """A sweep of value iteration with a linear program for every answer, over a few states."""
    del accuracy
    _one_sweep(game, lambda leader, follower: mixed_commitment(leader, follower)[0])
    return math.nan, False


def by_matrix_games(game: Game, accuracy: float) -> tuple[float, bool]:
    """A sweep of Shapley's value iteration with a linear program, over a few states."""
    del accuracy
    _one_sweep(game, lambda leader, _: matrix_game_value(leader))
    return math.nan, False


def nothing_plain(game: Game, accuracy: float) -> tuple[float, bool]:
    """There is no plain solver: one linear program for each of the follower's policies."""
    del game, accuracy
    return math.nan, True


Plain = Callable[[Game, float], tuple[float, bool]]

CLASSES: dict[str, tuple[Callable[[int, int, int], Game], Plain]] = {
    "myopic": (myopic, by_multiple_programs),
    "moved-by-leader": (moved_by_leader, by_multiple_programs),
    "zero-sum": (zero_sum, by_matrix_games),
    "team": (team, by_planning),
    "silent-follower": (silent_follower, by_planning),
    "silent-leader": (silent_leader, by_the_follower),
    "moved-by-follower": (moved_by_follower, nothing_plain),
}
"""How to make a game of a class, and the plain solver beside ours."""

HEADER = (
    f"{'class':18s}{'states':>7s}{'value':>13s}{'bound':>13s}{'gap':>10s}{'CPU s':>8s}  {'status':16s}{'plain':>13s}"
)


def measured(name: str, states: int, *, actions: int, seed: int, gap: float, time_limit: float) -> str:
    """A row of the table."""
    make, plain = CLASSES[name]
    game = make(states, actions, seed)
    begun = time.process_time()
    result = solve(game, "commitment", gap=gap, time_limit=time_limit, check=False)
    ours = time.process_time() - begun
    begun = time.process_time()
    value, whole = plain(game, gap * result.gap_scale)
    theirs = time.process_time() - begun
    if not whole:
        theirs *= states / TIMED * _sweeps(game, gap * result.gap_scale)
    return (
        f"{name:18s}{states:7d}{result.leader_value:13.6f}{result.dual_bound:13.6f}{result.relative_gap:10.1e}"
        f"{ours:8.2f}  {result.status.name.lower():16s}{value:13.6f}{'' if whole else ' ~'}{theirs:10.2f}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns 2 at an unknown class."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.easy_classes", description=__doc__)
    parser.add_argument("--states", default="1000,5000", help="numbers of states, separated by commas")
    parser.add_argument("--classes", default=",".join(CLASSES), help=f"classes among {', '.join(CLASSES)}")
    parser.add_argument("--actions", type=int, default=3, help="actions of either player in every state")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gap", type=float, default=1e-6, help="relative gap at which a game counts as solved")
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds for each game")
    asked = parser.parse_args(arguments)
    options = {"actions": asked.actions, "seed": asked.seed, "gap": asked.gap, "time_limit": asked.time_limit}
    print(f"{HEADER}{'CPU s':>12s}")
    for name in asked.classes.split(","):
        if name not in CLASSES:
            print(OptionError(f"class is {name!r}; it must be one of {', '.join(CLASSES)}"), file=sys.stderr)
            return 2
        for states in map(int, asked.states.split(",")):
            print(measured(name, states, **options), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
