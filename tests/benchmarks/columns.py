"""What a point of an exported program says: the leader's policy, and a bound that may be no bound."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ssg_mip import Game, LeaderPolicy
from tests.benchmarks.measurement import Task

UNVISITED = 1e-7
"""A state with less occupancy has its policy read from its conditional block."""


def read_policy(task: Task, point: Mapping[str, float]) -> tuple[float, ...]:
    """The leader's probabilities per slot at a point of an exported program.

    The compact form has them as ``f(s,a)``; the strong form as the occupancies ``y(s,a,b)`` of the commitment
    program, or as ``x(s,a,b)``, of which the commitment program has some for states that are hardly visited.
    """
    game = task.spec.build()
    legend = json.loads(Path(f"{task.lp_file}.names.json").read_text(encoding="utf-8"))["names"]
    blocks = {name: np.zeros(int(game.leader_offsets[-1])) for name in "fyx"}
    for name, value in point.items():
        entry = legend.get(name, {"component": ""})
        if entry["component"] in blocks:
            blocks[entry["component"]][_slot(game, entry["index"])] += max(0.0, value)
    weights = blocks["f"] + blocks["y"]
    visits = np.add.reduceat(weights, game.leader_offsets[:-1])[game.leader_slot_state]
    weights = np.where(visits <= UNVISITED, blocks["x"], weights)
    return tuple(LeaderPolicy.from_slots(game, weights).slots(game).tolist())


def _slot(game: Game, index: Mapping[str, str]) -> int:
    state = game.state_index(index["s"])
    return int(game.leader_offsets[state]) + game.leader_actions[state].index(index["a"])


def finite_bound(bound: float, infinity: float) -> float:
    """A bound, infinite where the solver's own infinity stands for none."""
    return math.inf if bound >= infinity else -math.inf if bound <= -infinity else bound
