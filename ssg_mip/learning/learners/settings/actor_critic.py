"""Settings of the bi-level actor-critic."""

from __future__ import annotations

import dataclasses

from ssg_mip.learning.learners.neural.settings import NetworkSettings
from ssg_mip.runs.settings import MODERATE


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(NetworkSettings):
    """How to learn; beside what :class:`~ssg_mip.learning.learners.neural.settings.NetworkSettings` says.

    Attributes
    ----------
    leader_rate, follower_rate
        Learning rates (Adam) of the critics; the paper has the leader's above the follower's.
    actor_rate
        Learning rate of the follower's actor. It is below those of the critics: an actor that learns from a critic that
        knows nothing yet soon prefers one action so much that it hardly changes its mind. In Maintain, of 100 runs
        all ended in A-X at 3e-4, 97 at 1e-3 and 79 at 3e-3.
    temperature
        Of the Gumbel-Softmax samples.
    """

    leader_rate: float = 1e-2
    follower_rate: float = 3e-3
    actor_rate: float = 3e-4
    temperature: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        MODERATE.check(self, "leader_rate", "follower_rate", "actor_rate", "temperature")
