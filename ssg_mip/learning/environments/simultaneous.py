"""Both players at once, as a parallel environment of PettingZoo."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

from ssg_mip.base.rules import TABLE
from ssg_mip.game.game import Game
from ssg_mip.game.validation import check_whole
from ssg_mip.learning.environments.options import Actions, Episode, Indices, read_options, running

AGENTS = ("leader", "follower")


class SimultaneousGame(ParallelEnv[str, Any, Any]):
    """See :func:`ssg_mip.learning.environments.parallel_env`."""

    metadata: ClassVar[dict[str, Any]] = {"name": "stochastic_game_v0", "render_modes": []}

    def __init__(self, game: Game, **options: Any) -> None:
        self.game = game
        self.possible_agents = list(AGENTS)
        self.agents: list[str] = []
        self.render_mode = None
        self._options = read_options(options)
        counts = (game.leader_counts, game.follower_counts)
        self._actions = {
            agent: Actions(agent, count, self._options.unavailable) for agent, count in zip(AGENTS, counts, strict=True)
        }
        self._indices = Indices(game.num_states, self._options.encoding)
        self._action_spaces = {agent: actions.space() for agent, actions in self._actions.items()}
        self._observation_spaces = {
            agent: masked_space(self._indices, actions.width) for agent, actions in self._actions.items()
        }
        self._episode: Episode | None = None

    def observation_space(self, agent: str) -> Any:
        """State and ``action_mask``."""
        return self._observation_spaces[agent]

    def action_space(self, agent: str) -> Any:
        """The actions of the widest state."""
        return self._action_spaces[agent]

    def reset(
        self,
        seed: int | None = None,
        options: dict[str, Any] | None = None,  # noqa: ARG002 - the interface asks for it
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Start an episode."""
        self._episode = next_episode(self._episode, self.game, self._options, seed)
        self.agents = list(AGENTS)
        return self._observations(self._episode.state), {agent: {} for agent in AGENTS}

    def step(self, actions: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """Play a joint action.

        Raises
        ------
        OptionError
            If one of the agents has no action, or not one of those that the state has.
        """
        episode = running(self._episode)
        if not self.agents:
            return {}, {}, {}, {}, {}
        TABLE.check("actions", actions)
        chosen = [self._actions[agent].checked(episode.state, actions.get(agent)) for agent in AGENTS]
        rewards = dict(zip(AGENTS, episode.step(chosen[0], chosen[1]), strict=True))
        if episode.terminated or episode.truncated:
            self.agents = []
        return (
            self._observations(episode.state),
            rewards,
            dict.fromkeys(AGENTS, episode.terminated),
            dict.fromkeys(AGENTS, episode.truncated),
            {agent: {} for agent in AGENTS},
        )

    def _observations(self, state: int) -> dict[str, Any]:
        return {
            agent: {"observation": self._indices.encode(state), "action_mask": actions.mask(state)}
            for agent, actions in self._actions.items()
        }


def masked_space(indices: Indices, width: int) -> spaces.Dict:
    """An observation with the mask of the actions beside it."""
    return spaces.Dict({"observation": indices.space, "action_mask": spaces.Box(0, 1, (width,), np.int8)})


def next_episode(before: Episode | None, game: Game, options: Any, seed: int | None) -> Episode:
    """A fresh start of both players' episode: a new one before the first, or where a seed is given.

    A new one ends by the larger discount.
    """
    if before is not None and seed is None:
        before.begin()
        return before
    if seed is not None:
        check_whole(seed, "seed", least=0)
    return Episode(game, np.random.default_rng(seed), options, max(game.leader_discount, game.follower_discount))
