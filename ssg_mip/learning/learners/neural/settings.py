"""How networks are trained: what the actor-critic and the networks that learn by themselves have in common."""

from __future__ import annotations

import dataclasses
from typing import Literal

from ssg_mip.learning.learners.schedules import Exploration
from ssg_mip.runs.settings import COUNT, SHARE, SIZE, WIDTH


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """How to learn with networks.

    Attributes
    ----------
    hidden
        Width of the two hidden layers.
    batch
        Transitions per update.
    memory
        Transitions that the replay memory holds.
    update_every
        Steps of play per update.
    target_every
        Updates after which the target networks follow.
    random_steps, decay_steps, exploration
        Steps of fully random play, without updates; steps in which epsilon then falls to ``1/e``; the epsilon left.
    scale_rewards
        Whether each player's rewards are divided by the largest one, in absolute value, seen during random play, so
        that learning rates mean the same in every unit of reward. Not in the paper.
    starts
        Where episodes start: in any state, equally likely (``"uniform"``), or drawn from the start distribution
        (``"initial"``).
    restart
        Probability of ending an episode after a step; absent, ``1 - gamma`` for the larger discount.
    """

    hidden: int = 32
    batch: int = 32
    memory: int = 10_000
    update_every: int = 2
    target_every: int = 50
    random_steps: int = 1000
    decay_steps: float = 1000.0
    exploration: float = 0.1
    scale_rewards: bool = True
    starts: Literal["uniform", "initial"] = "uniform"
    restart: float | None = None

    def __post_init__(self) -> None:
        COUNT.check(self, "update_every", "target_every")
        SIZE.check(self, "batch", "memory")
        WIDTH.check(self, "hidden")
        SHARE.check(self, "exploration", "restart")
        self.schedule()

    def schedule(self) -> Exploration:
        """When to explore."""
        return Exploration(random_steps=self.random_steps, decay_steps=self.decay_steps, floor=self.exploration)
