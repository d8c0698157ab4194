r"""Two Q-learners that take each other for a part of the environment: the tabular baselines of Zhang et al. (2020).

Each player ``i`` keeps ``Qi(s, x)`` for its own actions ``x`` and after a transition with the surprise
``delta = ri + gamma_i max Qi(t, .) - Qi(s, x)`` moves its entry by a rule:

* :class:`Independent`: by ``rate * delta`` (Tan, ICML 1993);
* :class:`Hysteretic`: by ``increase * delta`` where ``delta >= 0``, else by ``decrease * delta``, with a smaller
  ``decrease``: a learner that blames the other player for bad surprises (Matignon, Laurent & Le Fort-Piat, IROS 2007);
* :class:`Lenient`: by ``rate * delta``, but a bad surprise is forgiven with probability
  ``1 - exp(-moderation * T(s, x))``, where the temperature ``T`` falls at every visit (Palmer et al., AAMAS 2018; Wei &
  Luke, JMLR 2016, where exploration follows the temperature as well: here all rules explore alike, as in the paper's
  comparison).

Hysteresis and leniency are made for players with common rewards. No rule is a method of ``solve``: nobody commits and
nobody answers. Both players act at the same time and see neither the other's action nor its policy; where they
converge they do so to a Nash equilibrium of the joint play, if at all.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Protocol

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.mdp import first_best
from ssg_mip.game.game import Game
from ssg_mip.learning.learners.schedules import (
    Exploration,
    PayoffCurve,
    PayoffRecorder,
    blocks,
    check_steps,
    moments,
    training_simulator,
)
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.runs.settings import FACTOR, POSITIVE, RATE

Update = Callable[[int, float], float]
"""What to add to an entry of the table, given its slot and ``delta``; may remember the visit."""


class Rule(Protocol):
    """How a surprise changes an entry."""

    def start(self, slots: int, rng: np.random.Generator) -> Update:
        """The rule of one player with so many (state, own action) pairs."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Independent:
    """Q-learning with a constant rate in ``(0, 1]``."""

    rate: float = 0.1

    def __post_init__(self) -> None:
        RATE.check(self, "rate")

    def start(self, slots: int, rng: np.random.Generator) -> Update:  # noqa: ARG002  (the protocol's parameters)
        """See :class:`Rule`."""
        rate = self.rate
        return lambda slot, delta: rate * delta


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hysteretic:
    """Two constant rates in ``(0, 1]``, with ``decrease <= increase``."""

    increase: float = 0.1
    decrease: float = 0.01

    def __post_init__(self) -> None:
        RATE.check(self, "increase", "decrease")
        if self.decrease > self.increase:
            raise OptionError(
                f"decrease is {self.decrease!r} and increase {self.increase!r}; bad surprises must not count more"
            )

    def start(self, slots: int, rng: np.random.Generator) -> Update:  # noqa: ARG002  (the protocol's parameters)
        """See :class:`Rule`."""
        increase, decrease = self.increase, self.decrease
        return lambda slot, delta: (increase if delta >= 0.0 else decrease) * delta


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lenient:
    """Forgiveness that cools down.

    Attributes
    ----------
    rate
        Constant rate in ``(0, 1]``.
    temperature
        Every entry's temperature at the start, positive.
    cooling
        Factor on the temperature of an entry at each visit, in ``(0, 1)``.
    moderation
        Positive factor in the exponent: a larger one forgives longer.
    """

    rate: float = 0.1
    temperature: float = 1.0
    cooling: float = 0.995
    moderation: float = 2.0

    def __post_init__(self) -> None:
        RATE.check(self, "rate")
        FACTOR.check(self, "cooling")
        POSITIVE.check(self, "temperature", "moderation")

    def start(self, slots: int, rng: np.random.Generator) -> Update:
        """See :class:`Rule`."""
        temperatures = [self.temperature] * slots
        rate, cooling, moderation, random = self.rate, self.cooling, self.moderation, rng.random

        def update(slot: int, delta: float) -> float:
            leniency = 1.0 - math.exp(-moderation * temperatures[slot])
            temperatures[slot] *= cooling
            return rate * delta if delta > 0.0 or random() > leniency else 0.0

        return update


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class IndependentQ:
    """What two independent learners have learned.

    Attributes
    ----------
    leader_table, follower_table
        One number per leader slot and per follower slot.
    leader_actions, follower_actions
        The greedy joint policy: an action per state and player, ties to the lowest.
    curve
        Payoffs during training, exploration included.
    """

    leader_table: FloatArray
    follower_table: FloatArray
    leader_actions: IntArray
    follower_actions: IntArray
    curve: PayoffCurve


class _Player:
    """One player's table, its greedy actions and its rule."""

    def __init__(
        self, counts: IntArray, offsets: IntArray, discount: float, rule: Rule, rng: np.random.Generator
    ) -> None:
        self._counts: list[int] = counts.tolist()
        self._offsets: list[int] = offsets.tolist()
        self._discount = discount
        self._random = rng.random
        self._update = rule.start(self._offsets[-1], rng)
        self._best = [0.0] * len(self._counts)
        self.greedy = [0] * len(self._counts)
        self.table = [0.0] * self._offsets[-1]

    def act(self, state: int, epsilon: float) -> int:
        return int(self._random() * self._counts[state]) if self._random() < epsilon else self.greedy[state]

    def learn(self, state: int, action: int, reward: float, reached: int) -> None:
        first = self._offsets[state]
        slot = first + action
        delta = reward + self._discount * self._best[reached] - self.table[slot]
        self.table[slot] += self._update(slot, delta)
        values = self.table[first : first + self._counts[state]]
        self._best[state] = max(values)
        self.greedy[state] = values.index(self._best[state])


def learn(
    game: Game,
    rule: Rule,
    rng: np.random.Generator,
    *,
    steps: int,
    exploration: Exploration | None = None,
    uniform_starts: bool = True,
    restart: float | None = None,
    num_moments: int = 20,
) -> IndependentQ:
    """Let two players with the same rule learn for a number of steps.

    Parameters
    ----------
    game
        The game; the leader is an ordinary player here.
    rule
        How a surprise changes an entry.
    rng
        Source of all randomness.
    steps
        Steps to play.
    exploration
        When to explore; the defaults of :class:`Exploration` if absent.
    uniform_starts, restart
        See :func:`~ssg_mip.learning.learners.schedules.training_simulator`.
    num_moments
        Number of points of the curve.

    Raises
    ------
    OptionError
        If ``steps`` or ``num_moments`` is below 1.
    """
    check_steps(steps, num_moments)
    schedule = exploration or Exploration()
    leader = _Player(game.leader_counts, game.leader_offsets, game.leader_discount, rule, rng)
    follower = _Player(game.follower_counts, game.follower_offsets, game.follower_discount, rule, rng)
    simulator = training_simulator(game, rng, uniform_starts=uniform_starts, restart=restart)
    payoffs = PayoffRecorder()
    for block, is_moment in blocks(steps, moments(steps, num_moments)):
        for step in block:
            state, epsilon = simulator.state, schedule.epsilon(step)
            a, b = leader.act(state, epsilon), follower.act(state, epsilon)
            reached, leader_reward, follower_reward = simulator.step(a, b)
            leader.learn(state, a, leader_reward, reached)
            follower.learn(state, b, follower_reward, reached)
            payoffs.leader_sum += leader_reward
            payoffs.follower_sum += follower_reward
        if is_moment:
            payoffs.cut(block.stop)
    leader_table, follower_table = np.array(leader.table), np.array(follower.table)
    return IndependentQ(
        leader_table=leader_table,
        follower_table=follower_table,
        leader_actions=first_best(leader_table, game.leader_offsets) - game.leader_offsets[:-1],
        follower_actions=first_best(follower_table, game.follower_offsets) - game.follower_offsets[:-1],
        curve=payoffs.curve(),
    )
