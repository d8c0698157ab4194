"""The myopic follower: he looks at what the next step pays him, and no further.

He answers as if his discount were 0 in every state, which makes him a rational follower in another game: the same
states, actions, transitions and rewards, with his discount 0 (:func:`myopic_game`). There his answer in a state depends
on that state's mix alone, so that every method takes him, and a state's mixes are all that the exact programs decide
(:func:`ssg_mip.game.game_class.is_myopic`).

**What is printed** as his value is his value in that game: what he expects from the next step, in the reward units of
the game as given. What he will have earned later by answering so is not printed; ``ssg-mip`` prints the leader's values
with the leader's own discount as always. Ties and margins are those of immediate rewards.
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from ssg_mip.base.rules import checked
from ssg_mip.base.tolerances import Tolerances
from ssg_mip.evaluation.best_response import Response, Ties
from ssg_mip.game.game import GAME, Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.problem.follower import Follower, Rational


@checked(game=GAME)
def myopic_game(game: Game) -> Game:
    """The game in which a rational follower answers as a myopic one does in this: his discount is 0."""
    return game if game.follower_discount == 0.0 else game.replace(follower_discount=0.0, known=None)


@dataclasses.dataclass(frozen=True)
class Myopic(Follower):
    """A follower who plays, in every state, an action with the largest expected immediate reward.

    Attributes
    ----------
    ties
        What he does when indifferent, as a rational follower does.
    margin
        By how much his answer must beat every other action at once, in his reward units; 0 for no such demand.
    """

    kind: ClassVar[str] = "myopic"
    is_rational_elsewhere: ClassVar[bool] = True

    ties: Ties = "leader"
    margin: float = 0.0

    def __post_init__(self) -> None:
        self._rational()

    def _rational(self) -> Rational:
        return Rational(ties=self.ties, margin=self.margin)

    def response(self, game: Game, policy: LeaderPolicy, tolerances: Tolerances) -> Response:
        """His answer, with his immediate rewards as his values."""
        return self._rational().response(myopic_game(game), policy, tolerances)

    def accepts(self, game: Game, response: Response, tolerances: Tolerances) -> bool:
        """Whether a response beats every other action by the margin."""
        return self._rational().accepts(myopic_game(game), response, tolerances)

    def check(self, game: Game, tolerances: Tolerances) -> None:
        """Raise :class:`OptionError` if the margin is too small to be told from a tie."""
        self._rational().check(myopic_game(game), tolerances)

    def in_units(self, unit: float) -> Myopic:
        """The same with the margin in another unit."""
        return dataclasses.replace(self, margin=self.margin / unit)

    def rational_in(self, game: Game) -> tuple[Game, Follower]:
        """The game with his discount 0."""
        return myopic_game(game), self._rational()

    @property
    def words(self) -> str:
        """His kind, and what decides between his answers."""
        return f"myopic follower, {self._rational().words}"

    @property
    def note(self) -> str:
        """What his values are."""
        return "follower value: what he expects from the next step, which is all he looks at."

    @property
    def text(self) -> str:
        """``myopic``, with rule and margin where they are not the usual ones."""
        rest = [self.ties, repr(self.margin)]
        return ":".join([self.kind, *(rest if self.margin else rest[:1] if self.ties != "leader" else [])])

    def to_document(self) -> dict[str, Any]:
        """Kind, rule and margin."""
        return {"kind": self.kind, "ties": self.ties, "margin": float(self.margin)}
