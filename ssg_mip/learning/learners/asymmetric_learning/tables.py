"""A Q table over (place, action) with its greedy actions, and the leader that learns with one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.learning.learners.asymmetric_learning.settings import Settings
from ssg_mip.numerics.array_types import IntArray


class Seen(NamedTuple):
    """One step of play. ``place`` is the follower's information set, ``leader_mix`` what the leader drew ``a`` from."""

    step: int
    state: int
    place: int
    leader_mix: list[float]
    a: int
    b: int
    leader_reward: float
    follower_reward: float
    reached: int


class ActionTable:
    """Values per (place, action), zero at first, in plain lists.

    Attributes
    ----------
    values
        One number per entry.
    best, greedy
        Per place, the largest value and the lowest action that has it.
    """

    def __init__(self, offsets: IntArray, settings: Settings) -> None:
        self._offsets: list[int] = offsets.tolist()
        self._settings = settings
        self._visits = [0] * self._offsets[-1]
        self.values = [0.0] * self._offsets[-1]
        self.best = [0.0] * (len(self._offsets) - 1)
        self.greedy = [0] * (len(self._offsets) - 1)

    def mix(self, place: int, step: int) -> list[float]:
        """Epsilon-greedy, with the epsilon of the step (from 1)."""
        count = self._offsets[place + 1] - self._offsets[place]
        epsilon = step**-self._settings.exploration_exponent
        mix = [epsilon / count] * count
        mix[self.greedy[place]] += 1.0 - epsilon
        return mix

    def move(self, place: int, action: int, target: float, step: int) -> None:
        """Move an entry towards a target."""
        first, last = self._offsets[place], self._offsets[place + 1]
        entry = first + action
        self._visits[entry] += 1
        clock = step if self._settings.rate_clock == "steps" else self._visits[entry]
        self.values[entry] += clock**-self._settings.rate_exponent * (target - self.values[entry])
        values = self.values[first:last]
        self.best[place] = max(values)
        self.greedy[place] = values.index(self.best[place])


class LearningLeader:
    """Tabular Q-learning over the leader's own actions: the follower is a part of its environment."""

    def __init__(self, game: Game, settings: Settings) -> None:
        self._game = game
        self.table = ActionTable(game.leader_offsets, settings)

    def mix(self, state: int, step: int) -> list[float]:
        """What it draws its action from."""
        return self.table.mix(state, step)

    def learn(self, seen: Seen) -> None:
        """Q-learning."""
        target = seen.leader_reward + self._game.leader_discount * self.table.best[seen.reached]
        self.table.move(seen.state, seen.a, target, seen.step)

    def policy(self, step: int) -> LeaderPolicy:
        """Its mix in every state at a step."""
        mixes = [self.mix(state, step) for state in range(self._game.num_states)]
        return LeaderPolicy.from_slots(self._game, np.concatenate(mixes))

    def greedy(self) -> LeaderPolicy:
        """Its best actions, without exploration."""
        return LeaderPolicy.deterministic(self._game, self.table.greedy)
