"""The games of the suite, their true optima, and one cached run per method and game."""

from __future__ import annotations

import dataclasses
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from ssg_mip.base.deadline import Deadline
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.registry import METHODS, find_method
from ssg_mip.result import Result
from tests.benchmarks.agreement import load
from tests.oracles.brute_force import brute_force
from tests.oracles.games import Array, PlainGame, agreement_game, random_game, static_game
from tests.oracles.known import STATIC, actor_critic_trap, figure_1, three_points
from tests.unit.questions import asked

SECONDS = 60.0
"""Time limit of a run that is expected to finish."""

GAP = 1e-5
"""Relative gap asked of a run that is expected to finish."""

ACCURACY = 1e-5
"""Relative accuracy of comparisons with the oracle, whose own gap is 1e-6 and whose ties are within 1e-7."""

BRIEF: dict[str, dict[str, Any]] = {
    "backtracking": {"iteration_limit": 10},
    "policy-gradient": {"iteration_limit": 60},
    "local": {"iteration_limit": 100, "settings": {"starts": 2}},
    "asymmetric-learning": {"iteration_limit": 300},
    "bilevel-q": {"iteration_limit": 500},
    "actor-critic": {"iteration_limit": 40, "settings": {"random_steps": 20, "hidden": 8, "batch": 8}},
    "ppo-hedge": {"iteration_limit": 64, "settings": {"rollout": 32, "hidden": 8, "batch": 16}},
}
"""Options that keep long runs short: what is promised here does not depend on how long they go on."""

AGREEMENT_GAMES = (4, 5, 7, 11, 15, 18)
"""Games of the agreement suite that run here: integer ties, ragged counts, unvisited states, high discounts."""


@dataclasses.dataclass(frozen=True)
class Truth:
    """The optimum lies between ``value`` (attained) and ``bound`` (proven), for the start distribution."""

    value: float
    bound: float

    @property
    def slack(self) -> float:
        return ACCURACY * max(1.0, abs(self.value))


def _one_action_each() -> PlainGame:
    """Nobody has a choice anywhere."""
    return random_game(
        np.random.default_rng(8),
        leader_counts=[1, 1],
        follower_counts=[1, 1],
        leader_discount=0.9,
        follower_discount=0.5,
        name="no-choice",
    )


def _games() -> dict[str, PlainGame]:
    games = [
        figure_1(1.0, 2.0),
        figure_1(1.0, 1.0),
        figure_1(1.0, 10 / 9),
        figure_1(0.9, 1.0, initial=(1.0, 0.0)),
        actor_critic_trap(),
        three_points(),
        _one_action_each(),
        *(static_game(case.leader, case.follower, case.name) for case in STATIC[:7]),
        *(agreement_game(1, index) for index in AGREEMENT_GAMES),
    ]
    return {game.name: game for game in games}


GAMES = _games()


@cache
def truth(name: str) -> Truth:
    """The brute-force optimum of a game of the suite, stored or computed once."""
    prefix, _, index = name.rpartition("-")
    if prefix == "agreement-1":
        record = load(1)[int(index)]
        return Truth(record["value"], record["dual_bound"])
    found = brute_force(GAMES[name], samples=40)
    return Truth(found.value, found.dual_bound)


def run(method: str, plain: PlainGame, *, time_limit: float | None = SECONDS, **options: Any) -> Result:
    """One run of a method on a plain game; the options are those of ``asked``."""
    given: dict[str, Any] = {"weights": plain.initial, "gap": GAP, **BRIEF.get(method, {}), **options}
    return find_method(method)(*asked(plain.to_game(), deadline=Deadline(time_limit), **given))


@cache
def solved(method: str, name: str) -> Result:
    """The result of a method with default options on a game of the suite, computed once."""
    return run(method, GAMES[name])


def rows_of(plain: PlainGame, policy: LeaderPolicy) -> list[Array]:
    """A padded policy as one row per state, for the oracles."""
    return [policy.probabilities[s, :count] for s, count in enumerate(plain.leader_counts)]


ALL_METHODS = tuple(name for name, method in METHODS.items() if not method.extra or find_spec("torch") is not None)
"""Every method of the package that runs here, so that a new one joins the suite by being listed."""
