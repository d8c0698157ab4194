"""The training loop of :mod:`ssg_mip.methods.learning.ppo_hedge`: PPO of stable-baselines3 in our environments."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import DummyVecEnv

from ssg_mip.environments import follower_env, leader_env
from ssg_mip.game import FloatArray, Game
from ssg_mip.methods.learning.asymmetric_learning.followers import Follower, HedgeFollower
from ssg_mip.methods.learning.asymmetric_learning.information import InformationSets, exact_answer, information_sets
from ssg_mip.methods.learning.asymmetric_learning.settings import Settings as FollowerSettings
from ssg_mip.methods.learning.asymmetric_learning.tables import Seen
from ssg_mip.methods.learning.neural.determinism import one_thread, untouched_global_randomness
from ssg_mip.methods.learning.neural.witness import Witness
from ssg_mip.methods.learning.schedules import Stopped, moments
from ssg_mip.policy import LeaderPolicy

if TYPE_CHECKING:
    from ssg_mip.methods.learning.ppo_hedge import PolicyDynamics, Settings

MATRIX_RATE, MARKOV_RATE = 0.05, 0.02
"""Step sizes of Hedge in the paper, for one state and for more."""


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


def make_ppo(environments: list[Callable[[], Any]], settings: Settings, discount: float, seed: int) -> PPO:
    """PPO with the paper's architecture, in several environments that share a process."""
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
    )
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model


def tabulated(model: PPO, counts: np.ndarray) -> FloatArray:
    """Action probabilities for each observation, unavailable actions wrapped: one entry per (observation, action)."""
    with torch.no_grad():
        # An observation is a row of zeros and a one: the first layer picks a column of its weights.
        first, *others = model.policy.mlp_extractor.policy_net
        signal = first.weight.T + first.bias
        for layer in (*others, model.policy.action_net):
            signal = layer(signal)
        probabilities = torch.softmax(signal, dim=1).double().numpy()
    width = probabilities.shape[1]
    folded = np.zeros_like(probabilities)
    for action in range(width):
        folded[np.arange(len(counts)), action % counts] += probabilities[:, action]
    flat: FloatArray = folded[np.arange(width) < counts[:, None]]
    return flat


class _Sides:
    """Both players, and the order in which they learn."""

    def __init__(self, game: Game, settings: Settings, seed: int) -> None:
        self._game = game
        self._settings = settings
        self._updates = 0
        self._sets = information_sets(game, settings.observation)
        self._table = TableFollower(self._sets)
        follower = _hedge(game, self._sets, settings) if settings.follower == "hedge" else self._table
        self.witness = Witness(game, settings.observation, self._sets, follower)
        self._options = {"unavailable": "wrap", "horizon": settings.horizon or _horizon(game)}
        self._leader = make_ppo(
            [lambda: leader_env(self._started, self.witness, **self._options)] * settings.copies,
            settings,
            game.leader_discount if settings.discount is None else settings.discount,
            seed,
        )
        self._partner = self._make_partner(seed + 1) if settings.follower == "ppo" else None
        self.commit()

    @property
    def _started(self) -> Game:
        if self._settings.starts == "initial":
            return self._game
        return self._game.replace(initial=np.full(self._game.num_states, 1.0 / self._game.num_states))

    def _make_partner(self, seed: int) -> PPO:
        uniform = LeaderPolicy.uniform(self._game)
        return make_ppo(
            [lambda: follower_env(self._started, uniform, observation=self._settings.observation, **self._options)]
            * self._settings.copies,
            self._settings,
            self._game.follower_discount if self._settings.discount is None else self._settings.discount,
            seed,
        )

    def commit(self) -> None:
        """Tell everyone what the leader plays now."""
        policy = LeaderPolicy.from_slots(self._game, tabulated(self._leader, self._game.leader_counts))
        self.witness.commit(policy)
        if self._settings.follower == "best-response" and self._updates % self._settings.period == 0:
            entries = np.zeros(int(self._sets.offsets[-1]))
            np.maximum.at(entries, self._sets.row_entry, exact_answer(self._game, policy, self._settings.observation))
            self._table.play(entries)

    def update(self) -> None:
        """Play a rollout, let the leader learn from it, and then the follower if it is a PPO."""
        rollout = self._settings.rollout
        self._leader.learn(rollout, reset_num_timesteps=False)
        self._updates += 1
        self.commit()
        if self._partner is not None:
            self._partner.get_env().env_method("commit", self.witness.policy)
            self._partner.learn(rollout, reset_num_timesteps=False)
            self._table.play(tabulated(self._partner, self._sets.counts))


def _hedge(game: Game, sets: InformationSets, settings: Settings) -> Follower:
    rate = settings.follower_rate or (MATRIX_RATE if game.num_states == 1 else MARKOV_RATE)
    moves_rarely = settings.follower_moves == "rollout"
    wanted = FollowerSettings(
        observation=settings.observation,
        follower_rate=rate,
        schedule="every" if moves_rarely else "no-regret",
        period=settings.rollout,
    )
    return HedgeFollower(game, sets, wanted, settings.rollout)


def _horizon(game: Game) -> int:
    """As many steps as a geometric end with the larger discount has on average, rounded up."""
    return math.ceil(1.0 / (1.0 - max(game.leader_discount, game.follower_discount)))


def train(
    game: Game,
    settings: Settings,
    seed: int,
    *,
    steps: int,
    num_moments: int,
    on_moment: Callable[[int, LeaderPolicy, LeaderPolicy], object],
    stopped: Stopped,
) -> PolicyDynamics:
    """Play and learn; see :func:`ssg_mip.methods.learning.ppo_hedge.learn`."""
    updates = math.ceil(steps / settings.rollout)
    marks = set(moments(updates, num_moments))
    with one_thread(), untouched_global_randomness():
        sides = _Sides(game, settings, seed)
        witness = sides.witness
        for update in range(1, updates + 1):
            if stopped():
                break
            sides.update()
            if update in marks:
                witness.record()
                on_moment(witness.steps, witness.policy, witness.average_policy())
        if witness.unrecorded:
            witness.record()
            on_moment(witness.steps, witness.policy, witness.average_policy())
        return witness.finish()
