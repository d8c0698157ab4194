"""The loop that all learners with networks share: play, remember, update, look at what has been learned.

Fully random play first, then epsilon-greedy with decay, each player exploring by itself; a replay memory and target
networks (Zhang et al., "Algorithms"). All runs play at once, each its own copy of the game.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.learning.learners.neural.arena import Arena
from ssg_mip.learning.learners.neural.determinism import one_thread
from ssg_mip.learning.learners.neural.replay import ReplayMemory, Transitions
from ssg_mip.learning.learners.neural.settings import NetworkSettings
from ssg_mip.learning.learners.schedules import Course, check_steps, moments
from ssg_mip.learning.simulation import BatchSimulator
from ssg_mip.numerics.array_types import FloatArray, IntArray


class NetworkLearner(Protocol):
    """Models of many runs, one first axis for all."""

    def greedy(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """Leader and follower actions that the models prefer in the states ``[runs, n]``, each ``[runs, n]``."""

    def leniency(self, row: Tensor) -> Tensor:
        """How likely leader and follower forgive what they play now, rows ``[runs]``; shape ``[runs, 2]``."""

    def learn(self, batch: Transitions, rewards: tuple[Tensor, Tensor]) -> None:
        """Update the models on a batch; the rewards of leader and follower have shape ``[runs, batch]``."""

    def copy_targets(self) -> None:
        """Let the targets of further updates follow the models."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class TrainingCurve:
    """What many runs did while they learned.

    Attributes
    ----------
    steps
        Steps done at each moment, shape ``[moments]``.
    leader, follower
        Average reward per step since the moment before, exploration included, shape ``[moments, runs]``.
    rows
        Row of the greedy joint action in every state, shape ``[moments, runs, num_states]``.
    scales
        What the rewards of leader and follower were divided by for the networks, shape ``[2, runs]``.
    """

    steps: IntArray
    leader: FloatArray
    follower: FloatArray
    rows: IntArray
    scales: FloatArray


class _Player:
    """Plays all runs, explores and remembers; counts rewards since the last moment."""

    def __init__(self, arena: Arena, settings: NetworkSettings, runs: int, rng: np.random.Generator) -> None:
        game = arena.game
        self._rng = rng
        self._game = game
        self._runs = runs
        self._schedule = settings.schedule()
        self._arena = arena
        starts = np.full(game.num_states, 1.0 / game.num_states) if settings.starts == "uniform" else game.initial
        longest = max(game.leader_discount, game.follower_discount)
        restart = 1.0 - longest if settings.restart is None else settings.restart
        self._simulator = BatchSimulator(game.replace(initial=starts), rng, batch=runs, restart=restart)
        self.memory = ReplayMemory(runs, settings.memory)
        self.earned = np.zeros((2, runs))
        self.largest = np.zeros((2, runs))

    def step(self, step: int, learner: NetworkLearner) -> IntArray:
        """One step of every run; returns the rows of the joint actions, ``[runs]``."""
        game, state = self._game, self._simulator.state
        epsilon = self._schedule.epsilon(step)
        a, b = self._rng.integers(game.leader_counts[state]), self._rng.integers(game.follower_counts[state])
        if epsilon < 1.0:
            preferred = learner.greedy(torch.from_numpy(state.copy()).unsqueeze(1))
            a, b = (
                np.where(self._rng.random(self._runs) < epsilon, drawn, chosen.squeeze(1).numpy())
                for drawn, chosen in zip((a, b), preferred, strict=True)
            )
        reached, *rewards = self._simulator.step(a, b)
        rows: IntArray = game.row_offsets[state] + a * game.follower_counts[state] + b
        row = torch.from_numpy(rows)
        self.memory.add(row, torch.from_numpy(reached.copy()), learner.leniency(row))
        self.earned += rewards
        if epsilon == 1.0:
            self.largest = np.maximum(self.largest, np.abs(rewards))
        return rows

    def scales(self, wanted: bool) -> FloatArray:
        """What rewards are divided by, shape ``[2, runs]``."""
        found: FloatArray = np.where((self.largest > 0.0) & wanted, self.largest, 1.0)
        return found


class _Notes:
    """Collects the moments of a :class:`TrainingCurve`."""

    def __init__(self, arena: Arena, runs: int) -> None:
        self._arena = arena
        self._states = torch.arange(arena.sizes[0]).expand(runs, -1)
        self._steps: list[int] = []
        self._earned: list[FloatArray] = []
        self._rows: list[IntArray] = []

    def take(self, step: int, player: _Player, learner: NetworkLearner) -> IntArray:
        """Write a moment down; returns the greedy rows ``[runs, num_states]``."""
        length = max(1, step - (self._steps[-1] if self._steps else 0))
        self._steps.append(step)
        self._earned.append(player.earned / length)
        player.earned = np.zeros_like(player.earned)
        self._rows.append(self._arena.row(self._states, *learner.greedy(self._states)).numpy())
        return self._rows[-1]

    def curve(self, scales: FloatArray) -> TrainingCurve:
        earned = np.array(self._earned)
        return TrainingCurve(
            steps=np.array(self._steps),
            leader=earned[:, 0],
            follower=earned[:, 1],
            rows=np.array(self._rows),
            scales=scales,
        )


def train(
    arena: Arena,
    learner: NetworkLearner,
    settings: NetworkSettings,
    sources: tuple[np.random.Generator, torch.Generator],
    course: Course,
) -> TrainingCurve:
    """Train the models of all runs for a number of steps each.

    Parameters
    ----------
    arena, learner, settings
        The game, the models, and how to learn.
    sources
        Of randomness: of play, and of the batches.
    course
        How long, in as many runs as the learner has models.

    Raises
    ------
    OptionError
        If ``steps`` or ``num_moments`` is below 1.
    """
    check_steps(course.steps, course.num_moments)
    rng, generator = sources
    player, notes = _Player(arena, settings, course.runs, rng), _Notes(arena, course.runs)
    rewards = [torch.tensor(r).float() for r in (arena.game.leader_rewards, arena.game.follower_rewards)]
    marks, updates = set(moments(course.steps, course.num_moments)), 0
    for step in range(course.steps):
        if course.stopped():
            course.on_moment(step, notes.take(step, player, learner))
            break
        course.on_step(step + 1, player.step(step, learner))
        if step >= settings.random_steps and step % settings.update_every == 0:
            batch = player.memory.sample(settings.batch, generator)
            scales = torch.from_numpy(player.scales(settings.scale_rewards)).float()
            leader_scale, follower_scale = scales.unsqueeze(2)
            learner.learn(batch, (rewards[0][batch.row] / leader_scale, rewards[1][batch.row] / follower_scale))
            updates += 1
            if updates % settings.target_every == 0:
                learner.copy_targets()
        if step + 1 in marks:
            course.on_moment(step + 1, notes.take(step + 1, player, learner))
    return notes.curve(player.scales(settings.scale_rewards))


def train_runs(
    game: Game,
    build: Callable[[Arena, Any, int, torch.Generator], NetworkLearner],
    settings: NetworkSettings,
    seed: int,
    course: Course,
) -> TrainingCurve:
    """Build the models of all runs and train them, on one thread and with all randomness from one seed.

    ``build`` is called with the arena of the game, the settings, the number of runs and a source of randomness.
    """
    check_runs(course.runs)
    with one_thread():
        sources, arena = seeded(seed), Arena(game)
        models = build(arena, settings, course.runs, sources[1])
        return train(arena, models, settings, sources, course)


def seeded(seed: int) -> tuple[np.random.Generator, torch.Generator]:
    """Sources of randomness of NumPy and of PyTorch, from one seed."""
    play, weights = np.random.SeedSequence(seed).spawn(2)
    return np.random.default_rng(play), torch.Generator().manual_seed(int(weights.generate_state(1)[0]))


def check_runs(runs: int) -> None:
    """Raise :class:`OptionError` unless there is at least one run."""
    if runs < 1:
        raise OptionError(f"runs is {runs}; it must be at least 1")


__all__ = ["NetworkLearner", "TrainingCurve", "check_runs", "one_thread", "seeded", "train", "train_runs"]
