r"""Bi-level tabular Q-learning: both critics bootstrap from the Stackelberg solution of the next state's stage game.

From a sampled transition ``(s, a, b, t, r1, r2)`` (Zhang et al., *Bi-level Actor-Critic for Multi-agent Coordination*,
AAAI 2020, equations (8)-(11); before them Könönen's asymmetric Q-learning)::

    Qi(s, a, b) <- (1 - alpha) Qi(s, a, b) + alpha (ri + gamma_i Qi(t, a', b')),   i = 1, 2,

with ``(a', b')`` the stage solution of ``t`` (:mod:`ssg_mip.learning.learners.stage_critics`). This is stochastic
approximation of value iteration for the stage-wise operator restricted to deterministic leaders. Its limit need not
be a Stackelberg equilibrium of the whole game: the operator may have several fixed points, of which the initial
critics and the luck of the draw choose one, or none. The learned leader policy is deterministic, so it cannot earn
what a mixed commitment earns; and for it both models of observation agree. The paper has one discount, here each
player has its own.

With many copies of the game played at once (the setting ``copies``) all their updates take targets and actions from the
critics before the step, and the stage games that changed are solved together: asynchronous updates whose targets are a
step old, in arrays. Where two copies play the same joint action, its updates follow one another.

Exploration is that of the paper: fully random play first, then epsilon-greedy with decay. Either player explores by
itself; in training the follower answers the leader action that was really played, in execution neither sees the other
(:class:`~ssg_mip.learning.learners.execution.Execution`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Literal

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.learning.learners.execution import Execution
from ssg_mip.learning.learners.schedules import (
    LONGEST_BLOCK,
    Exploration,
    PayoffCurve,
    PayoffRecorder,
    Stopped,
    blocks,
    check_steps,
    moments,
    never,
    training_copies,
    training_simulator,
)
from ssg_mip.learning.learners.stage_critics import BatchedCritics, LearningCritics, execution_of, residuals
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.run import Run
from ssg_mip.runs.settings import COUNT, RATE, SHARE, VANISHING, read_settings
from ssg_mip.runs.visit_log import Visits

METHOD = "bilevel-q"

STEPS = 100_000
"""Steps if no limit is given: about a second."""

CLOSING = 4
"""Evaluations that the work after the last step takes as long as."""

MOMENTS = 20
"""Moments at which the greedy policy is evaluated."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How to learn.

    Attributes
    ----------
    rate
        ``"counts"``: ``alpha = (1 + n) ** -rate_exponent`` at the ``n``-th visit of the joint action, which satisfies
        Assumption 2 of the paper; ``"constant"``: ``leader_rate`` and ``follower_rate``, which does not.
    rate_exponent
        Above 1/2 and at most 1. On random games with five states and discount 0.9 the critics came closest to a fixed
        point within 100,000 steps at 0.55 to 0.6, and were ten times as far from it at 0.77.
    leader_rate, follower_rate
        Constant rates in ``(0, 1]``.
    random_steps, decay_steps, exploration
        Steps of fully random play, steps in which epsilon then falls to ``1/e``, and the epsilon that is left. It is
        large by default, because what is earned while learning does not count here.
    starts
        Where episodes start: in any state, equally likely (``"uniform"``), so that all of them are learned, or
        drawn from the start distribution (``"initial"``).
    restart
        Probability of ending an episode after a step; absent, ``1 - gamma`` for the larger discount.
    copies
        Copies of the game that are played at once; each joint action played is a step. 1 is the paper's. At 10,000
        states 1,000 copies do ten times as many steps a second.
    """

    rate: Literal["counts", "constant"] = "counts"
    rate_exponent: float = 0.6
    leader_rate: float = 0.1
    follower_rate: float = 0.1
    random_steps: int = 1000
    decay_steps: float = 5000.0
    exploration: float = 0.3
    starts: Literal["uniform", "initial"] = "uniform"
    restart: float | None = None
    copies: int = 1

    def __post_init__(self) -> None:
        VANISHING.check(self, "rate_exponent")
        RATE.check(self, "leader_rate", "follower_rate")
        SHARE.check(self, "exploration", "restart")
        COUNT.check(self, "copies")
        self.schedule()

    def schedule(self) -> Exploration:
        """When to explore."""
        return Exploration(random_steps=self.random_steps, decay_steps=self.decay_steps, floor=self.exploration)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class BilevelQ:
    """What was learned.

    Attributes
    ----------
    leader_critic, follower_critic
        ``Q1`` and ``Q2``, one number per joint action, shape ``[num_rows]``.
    visits
        How often each joint action was played.
    execution
        Either player's way to its half of the joint action.
    curve
        Payoffs during training, exploration included.
    steps
        Steps done.
    """

    leader_critic: FloatArray
    follower_critic: FloatArray
    visits: IntArray
    execution: Execution
    curve: PayoffCurve
    steps: int


class _Learner:
    """The critics and what one step does to them."""

    def __init__(self, game: Game, settings: Settings, rng: np.random.Generator, critics: LearningCritics) -> None:
        self.critics = critics
        self.visits = [0] * game.num_rows
        self.payoffs = PayoffRecorder()
        self._settings = settings
        self._random = rng.random
        self._simulator = training_simulator(
            game, rng, uniform_starts=settings.starts == "uniform", restart=settings.restart
        )
        self._discounts = game.leader_discount, game.follower_discount
        self._leader_counts: list[int] = game.leader_counts.tolist()
        self._follower_counts: list[int] = game.follower_counts.tolist()

    def _act(self, state: int, epsilon: float) -> tuple[int, int]:
        random = self._random
        explores = random() < epsilon
        a = int(random() * self._leader_counts[state]) if explores else self.critics.lead[state]
        if random() < epsilon:
            return a, int(random() * self._follower_counts[state])
        return a, self.critics.answer(state, a)

    def _rates(self, row: int) -> tuple[float, float]:
        self.visits[row] += 1
        if self._settings.rate == "constant":
            return self._settings.leader_rate, self._settings.follower_rate
        rate = (1.0 + self.visits[row]) ** -self._settings.rate_exponent
        return rate, rate

    def step(self, epsilon: float) -> None:
        """Play one joint action and learn from it: (8)-(11)."""
        critics = self.critics
        state = self._simulator.state
        a, b = self._act(state, epsilon)
        reached, leader_reward, follower_reward = self._simulator.step(a, b)
        row, bootstrap = critics.row(state, a, b), critics.rows[reached]
        (leader_rate, follower_rate), (leader_discount, follower_discount) = self._rates(row), self._discounts
        leader_target = leader_reward + leader_discount * critics.leader[bootstrap]
        follower_target = follower_reward + follower_discount * critics.follower[bootstrap]
        critics.leader[row] += leader_rate * (leader_target - critics.leader[row])
        critics.follower[row] += follower_rate * (follower_target - critics.follower[row])
        critics.refresh(state, a)
        self.payoffs.leader_sum += leader_reward
        self.payoffs.follower_sum += follower_reward


class _Copies:
    """The same for many copies of the game at once, as many steps in one; all arrays ``[copies]``."""

    def __init__(
        self, game: Game, settings: Settings, rng: np.random.Generator, critics: BatchedCritics, copies: int
    ) -> None:
        self.critics = critics
        self.visits: IntArray = np.zeros(game.num_rows, dtype=np.int64)
        self.payoffs = PayoffRecorder()
        self._settings = settings
        self._rng = rng
        self._copies = copies
        self._simulator = training_copies(
            game, rng, copies, uniform_starts=settings.starts == "uniform", restart=settings.restart
        )
        self._game = game

    def _act(self, states: IntArray, epsilon: float) -> tuple[IntArray, IntArray]:
        game, critics = self._game, self.critics
        a = self._or_any(critics.lead[states], game.leader_counts[states], epsilon)
        return a, self._or_any(critics.answer(states, a), game.follower_counts[states], epsilon)

    def _or_any(self, greedy: IntArray, counts: IntArray, epsilon: float) -> IntArray:
        """The greedy action, or with probability epsilon any."""
        explores, drawn = self._rng.random((2, self._copies))
        actions: IntArray = np.where(explores < epsilon, (drawn * counts).astype(np.int64), greedy)
        return actions

    def step(self, epsilon: float) -> None:
        """Play one joint action in every copy and learn from all of them: (8)-(11)."""
        critics, game = self.critics, self._game
        states = self._simulator.state
        a, b = self._act(states, epsilon)
        reached, leader_rewards, follower_rewards = self._simulator.step(a, b)
        rows, bootstrap = critics.row(states, a, b), critics.rows[reached]
        leader_targets = leader_rewards + game.leader_discount * critics.leader[bootstrap]
        follower_targets = follower_rewards + game.follower_discount * critics.follower[bootstrap]
        for now in _one_by_one(rows):
            self._move(rows[now], leader_targets[now], follower_targets[now])
        critics.refresh(states, a)
        self.payoffs.leader_sum += float(leader_rewards.sum())
        self.payoffs.follower_sum += float(follower_rewards.sum())

    def _move(self, rows: IntArray, leader_targets: FloatArray, follower_targets: FloatArray) -> None:
        """Move the critics of different joint actions towards their targets."""
        self.visits[rows] += 1
        leader_rate, follower_rate = self._rates(rows)
        leader, follower = self.critics.leader, self.critics.follower
        leader[rows] += leader_rate * (leader_targets - leader[rows])
        follower[rows] += follower_rate * (follower_targets - follower[rows])

    def _rates(self, rows: IntArray) -> tuple[FloatArray | float, FloatArray | float]:
        if self._settings.rate == "constant":
            return self._settings.leader_rate, self._settings.follower_rate
        rate = np.power(1.0 + self.visits[rows].astype(float), -self._settings.rate_exponent)
        return rate, rate


def _one_by_one(rows: IntArray) -> list[IntArray]:
    """Places of the rows in groups without repetition: the first of each row, then the second of each, and so on."""
    order = np.argsort(rows, kind="stable")
    new = np.concatenate(([True], np.diff(rows[order]) > 0))
    firsts = np.flatnonzero(new)
    rank = np.arange(len(rows)) - firsts[np.cumsum(new) - 1]
    return [order[rank == turn] for turn in range(int(rank.max()) + 1)]


def _learner(
    game: Game,
    settings: Settings,
    rng: np.random.Generator,
    critics: tuple[FloatArray | None, FloatArray | None],
    copies: int,
) -> _Learner | _Copies:
    if copies == 1:
        return _Learner(game, settings, rng, LearningCritics(game, *critics))
    return _Copies(game, settings, rng, BatchedCritics(game, *critics), copies)


def learn(
    game: Game,
    settings: Settings,
    rng: np.random.Generator,
    *,
    steps: int,
    critics: tuple[FloatArray | None, FloatArray | None] = (None, None),
    num_moments: int = MOMENTS,
    on_moment: Callable[[int, LeaderPolicy], object] = lambda step, policy: None,
    stopped: Stopped = never,
) -> BilevelQ:
    """Learn for a number of steps.

    Parameters
    ----------
    game, settings, rng
        The game, how to learn, and the source of all randomness.
    steps
        Steps to play; of several copies as many as fit.
    critics
        Those of leader and follower to start from, shape ``[num_rows]`` each; zero where absent.
    num_moments
        Number of recorded moments, evenly spaced.
    on_moment
        Called with the steps done and the greedy leader policy, at every moment and at an early stop.
    stopped
        Asked now and then whether to stop.

    Raises
    ------
    OptionError
        If ``steps`` or ``num_moments`` is below 1, or a critic does not fit the game.
    """
    check_steps(steps, num_moments)
    copies = min(settings.copies, steps)
    learner = _learner(game, settings, rng, critics, copies)
    known, laps = learner.critics, steps // copies
    schedule, done = settings.schedule(), 0
    for block, is_moment in blocks(laps, moments(laps, num_moments), max(1, LONGEST_BLOCK // copies)):
        ended = stopped()
        if not ended:
            for lap in block:
                learner.step(schedule.epsilon(lap * copies))
            done = block.stop * copies
        if is_moment or ended:
            learner.payoffs.cut(done)
            on_moment(done, LeaderPolicy.deterministic(game, known.lead))
        if ended:
            break
    found = np.array(known.leader), np.array(known.follower)
    return BilevelQ(
        leader_critic=found[0],
        follower_critic=found[1],
        visits=np.array(learner.visits),
        execution=execution_of(game, *found),
        curve=learner.payoffs.curve(),
        steps=done,
    )


def solve(problem: Problem, run: Run) -> Result:
    """Learn and evaluate the greedy leader policy exactly, at some moments and at the end.

    ``details``: ``believed_leader_value`` and ``believed_follower_value`` are what the critics promise for the stage
    solution; ``leader_residual`` and ``follower_residual`` how far they are, exactly, from a fixed point of the
    operator.
    """
    game = problem.game
    settings = read_settings(Settings, run.settings, METHOD)
    visits = Visits(problem, run, METHOD)
    visits.start()
    steps = run.limits.iterations or STEPS
    learned = learn(
        game,
        settings,
        np.random.default_rng(run.seed),
        steps=steps,
        on_moment=lambda step, policy: visits.visit(policy, f"greedy after {step} steps"),
        stopped=lambda: not visits.time_for(CLOSING),
    )
    rows = learned.execution.rows()
    residual = residuals(game, learned.leader_critic, learned.follower_critic)
    return visits.result(
        visits.ended(learned.steps + min(settings.copies, steps) > steps),
        counts={"steps": learned.steps},
        details={
            "believed_leader_value": float(problem.weights @ learned.leader_critic[rows]),
            "believed_follower_value": float(problem.weights @ learned.follower_critic[rows]),
            "leader_residual": residual[0],
            "follower_residual": residual[1],
            "fewest_visits_of_a_joint_action": int(learned.visits.min()),
        },
    )
