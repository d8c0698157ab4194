"""Runs of the asymmetric learning dynamics: the paper's own method (PPO) and the tabular one, as curves of means.

A curve is named by three things: how the *leader* learns (``"PPO"``: two layers of 128 with tanh, clipping 0.2, GAE
0.95, discount 0.99, AdamW, minibatches of 64, four epochs, as printed; ``"tabular"``: Q-learning with step
``t ** -0.6`` and Hedge with the step of Theorem 10), who the *follower* is, and what it *sees*. The paper prints two
models: in its Algorithm 1 the follower observes the realised leader action, in its Algorithm 2 it does not. Both are
run. The symmetric follower sees no action, or it would be no symmetric player; the explicit best response answers the
leader's policy.

A training iteration of PPO is a rollout of 64 moves, one minibatch; the paper does not print the length of its
rollouts. Hedge takes the printed step on gains as they are: the step on gains divided by their spread is ``eta`` times
the spread.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import numpy as np

from ssg_mip.base.extras import require_learn
from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.game.observation import Observation
from ssg_mip.learning.learners import asymmetric_learning, ppo_hedge
from ssg_mip.learning.learners.asymmetric_learning.experts import regret_bound
from ssg_mip.learning.learners.asymmetric_learning.hedge import gain_spread, paper_rate
from ssg_mip.learning.learners.asymmetric_learning.settings import Schedule
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.studies.bimatrix import Payoffs, mixed_commitment, pure_commitment
from ssg_mip.studies.notebook import Notebook

Learner = Literal["PPO", "tabular"]

Follower = Literal["Hedge", "symmetric", "explicit best response"]

LEARNERS: tuple[Learner, ...] = ("PPO", "tabular")

ROLLOUT = 64
"""Moves of a training iteration of PPO."""

DISCOUNT = 0.99
"""Of PPO, as printed."""

MATRIX_STEP, MARKOV_STEP = 0.05, 0.02
"""Printed steps of Hedge, on gains as they are."""

PPO_RATE = 3e-4
"""Printed learning rate of PPO."""

POINTS = 100
"""Points of a curve."""

TAIL = 0.1
"""The share of a run whose mean payoff counts as what is played at its end."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Way:
    """Who learns how, and what the follower sees."""

    learner: Learner
    follower: Follower
    information: Observation

    @property
    def seen(self) -> str:
        """The information model in words."""
        if self.follower == "explicit best response":
            return "answers the policy"
        if self.follower == "symmetric":
            return "sees the action" if self.information == "action" else "sees no action"
        return "sees the action (Algorithm 1)" if self.information == "action" else "sees no action (Algorithm 2)"

    @property
    def label(self) -> str:
        """Name of the curve."""
        return f"{self.learner}, {self.follower}, {self.seen}"


def ways(learner: Learner) -> tuple[Way, ...]:
    """The four curves of Figure 1 with one kind of leader."""
    return (
        Way(learner=learner, follower="Hedge", information="action"),
        Way(learner=learner, follower="Hedge", information="policy"),
        Way(learner=learner, follower="symmetric", information="policy"),
        Way(learner=learner, follower="explicit best response", information="policy"),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Effort:
    """Tabular ``steps`` and ``seeds``; ``iterations``, seeds, ``eta`` and ``rate`` of PPO; ``points`` of a curve."""

    steps: int
    seeds: int
    iterations: int
    ppo_seeds: int
    eta: float = MATRIX_STEP
    rate: float = PPO_RATE
    points: int = POINTS


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """Means over seeds, one entry per moment.

    Attributes
    ----------
    way
        What was run.
    steps
        Moves done.
    leader_payoffs, follower_payoffs
        Average reward per move since the start.
    leader_regret, follower_regret
        Cumulative external regret.
    leader_shares, follower_shares
        Probability, in the average policies, of the row of the best pure commitment, and of the follower's answer to it
        after that row.
    ends
        The leader's mean payoff in the last tenth of each seed.
    bound
        What is proven of the follower's regret at each moment; NaN for followers that are not Hedge.
    """

    way: Way
    steps: IntArray
    leader_payoffs: FloatArray
    follower_payoffs: FloatArray
    leader_regret: FloatArray
    follower_regret: FloatArray
    leader_shares: FloatArray
    follower_shares: FloatArray
    ends: FloatArray
    bound: FloatArray


def can_run(notebook: Notebook, learner: Learner) -> bool:
    """Whether there is time, and the extra that PPO needs; if that is absent, one note says what is left out."""
    if notebook.stopped:
        return False
    if learner == "tabular":
        return True
    try:
        require_learn("PPO", "torch", "stable_baselines3", "gymnasium")
    except OptionError as error:
        note = f"No curves, rows and findings of PPO, the paper's own leader; the tabular ones stand alone: {error}."
        if note not in notebook.notes:
            notebook.note(note)
        return False
    return True


def ppo_settings(
    game: Game, way: Way, *, eta: float, rate: float = PPO_RATE, schedule: Schedule = "no-regret", endless: bool = False
) -> ppo_hedge.Settings:
    """The paper's settings; ``endless`` play never starts anew."""
    kinds: dict[Follower, Literal["hedge", "ppo", "best-response"]] = {
        "Hedge": "hedge",
        "symmetric": "ppo",
        "explicit best response": "best-response",
    }
    return ppo_hedge.Settings(
        observation=way.information,
        follower=kinds[way.follower],
        follower_rate=eta * (gain_spread(game) or 1.0),
        schedule=schedule,
        rollout=ROLLOUT,
        rate=rate,
        discount=DISCOUNT,
        horizon=10**9 if endless else None,
    )


def tabular_settings(
    way: Way, *, schedule: Schedule = "no-regret", endless: bool = False
) -> asymmetric_learning.Settings:
    """The tabular counterpart."""
    kinds: dict[Follower, Literal["hedge", "q-learning", "best-response"]] = {
        "Hedge": "hedge",
        "symmetric": "q-learning",
        "explicit best response": "best-response",
    }
    return asymmetric_learning.Settings(
        observation=way.information,
        follower=kinds[way.follower],
        schedule=schedule,
        restart=0.0 if endless else None,
    )


Run = asymmetric_learning.Dynamics | ppo_hedge.PolicyDynamics


def play(
    notebook: Notebook,
    game: Game,
    way: Way,
    effort: Effort,
    *,
    schedule: Schedule = "no-regret",
    endless: bool = False,
) -> list[Run]:
    """Complete runs, one per seed; fewer where the notebook stops."""

    def stopped() -> bool:
        return notebook.stopped

    runs: list[Run] = []
    for seed in range(notebook.seed, notebook.seed + (effort.ppo_seeds if way.learner == "PPO" else effort.seeds)):
        if stopped():
            break
        run: Run
        if way.learner == "PPO":
            steps = effort.iterations * ROLLOUT
            wanted = ppo_settings(game, way, eta=effort.eta, rate=effort.rate, schedule=schedule, endless=endless)
            run = ppo_hedge.learn(game, wanted, seed, steps=steps, num_moments=effort.points, stopped=stopped)
        else:
            steps = effort.steps
            run = asymmetric_learning.learn(
                game,
                tabular_settings(way, schedule=schedule, endless=endless),
                np.random.default_rng(seed),
                steps=steps,
                num_moments=min(effort.points, steps),
                stopped=stopped,
            )
        if int(run.steps[-1]) < steps:
            break
        runs.append(run)
    return runs


def learn_curve(notebook: Notebook, game: Game, way: Way, effort: Effort) -> Curve | None:
    """The curve of a game of one state; ``None`` where the notebook stopped before the first run was complete."""
    runs = play(notebook, game, way, effort)
    if not runs:
        return None
    entry = stackelberg_row(game)
    slot = int(game.row_leader_slot[entry])
    steps = runs[0].steps
    return Curve(
        way=way,
        steps=steps,
        leader_payoffs=np.mean([run.leader_payoffs for run in runs], axis=0),
        follower_payoffs=np.mean([run.follower_payoffs for run in runs], axis=0),
        leader_regret=np.mean([run.leader_regret for run in runs], axis=0),
        follower_regret=np.mean([run.follower_regret for run in runs], axis=0),
        leader_shares=np.mean([run.leader_averages[:, slot] for run in runs], axis=0),
        follower_shares=np.mean([run.follower_averages[:, entry] for run in runs], axis=0),
        ends=np.array([late(run) for run in runs]),
        bound=proven_regret(game, way, effort, steps),
    )


def late(run: Run) -> float:
    """The leader's mean payoff in the last tenth of a run."""
    first = int(np.searchsorted(run.steps, (1.0 - TAIL) * run.steps[-1], side="right")) - 1
    if first < 0:
        return float(run.leader_payoffs[-1])
    sums = run.steps * run.leader_payoffs
    if first == len(sums) - 1:
        return float(run.leader_payoffs[-1])
    return float((sums[-1] - sums[first]) / (run.steps[-1] - run.steps[first]))


def proven_regret(game: Game, way: Way, effort: Effort, steps: IntArray) -> FloatArray:
    """The bound of Hedge in units of reward, ``R (sets log |B| / eta' + eta' t / 8)`` on gains of spread ``R``."""
    if way.follower != "Hedge":
        return np.full(len(steps), math.nan)
    spread, count = gain_spread(game) or 1.0, int(game.follower_counts[0])
    rate = effort.eta * spread if way.learner == "PPO" else paper_rate(count, effort.steps)
    sets = int(game.leader_counts[0]) if way.information == "action" else 1
    return np.array([spread * regret_bound("hedge", count, rate, float(step), sets=sets) for step in steps])


def tables_of(game: Game) -> tuple[FloatArray, FloatArray]:
    """Both players' payoffs ``[row, column]`` of a game of one state."""
    shape = (int(game.leader_counts[0]), int(game.follower_counts[0]))
    return game.leader_rewards.reshape(shape), game.follower_rewards.reshape(shape)


def stackelberg_values(game: Game, information: Observation) -> Payoffs:
    """What the best commitment yields: a pure one where the action is seen, a mixed one where it is not."""
    tables = tables_of(game)
    return pure_commitment(*tables) if information == "action" else mixed_commitment(*tables)


def stackelberg_row(game: Game) -> int:
    """The joint action of the best pure commitment and its answer."""
    leader, follower = tables_of(game)
    gains = np.where(follower == follower.max(axis=1, keepdims=True), leader, -np.inf)
    return int(gains.argmax())
