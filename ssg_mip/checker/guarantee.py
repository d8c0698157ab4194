"""What is known about commitments near a policy that work whatever the follower does with ties."""

from __future__ import annotations

import dataclasses
from typing import Any

from ssg_mip.checker.impossible import Impossibility
from ssg_mip.checker.outcome import interval_to_list, rounded_down
from ssg_mip.checker.secured_value import MarginCertificate
from ssg_mip.checker.values import Interval
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Guarantee:
    """A nearby policy that works whatever the follower does with ties, or the statement that none was found or exists.

    Attributes
    ----------
    wanted
        The response that should become the only best one: the leader's favourite.
    margin
        The advantage asked for, in the follower's units.
    radius
        How far a probability was allowed to move; 0 if only the policy itself was judged.
    certificate
        The policy found, with its exactly proven margin and values; ``None`` if there is none.
    secured
        The leader's weighted value, proven for whatever the follower does with actions within the margin.
    distance
        The largest change of a probability; NaN without a policy.
    impossibility
        The proof that there is none near, where there is one.
    out_of_time
        Whether the search ended before it had tried everything.
    """

    wanted: FollowerPolicy
    margin: float
    radius: float
    certificate: MarginCertificate | None
    secured: Interval | None
    distance: float
    impossibility: Impossibility | None
    out_of_time: bool = False

    def __repr__(self) -> str:
        return f"Guarantee({self.statement!r})"

    @property
    def secured_value(self) -> float | None:
        """The leader's weighted value that is secured, rounded down; ``None`` without a policy."""
        return None if self.secured is None else rounded_down(self.secured.lower)

    @property
    def statement(self) -> str:
        """The outcome in one sentence."""
        if self.certificate is not None and self.secured is not None:
            found = self.certificate
            how = "its response is the only best one" if found.unique else "the ties left do the leader no harm"
            others = "" if found.margin is None else f", all else is worse by {float(found.margin):.3g}"
            return f"a policy {self.distance:.3g} away secures {float(self.secured.lower):.9g}: {how}{others}"
        if self.impossibility is not None:
            return f"none exists near: {self.impossibility}"
        if self.out_of_time:
            return f"none was found in the time for it: no policy whose response is best by {self.margin:g}"
        if self.radius == 0.0:
            return f"not looked for in so large a game; the policy's own response is not unique by {self.margin:.3g}"
        return (
            f"none was found: no policy within {self.radius:g} was seen to make the response best by {self.margin:.3g}"
        )

    def to_dict(self, game: Game) -> dict[str, Any]:
        """As plain JSON data: ``found``, a policy is there; ``impossible``, it is proven that there is none near."""
        found = self.certificate
        least = None if found is None or found.margin is None else rounded_down(found.margin)
        return {
            "found": found is not None,
            "impossible": self.impossibility is not None,
            "statement": self.statement,
            "margin_asked": self.margin,
            "margin": least,
            "unique": None if found is None else found.unique,
            "leader_value": interval_to_list(self.secured),
            "distance": None if found is None else self.distance,
            "leader_policy": None if found is None else found.policy.to_names(game),
            "follower_policy": None if found is None else found.response.to_names(game),
        }
