"""PPO of stable-baselines3 as a player of small games, and what its networks say, written out for every observation."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import DummyVecEnv

from ssg_mip.learning.learners.asymmetric_learning.information import InformationSets
from ssg_mip.learning.learners.asymmetric_learning.tables import Seen
from ssg_mip.learning.learners.schedules import Stopped, never
from ssg_mip.numerics.array_types import FloatArray, IntArray

if TYPE_CHECKING:
    from ssg_mip.learning.learners.settings.ppo_hedge import Settings


class TableFollower:
    """A follower that plays from a table of mixes, which others change."""

    def __init__(self, sets: InformationSets) -> None:
        self._offsets: list[int] = sets.offsets.tolist()
        self.play(np.repeat(1.0 / sets.counts, sets.counts))

    def play(self, entries: FloatArray) -> None:
        """Play these probabilities, one per entry of the information sets, from now on."""
        listed: list[float] = entries.tolist()
        self._mixes = [listed[first:last] for first, last in pairwise(self._offsets)]

    def mix(self, place: int, step: int) -> list[float]:  # noqa: ARG002  (the protocol's parameters)
        """Probabilities at an information set."""
        return self._mixes[place]

    def learn(self, seen: Seen) -> None:
        """Learn nothing here."""


class BrokenOffError(Exception):
    """An update was told to stop between two minibatches; those before have moved the networks."""


class ClockedBuffer(RolloutBuffer):
    """A rollout whose passes ask before each minibatch whether to stop."""

    stopped: Stopped = staticmethod(never)

    def get(self, batch_size: int | None = None) -> Generator[Any, None, None]:
        """Minibatches in random order.

        Raises
        ------
        BrokenOffError
            If it is time to stop.
        """
        for samples in super().get(batch_size):
            if self.stopped():
                raise BrokenOffError
            yield samples


class Watch(BaseCallback):
    """Ends a rollout where it is time to stop."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__()
        self._stopped = stopped

    def _on_step(self) -> bool:
        return not self._stopped()


def make_ppo(
    environments: list[Callable[[], Any]], settings: Settings, discount: float, seed: int, stopped: Stopped = never
) -> PPO:
    """PPO with the paper's architecture, in several environments that share a process.

    Its updates raise :class:`BrokenOffError` where ``stopped`` says so.
    """
    model = PPO(
        "MlpPolicy",
        DummyVecEnv(environments),
        learning_rate=settings.rate,
        n_steps=settings.rollout // settings.copies,
        batch_size=settings.batch,
        n_epochs=settings.epochs,
        gamma=discount,
        gae_lambda=settings.trace,
        clip_range=settings.clip,
        ent_coef=settings.entropy_weight,
        vf_coef=settings.value_weight,
        policy_kwargs={
            "net_arch": {"pi": [settings.hidden] * 2, "vf": [settings.hidden] * 2},
            "activation_fn": torch.nn.Tanh,
            "optimizer_class": torch.optim.AdamW,
        },
        seed=seed,
        device="cpu",
        rollout_buffer_class=ClockedBuffer,
    )
    model.rollout_buffer.stopped = stopped
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model


def _written_out(layers: Sequence[torch.nn.Module], head: torch.nn.Module) -> torch.Tensor:
    """What a network says of each observation, which is a row of zeros and a one: the first layer picks a column."""
    first, *others = layers
    signal = first.weight.T + first.bias
    for layer in (*others, head):
        signal = layer(signal)
    return signal


def probabilities(model: PPO) -> FloatArray:
    """Action probabilities of each observation, ``[observations, actions of the widest state]``."""
    with torch.no_grad():
        signal = _written_out(list(model.policy.mlp_extractor.policy_net), model.policy.action_net)
        raw: FloatArray = torch.softmax(signal, dim=1).double().numpy()
    return raw


def values(model: PPO) -> FloatArray:
    """The value network at each observation, ``[observations]``."""
    with torch.no_grad():
        signal = _written_out(list(model.policy.mlp_extractor.value_net), model.policy.value_net)
        table: FloatArray = signal[:, 0].double().numpy()
    return table


def folded(raw: FloatArray, counts: IntArray) -> FloatArray:
    """Probabilities with unavailable actions wrapped: one entry per (observation, action)."""
    width = raw.shape[1]
    together = np.zeros_like(raw)
    for action in range(width):
        together[np.arange(len(counts)), action % counts] += raw[:, action]
    flat: FloatArray = together[np.arange(width) < counts[:, None]]
    return flat
