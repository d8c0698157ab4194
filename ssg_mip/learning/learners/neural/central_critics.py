r"""The networks of :mod:`ssg_mip.learning.learners.central_critics`, many runs at once.

On a transition ``<s, a, b, t, r_1, r_2>``, with the copies ``Q'``, ``mu'`` that follow now and then::

    y_i      = r_i + gamma_i min_k Q'_ik(t, mu'_1(t), mu'_2(t))             one k for MADDPG, two for TD3
    Q_ik     towards y_i at (s, a, b)
    mu_1     up the gradient of Q_11(s, a~, b), a~ a Gumbel-Softmax sample of mu_1(s); mu_2 likewise at (s, a, b~)

``mu'_i(t)`` is the most likely action; for TD3, after clipped normal noise on the logits.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ssg_mip.learning.learners.neural.networks import StackedNetworks, gumbel_softmax, one_hot

if TYPE_CHECKING:
    from ssg_mip.learning.learners.neural.arena import Arena
    from ssg_mip.learning.learners.neural.replay import Transitions
    from ssg_mip.learning.learners.settings.central_critics import Settings


class CentralCritics:
    """An actor over its own actions and one or two critics over joint actions for each player."""

    def __init__(self, arena: Arena, settings: Settings, runs: int, generator: torch.Generator) -> None:
        states, *widths = arena.sizes
        joint = (runs, sum(arena.sizes), settings.hidden, 1)
        twins = 2 if settings.rule == "td3" else 1
        self._arena = arena
        self._settings = settings
        self._generator = generator
        self._critics = [[StackedNetworks(*joint, generator) for _ in range(twins)] for _ in widths]
        self._actors = [StackedNetworks(runs, states, settings.hidden, width, generator) for width in widths]
        self._target_critics, self._target_actors = deepcopy(self._critics), deepcopy(self._actors)
        self._masks = (arena.leader_mask, arena.follower_mask)
        critics = [parameter for pair in self._critics for critic in pair for parameter in critic.parameters()]
        self._critic_step = torch.optim.Adam(critics, lr=settings.rate, fused=True)
        self._actor_parameters = [parameter for actor in self._actors for parameter in actor.parameters()]
        self._actor_step = torch.optim.Adam(self._actor_parameters, lr=settings.actor_rate, fused=True)
        self._updates = 0

    @torch.no_grad()
    def greedy(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """Each player's most likely action by its own actor, in the states ``[runs, n]``."""
        parts = self._arena.split(state)
        leader, follower = (
            torch.cat([self._logits(self._actors, player, part).argmax(dim=-1) for part in parts], dim=1)
            for player in range(2)
        )
        return leader, follower

    def _logits(self, actors: list[StackedNetworks], player: int, state: Tensor) -> Tensor:
        return self._arena.at_states(actors[player], state) + self._masks[player][state]

    @torch.no_grad()
    def copy_targets(self) -> None:
        """Let the copies of actors and critics follow."""
        for copies, models in zip(self._target_critics, self._critics, strict=True):
            for copy, model in zip(copies, models, strict=True):
                copy.copy_from(model)
        for copy, model in zip(self._target_actors, self._actors, strict=True):
            copy.copy_from(model)

    def leniency(self, row: Tensor) -> Tensor:
        """Nothing is forgiven: zeros ``[runs, 2]``."""
        return torch.zeros((len(row), 2))

    def learn(self, batch: Transitions, rewards: tuple[Tensor, Tensor]) -> None:
        """One update of the critics, and one of the actors unless they wait; rewards ``[runs, batch]`` each."""
        arena = self._arena
        state = arena.row_state[batch.row]
        actions = (arena.row_leader[batch.row], arena.row_follower[batch.row])
        loss = torch.zeros(())
        for critics, aim in zip(self._critics, self._aims(batch.next_state, rewards), strict=True):
            for critic in critics:
                loss = loss + (arena.at_rows(critic, batch.row) - aim).square().mean(dim=1).sum()
        self._critic_step.zero_grad()
        loss.backward()
        self._critic_step.step()
        self._updates += 1
        if self._settings.rule == "maddpg" or self._updates % self._settings.delay == 0:
            self._improve_actors(state, actions)

    @torch.no_grad()
    def _aims(self, next_state: Tensor, rewards: tuple[Tensor, Tensor]) -> list[Tensor]:
        """``y_i`` of both players, ``[runs, batch]`` each."""
        later = self._arena.row(next_state, *(self._target_action(player, next_state) for player in range(2)))
        worth = [
            torch.stack([self._arena.at_rows(critic, later) for critic in critics]).amin(dim=0)
            for critics in self._target_critics
        ]
        players = zip(rewards, self._arena.discounts, worth, strict=True)
        return [reward + discount * value for reward, discount, value in players]

    def _target_action(self, player: int, state: Tensor) -> Tensor:
        logits = self._logits(self._target_actors, player, state)
        if self._settings.rule == "td3":
            noise = self._settings.smoothing * torch.randn(logits.shape, generator=self._generator)
            logits = logits + noise.clamp(-self._settings.clip, self._settings.clip)
        return logits.argmax(dim=-1)

    def _improve_actors(self, state: Tensor, actions: tuple[Tensor, Tensor]) -> None:
        given = self._arena.encode_state(state)
        played = [one_hot((action,), (width,)) for action, width in zip(actions, self._arena.sizes[1:], strict=True)]
        loss = torch.zeros(())
        for player, critics in enumerate(self._critics):
            logits = self._logits(self._actors, player, state)
            joint = list(played)
            joint[player] = gumbel_softmax(logits, self._settings.temperature, self._generator)
            worth = critics[0](torch.cat((given, *joint), dim=-1))
            loss = loss - worth.squeeze(-1).mean(dim=1).sum()
        gradients = torch.autograd.grad(loss, self._actor_parameters)
        for parameter, gradient in zip(self._actor_parameters, gradients, strict=True):
            parameter.grad = gradient
        self._actor_step.step()
