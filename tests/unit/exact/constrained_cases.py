"""Games with rows on the leader's policy, and what they are worth."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ssg_mip import Game, LeaderPolicy, best_response
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from tests.oracles.games import plain_from_arrays, random_game

DATA = Path(__file__).parent / "data"

Limits = tuple[float, float]


@dataclasses.dataclass(frozen=True, eq=False)
class Constrained:
    """A game, weights over its states and the policies that are allowed."""

    game: Game
    weights: FloatArray
    space: PolicySpace

    def worth(self, policy: LeaderPolicy) -> float:
        """The exact weighted value."""
        return float(self.weights @ best_response(self.game, policy).leader_values)


def row(name: str, coefficients: Any, lower: float | None = None, upper: float | None = None) -> PolicyRow:
    """A row with coefficients ``[s][a]``."""
    ends = (-math.inf if lower is None else lower, math.inf if upper is None else upper)
    return PolicyRow(
        name=name, coefficients=np.concatenate([np.asarray(one, dtype=float) for one in coefficients]), lower=ends[0],
        upper=ends[1],
    )  # fmt: skip


def known_games() -> dict[str, tuple[Constrained, Limits]]:
    """Games solved by others: what they are worth lies between the two numbers."""
    found = {}
    for one in json.loads((DATA / "constrained_games.json").read_text(encoding="utf-8"))["games"]:
        game = plain_from_arrays(
            np.array(one["P"]),
            np.array(one["rA"]),
            np.array(one["rB"]),
            leader_discount=one["leader_discount"],
            follower_discount=one["follower_discount"],
        ).to_game()
        rows = [
            row(f"row {i}", given["coefficients"], given["lower"], given["upper"])
            for i, given in enumerate(one["policy_rows"])
        ]
        case = Constrained(game, np.array(one["start"]), PolicySpace(rows=tuple(rows)))
        ends = max(one["value"], one["scip_value"]), min(one["bound"], one["scip_bound"])
        found[f"{one['kind']} {one['seed']}"] = case, ends
    return found


def bayesian_games() -> dict[str, tuple[Constrained, float]]:
    """Static games with a state for each type of the follower, in all of which the leader plays alike."""
    found = {}
    for one in json.loads((DATA / "bayesian_games.json").read_text(encoding="utf-8"))["games"]:
        leader, follower = one["leader_payoffs"], one["follower_payoffs"]
        types = len(leader)
        stay = [np.tile(np.eye(types)[k], (*np.shape(leader[k]), 1)) for k in range(types)]
        game = plain_from_arrays(
            stay, leader, follower, leader_discount=0.0, follower_discount=0.0, initial=one["prior"]
        ).to_game()
        space = PolicySpace(rows=tuple(same_everywhere(game)))
        case = Constrained(game, np.array(one["prior"], dtype=float), space)
        found[one["name"]] = case, float(one["checked"]["leader_value"])
    return found


def same_everywhere(game: Game) -> Iterator[PolicyRow]:
    """The probabilities of the first state hold in every state; all have as many actions."""
    count = int(game.leader_counts[0])
    for s, a in itertools.product(range(1, game.num_states), range(count - 1)):
        coefficients = np.zeros(int(game.leader_offsets[-1]))
        coefficients[[a, s * count + a]] = 1.0, -1.0
        yield PolicyRow(name=f"{a} in {s}", coefficients=coefficients, lower=0.0, upper=0.0)


def small(seed: int, kind: str) -> Constrained:
    """A game of two states with two actions each, and rows; of three, of which rows couple two, if ``partial``."""
    if kind == "partial":
        return _partial(seed)
    rng = np.random.default_rng(seed)
    game = random_game(
        rng, leader_counts=[2, 2], follower_counts=[2, 3], leader_discount=0.8, follower_discount=0.7
    ).to_game()
    weights = np.array([1.0, 0.0]) if seed % 2 else np.array([0.3, 0.7])
    none = [[0.0, 0.0], [0.0, 0.0]]
    first, second, both = np.array(none), np.array(none), np.array(none)
    first[0, 0], second[1], both[:, 0] = 1.0, [1.0, -2.0], rng.uniform(0.5, 1.5, size=2)
    least, ratio = row("least", first, lower=0.3), row("ratio", second, upper=0.1)
    budget = row("budget", both, lower=0.1, upper=0.4 * float(both.sum()))
    rows = {"statewise": (least, ratio), "coupling": (budget,), "both": (least, budget)}
    return Constrained(game, weights, PolicySpace(rows=rows[kind]))


def _partial(seed: int) -> Constrained:
    rng = np.random.default_rng(100 + seed)
    game = random_game(
        rng, leader_counts=[2, 2, 2], follower_counts=[2, 2, 3], leader_discount=0.8, follower_discount=0.7
    ).to_game()
    weights = np.array([0.0, 1.0, 0.0]) if seed % 2 else np.array([0.5, 0.3, 0.2])
    rows = (
        row("budget", [[1.0, 0.0], [0.0, 0.0], [0.8, 0.0]], upper=0.7),
        row("least", [[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]], lower=0.4),
    )
    return Constrained(game, weights, PolicySpace(rows=rows))


def grid(case: Constrained, steps: int) -> Iterator[LeaderPolicy]:
    """The allowed policies of states with two actions each on a grid."""
    for shares in itertools.product(np.linspace(0.0, 1.0, steps), repeat=case.game.num_states):
        policy = LeaderPolicy.from_slots(case.game, [part for p in shares for part in (p, 1.0 - p)])
        if case.space.violation(case.game, policy) <= 1e-12:
            yield policy
