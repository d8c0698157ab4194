r"""The asymmetric learning dynamics: a Q-learning leader against a no-regret follower.

*Asymmetric Learning Dynamics for Reaching Stackelberg Equilibrium* (2025, under review), Algorithms 1 and 3.
Every step: the leader draws ``a`` from its epsilon-greedy policy, the follower draws ``b`` at its information set,
rewards and the next state are seen, both learn. The paper's Theorem 10 claims that with leader steps ``t ** -0.6`` and
Hedge steps ``sqrt(log |B| / T)`` this converges to a Stackelberg equilibrium. What can be expected depends on what the
follower sees:

``"action"``
    With one state, Hedge after each leader action converges to the answer to that action, and a leader that keeps
    trying all of its actions learns what each is worth under it. The limit is the best *pure* commitment; that is the
    Stackelberg value of this model, and less than a mixed commitment earns whose actions the follower does not see.
``"policy"``
    A follower that is not told the action averages over the leader's play: for both players this is a repeated
    simultaneous game. No-regret play leads to its coarse correlated equilibria, not to commitment, and a Q-learning
    leader is greedy up to exploration, so it cannot hold an optimal mix either. Read the values as what they are.

Measured on the 12 games of the paper's Table 3, ten seeds of 50,000 steps each: under ``"action"`` the leader always
ends at the row of the best pure commitment, with average payoffs that approach it; under ``"policy"`` it earns -2
instead of 0 in *stag hunt* and *chicken* with every seed, and -1.46 instead of -1 in *hero*, where mixing pays.

**Averages and discounts.** The paper's values ``J`` are long-run averages of rewards, ``gamma = 1``. What stands for
them here: the curves are averages over time of the rewards of play, undiscounted; both learners estimate values with
the discounts of the game; and the exact reference is the discounted value times ``1 - gamma``, reward per step in the
game's own discounting. In a game with one state the three agree, whatever the discount. With more, discounting favours
what comes early, and a game that ends in an absorbing state without rewards has the long-run average 0 under every
policy, so a reading without discount needs episodes that start anew.

The step size of Hedge belongs to a horizon, so a run of ``2 T`` steps is not one of ``T`` steps gone on with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.learning.learners.asymmetric_learning.followers import Follower, make_follower
from ssg_mip.learning.learners.asymmetric_learning.information import InformationSets, information_sets
from ssg_mip.learning.learners.asymmetric_learning.regret import make_regret, written_out
from ssg_mip.learning.learners.asymmetric_learning.settings import Settings
from ssg_mip.learning.learners.asymmetric_learning.tables import LearningLeader, Seen
from ssg_mip.learning.learners.schedules import Stopped, blocks, check_steps, moments, never, training_simulator
from ssg_mip.numerics.array_types import FloatArray, IntArray

MOMENTS = 200
"""Recorded moments."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Dynamics:
    """A run of the dynamics. Curves have one entry per recorded moment.

    Attributes
    ----------
    steps
        Steps done at each moment.
    leader_payoffs, follower_payoffs
        Average reward per step since the start.
    leader_regret, follower_regret
        Cumulative regret; ``comparator`` says against what.
    leader_averages
        The leader's average policy since the start, per leader slot: ``[moments, leader slots]``. Averages are over
        the visits of a state, uniform before the first.
    follower_averages
        The follower's average policy, per joint action: ``[moments, num_rows]``; over visits of an information set.
    last_leader_policy
        The greedy policy of the final table.
    last_follower_policy
        The follower's final mix per joint action, ``[num_rows]``.
    leader_table
        The leader's Q table, per leader slot.
    """

    steps: IntArray
    leader_payoffs: FloatArray
    follower_payoffs: FloatArray
    leader_regret: FloatArray
    follower_regret: FloatArray
    comparator: str
    leader_averages: FloatArray
    follower_averages: FloatArray
    average_leader_policy: LeaderPolicy
    last_leader_policy: LeaderPolicy
    last_follower_policy: FloatArray
    leader_table: FloatArray

    @property
    def average_follower_policy(self) -> FloatArray:
        """The follower's average policy at the end, per joint action."""
        average: FloatArray = self.follower_averages[-1]
        return average


class _Averages:
    """Sums of mixes by place."""

    def __init__(self, offsets: IntArray) -> None:
        self._offsets = offsets
        self._sums: list[list[float]] = [[0.0] * count for count in np.diff(offsets).tolist()]

    def add(self, place: int, mix: list[float]) -> None:
        self._sums[place] = list(map(float.__add__, self._sums[place], mix))

    def current(self) -> FloatArray:
        """Averages per entry, uniform where nothing was added."""
        flat = np.concatenate(self._sums)
        totals = np.add.reduceat(flat, self._offsets[:-1])
        place = np.repeat(np.arange(len(totals)), np.diff(self._offsets))
        uniform = 1.0 / np.diff(self._offsets)
        average: FloatArray = np.where(totals[place] > 0.0, flat, uniform[place])
        average /= np.where(totals > 0.0, totals, 1.0)[place]
        return average


class _Play:
    """Both players, the sampled game between them, and what is written down of it."""

    def __init__(self, game: Game, settings: Settings, rng: np.random.Generator, steps: int) -> None:
        self._game = game
        self._random = rng.random
        self._sets: InformationSets = information_sets(game, settings.information)
        self._sees_actions = settings.information == "action"
        self._slots: list[int] = game.leader_offsets.tolist()
        self._simulator = training_simulator(
            game, rng, uniform_starts=settings.starts == "uniform", restart=settings.restart
        )
        self.leader = LearningLeader(game, settings)
        self.follower: Follower = make_follower(game, self._sets, settings, self.leader, steps)
        self.regret = make_regret(game, settings.information)
        self._sums = np.zeros(2)
        self._leader_average = _Averages(game.leader_offsets)
        self._follower_average = _Averages(self._sets.offsets)
        self._rows: list[tuple[int, float, float, float, float]] = []
        self._policies: list[tuple[FloatArray, FloatArray]] = []

    def step(self, number: int) -> tuple[float, float]:
        """Play and learn; ``number`` counts from 1. Returns both rewards."""
        state = self._simulator.state
        leader_mix = self.leader.mix(state, number)
        a = _draw(leader_mix, self._random())
        place = self._slots[state] + a if self._sees_actions else state
        follower_mix = self.follower.mix(place, number)
        b = _draw(follower_mix, self._random())
        reached, leader_reward, follower_reward = self._simulator.step(a, b)
        seen = Seen(number, state, place, leader_mix, a, b, leader_reward, follower_reward, reached)
        self.regret.observe(seen, self.follower)
        self._leader_average.add(state, leader_mix)
        self._follower_average.add(place, follower_mix)
        self.leader.learn(seen)
        self.follower.learn(seen)
        return leader_reward, follower_reward

    def play(self, numbers: range) -> None:
        """Several steps."""
        leader_sum = follower_sum = 0.0
        for number in numbers:
            leader_reward, follower_reward = self.step(number)
            leader_sum += leader_reward
            follower_sum += follower_reward
        self._sums += leader_sum, follower_sum

    def mix(self, step: int) -> FloatArray:
        """The follower's mix per joint action."""
        return written_out(self._sets, [self.follower.mix(place, step) for place in range(len(self._sets.state))])

    def record(self, done: int) -> None:
        """Write a moment down."""
        regrets = self.regret.cumulative(done, self.leader.policy(done + 1), self.mix(done + 1))
        leader_payoff, follower_payoff = (self._sums / max(1, done)).tolist()
        self._rows.append((done, leader_payoff, follower_payoff, *regrets))
        self._policies.append((self._leader_average.current(), self._follower_average.current()[self._sets.row_entry]))

    def average_policy(self) -> LeaderPolicy:
        """The leader's average policy so far."""
        return LeaderPolicy.from_slots(self._game, self._leader_average.current())

    def finish(self) -> Dynamics:
        """What was written down."""
        table = np.array(self._rows)
        return Dynamics(
            steps=table[:, 0].astype(np.int64),
            leader_payoffs=table[:, 1],
            follower_payoffs=table[:, 2],
            leader_regret=table[:, 3],
            follower_regret=table[:, 4],
            comparator=self.regret.comparator,
            leader_averages=np.array([leader for leader, _ in self._policies]),
            follower_averages=np.array([follower for _, follower in self._policies]),
            average_leader_policy=self.average_policy(),
            last_leader_policy=self.leader.greedy(),
            last_follower_policy=self.mix(self._rows[-1][0] + 1),
            leader_table=np.array(self.leader.table.values),
        )


def _draw(mix: list[float], uniform: float) -> int:
    """An action by its probability; the likeliest one where rounding leaves none."""
    for action, probability in enumerate(mix):
        uniform -= probability
        if uniform < 0.0:
            return action
    return mix.index(max(mix))


def learn(
    game: Game,
    settings: Settings,
    rng: np.random.Generator,
    *,
    steps: int,
    num_moments: int = MOMENTS,
    on_moment: Callable[[int, LeaderPolicy, LeaderPolicy], object] = lambda step, greedy, average: None,
    stopped: Stopped = never,
) -> Dynamics:
    """Run the dynamics for a number of steps, the ``T`` of the Hedge step size.

    Parameters
    ----------
    game, settings, rng
        The game, how both players learn, and the source of all randomness.
    steps
        Steps to play.
    num_moments
        Number of recorded moments, evenly spaced.
    on_moment
        Called at every moment, and at an early stop, with the steps done and the leader's greedy and average policy.
    stopped
        Asked now and then whether to stop.

    Raises
    ------
    OptionError
        If ``steps`` or ``num_moments`` is below 1.
    """
    check_steps(steps, num_moments)
    play, done = _Play(game, settings, rng, steps), 0
    for block, is_moment in blocks(steps, moments(steps, num_moments)):
        ended = stopped()
        if not ended:
            play.play(range(block.start + 1, block.stop + 1))
            done = block.stop
        if is_moment or ended:
            play.record(done)
            on_moment(done, play.leader.greedy(), play.average_policy())
        if ended:
            break
    return play.finish()
