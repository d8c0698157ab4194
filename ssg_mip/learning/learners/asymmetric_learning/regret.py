r"""Cumulative regret of both players.

**One state**: external regret, exact at every step, in units of reward. The comparator is the best fixed policy in
hindsight while the other player does what it did (the paper's Definition 4). Expectations over both mixes of a step
stand for its payoffs; where the follower sees the realised action its gains are those after that action, and its
fixed policies are the functions from leader actions to its own, so its regret is the sum of the regrets of its
information sets. The leader's fixed action is compared under the follower's mixes after that action.

**More states**: the best fixed policy in hindsight is a problem of its own, so the comparator is the best response to
what the other player does at each recorded moment, taken to hold since the moment before. This dynamic regret counts
``(1 - gamma)`` times the loss of value from the start distribution, that is reward per step, and is never negative.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.observation import Observation
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.learning.learners.asymmetric_learning.followers import Follower
from ssg_mip.learning.learners.asymmetric_learning.information import (
    InformationSets,
    exact_answer,
    leader_optimum,
    pair_values,
)
from ssg_mip.learning.learners.asymmetric_learning.tables import Seen
from ssg_mip.numerics.array_types import FloatArray


class Regret(Protocol):
    """What the recorder asks."""

    comparator: str

    def observe(self, seen: Seen, follower: Follower) -> None:
        """Take note of a step, before anyone learns from it."""

    def cumulative(self, step: int, policy: LeaderPolicy, mix: FloatArray) -> tuple[float, float]:
        """Regret of leader and follower after so many steps, given what both play now (``mix`` per joint action)."""


class StaticRegret:
    """External regret in a game with one state."""

    comparator = "the best fixed policy in hindsight (external regret)"

    def __init__(self, game: Game, observation: Observation) -> None:
        self._sees_actions = observation == "action"
        shape = (int(game.leader_counts[0]), int(game.follower_counts[0]))
        self._leader: list[list[float]] = game.leader_rewards.reshape(shape).tolist()
        self._follower: list[list[float]] = game.follower_rewards.reshape(shape).tolist()
        self._fixed_leader = [0.0] * shape[0]
        self._fixed_follower = [[0.0] * shape[1] for _ in range(shape[0] if self._sees_actions else 1)]
        self._earned = [0.0, 0.0]

    def observe(self, seen: Seen, follower: Follower) -> None:
        """See :class:`Regret`."""
        mix = follower.mix(seen.place, seen.step)
        for a, rewards in enumerate(self._leader):
            answers = follower.mix(a, seen.step) if self._sees_actions else mix
            worth = sum(map(float.__mul__, answers, rewards))
            self._fixed_leader[a] += worth
            self._earned[0] += seen.leader_mix[a] * worth
        gains = self._gains(seen)
        self._fixed_follower[seen.place] = list(map(float.__add__, self._fixed_follower[seen.place], gains))
        self._earned[1] += sum(map(float.__mul__, mix, gains))

    def _gains(self, seen: Seen) -> list[float]:
        if self._sees_actions:
            return self._follower[seen.a]
        columns = zip(*self._follower, strict=True)
        return [sum(map(float.__mul__, seen.leader_mix, column)) for column in columns]

    def cumulative(self, step: int, policy: LeaderPolicy, mix: FloatArray) -> tuple[float, float]:  # noqa: ARG002
        """See :class:`Regret`."""
        follower = sum(max(gains) for gains in self._fixed_follower)
        return max(self._fixed_leader) - self._earned[0], follower - self._earned[1]


class DynamicRegret:
    """Regret against best responses at recorded moments."""

    comparator = "the best response to the other player at each recorded moment, held since the last (dynamic regret)"

    def __init__(self, game: Game, observation: Observation) -> None:
        self._game = game
        self._observation = observation
        self._last = 0
        self._sums = np.zeros(2)

    def observe(self, seen: Seen, follower: Follower) -> None:
        """See :class:`Regret`: nothing to note between moments."""

    def cumulative(self, step: int, policy: LeaderPolicy, mix: FloatArray) -> tuple[float, float]:
        """See :class:`Regret`."""
        game = self._game
        leader, follower = pair_values(game, policy, mix)
        answered = pair_values(game, policy, exact_answer(game, policy, self._observation))[1]
        losses = np.array(
            [
                (1.0 - game.leader_discount) * float(game.initial @ (leader_optimum(game, mix) - leader)),
                (1.0 - game.follower_discount) * float(game.initial @ (answered - follower)),
            ]
        )
        self._sums += np.maximum(losses, 0.0) * (step - self._last)
        self._last = step
        return float(self._sums[0]), float(self._sums[1])


def make_regret(game: Game, observation: Observation) -> Regret:
    """External regret for one state, dynamic regret for more."""
    return StaticRegret(game, observation) if game.num_states == 1 else DynamicRegret(game, observation)


def written_out(sets: InformationSets, mixes: list[list[float]]) -> FloatArray:
    """Mixes per information set as a mix per joint action, shape ``[num_rows]``."""
    mix: FloatArray = np.concatenate(mixes)[sets.row_entry]
    return mix
