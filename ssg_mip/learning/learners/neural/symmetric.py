"""The paper's first baseline: a follower who is a PPO like the leader, and learns from the same joint episodes.

Both play under their current policies, and then each updates on what was played (the paper: alternating gradient
updates). The leader's rollout is collected by stable-baselines3; the follower takes down its side of it and hands it to
the update of its own PPO, with the same bootstrap at the end of an episode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.learning.environments import follower_env
from ssg_mip.learning.learners.asymmetric_learning.information import InformationSets
from ssg_mip.learning.learners.asymmetric_learning.tables import Seen
from ssg_mip.learning.learners.neural.agent import TableFollower, folded, make_ppo, probabilities, values
from ssg_mip.learning.learners.schedules import Stopped, never

if TYPE_CHECKING:
    from ssg_mip.learning.learners.settings.ppo_hedge import Settings


class _Move(NamedTuple):
    """The follower's side of a step."""

    place: int
    action: int
    reward: float
    reached: int


class SymmetricFollower(TableFollower):
    """PPO in the follower's seat.

    Parameters
    ----------
    game, sets, settings
        The game, the follower's information sets, and the settings that it shares with the leader.
    horizon
        Steps after which an episode is cut off; ``None`` where it ends after each.
    seed
        Of its networks and its minibatches.
    stopped
        Asked before each minibatch whether to stop.
    """

    def __init__(
        self,
        game: Game,
        sets: InformationSets,
        settings: Settings,
        horizon: int | None,
        seed: int,
        stopped: Stopped = never,
    ) -> None:
        super().__init__(sets)
        self._game = game
        self._sets = sets
        self._copies = settings.copies
        self._horizon = horizon or 1
        self._bootstraps = horizon is not None
        self._sees_actions = settings.information == "action"
        self._discount = game.follower_discount if settings.discount is None else settings.discount
        self._rng = np.random.default_rng(seed)
        self._moves: list[_Move] = []
        self._done = 0
        uniform = LeaderPolicy.uniform(game)
        seat = [lambda: follower_env(game, uniform, observation=settings.information, unavailable="wrap")]
        self._model = make_ppo(seat * settings.copies, settings, self._discount, seed, stopped)
        self._look()

    def _look(self) -> None:
        """Play what the networks say now."""
        self._raw = probabilities(self._model)
        self._values = values(self._model)
        self.play(folded(self._raw, self._sets.counts))

    def learn(self, seen: Seen) -> None:
        """Take a step down; copies move in turn."""
        self._moves.append(_Move(seen.place, self._wrapped(seen.place, seen.b), seen.follower_reward, seen.reached))

    def _wrapped(self, place: int, action: int) -> int:
        """Which of the network's actions it was: several stand for the same one where a state has fewer."""
        meant = np.arange(action, self._raw.shape[1], self._sets.counts[place])
        if len(meant) == 1:
            return action
        shares = self._raw[place, meant]
        return int(self._rng.choice(meant, p=shares / shares.sum()))

    def update(self, leader: LeaderPolicy) -> None:
        """Learn from all steps since the last update; ``leader`` is what was played in them.

        Raises
        ------
        BrokenOffError
            If it was told to stop meanwhile.
        """
        buffer = self._model.rollout_buffer
        buffer.reset()
        after = self._state_values(leader)
        rows = len(self._moves) // self._copies
        for row in range(rows):
            moves = self._moves[row * self._copies : (row + 1) * self._copies]
            places, actions = (np.array([move[column] for move in moves]) for column in (0, 1))
            rewards = np.array([move.reward for move in moves])
            if (
                self._bootstraps and (self._done + 1) % self._horizon == 0
            ):  # cut off here: what would have come counts by its value
                rewards += self._discount * after[[move.reached for move in moves]]
            buffer.add(
                places[:, None],
                actions[:, None],
                rewards,
                np.full(self._copies, self._done % self._horizon == 0),
                torch.as_tensor(self._values[places], dtype=torch.float32),
                torch.as_tensor(np.log(self._raw[places, actions]), dtype=torch.float32),
            )
            self._done += 1
        ended = np.full(self._copies, self._done % self._horizon == 0)
        last = torch.as_tensor(after[[move.reached for move in self._moves[-self._copies :]]], dtype=torch.float32)
        buffer.compute_returns_and_advantage(last, ended)
        self._moves.clear()
        self._model.train()
        self._look()

    def _state_values(self, leader: LeaderPolicy) -> np.ndarray:
        """What each state is worth to it before the leader moves."""
        if not self._sees_actions:
            return self._values
        shares = leader.slots(self._game)
        return np.bincount(self._game.leader_slot_state, weights=shares * self._values, minlength=self._game.num_states)
