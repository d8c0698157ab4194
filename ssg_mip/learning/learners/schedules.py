"""When learners explore, and when they stop to look at what they have learned."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.learning.simulation import BatchSimulator, Simulator
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.runs.settings import NOT_NEGATIVE, POSITIVE

MOMENTS = 20
"""Moments at which learners with networks write down what they prefer."""

LONGEST_BLOCK = 1000
"""Steps between two looks at the clock: about a hundredth of a second."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exploration:
    """Fully random play first, then epsilon-greedy with an epsilon that falls exponentially (Zhang et al., Algorithms).

    Attributes
    ----------
    random_steps
        Steps of fully random play; the paper has 1000.
    decay_steps
        Steps in which the epsilon above ``floor`` falls to ``1/e`` of itself afterwards; the paper does not print its
        decay.
    floor
        The epsilon that is left for ever, in ``[0, 1]``. Assumption 1 of the paper needs it positive: every joint
        action is tried infinitely often.
    """

    random_steps: int = 1000
    decay_steps: float = 5000.0
    floor: float = 0.1

    def __post_init__(self) -> None:
        NOT_NEGATIVE.check(self, "random_steps")
        POSITIVE.check(self, "decay_steps")
        if not 0.0 <= self.floor <= 1.0:
            raise OptionError(f"the least epsilon is {self.floor!r}; it must be between 0 and 1")

    def epsilon(self, step: int) -> float:
        """Probability of a random action in a step, counted from 0."""
        if step < self.random_steps:
            return 1.0
        return self.floor + (1.0 - self.floor) * math.exp((self.random_steps - step) / self.decay_steps)


def moments(steps: int, count: int) -> list[int]:
    """At most ``count`` numbers of steps, evenly spaced and rising, the last one ``steps``."""
    marks: list[int] = np.unique(np.linspace(0, steps, count + 1).astype(np.int64)[1:]).tolist()
    return marks if marks[0] > 0 else marks[1:]


def blocks(steps: int, marks: list[int], longest: int = LONGEST_BLOCK) -> Iterator[tuple[range, bool]]:
    """Steps from 0 on in blocks of at most ``longest``, and whether one of the ``marks`` ends the block."""
    first = 0
    for mark in marks:
        while first < mark:
            last = min(first + longest, mark, steps)
            yield range(first, last), last == mark
            first = last


def check_steps(steps: int, count: int) -> None:
    """Raise :class:`OptionError` unless there is at least one step and one moment to record."""
    for label, value in (("steps", steps), ("moments", count)):
        if value < 1:
            raise OptionError(f"{label} is {value}; it must be at least 1")


def training_simulator(
    game: Game, rng: np.random.Generator, *, uniform_starts: bool, restart: float | None
) -> Simulator:
    """Play for training.

    Parameters
    ----------
    game, rng
        The game and the source of randomness.
    uniform_starts
        Whether episodes start in any state, equally likely, so that every state is visited for ever, also those that
        play from the start distribution never reaches; otherwise they start from the start distribution.
    restart
        Probability of ending an episode after a step; ``1 - gamma`` for the larger discount if absent.
    """
    played, ending = _training(game, uniform_starts, restart)
    return Simulator(played, rng, restart=ending)


def training_copies(
    game: Game, rng: np.random.Generator, copies: int, *, uniform_starts: bool, restart: float | None
) -> BatchSimulator:
    """Play of many copies at once for training; as :func:`training_simulator`."""
    played, ending = _training(game, uniform_starts, restart)
    return BatchSimulator(played, rng, batch=copies, restart=ending)


def _training(game: Game, uniform_starts: bool, restart: float | None) -> tuple[Game, float]:
    """The game with the starts of training, and the probability of ending an episode after a step."""
    if uniform_starts:
        game = game.replace(initial=np.full(game.num_states, 1.0 / game.num_states))
    return game, 1.0 - max(game.leader_discount, game.follower_discount) if restart is None else restart


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PayoffCurve:
    """What both players earned while they learned.

    Attributes
    ----------
    steps
        Steps done at each recorded moment, shape ``[moments]``.
    leader, follower
        Average reward per step since the moment before.
    """

    steps: IntArray
    leader: FloatArray
    follower: FloatArray


class PayoffRecorder:
    """Adds up rewards and cuts them at moments."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, float, float]] = []
        self._last = 0
        self.leader_sum = 0.0
        self.follower_sum = 0.0

    def cut(self, step: int) -> None:
        """Record the averages since the last cut."""
        length = max(1, step - self._last)
        self._rows.append((step, self.leader_sum / length, self.follower_sum / length))
        self._last, self.leader_sum, self.follower_sum = step, 0.0, 0.0

    def curve(self) -> PayoffCurve:
        """What was recorded."""
        table = np.array(self._rows).reshape(-1, 3)
        return PayoffCurve(steps=table[:, 0].astype(np.int64), leader=table[:, 1], follower=table[:, 2])


def never() -> bool:
    """Do not stop."""
    return False


Stopped = Callable[[], bool]
"""Whether to stop learning now."""


def unseen(step: int, rows: IntArray) -> None:
    """Look at no step."""


OnStep = Callable[[int, IntArray], object]
"""Called after each step with its number, from 1 on, and the row of the joint action of each run, ``[runs]``."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Course:
    """How long many runs learn, and who looks on.

    Attributes
    ----------
    runs
        Number of runs.
    steps
        Steps of play in each run.
    num_moments
        Number of recorded moments, evenly spaced.
    on_moment
        Called with the steps done and the greedy rows ``[runs, num_states]`` at each moment and at an early stop.
    on_step
        Called after each step with its number and the rows of the joint actions, ``[runs]``.
    stopped
        Asked before each step whether to stop.
    """

    steps: int
    runs: int = 1
    num_moments: int = MOMENTS
    on_moment: OnStep = unseen
    on_step: OnStep = unseen
    stopped: Stopped = never
