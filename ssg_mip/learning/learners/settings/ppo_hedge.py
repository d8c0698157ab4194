"""Settings of the PPO leader and the Hedge follower."""

from __future__ import annotations

import dataclasses
from typing import Literal

from ssg_mip.errors import OptionError
from ssg_mip.game.observation import Observation
from ssg_mip.learning.learners.asymmetric_learning.settings import Schedule
from ssg_mip.runs.settings import COUNT, MODERATE, POSITIVE, RATE, SHARE, SIZE, WEIGHT, WIDTH, Range

MOST_COPIES = 1024
"""Copies of the game, each of which takes a millisecond to set up."""

MOST_WORK = 2**30
"""Of a minibatch, in products of a weight and a number: about half a second."""

FEW = Range(f"at least 1 and at most {MOST_COPIES}", lambda value: 1 <= value <= MOST_COPIES)

FollowerMoves = Literal["step", "iteration", "rollout"]
"""When a follower without regret moves, and by what: see :class:`Settings`."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How both players learn.

    Attributes
    ----------
    observation
        ``"action"``: the follower sees the realised leader action, as in the paper's Algorithm 1; ``"policy"``: it
        does not, as in its Algorithm 2. Absent: ``"policy"`` for ``follower="ppo"`` and ``"action"`` for all others.
    follower
        ``"hedge"``, or ``"omd"``, ``"ftrl"``, other rules without regret
        (:mod:`ssg_mip.learning.learners.asymmetric_learning.experts`); or a baseline, ``"ppo"`` or ``"best-response"``.
    follower_rate
        Step size on gains divided by their spread; absent, for Hedge 0.05 with one state and 0.02 with more, for the
        other rules the one of the least bound for as many moves as the follower makes.
    follower_moves
        When Hedge changes its policy, and by what: at every ``"step"`` by its gains (the paper's Algorithm 1); once per
        ``"iteration"`` of training, at the end of a rollout, by the mean of the gains that an information set has seen
        in it (Algorithm 2); or once per ``"rollout"`` by their sum.
    schedule, schedule_period
        When the follower is without regret, as in
        :class:`ssg_mip.learning.learners.asymmetric_learning.Settings`, and the steps of play of an epoch there.
    period
        Updates of the leader per exact answer, for ``follower="best-response"``.
    rollout, copies
        Steps of play per update of PPO, and how many copies of the game they come from, at most :data:`MOST_COPIES`.
        ``copies`` and ``batch`` must divide ``rollout``.
    hidden, rate, batch, epochs, clip, trace, value_weight, entropy_weight
        PPO: width of the networks, learning rate, minibatch, passes over a rollout, clipping parameter, the lambda of
        the advantage estimates, weights of value loss and entropy. ``batch * hidden ** 2`` is at most
        :data:`MOST_WORK`.
    discount
        What the leader discounts with; absent, the leader's discount.
    starts
        Episodes start from the start distribution (``"initial"``) or in any state, equally likely (``"uniform"``).
    horizon
        Steps after which an episode is cut off, with the value network for what would have come; absent,
        ``1 / (1 - gamma)`` for the larger discount. A game of one state in which nobody counts what comes ends after
        each move, as the paper's matrix games do.
    """

    observation: Observation | None = None
    follower: Literal["hedge", "omd", "ftrl", "ppo", "best-response"] = "hedge"
    follower_rate: float | None = None
    follower_moves: FollowerMoves = "step"
    schedule: Schedule = "no-regret"
    schedule_period: int = 100
    period: int = 1
    rollout: int = 256
    copies: int = 8
    hidden: int = 128
    rate: float = 3e-4
    batch: int = 64
    epochs: int = 4
    clip: float = 0.2
    trace: float = 0.95
    value_weight: float = 0.5
    entropy_weight: float = 0.01
    discount: float | None = None
    starts: Literal["initial", "uniform"] = "initial"
    horizon: int | None = None

    def __post_init__(self) -> None:
        COUNT.check(self, "period", "schedule_period", "epochs", "horizon")
        SIZE.check(self, "rollout", "batch")
        FEW.check(self, "copies")
        WIDTH.check(self, "hidden")
        POSITIVE.check(self, "follower_rate")
        RATE.check(self, "rate")
        MODERATE.check(self, "clip")
        SHARE.check(self, "trace", "discount")
        WEIGHT.check(self, "value_weight", "entropy_weight")
        if self.batch == 1:
            raise OptionError("batch is 1; it must be at least 2, because advantages are scaled by their spread")
        for label in ("copies", "batch"):
            if self.rollout % getattr(self, label) != 0:
                raise OptionError(
                    f"rollout is {self.rollout} and {label} is {getattr(self, label)}; a rollout must be a multiple of "
                    f"{label}"
                )
        if self.batch * self.hidden**2 > MOST_WORK:
            raise OptionError(
                f"batch is {self.batch} and hidden is {self.hidden}; batch * hidden ** 2 must be at most {MOST_WORK}, "
                "or one minibatch takes seconds in which nobody looks at the clock: make one of them smaller"
            )
        if self.follower_moves != "step" and self.schedule != "no-regret":
            raise OptionError(
                f"follower_moves is {self.follower_moves!r} and schedule is {self.schedule!r}; a schedule counts steps:"
                " leave one out"
            )

    @property
    def information(self) -> Observation:
        """What the follower sees."""
        if self.observation is not None:
            return self.observation
        return "policy" if self.follower == "ppo" else "action"
