"""Environments of gymnasium for one player, the other one being given."""

from __future__ import annotations

from typing import Any, ClassVar, get_args

import gymnasium
import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.rules import SEED, one_of, optional
from ssg_mip.game.game import Game
from ssg_mip.game.observation import Observation
from ssg_mip.game.policy import LEADER_POLICY, LeaderPolicy
from ssg_mip.learning.environments.options import Actions, Episode, Indices, read_options, running
from ssg_mip.learning.environments.partners import FollowerLike, as_online
from ssg_mip.numerics.array_types import IntArray


class _PlayerEnv(gymnasium.Env[Any, Any]):
    """What both players' environments share; subclasses say what is seen and how the other player moves."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(
        self, game: Game, player: str, counts: IntArray, discount: float, num_observations: int, given: dict[str, Any]
    ) -> None:
        self.game = game
        self._options = read_options(given)
        self._discount = discount
        self._actions = Actions(player, counts, self._options.unavailable)
        self._indices = Indices(num_observations, self._options.encoding)
        self.action_space = self._actions.space()
        self.observation_space = self._indices.space
        self._episode: Episode | None = None

    @property
    def _running(self) -> Episode:
        return running(self._episode)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an episode, as gymnasium has it; there are no options."""
        optional(SEED).check("seed", seed)
        super().reset(seed=seed, options=options)
        if self._episode is None or seed is not None:
            self._episode = Episode(self.game, self.np_random, self._options, self._discount)
        else:
            self._episode.begin()
        return self._observe()

    def action_masks(self) -> NDArray[np.bool_]:
        """Whether the current state has each action; the name is that of ``sb3-contrib``."""
        return self._actions.mask(self._running.state).astype(bool)

    def _observe(self) -> tuple[Any, dict[str, Any]]:
        state = self._running.state
        return self._indices.encode(self._seen(state)), {"action_mask": self._actions.mask(state), "state": state}

    def _seen(self, state: int) -> int:
        raise NotImplementedError


class LeaderEnv(_PlayerEnv):
    """The leader's environment; see :func:`ssg_mip.learning.environments.leader_env`."""

    def __init__(self, game: Game, follower: FollowerLike, **options: Any) -> None:
        super().__init__(game, "leader", game.leader_counts, game.leader_discount, game.num_states, options)
        self._follower = as_online(game, follower)

    def _seen(self, state: int) -> int:
        return state

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Play an action; ``info`` has the follower's action and reward beside the mask of the next state."""
        episode = self._running
        state = episode.state
        played = self._actions.checked(state, action)
        answer = self._follower.act(state, played, self.np_random)
        leader_reward, follower_reward = episode.step(played, answer)
        self._follower.observe(state, played, answer, episode.state, follower_reward)
        seen, info = self._observe()
        info |= {"leader_action": played, "follower_action": answer, "follower_reward": follower_reward}
        return seen, leader_reward, episode.terminated, episode.truncated, info


class FollowerEnv(_PlayerEnv):
    """The follower's environment; see :func:`ssg_mip.learning.environments.follower_env`."""

    def __init__(
        self, game: Game, leader: LeaderPolicy, *, observation: Observation = "policy", **options: Any
    ) -> None:
        one_of(get_args(Observation)).check("observation", observation)
        self._sees_action = observation == "action"
        seen = int(game.leader_offsets[-1]) if self._sees_action else game.num_states
        super().__init__(game, "follower", game.follower_counts, game.follower_discount, seen, options)
        self._leader_action = 0
        self.commit(leader)

    def commit(self, leader: LeaderPolicy) -> None:
        """Let the leader play another policy, from the action after the next on: that one is drawn already."""
        LEADER_POLICY.check("leader", leader)
        leader.slots(self.game)
        self._cumulative = np.cumsum(leader.probabilities, axis=1)

    def _seen(self, state: int) -> int:
        """Draw what the leader plays next; the follower may see it."""
        drawn = int(np.searchsorted(self._cumulative[state], self.np_random.random(), side="right"))
        self._leader_action = min(drawn, int(self.game.leader_counts[state]) - 1)
        return int(self.game.leader_offsets[state]) + self._leader_action if self._sees_action else state

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Play an action; ``info`` has the leader's action and reward beside the mask of the next state."""
        episode = self._running
        played = self._leader_action
        answer = self._actions.checked(episode.state, action)
        leader_reward, follower_reward = episode.step(played, answer)
        seen, info = self._observe()
        info |= {"leader_action": played, "follower_action": answer, "leader_reward": leader_reward}
        return seen, follower_reward, episode.terminated, episode.truncated, info
