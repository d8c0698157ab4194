"""What a document claims in all, without proof: by its bounds and statuses, and by what it prints besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ssg_mip.checker.claims import Claims, PointClaim
from ssg_mip.checker.guarantee_sentence import is_proven_impossible
from ssg_mip.checker.record_check import overstated
from ssg_mip.checker.unproven import Judge
from ssg_mip.game.game import Game


def with_printed(claimed: tuple[str, ...], data: Mapping[str, Any], point: PointClaim, game: Game) -> tuple[str, ...]:
    """What is claimed of one answer, with what is printed beside it."""
    if not is_proven_impossible(data, point, game):
        claimed = (*claimed, "guaranteed.impossible")
    return (*claimed, "check") if overstated(data, claimed) else claimed


def claimed_in(data: Mapping[str, Any], claims: Claims, judge: Judge, game: Game) -> tuple[str, ...]:
    """What is claimed in a whole document; it must have passed its checks."""
    return tuple(dict.fromkeys(_names(data, claims, judge, game)))


def _names(data: Mapping[str, Any], claims: Claims, judge: Judge, game: Game) -> Iterator[str]:
    own = (*judge.document(), *(("prices",) if "prices" in data else ()))
    yield from own
    if claims.subject == "result":
        for point in claims.answers:
            yield from with_printed((), data, point, game)
    for entry, point in zip(data.get("points", ()), claims.answers, strict=False):
        yield from with_printed(judge.point(point), entry, point, game)
    runs = data.get("scalarisations", ())
    if overstated(data, own) or (own and any(run["check"] == "verified" for run in runs)):
        yield "check"
