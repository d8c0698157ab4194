"""The networks of :mod:`ssg_mip.learning.learners.independent_networks`, many runs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ssg_mip.learning.learners.neural.networks import StackedNetworks

if TYPE_CHECKING:
    from ssg_mip.learning.learners.neural.arena import Arena
    from ssg_mip.learning.learners.neural.replay import Transitions
    from ssg_mip.learning.learners.settings.independent_networks import Settings


class IndependentNetworks:
    """A network over its own actions for each player, ``Q_i(s, .)``."""

    def __init__(self, arena: Arena, settings: Settings, runs: int, generator: torch.Generator) -> None:
        states, *widths = arena.sizes
        self._arena = arena
        self._settings = settings
        self._generator = generator
        self._networks = [StackedNetworks(runs, states, settings.hidden, width, generator) for width in widths]
        parameters = [parameter for network in self._networks for parameter in network.parameters()]
        self._step = torch.optim.Adam(parameters, lr=settings.rate, fused=True)
        self._masks = (arena.leader_mask, arena.follower_mask)
        self._temperatures = [torch.ones((runs, states, width)) for width in widths]
        self._run = torch.arange(runs)
        self.copy_targets()

    def _values(self, player: int, state: Tensor) -> Tensor:
        return self._arena.at_states(self._networks[player], state) + self._masks[player][state]

    @torch.no_grad()
    def greedy(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """Each player's best action by its own network, in the states ``[runs, n]``."""
        parts = self._arena.split(state)
        leader, follower = (
            torch.cat([self._values(player, part).argmax(dim=-1) for part in parts], dim=1) for player in range(2)
        )
        return leader, follower

    @torch.no_grad()
    def copy_targets(self) -> None:
        """Tabulate ``max Q_i(t, .)`` of every state with the networks as they are."""
        states = self._arena.split(torch.arange(self._arena.sizes[0]).expand(len(self._run), -1))
        self._targets = [
            torch.cat([self._values(player, part).amax(dim=-1) for part in states], dim=1) for player in range(2)
        ]

    def leniency(self, row: Tensor) -> Tensor:
        """``1 - exp(-moderation * T)`` of what both players do now, which cools down by being done; ``[runs, 2]``."""
        if self._settings.rule != "lenient":
            return torch.zeros((len(row), 2))
        state = self._arena.row_state[row]
        found = []
        actions = (self._arena.row_leader[row], self._arena.row_follower[row])
        for temperature, action in zip(self._temperatures, actions, strict=True):
            found.append(1.0 - torch.exp(-self._settings.moderation * temperature[self._run, state, action]))
            temperature[self._run, state, action] *= self._settings.cooling
        return torch.stack(found, dim=1)

    def learn(self, batch: Transitions, rewards: tuple[Tensor, Tensor]) -> None:
        """One step down the weighted squared surprises of both players."""
        arena = self._arena
        state = arena.row_state[batch.row]
        actions = (arena.row_leader[batch.row], arena.row_follower[batch.row])
        loss = torch.zeros(())
        for player, (action, reward, target) in enumerate(zip(actions, rewards, self._targets, strict=True)):
            value = self._values(player, state).gather(2, action.unsqueeze(2)).squeeze(2)
            later = target[self._run.unsqueeze(1), batch.next_state]
            aim = reward + arena.discounts[player] * later
            surprise = (aim if self._settings.cut is None else aim.clamp_max(self._settings.cut)) - value
            weight = self._weight(surprise.detach(), batch.leniency[:, :, player])
            loss = loss + (weight * surprise.square()).mean(dim=1).sum()
        self._step.zero_grad()
        loss.backward()
        self._step.step()

    def _weight(self, surprise: Tensor, leniency: Tensor) -> Tensor:
        match self._settings.rule:
            case "independent":
                return torch.ones_like(surprise)
            case "hysteretic":
                return torch.where(surprise < 0.0, self._settings.hysteresis, 1.0)
            case "lenient":
                forgiven = torch.rand(surprise.shape, generator=self._generator) < leniency
                return torch.where((surprise < 0.0) & forgiven, 0.0, 1.0)
