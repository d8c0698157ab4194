"""Settings of MADDPG and TD3."""

from __future__ import annotations

import dataclasses
from typing import Literal

from ssg_mip.learning.learners.neural.settings import NetworkSettings
from ssg_mip.runs.settings import COUNT, MODERATE, NOT_NEGATIVE, POSITIVE

Rule = Literal["maddpg", "td3"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(NetworkSettings):
    """How to learn; beside what :class:`~ssg_mip.learning.learners.neural.settings.NetworkSettings` says.

    Attributes
    ----------
    rule
        Which of the two.
    rate, actor_rate
        Learning rates (Adam) of critics and actors.
    temperature
        Of the Gumbel-Softmax samples.
    delay
        For ``"td3"``: updates of the critics per update of the actors.
    smoothing, clip
        For ``"td3"``: standard deviation of the noise on the target actors' logits, and its largest size.
    """

    rule: Rule = "maddpg"
    rate: float = 3e-3
    actor_rate: float = 1e-3
    temperature: float = 1.0
    delay: int = 2
    smoothing: float = 0.2
    clip: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        MODERATE.check(self, "rate", "actor_rate", "temperature")
        COUNT.check(self, "delay")
        NOT_NEGATIVE.check(self, "smoothing")
        POSITIVE.check(self, "clip")
