"""Settings of networks that learn by themselves."""

from __future__ import annotations

import dataclasses
from typing import Literal

from ssg_mip.learning.learners.neural.settings import NetworkSettings
from ssg_mip.runs.settings import FACTOR, POSITIVE, SHARE

Rule = Literal["independent", "hysteretic", "lenient"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(NetworkSettings):
    """How to learn; beside what :class:`~ssg_mip.learning.learners.neural.settings.NetworkSettings` says.

    Attributes
    ----------
    rule
        How surprises count.
    rate
        Learning rate (Adam) of both networks.
    hysteresis
        Weight of negative surprises, in ``[0, 1]``, for the rule ``"hysteretic"``.
    moderation, cooling
        For the rule ``"lenient"``: a positive factor in the exponent, and the factor on a temperature at each visit, in
        ``(0, 1)``.
    cut
        Aims ``ri + gamma_i max Qi(t, .)`` above this count as this; without a limit if absent. The code that the paper
        points to has 1 for the hysteretic and the lenient rule (and rewards as they are): payoffs of 10, 15 and 30 are
        then the same to the learners.
    """

    rule: Rule = "independent"
    rate: float = 3e-3
    hysteresis: float = 0.2
    moderation: float = 2.0
    cooling: float = 0.995
    cut: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        POSITIVE.check(self, "rate", "moderation")
        SHARE.check(self, "hysteresis")
        FACTOR.check(self, "cooling")
