"""The leader moves, then the follower, who has seen the move: an agent-environment cycle of PettingZoo."""

from __future__ import annotations

from typing import Any, ClassVar

from pettingzoo import AECEnv

from ssg_mip.game.game import Game
from ssg_mip.learning.environments.options import Actions, Episode, Indices, read_options, running
from ssg_mip.learning.environments.simultaneous import AGENTS, masked_space, next_episode

LEADER, FOLLOWER = AGENTS

NOT_YET = -1
"""In place of a leader action: the leader is to move."""


class AlternatingGame(AECEnv[str, Any, Any]):
    """See :func:`ssg_mip.learning.environments.aec_env`.

    The follower observes the leader slot ``(s, a)`` that was played; while the leader is still to move, the number of
    leader slots stands for "not yet".
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "stochastic_stackelberg_game_v0",
        "render_modes": [],
        "is_parallelizable": False,
    }

    def __init__(self, game: Game, **options: Any) -> None:
        super().__init__()
        self.game = game
        self.possible_agents = list(AGENTS)
        self.agents: list[str] = []
        self.render_mode = None
        self._options = read_options(options)
        encoding = self._options.encoding
        self._actions = {
            LEADER: Actions(LEADER, game.leader_counts, self._options.unavailable),
            FOLLOWER: Actions(FOLLOWER, game.follower_counts, self._options.unavailable),
        }
        self._none = int(game.leader_offsets[-1])
        self._indices = {LEADER: Indices(game.num_states, encoding), FOLLOWER: Indices(self._none + 1, encoding)}
        self._action_spaces = {agent: self._actions[agent].space() for agent in AGENTS}
        self._observation_spaces = {
            agent: masked_space(self._indices[agent], self._actions[agent].width) for agent in AGENTS
        }
        self._episode: Episode | None = None
        self._leader_action = NOT_YET

    def observation_space(self, agent: str) -> Any:
        """What the agent sees, and its ``action_mask``."""
        return self._observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        """The actions of the widest state."""
        return self._action_spaces[agent]

    def reset(
        self,
        seed: int | None = None,
        options: dict[str, Any] | None = None,  # noqa: ARG002 - the interface asks for it
    ) -> None:
        """Start an episode."""
        self._episode = next_episode(self._episode, self.game, self._options, seed)
        self.agents = list(AGENTS)
        self.agent_selection = LEADER
        self._leader_action = NOT_YET
        self.rewards = dict.fromkeys(AGENTS, 0.0)
        self._cumulative_rewards = dict.fromkeys(AGENTS, 0.0)
        self.terminations = dict.fromkeys(AGENTS, False)
        self.truncations = dict.fromkeys(AGENTS, False)
        self.infos: dict[str, dict[str, Any]] = {agent: {} for agent in AGENTS}

    def observe(self, agent: str) -> Any:
        """State or leader slot, and the mask of the agent's actions in the state."""
        state = running(self._episode).state
        seen = state if agent == LEADER else self._slot(state)
        return {"observation": self._indices[agent].encode(seen), "action_mask": self._actions[agent].mask(state)}

    def _slot(self, state: int) -> int:
        if self._leader_action == NOT_YET:
            return self._none
        return int(self.game.leader_offsets[state]) + self._leader_action

    def step(self, action: Any) -> None:
        """Let the selected agent move; the follower's move completes a step of the game."""
        episode, agent = running(self._episode), self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        chosen = self._actions[agent].checked(episode.state, action)
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        if agent == LEADER:
            self._leader_action = chosen
            self.agent_selection = FOLLOWER
        else:
            self._complete(episode, chosen)
        self._accumulate_rewards()

    def _complete(self, episode: Episode, follower_action: int) -> None:
        rewards = episode.step(self._leader_action, follower_action)
        self.rewards = dict(zip(AGENTS, rewards, strict=True))
        self.terminations = dict.fromkeys(AGENTS, episode.terminated)
        self.truncations = dict.fromkeys(AGENTS, episode.truncated)
        self._leader_action = NOT_YET
        self.agent_selection = LEADER
