"""The quantal follower: he plays better actions more often, and worse ones too."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from ssg_mip.base.rules import POSITIVE
from ssg_mip.base.tolerances import TELLABLE, Tolerances
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Response
from ssg_mip.evaluation.soft_response import soft_response
from ssg_mip.evaluation.value_bounds import follower_range
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.follower import Follower


@dataclasses.dataclass(frozen=True)
class Quantal(Follower):
    """A follower who answers by the soft Bellman equation (:mod:`ssg_mip.evaluation.soft_response`).

    His answer is mixed, unique and smooth in the leader's policy, so that no tie is ever decided. It gives weight to
    every action: the strong Stackelberg value, which presumes the best answer, is *no bound* on what a leader gets from
    him, in either direction.

    Attributes
    ----------
    temperature
        Above 0, in his reward units: an action that is worth so much less is played ``e`` times less often.
    """

    kind: ClassVar[str] = "quantal"

    temperature: float

    def __post_init__(self) -> None:
        POSITIVE.check("the follower's temperature", self.temperature)

    def response(self, game: Game, policy: LeaderPolicy, tolerances: Tolerances) -> Response:
        """The mixed answer."""
        del tolerances
        return soft_response(game, policy, self.temperature)

    def check(self, game: Game, tolerances: Tolerances) -> None:
        """Raise :class:`OptionError` if the temperature is so low that the answer is the rounding of his values."""
        del tolerances
        bounds = follower_range(game)
        least = TELLABLE * float(max(abs(bounds.lower).max(), abs(bounds.upper).max()))
        if self.temperature < least:
            raise OptionError(
                f"the follower's temperature is {self.temperature!r}; below {least:.3g} his answer is the rounding of "
                "his values in this game: ask for more, or for the follower 'rational'"
            )

    @property
    def is_in_units(self) -> bool:
        """A temperature is."""
        return True

    def in_units(self, unit: float) -> Quantal:
        """The same with the temperature in another unit."""
        return Quantal(self.temperature / unit)

    @property
    def words(self) -> str:
        """His kind and temperature."""
        return f"quantal follower, temperature {self.temperature:g}"

    @property
    def note(self) -> str:
        """What his values are."""
        return "follower value: what his mix earns him; what he makes of mixing itself is not in it."

    @property
    def text(self) -> str:
        """``quantal:0.1``."""
        return f"{self.kind}:{self.temperature!r}"

    def to_document(self) -> dict[str, Any]:
        """Kind and temperature."""
        return {"kind": self.kind, "temperature": float(self.temperature)}
