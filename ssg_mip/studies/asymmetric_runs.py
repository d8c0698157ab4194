"""Runs of the asymmetric learning dynamics: the paper's own method (PPO) and the tabular one, as curves of means.

A curve is named by three things: how the *leader* learns (``"PPO"``: two layers of 128 with tanh, clipping 0.2, GAE
0.95, discount 0.99, AdamW, minibatches of 64, four epochs, as printed; ``"tabular"``: Q-learning with step
``t ** -0.6`` and Hedge with the step of Theorem 10), who the *follower* is, what it *sees*, and when it *moves*. The
paper prints two methods:

Algorithm 1
    The follower observes the realised leader action, and moves after every step of play.
Algorithm 2, called the design of its experiments
    The follower draws from one distribution, without seeing the action, and moves once per training iteration, by
    ``eta`` times "the estimated immediate reward for action ``a`` given the leader's allocation". The estimate is read
    as the mean over the iteration. On the grid the follower "fully observes" the placement, so there it sees the action
    and moves once per iteration.

Both are run, and with PPO what lies between them as well: a follower that sees no action and moves at every step, and
one that sees it and moves once per iteration. A tabular leader learns after every step, so that an iteration is one
step and Algorithm 2 moves as often as Algorithm 1. Each is held against the explicit best response of its own model:
one that answers the action, or one that answers the leader's policy. The symmetric follower of the matrix games sees no
action, as both move at once there; on the grid it sees the placement.

A training iteration of PPO is a rollout of 64 moves, one minibatch; the paper does not print the length of its
rollouts. Hedge takes the printed step on gains as they are: the step on gains divided by their spread is ``eta`` times
the spread.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
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
from ssg_mip.learning.learners.policy_dynamics import PolicyDynamics
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.studies.bimatrix import Payoffs, mixed_commitment, pure_commitment
from ssg_mip.studies.notebook import Notebook

Learner = Literal["PPO", "tabular"]

Moves = Literal["step", "iteration"]
"""When Hedge moves, as in :class:`ssg_mip.learning.learners.ppo_hedge.Settings`."""

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
    """Who learns how, what the follower sees, and when Hedge moves."""

    learner: Learner
    follower: Follower
    information: Observation
    moves: Moves = "step"

    @property
    def kind(self) -> Kind:
        """All but the leader."""
        return self.follower, self.information, self.moves

    @property
    def algorithm(self) -> str:
        """What the paper prints of it, in brackets; empty for what it does not."""
        if self.follower != "Hedge":
            return ""
        match self.learner, self.information, self.moves:
            case _, "action", "step":
                return " (Algorithm 1)"
            case "PPO", "action", "iteration":
                return " (Algorithm 2 where the action is observed)"
            case "PPO", "policy", "iteration":
                return " (Algorithm 2)"
            case "tabular", "policy", _:
                return " (Algorithm 2, an iteration of one step)"
            case _:
                return " (neither algorithm)"

    @property
    def seen(self) -> str:
        """The information model in words, for Hedge with the moments at which it moves."""
        sees = self.information == "action"
        if self.follower == "explicit best response":
            return "answers the action" if sees else "answers the policy"
        words = "sees the action" if sees else "sees no action"
        if self.follower == "symmetric":
            return words
        when = "moves at every step" if self.moves == "step" else "moves once an iteration"
        return f"{words}, {when}{self.algorithm}"

    @property
    def label(self) -> str:
        """Name of the curve."""
        return f"{self.learner}, {self.follower}, {self.seen}"


Kind = tuple[Follower, Observation, Moves]
"""Follower, what it sees, and when it moves."""

SEEN: Kind = ("Hedge", "action", "step")
"""Algorithm 1."""
SEEN_RARELY: Kind = ("Hedge", "action", "iteration")
"""Algorithm 2 where the follower observes the action, as on the grid."""
HIDDEN: Kind = ("Hedge", "policy", "iteration")
"""Algorithm 2."""
HIDDEN_OFTEN: Kind = ("Hedge", "policy", "step")
"""Algorithm 2 for a tabular leader, whose iterations are single steps; with PPO it stands nowhere in print."""
SYMMETRIC: Kind = ("symmetric", "policy", "step")
SYMMETRIC_SEEING: Kind = ("symmetric", "action", "step")
ANSWERED: Kind = ("explicit best response", "policy", "step")
ANSWERED_SEEING: Kind = ("explicit best response", "action", "step")

MATRIX_KINDS: dict[Learner, tuple[Kind, ...]] = {
    "PPO": (SEEN, HIDDEN, SEEN_RARELY, HIDDEN_OFTEN, SYMMETRIC, ANSWERED_SEEING, ANSWERED),
    "tabular": (SEEN, HIDDEN_OFTEN, SYMMETRIC, ANSWERED_SEEING, ANSWERED),
}
"""The curves of Figure 1 (a, c, e)."""

GRID_KINDS: dict[Learner, tuple[Kind, ...]] = {
    "PPO": (SEEN_RARELY, SEEN, SYMMETRIC_SEEING, ANSWERED_SEEING, HIDDEN, HIDDEN_OFTEN, ANSWERED),
    "tabular": (SEEN, SYMMETRIC_SEEING, ANSWERED_SEEING, HIDDEN_OFTEN, ANSWERED),
}
"""The curves of Figure 1 (b, d, f), where the follower observes the placement; hidden ones are an extra."""


def way_of(learner: Learner, kind: Kind) -> Way:
    """Who learns how."""
    return Way(learner=learner, follower=kind[0], information=kind[1], moves=kind[2])


def ways(learner: Learner, kinds: Mapping[Learner, tuple[Kind, ...]] = MATRIX_KINDS) -> tuple[Way, ...]:
    """The curves of Figure 1 with one kind of leader."""
    return tuple(way_of(learner, kind) for kind in kinds[learner])


def designs(learner: Learner) -> tuple[Kind, Kind]:
    """The paper's two methods in the matrix games, Algorithms 1 and 2."""
    return SEEN, HIDDEN if learner == "PPO" else HIDDEN_OFTEN


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
    """The paper's settings; ``endless`` play never starts anew, and with a schedule Hedge counts steps."""
    kinds: dict[Follower, Literal["hedge", "ppo", "best-response"]] = {
        "Hedge": "hedge",
        "symmetric": "ppo",
        "explicit best response": "best-response",
    }
    return ppo_hedge.Settings(
        observation=way.information,
        follower=kinds[way.follower],
        follower_rate=eta * (gain_spread(game) or 1.0),
        follower_moves=way.moves if schedule == "no-regret" else "step",
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


Run = asymmetric_learning.Dynamics | PolicyDynamics


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
    """The bound of Hedge in units of reward, ``R (sets log |B| / eta' + eta' t / 8)`` on gains of spread ``R``.

    The game has one state.

    A follower that moves once in an iteration of ``k`` steps plays the same mix in all of them, so its regret is ``k``
    times that of ``t / k`` rounds. Where it sees the action, each information set has at most ``k`` visits and one move
    an iteration, and in one state its gains are the same in every visit, so that the regret of no visit is negative;
    then ``k`` times that of ``sets t / k`` rounds is an upper bound.
    """
    if way.follower != "Hedge":
        return np.full(len(steps), math.nan)
    spread, count = gain_spread(game) or 1.0, int(game.follower_counts[0])
    rate = effort.eta * spread if way.learner == "PPO" else paper_rate(count, effort.steps)
    sets = int(game.leader_counts[0]) if way.information == "action" else 1
    length = ROLLOUT if way.moves == "iteration" else 1
    rounds = steps / length * (sets if length > 1 else 1)
    return np.array([spread * length * regret_bound("hedge", count, rate, float(one), sets=sets) for one in rounds])


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
