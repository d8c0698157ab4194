"""Settings of the asymmetric learning dynamics."""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

from ssg_mip.game.observation import Observation
from ssg_mip.learning.learners.asymmetric_learning.experts import ExpertKind
from ssg_mip.runs.settings import COUNT, POSITIVE, SHARE, VANISHING

FollowerKind = Literal["hedge", "omd", "ftrl", "q-learning", "best-response"]
"""How the follower learns."""

Schedule = Literal["no-regret", "every", "after", "regret"]
"""When a follower without regret is one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How both players learn.

    Attributes
    ----------
    observation
        ``"action"``: the follower sees the realised leader action, as in the paper's Algorithm 1; ``"policy"``: it
        does not, as in its Algorithm 2. Absent: ``"policy"`` for ``follower="q-learning"``, the symmetric baseline,
        where both move without seeing each other's move, and ``"action"`` for all others.
    follower
        ``"hedge"``; or ``"omd"``, ``"ftrl"``, other rules without regret
        (:mod:`ssg_mip.learning.learners.asymmetric_learning.experts`); or a baseline: ``"q-learning"`` (symmetric, the
        tabular counterpart of the paper's baseline 1), ``"best-response"`` (baseline 2: the exact answer to the
        leader's current policy, exploration included, recomputed every ``period`` steps, ties in the leader's favour).
    schedule
        Our reading of the three settings of the paper's Figure 2, whose caption is all it says of them ("regret
        setting", "no-regret every 100 epochs", "no-regret after 100 epochs"), with one epoch = one step, because an
        episode of its matrix games is one move. ``"no-regret"``: Hedge moves at every step (the paper's Algorithm 1).
        ``"every"``: Hedge adds up gains at every step but changes its policy every ``period`` steps only.
        ``"after"``: the follower is an ordinary Q-learner for ``period`` steps and Hedge, from scratch, from then on.
        ``"regret"``: it is an ordinary Q-learner for ever, as with ``follower="q-learning"``.
    period
        See ``follower`` and ``schedule``.
    feedback
        What Hedge learns after a step. ``"full"``: the action value ``q(s, a, b) = r + gamma sum_t p(t) v(t)`` of each
        of its actions, from the known model and a running estimate ``v`` of its state values; where it does not see
        ``a``, the mean over the leader's current policy. ``"bandit"``: ``r + gamma v(t)`` for the action that it
        played alone, weighted by importance as a loss (Exp3); the step size stays that of the paper, for which the
        bound of Hedge is not claimed.
    follower_rate
        Step size ``eta`` on gains divided by their range; absent, ``sqrt(log |B| / T)`` for Hedge and ``T`` steps, as
        in Theorem 10, and the step of the least bound for the other rules. With many information sets that is slow,
        because each is visited much less than ``T`` times: on a random game of five states the follower's regret after
        100,000 steps fell 50-fold with 0.5 instead.
    rate_exponent, rate_clock
        Q-learning moves by ``t ** -rate_exponent``, with ``t`` the number of the visit of the entry (``"visits"``), as
        the convergence theorem needs it that the paper appeals to (Jaakkola, Jordan & Singh, 1994), or of the step
        (``"steps"``), as Theorem 10 may also be read. In one state both do; with more states and a large discount
        the clock of steps freezes the table long before it has converged.
    exploration_exponent
        Step ``t`` is random with probability ``t ** -exploration_exponent``, for every Q-learner. The paper says
        nothing of it. At 1/3 what exploration costs vanishes on average, and with ``t ** -0.6`` the moves of every
        entry still add up to infinity in one state.
    starts
        Episodes start from the start distribution (``"initial"``) or in any state, equally likely (``"uniform"``).
    restart
        Probability of ending an episode after a step; absent, ``1 - gamma`` for the larger discount.
    """

    observation: Observation | None = None
    follower: FollowerKind = "hedge"
    schedule: Schedule = "no-regret"
    period: int = 100
    feedback: Literal["full", "bandit"] = "full"
    follower_rate: float | None = None
    rate_exponent: float = 0.6
    rate_clock: Literal["visits", "steps"] = "visits"
    exploration_exponent: float = 1.0 / 3.0
    starts: Literal["initial", "uniform"] = "initial"
    restart: float | None = None

    def __post_init__(self) -> None:
        COUNT.check(self, "period")
        POSITIVE.check(self, "follower_rate")
        VANISHING.check(self, "rate_exponent")
        SHARE.check(self, "exploration_exponent", "restart")

    @property
    def information(self) -> Observation:
        """What the follower sees."""
        if self.observation is not None:
            return self.observation
        return "policy" if self.follower == "q-learning" else "action"

    @property
    def expert(self) -> ExpertKind | None:
        """The rule without regret that the follower goes by at some time, if any."""
        if self.schedule == "regret":
            return None
        return next((kind for kind in get_args(ExpertKind) if kind == self.follower), None)
