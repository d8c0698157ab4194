"""Who the follower of a printed document is said to be."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ssg_mip.checker import fields
from ssg_mip.errors import InvalidResultError

NUMBERS = {"quantal": "temperature"}
"""The number that belongs to each kind; it must be above 0."""


@dataclasses.dataclass(frozen=True)
class FollowerClaim:
    """The kind of a follower, and the number that belongs to it (0 for none)."""

    kind: str
    number: float = 0.0

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> FollowerClaim:
        """From plain data.

        Raises
        ------
        InvalidResultError
            If the kind is unknown, or its number is missing or not above 0.
        """
        kind = fields.one_of(tuple(NUMBERS), data, "kind", "follower.")
        name = NUMBERS[kind]
        number = fields.number(fields.member(data, name, "follower."), f"follower.{name}")
        if number <= 0.0:
            raise InvalidResultError(f"follower.{name} is {number!r}; it must be above 0")
        fields.expect_names(data, ("kind", name), "follower")
        return cls(kind, number)

    @property
    def mixes(self) -> bool:
        """Whether his answer is a mix."""
        return self.kind == "quantal"

    @property
    def is_rational(self) -> bool:
        """Whether what is proven of rational followers is proven of him: by certificates, and by ties."""
        return self.kind == "rational"


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
    return RATIONAL if given is None else FollowerClaim.read(fields.mapping(given, "follower"))
