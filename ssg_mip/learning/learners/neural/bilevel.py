r"""Bi-level actor-critic (Zhang et al., AAAI 2020, equations (12)-(16)), many runs at once.

The leader is a Q-learner with a critic ``Q_1(s, a, b)``; the follower has a critic ``Q_2(s, a, b)`` and an actor
``pi_2(b | s, a)`` that sees the leader's action. On a transition ``<s, a, b, s', r_1, r_2>``::

    a'       = argmax_a Q_1(s', a, pi_2(s', a))                            (12)
    b'       = pi_2(s', a')                                                (13)
    delta_i  = r_i + gamma_i Q_i(s', a', b') - Q_i(s, a, b)                (14)
    theta_i <- theta_i + alpha_i delta_i grad Q_i(s, a, b)                 (15)
    phi     <- phi + beta grad log pi_2(b | s, a) Q_2(s, a, b)             (16)

As in the paper, critics have a replay memory and target networks, and the actor is a Gumbel-Softmax estimator: the
gradient (16) is that of ``Q_2(s, a, b~)`` at a relaxed sample ``b~`` of ``pi_2``. Choices that the paper leaves open:
in (12) and (13) the actor answers with its most likely action; the targets ``Q_i(s', a', b')`` come from the target
critics and the actor of the moment when these were copied, so that they can be tabulated there, state by state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from ssg_mip.learning.learners.neural.networks import StackedNetworks, gumbel_softmax

if TYPE_CHECKING:
    from ssg_mip.learning.learners.neural.arena import Arena
    from ssg_mip.learning.learners.neural.replay import Transitions
    from ssg_mip.learning.learners.settings.actor_critic import Settings
    from ssg_mip.numerics.array_types import FloatArray, IntArray


class BilevelActorCritic:
    """The models of ``runs`` independent runs and their updates.

    Attributes
    ----------
    leader_critic, follower_critic, follower_actor
        ``Q_1``, ``Q_2`` and the logits of ``pi_2``.
    """

    def __init__(self, arena: Arena, settings: Settings, runs: int, generator: torch.Generator) -> None:
        states, leader_width, follower_width = arena.sizes
        width = settings.hidden
        joint = (runs, states + leader_width + follower_width, width, 1)
        self.arena = arena
        self.leader_critic = StackedNetworks(*joint, generator)
        self.follower_critic = StackedNetworks(*joint, generator)
        self.follower_actor = StackedNetworks(runs, states + leader_width, width, follower_width, generator)
        self._generator = generator
        self._temperature = settings.temperature
        self._critics = (self.leader_critic, self.follower_critic)
        rates = (settings.leader_rate, settings.follower_rate)
        self._critic_step = torch.optim.Adam(
            [
                {"params": list(critic.parameters()), "lr": rate}
                for critic, rate in zip(self._critics, rates, strict=True)
            ],
            fused=True,
        )
        self._actor_step = torch.optim.Adam(list(self.follower_actor.parameters()), lr=settings.actor_rate, fused=True)
        self._runs = runs
        self._run = torch.arange(runs).unsqueeze(1)
        self.copy_targets()

    def _answer(self, state: Tensor, leader_action: Tensor) -> Tensor:
        """The actor's most likely action, element by element of ``[runs, n]``."""
        logits = self.follower_actor.of_indices((state, leader_action), self.arena.sizes[:2])
        answer: Tensor = (logits + self.arena.follower_mask[state]).argmax(dim=-1)
        return answer

    @torch.no_grad()
    def greedy(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """Equations (12) and (13) in the states ``[runs, n]``: both players' actions, each ``[runs, n]``."""
        leader, follower = zip(*map(self._greedy, self.arena.split(state)), strict=True)
        return torch.cat(leader, dim=1), torch.cat(follower, dim=1)

    def _greedy(self, state: Tensor) -> tuple[Tensor, Tensor]:
        leader_width = self.arena.sizes[1]
        runs, count = state.shape
        every_state = state.repeat_interleave(leader_width, dim=1)
        every_action = torch.arange(leader_width).repeat(count).expand(runs, -1)
        answer = self._answer(every_state, every_action)
        joint = every_state, every_action, answer
        worth = self.leader_critic.of_indices(joint, self.arena.sizes).view(runs, count, -1)
        leader = (worth + self.arena.leader_mask[state]).argmax(dim=-1)
        return leader, answer.view(runs, count, -1).gather(2, leader.unsqueeze(2)).squeeze(2)

    @torch.no_grad()
    def answers(self) -> IntArray:
        """The actor's answer to every leader action of every state, shape ``[runs, leader slots]``."""
        game = self.arena.game
        state = game.leader_slot_state
        action = np.arange(len(state)) - game.leader_offsets[state]
        slots = (self.arena.split(torch.tensor(index).expand(self._runs, -1)) for index in (state, action))
        found: IntArray = torch.cat([self._answer(*part) for part in zip(*slots, strict=True)], dim=1).numpy()
        return found

    @torch.no_grad()
    def judgements(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """``Q_1``, ``Q_2`` and ``pi_2(b | s, a)`` of every row of joint actions, shape ``[runs, num_rows]`` each."""
        arena = self.arena
        state, leader, follower = (
            index.expand(self._runs, -1) for index in (arena.row_state, arena.row_leader, arena.row_follower)
        )
        joint = arena.encode(state, leader, follower)
        logits = self.follower_actor(arena.encode_leader(state, leader)) + arena.follower_mask[state]
        answers = torch.softmax(logits, dim=-1).gather(2, follower.unsqueeze(2))
        first, second, third = (
            found.squeeze(-1).double().numpy() for found in (*(critic(joint) for critic in self._critics), answers)
        )
        return first, second, third

    @torch.no_grad()
    def copy_targets(self) -> None:
        """Tabulate ``Q_i(s', a', b')`` of every state with the models as they are."""
        states = self.arena.split(torch.arange(self.arena.sizes[0]).expand(self._runs, -1))
        self._targets = [torch.cat(parts, dim=1) for parts in zip(*map(self._worth, states), strict=True)]

    def _worth(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """What the greedy joint action of states is worth to leader and follower."""
        joint, sizes = (state, *self._greedy(state)), self.arena.sizes
        leader, follower = (critic.of_indices(joint, sizes) for critic in self._critics)
        return leader.squeeze(-1), follower.squeeze(-1)

    def leniency(self, row: Tensor) -> Tensor:
        """Nothing is forgiven: zeros ``[runs, 2]``."""
        return torch.zeros((len(row), 2))

    def learn(self, batch: Transitions, rewards: tuple[Tensor, Tensor]) -> None:
        """Equations (14)-(16) on a batch; rewards of leader and follower, shape ``[runs, batch]`` each."""
        arena = self.arena
        state, leader_action = arena.row_state[batch.row], arena.row_leader[batch.row]
        loss = torch.zeros(())
        players = zip(self._critics, rewards, arena.discounts, self._targets, strict=True)
        for critic, reward, discount, target in players:
            aim = reward + discount * target[self._run, batch.next_state]
            loss = loss + mse_loss(arena.at_rows(critic, batch.row), aim, reduction="none").mean(dim=1).sum()
        self._critic_step.zero_grad()
        loss.backward()
        self._critic_step.step()
        self._improve_actor(state, leader_action)

    def _improve_actor(self, state: Tensor, leader_action: Tensor) -> None:
        given = self.arena.encode_leader(state, leader_action)
        logits = self.follower_actor(given) + self.arena.follower_mask[state]
        relaxed = gumbel_softmax(logits, self._temperature, self._generator)
        worth = self.follower_critic(torch.cat((given, relaxed), dim=-1))
        parameters = list(self.follower_actor.parameters())
        gradients = torch.autograd.grad(-worth.squeeze(-1).mean(dim=1).sum(), parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        self._actor_step.step()
