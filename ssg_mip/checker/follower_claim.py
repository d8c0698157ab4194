"""Who the follower of a printed document is said to be."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ssg_mip.checker import fields
from ssg_mip.errors import InvalidResultError
from ssg_mip.game.game import Game

NUMBERS = {"quantal": "temperature", "near-optimal": "epsilon"}
"""The number that belongs to a kind; it must be above 0."""

VIEWS = {"optimistic": "leader", "pessimistic": "adverse"}
"""The tie rule that documents print for each view of a near-optimal follower."""

KINDS = ("myopic", *NUMBERS)
"""Kinds beside the rational follower, of which documents say nothing."""


@dataclasses.dataclass(frozen=True)
class FollowerClaim:
    """The kind of a follower, the number that belongs to it (0 for none), and the view of a near-optimal one."""

    kind: str
    number: float = 0.0
    view: str = ""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> FollowerClaim:
        """From plain data.

        Raises
        ------
        InvalidResultError
            If the kind is unknown, or its number is missing or not above 0.
        """
        kind = fields.one_of(KINDS, data, "kind", "follower.")
        if kind not in NUMBERS:
            fields.expect_names(data, ("kind", "ties", "margin"), "follower")
            return cls(kind)
        name = NUMBERS[kind]
        number = fields.number(fields.member(data, name, "follower."), f"follower.{name}")
        if number <= 0.0:
            raise InvalidResultError(f"follower.{name} is {number!r}; it must be above 0")
        if kind != "near-optimal":
            fields.expect_names(data, ("kind", name), "follower")
            return cls(kind, number)
        fields.expect_names(data, ("kind", name, "view"), "follower")
        return cls(kind, number, fields.one_of(tuple(VIEWS), data, "view", "follower."))

    @property
    def mixes(self) -> bool:
        """Whether his answer is a mix."""
        return self.kind == "quantal"

    @property
    def by_ties(self) -> bool:
        """Whether ties decide his answer, so that what is proven of rational followers is proven of him."""
        return self.kind in {"rational", "myopic"}

    def is_certified_by(self, follower: str, game: Game) -> bool:
        """Whether certificates about a follower prove something of him in a game."""
        if self.view == "pessimistic":  # a best response is one of his answers, so the worst one is no better
            return follower == "rational"
        same = self.kind == follower or game.follower_discount == 0.0  # where there is no later, all are myopic
        return self.by_ties and same

    def game(self, game: Game) -> Game:
        """The game in which he answers as a rational follower does, or the game itself."""
        return myopic_reading(game) if self.kind == "myopic" else game


def myopic_reading(game: Game) -> Game:
    """The game of a follower who looks no further than the next step."""
    return game if game.follower_discount == 0.0 else game.replace(follower_discount=0.0)


def game_of_hash(game: Game, content_hash: Any) -> tuple[Game, str]:
    """What a certificate of a hash is about: the game with a rational follower, or with a myopic one."""
    if content_hash != game.content_hash:
        other = myopic_reading(game)
        if content_hash == other.content_hash:
            return other, "myopic"
    return game, "rational"


RATIONAL = FollowerClaim("rational")
"""Who is meant where a document names nobody."""


def read_follower(data: Mapping[str, Any], options: Mapping[str, Any]) -> FollowerClaim:
    """The follower of a document.

    Raises
    ------
    InvalidResultError
        If he is of no known kind, a number of his is out of range, or the options of the run name another one.
    """
    given = data.get("follower")
    if given != options.get("follower"):
        raise InvalidResultError("follower is not the one of provenance.options")
    if given is None:
        return RATIONAL
    read = fields.mapping(given, "follower")
    for name in ("ties", "margin"):
        if name in read and read[name] != data.get(name):
            raise InvalidResultError(f"follower.{name} is {read[name]!r}, and {name} is {data.get(name)!r}")
    claim = FollowerClaim.read(read)
    if claim.view and data.get("ties") != VIEWS[claim.view]:
        raise InvalidResultError(f"ties is {data.get('ties')!r}; a follower with the view {claim.view!r} has another")
    return claim
