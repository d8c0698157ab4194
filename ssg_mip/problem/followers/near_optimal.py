r"""The near-optimal follower: he is content with any action that costs him no more than so much in one step.

**The definition is the one-step one.** With ``v`` his optimal values against ``f`` and ``q(s, b)`` the value of playing
``b`` once and optimally ever after, he may give every answer of

    ``A(f) = {g : q(s, g(s)) >= v(s) - epsilon in every state s}``.

An answer of ``A(f)`` loses at most ``epsilon / (1 - gamma_B)`` in all. Every answer that loses at most ``epsilon`` in
all is in ``A(f)``; one that loses at most ``(1 - gamma_B) epsilon`` in every step loses at most ``epsilon``.

**Optimistic**: he gives the answer of ``A(f)`` that is best for the leader, so that the leader may count on good will
that costs little. ``A`` is closed, so a best commitment exists. **Pessimistic**: the one that is worst, so that the
value is secured against every such answer. Its supremum over policies need not be attained.
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Literal, get_args

from ssg_mip.base.rules import POSITIVE, one_of
from ssg_mip.base.tolerances import Tolerances
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Response, Ties, near_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.follower import Follower, least_margin

View = Literal["optimistic", "pessimistic"]


@dataclasses.dataclass(frozen=True)
class NearOptimal(Follower):
    """A follower who may give any answer that costs him at most ``epsilon`` in one step.

    Attributes
    ----------
    epsilon
        Above 0, in his reward units.
    view
        Which of these answers is meant: ``"optimistic"``, the best for the leader, or ``"pessimistic"``, the worst.
    """

    kind: ClassVar[str] = "near-optimal"

    epsilon: float
    view: View = "optimistic"

    def __post_init__(self) -> None:
        POSITIVE.check("the follower's epsilon", self.epsilon)
        one_of(get_args(View)).check("the follower's view", self.view)

    @property
    def ties(self) -> Ties:
        """The rule among the answers that he may give."""
        return "leader" if self.view == "optimistic" else "adverse"

    @property
    def treated_as(self) -> str:
        """His kind and view: the two are other questions."""
        return f"{self.kind}:{self.view}"

    def response(self, game: Game, policy: LeaderPolicy, tolerances: Tolerances) -> Response:
        """The best or the worst answer for the leader among those that cost him little."""
        return near_response(game, policy, self.epsilon, self.ties, tolerances=tolerances)

    def check(self, game: Game, tolerances: Tolerances) -> None:
        """Raise :class:`OptionError` if ``epsilon`` is too small to be told from a tie."""
        least = least_margin(game, tolerances)
        if self.epsilon < least:
            raise OptionError(
                f"the follower's epsilon is {self.epsilon!r}; smaller ones than {least:.3g} cannot be told from ties "
                f"in this game: ask for more, or for a rational follower with ties {self.ties}"
            )

    @property
    def is_in_units(self) -> bool:
        """What he may forgo is."""
        return True

    def in_units(self, unit: float) -> NearOptimal:
        """The same with ``epsilon`` in another unit."""
        return dataclasses.replace(self, epsilon=self.epsilon / unit)

    @property
    def words(self) -> str:
        """His kind, what he may forgo, and the view."""
        return f"near-optimal follower, {self.view}, epsilon {self.epsilon:g}"

    @property
    def note(self) -> str:
        """What the value and the bound are."""
        if self.view == "optimistic":
            return "(tied): he may give several answers there; the one that is best for the leader is meant."
        return (
            "(tied): he may give several answers there; the one that is worst for the leader is meant. The best value "
            "that is secured against them all lies between the value and the bound: this policy secures the value, and "
            "no policy is worth more than the bound even if he is rational and decides ties in the leader's favour."
        )

    @property
    def text(self) -> str:
        """``near-optimal:0.1``, with the view where it is the pessimistic one."""
        return f"{self.kind}:{self.epsilon!r}" + (f":{self.view}" if self.view != "optimistic" else "")

    def to_document(self) -> dict[str, Any]:
        """Kind, epsilon and view."""
        return {"kind": self.kind, "epsilon": float(self.epsilon), "view": self.view}
