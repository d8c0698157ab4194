"""The follower's seat in the leader's environment: it lets a follower play, sees everything, and takes notes."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.observation import Observation
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.learning.learners.asymmetric_learning.followers import Follower
from ssg_mip.learning.learners.asymmetric_learning.information import InformationSets
from ssg_mip.learning.learners.asymmetric_learning.regret import make_regret, written_out
from ssg_mip.learning.learners.asymmetric_learning.tables import Seen
from ssg_mip.learning.learners.policy_dynamics import PolicyDynamics
from ssg_mip.numerics.array_types import FloatArray, IntArray


class _Averages:
    """Sums of mixes by place, one entry per (place, action)."""

    def __init__(self, offsets: IntArray) -> None:
        self._offsets = offsets
        self._sums = np.zeros(int(offsets[-1]))

    def add(self, place: int, mix: list[float]) -> None:
        self._sums[self._offsets[place] : self._offsets[place + 1]] += mix

    def current(self) -> FloatArray:
        """Averages per entry, uniform where nothing was added."""
        counts = np.diff(self._offsets)
        totals = np.repeat(np.add.reduceat(self._sums, self._offsets[:-1]), counts)
        average: FloatArray = np.where(
            totals > 0.0, self._sums / np.where(totals > 0.0, totals, 1.0), np.repeat(1.0 / counts, counts)
        )
        return average


class Witness:
    """An online follower for :func:`ssg_mip.learning.environments.leader_env` that all copies of the game share.

    Attributes
    ----------
    policy
        What the leader plays now.
    steps
        Steps seen.
    """

    def __init__(self, game: Game, observation: Observation, sets: InformationSets, follower: Follower) -> None:
        self._game = game
        self._sets = sets
        self._follower = follower
        self._sees_actions = observation == "action"
        self._slots: list[int] = game.leader_offsets.tolist()
        self._regret = make_regret(game, observation)
        self._sums = np.zeros(2)
        self._leader_average = _Averages(game.leader_offsets)
        self._follower_average = _Averages(sets.offsets)
        self._rows: list[tuple[float, ...]] = []
        self._policies: list[tuple[FloatArray, ...]] = []
        self.steps = 0
        self.commit(LeaderPolicy.uniform(game))

    def commit(self, policy: LeaderPolicy) -> None:
        """Take note of what the leader plays from now on."""
        self.policy = policy
        self._mixes: list[list[float]] = [
            policy.probabilities[state, :count].tolist() for state, count in enumerate(self._game.leader_counts)
        ]

    def _place(self, state: int, leader_action: int) -> int:
        return self._slots[state] + leader_action if self._sees_actions else state

    def act(self, state: int, leader_action: int, rng: np.random.Generator) -> int:
        """Draw the follower's action."""
        mix = self._follower.mix(self._place(state, leader_action), self.steps + 1)
        return min(bisect_right(list(accumulate(mix)), rng.random()), len(mix) - 1)

    def observe(
        self, state: int, leader_action: int, follower_action: int, next_state: int, follower_reward: float
    ) -> None:
        """Write down what came of it and let the follower learn."""
        self.steps += 1
        place = self._place(state, leader_action)
        reward = float(self._game.leader_rewards[self._game.row(state, leader_action, follower_action)])
        mix = self._mixes[state]
        seen = Seen(self.steps, state, place, mix, leader_action, follower_action, reward, follower_reward, next_state)
        self._regret.observe(seen, self._follower)
        self._leader_average.add(state, mix)
        self._follower_average.add(place, self._follower.mix(place, self.steps))
        self._sums += reward, follower_reward
        self._follower.learn(seen)

    def average_policy(self) -> LeaderPolicy:
        """The leader's average policy so far."""
        return LeaderPolicy.from_slots(self._game, self._leader_average.current())

    def record(self) -> None:
        """Write a moment down."""
        places = range(len(self._sets.state))
        mix = written_out(self._sets, [self._follower.mix(place, self.steps + 1) for place in places])
        payoffs = self._sums / max(1, self.steps)
        self._rows.append((self.steps, *payoffs, *self._regret.cumulative(self.steps, self.policy, mix)))
        self._policies.append(
            (
                self.policy.slots(self._game),
                self._leader_average.current(),
                mix,
                self._follower_average.current()[self._sets.row_entry],
            )
        )

    @property
    def unrecorded(self) -> bool:
        """Whether something happened since the last moment that was written down."""
        return self.steps > (self._rows[-1][0] if self._rows else 0)

    def finish(self) -> PolicyDynamics:
        """What was written down, with a last moment if something happened since."""
        if self.unrecorded or not self._rows:
            self.record()
        table = np.array(self._rows)
        policies = [np.array(kind) for kind in zip(*self._policies, strict=True)]
        return PolicyDynamics(
            steps=table[:, 0].astype(np.int64),
            leader_payoffs=table[:, 1],
            follower_payoffs=table[:, 2],
            leader_regret=table[:, 3],
            follower_regret=table[:, 4],
            comparator=self._regret.comparator,
            leader_policies=policies[0],
            leader_averages=policies[1],
            follower_policies=policies[2],
            follower_averages=policies[3],
            last_leader_policy=self.policy,
            average_leader_policy=self.average_policy(),
        )
