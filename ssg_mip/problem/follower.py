r"""How the follower answers a policy that he sees: rationally, with a rule for ties and, if asked, a margin.

With ``q(s, b)`` the follower's action values under the leader's policy and his own optimal continuation, a policy
keeps the margin ``m`` if in every state some action ``b*`` has ``q(s, b*) >= q(s, b) + m`` for every ``b != b*``. Then
the response is unique and no tie rule has anything to decide. Such policies form a closed set, so unlike under the tie
rules ``first`` and ``adverse`` a best one exists, if there is any at all: two actions that are the same to the follower
under every leader policy rule out every margin.

Programs state the margin exactly; a policy counts as keeping it up to the tie tolerance.
"""

from __future__ import annotations

import dataclasses

from ssg_mip.base.rules import NOT_NEGATIVE
from ssg_mip.base.status import Termination
from ssg_mip.base.tolerances import MARGIN_IN_TIES, Tolerances
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Response, Ties, best_response, check_ties
from ssg_mip.evaluation.value_bounds import tie_thresholds
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rational:
    """A follower who plays an optimal policy of the decision process that the leader's policy leaves him.

    Attributes
    ----------
    ties
        What he does when indifferent: ``"leader"`` (the strong or optimistic equilibrium), ``"first"`` or ``"adverse"``
        (the weak or pessimistic one).
    margin
        By how much his answer must beat every other action in every state, in his reward units; 0 for no such
        demand. Policies that miss it are no candidates.
    """

    ties: Ties = "leader"
    margin: float = 0.0

    def __post_init__(self) -> None:
        check_ties(self.ties)
        NOT_NEGATIVE.check("margin", self.margin)

    @property
    def rule_decides(self) -> bool:
        """Whether ties may be decided against the leader, so that a promise of the programs may not be kept."""
        return self.ties != "leader" and self.margin == 0.0

    @property
    def shortfall(self) -> Termination:
        """Why a search that went through everything has not met its bound: by the rule for ties, or by rounding."""
        return Termination.TIE_RULE if self.rule_decides else Termination.NUMERICAL

    def response(self, game: Game, policy: LeaderPolicy, tolerances: Tolerances) -> Response:
        """His answer to a policy, and both players' values."""
        return best_response(game, policy, self.ties, tolerances=tolerances)

    def answer(self, game: Game, policy: LeaderPolicy, tolerances: Tolerances) -> tuple[Response, bool]:
        """His answer to a policy, and whether it keeps the margin."""
        response = self.response(game, policy, tolerances)
        return response, self.accepts(game, response, tolerances)

    def accepts(self, game: Game, response: Response, tolerances: Tolerances) -> bool:
        """Whether a response beats every other action by the margin, up to the tie tolerance."""
        return self.margin == 0.0 or response.advantage >= self.margin - float(tie_thresholds(game, tolerances).max())

    def check(self, game: Game, tolerances: Tolerances) -> None:
        """Raise :class:`OptionError` if the margin is too small to be told from a tie in this game."""
        if self.margin == 0.0:
            return
        least = least_margin(game, tolerances)
        if self.margin < least:
            raise OptionError(
                f"margin is {self.margin!r}; smaller ones than {least:.3g} cannot be told from ties in this game: "
                "ask for more, or for 0"
            )

    def with_margin(self, margin: float) -> Rational:
        """The same follower with another margin."""
        return dataclasses.replace(self, margin=margin)


def least_margin(game: Game, tolerances: Tolerances) -> float:
    """The smallest margin that can be told from a tie, in the follower's units."""
    return MARGIN_IN_TIES * float(tie_thresholds(game, tolerances).max())
