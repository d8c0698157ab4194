r"""How the follower answers a policy that he sees: what every kind of follower says of itself, and the rational one.

Programs, methods, results and commands ask a :class:`Follower`; none of them asks for his kind. Other kinds stand in
:mod:`ssg_mip.problem.followers`.

**The rational follower.** With ``q(s, b)`` his action values under the leader's policy and his own optimal
continuation, a policy keeps the margin ``m`` if in every state some action ``b*`` has ``q(s, b*) >= q(s, b) + m`` for
every ``b != b*``. Then the response is unique and no tie rule has anything to decide. Such policies form a closed set,
so unlike under the tie rules ``first`` and ``adverse`` a best one exists, if there is any at all: two actions that are
the same to the follower under every leader policy rule out every margin.

Programs state the margin exactly; a policy counts as keeping it up to the tie tolerance.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from ssg_mip.base.rules import NOT_NEGATIVE, instance_of
from ssg_mip.base.status import Termination
from ssg_mip.base.tolerances import MARGIN_IN_TIES, Tolerances
from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Response, Ties, best_response, check_ties
from ssg_mip.evaluation.value_bounds import tie_thresholds
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy


class Follower(abc.ABC):
    """What is asked of a kind of follower: how he answers, which answers count, what he is called and what he breaks.

    The defaults are those of a follower whose answers all count.
    """

    kind: ClassVar[str]
    """What he is called on the command line, in files and where methods say whom they take."""

    is_rational_elsewhere: ClassVar[bool] = False
    """Whether :meth:`rational_in` has a game for every game: what honours rational followers honours him."""

    @property
    def treated_as(self) -> str:
        """Under which name methods say that they honour him: his kind, or more where that is not all."""
        return self.kind

    # ------------------------------------------------------------------ how he answers, and which answers count

    @abc.abstractmethod
    def response(self, game: Game, policy: LeaderPolicy, tolerances: Tolerances) -> Response:
        """His answer to a policy, and both players' exact values."""

    def accepts(self, game: Game, response: Response, tolerances: Tolerances) -> bool:
        """Whether a policy with this response counts."""
        del game, response, tolerances
        return True

    def answer(self, game: Game, policy: LeaderPolicy, tolerances: Tolerances) -> tuple[Response, bool]:
        """His answer to a policy, and whether the policy counts."""
        response = self.response(game, policy, tolerances)
        return response, self.accepts(game, response, tolerances)

    @property
    def ties(self) -> Ties:
        """Which of the answers that he may give is meant; as a rational follower's tie rule is called."""
        return "leader"

    @property
    def margin(self) -> float:
        """By how much an answer must beat every other action for its policy to count; 0 for no such demand."""
        return 0.0

    @property
    def favours_leader(self) -> bool:
        """Whether he gives, of the answers that he may give, the one that is best for the leader."""
        return self.ties == "leader"

    @property
    def opposes_leader(self) -> bool:
        """Whether he gives the one that is worst for the leader."""
        return self.ties == "adverse"

    @property
    def any_policy_counts(self) -> bool:
        """Whether no policy is ruled out by his answer to it."""
        return self.margin == 0.0

    def check(self, game: Game, tolerances: Tolerances) -> None:
        """Raise :class:`OptionError` if what he is asked for cannot be told from rounding in this game."""
        del game, tolerances

    # ------------------------------------------------------------------ what he breaks

    @property
    def rule_decides(self) -> bool:
        """Whether his rule may decide against the leader, so that a promise of the programs may not be kept."""
        return not self.favours_leader and self.any_policy_counts

    @property
    def shortfall(self) -> Termination:
        """Why a search that went through everything has not met its bound: by his rule, or by rounding."""
        return Termination.TIE_RULE if self.rule_decides else Termination.NUMERICAL

    # ------------------------------------------------------------------ other games

    @property
    def is_in_units(self) -> bool:
        """Whether something of him is said in units of his rewards; a margin is."""
        return self.margin > 0.0

    def in_units(self, unit: float) -> Follower:
        """The same follower in a game whose rewards for him are these, divided by ``unit``."""
        del unit
        return self

    def rational_in(self, game: Game) -> tuple[Game, Follower] | None:
        """A game of the same states and actions, and a rational follower who answers there as he does in ``game``.

        ``None`` for kinds that have none.
        """
        del game
        return None

    # ------------------------------------------------------------------ what he is called

    @property
    @abc.abstractmethod
    def words(self) -> str:
        """What he does, for people."""

    @property
    def note(self) -> str:
        """What his printed values are, where they are not what one would think; empty otherwise."""
        return ""

    @property
    @abc.abstractmethod
    def text(self) -> str:
        """How he is written on the command line."""

    @abc.abstractmethod
    def to_document(self) -> dict[str, Any]:
        """As plain JSON data with his ``kind``: in instance files, and what the checker is told."""

    def options(self) -> Mapping[str, Any]:
        """What is asked of him as plain data, for the provenance."""
        return {"margin": float(self.margin), "follower": self.to_document()}


FOLLOWER = instance_of(Follower, "a follower: Rational(), Quantal(0.1) or another of ssg_mip.problem.followers")
"""What an argument that is a follower must be."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rational(Follower):
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

    kind: ClassVar[str] = "rational"

    ties: Ties = "leader"
    margin: float = 0.0

    def __post_init__(self) -> None:
        check_ties(self.ties)
        NOT_NEGATIVE.check("margin", self.margin)

    def response(self, game: Game, policy: LeaderPolicy, tolerances: Tolerances) -> Response:
        """His answer to a policy, and both players' values."""
        return best_response(game, policy, self.ties, tolerances=tolerances)

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

    def in_units(self, unit: float) -> Rational:
        """The same with the margin in another unit."""
        return dataclasses.replace(self, margin=self.margin / unit)

    @property
    def words(self) -> str:
        """What decides between his answers: the tie rule, or a margin that leaves no ties."""
        return f"margin {self.margin:g}" if self.margin > 0.0 else f"ties {self.ties}"

    @property
    def text(self) -> str:
        """His kind; rule and margin have options of their own."""
        return self.kind

    def to_document(self) -> dict[str, Any]:
        """Kind, rule and margin."""
        return {"kind": self.kind, "ties": self.ties, "margin": float(self.margin)}

    def options(self) -> Mapping[str, Any]:
        """The margin; the rule stands in every result."""
        return {"margin": float(self.margin)}


def least_margin(game: Game, tolerances: Tolerances) -> float:
    """The smallest margin that can be told from a tie, in the follower's units."""
    return MARGIN_IN_TIES * float(tie_thresholds(game, tolerances).max())
