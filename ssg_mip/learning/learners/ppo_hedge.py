r"""A policy-gradient leader (PPO) against a Hedge follower: the main method of the asymmetric learning dynamics.

*Asymmetric Learning Dynamics for Reaching Stackelberg Equilibrium* (2025, under review), section 5, Algorithm 2. The
leader is the PPO of stable-baselines3 in the environment :func:`ssg_mip.learning.environments.leader_env`; the
follower, one Hedge per information set, learns inside that environment
(:mod:`ssg_mip.learning.learners.asymmetric_learning.followers`). Settings of the paper, all defaults here: policy and
value networks of two layers of 128 with tanh, clipping 0.2, GAE 0.95, value loss 0.5, entropy 0.01, AdamW at 3e-4,
minibatches of 64, four epochs; Hedge at 0.05 with one state and 0.02 with more. Choices of ours:

* the leader discounts with the discount of the game (the paper: 0.99; setting ``discount``);
* Hedge's gains are action values, later play included, divided by their spread, where the paper has estimated immediate
  rewards as they are; with a follower discount of zero only the division is left of the difference;
* Hedge moves after every step of play, as in Algorithm 1. Algorithm 2 moves it once per training iteration, by the
  step times the estimated reward of each action: ``follower_moves="iteration"``, with the mean gain of the iteration
  for the estimate. With ``"rollout"`` it moves as rarely, but by the sum of the gains, which is as many times further
  as an iteration has steps;
* actions that a state lacks count modulo those that it has, because PPO knows no masks.

The leader's policy is stochastic: what is evaluated are its probabilities in each state, and their average over visits.
What can be expected under either model of observation stands in
:mod:`ssg_mip.learning.learners.asymmetric_learning.dynamics`: seeing the action, the follower's learning gives the
leader the values of its *pure* commitments to climb; not seeing it, both play a repeated simultaneous game, and what
they end at depends on who moves faster. Measured in the "Battle" of the paper's Table 1, rollouts of 64 steps: a Hedge
that sees no action and moves at every step draws the leader to the equilibrium that is best for the follower, (2, 2);
one that moves once per iteration, as printed, is slow enough that the leader's habit decides, and both end near (5, 1).
PPO with a small entropy bonus ends near a deterministic policy in any case. Nothing is guaranteed.

The baselines of the same section are settings: ``follower="ppo"`` (symmetric: both PPO, each updated on the same joint
episodes, and neither sees the other's move) and ``follower="best-response"`` (the exact answer to the leader's current
policy every ``period`` updates). The paper takes averages over time without discount; what is learned and evaluated
here is discounted, see :mod:`ssg_mip.learning.learners.asymmetric_learning.dynamics`. Needs the extra ``learn``
(PyTorch, stable-baselines3, gymnasium).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ssg_mip.base.extras import require_learn
from ssg_mip.errors import OptionError
from ssg_mip.learning.learners.network_size import check_network_size
from ssg_mip.learning.learners.policy_dynamics import PolicyDynamics
from ssg_mip.learning.learners.schedules import Stopped, check_steps, never
from ssg_mip.learning.learners.settings.ppo_hedge import Settings
from ssg_mip.problem.problem import Problem
from ssg_mip.runs.run import Run
from ssg_mip.runs.settings import read_settings
from ssg_mip.runs.visit_log import Visits

if TYPE_CHECKING:
    from ssg_mip.game.game import Game
    from ssg_mip.game.policy import LeaderPolicy
    from ssg_mip.result import Result

METHOD = "ppo-hedge"

STEPS = 20_480
"""Steps if no limit is given: 80 updates of PPO."""

MOMENTS = 100
"""Recorded moments, at most; there is none between two updates."""

LARGEST_REWARD = 1e15
"""Rewards may be this large in size: PPO calculates with squares of sums of them in single precision."""


CLOSING = 40
"""Evaluations that a recorded moment and the work after the last step take as long as, together."""


LOOKS = 10
"""Moments at which the current and the average policy are evaluated."""


def learn(
    game: Game,
    settings: Settings,
    seed: int,
    *,
    steps: int = STEPS,
    num_moments: int = MOMENTS,
    on_moment: Callable[[int, LeaderPolicy, LeaderPolicy], object] = lambda step, current, average: None,
    stopped: Stopped = never,
) -> PolicyDynamics:
    """Learn for a number of steps, rounded up to whole rollouts.

    Parameters
    ----------
    game, settings, seed
        The game, how both players learn, and the seed of all randomness.
    steps
        Steps of play.
    num_moments
        Number of recorded moments, at most.
    on_moment
        Called at every moment with the steps done and the leader's current and average policy.
    stopped
        Asked before each rollout, after each step of its copies, and before each minibatch whether to stop; what was
        played and learned until then counts.

    Raises
    ------
    OptionError
        If a library of the extra is absent, ``steps`` or ``num_moments`` is below 1, or rewards are too large.
    """
    require_learn(f"method {METHOD!r}", "torch", "stable_baselines3", "gymnasium")
    check_steps(steps, num_moments)
    _check_rewards(game)
    from ssg_mip.learning.learners.neural.proximal import train

    return train(game, settings, seed, steps=steps, num_moments=num_moments, on_moment=on_moment, stopped=stopped)


def _check_rewards(game: Game) -> None:
    largest = max(abs(game.leader_rewards).max(), abs(game.follower_rewards).max())
    if largest > LARGEST_REWARD:
        raise OptionError(
            f"{game.name} has a reward of size {largest:g}; method {METHOD!r} calculates in single precision and takes "
            f"at most {LARGEST_REWARD:g}: divide the player's rewards by a constant"
        )


def solve(problem: Problem, run: Run) -> Result:
    """Learn and evaluate the leader's current and average policy exactly, at some moments and at the end.

    ``details``: average payoffs per step, cumulative regrets and what they compare with, the average policy.
    """
    game = problem.game
    settings = read_settings(Settings, run.settings, METHOD)
    require_learn(f"method {METHOD!r}", "torch", "stable_baselines3", "gymnasium")
    check_network_size(game, METHOD, run.deadline, copies=8 * settings.hidden, memory=run.limits.memory)
    visits = Visits(problem, run, METHOD)
    visits.start()
    steps = run.limits.iterations or STEPS

    def look(step: int, current: LeaderPolicy, average: LeaderPolicy) -> None:
        visits.visit(average, f"average of {step} steps")
        visits.visit(current, f"current after {step} steps")

    learned = learn(
        game,
        settings,
        run.seed,
        steps=steps,
        num_moments=LOOKS,
        on_moment=look,
        stopped=lambda: not visits.time_for(CLOSING),
    )
    done = int(learned.steps[-1])
    return visits.result(visits.ended(done >= steps), counts={"steps": done}, details=_details(game, learned))


def _details(game: Game, learned: PolicyDynamics) -> dict[str, Any]:
    return {
        "average_leader_payoff": float(learned.leader_payoffs[-1]),
        "average_follower_payoff": float(learned.follower_payoffs[-1]),
        "leader_regret": float(learned.leader_regret[-1]),
        "follower_regret": float(learned.follower_regret[-1]),
        "regret_comparator": learned.comparator,
        "average_policy": learned.average_leader_policy.to_names(game),
    }


__all__ = [
    "CLOSING",
    "LARGEST_REWARD",
    "LOOKS",
    "METHOD",
    "MOMENTS",
    "STEPS",
    "PolicyDynamics",
    "Settings",
    "learn",
    "solve",
]
