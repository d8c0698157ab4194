"""What a file of format ssg-mip/2 says beside the game, as plain data by the game's own names.

Each key has one place here, one in :mod:`ssg_mip.io.problem_document`, which says what it may hold, and one in
:mod:`ssg_mip.problem.files`, which makes a problem of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Said:
    """What a file says beside the game.

    Attributes
    ----------
    constraints
        What the leader's policies must keep, one entry each.
    observations
        The label that the leader sees, by state.
    follower
        The kind of follower and its numbers (:func:`ssg_mip.problem.followers.follower_from_document`); ``None`` for
        the rational one with ties in the leader's favour.
    """

    constraints: tuple[Mapping[str, Any], ...] = ()
    observations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    follower: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The keys that say something, as in a file."""
        held: dict[str, Any] = {"constraints": list(self.constraints), "observations": dict(self.observations)}
        held["followers"] = None if self.follower is None else dict(self.follower)
        return {key: value for key, value in held.items() if value}


NOTHING = Said()
"""What a file of format ssg-mip/1 says beside the game."""
