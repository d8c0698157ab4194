"""The sentence, the flags and the distance of what is secured beside an answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from ssg_mip.base.tolerances import ROUNDING
from ssg_mip.checker import fields
from ssg_mip.checker.claims import PointClaim
from ssg_mip.checker.impossible import prove_impossible
from ssg_mip.checker.verification import Trial
from ssg_mip.checker.wording import NONE_FOUND, NONE_NEAR, guarantee_sentences
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy


def guarantee_trials(data: Mapping[str, Any], at: str, point: PointClaim | None) -> Iterator[Trial]:
    """What is printed besides the numbers that :mod:`.guarantee_checks` proves again."""
    if fields.member(data, "guaranteed", at) is None:
        return
    if point is None:
        yield _truth(False, f"{at}guaranteed without a policy")
        return
    place = f"{at}guaranteed."
    given = fields.mapping(data["guaranteed"], place)
    statement = fields.text(given, "statement", place)
    found = fields.member(given, "found", place)
    impossible = fields.member(given, "impossible", place)
    yield _truth(found is (point.guarantee is not None), f"{place}found")
    if point.guarantee is None:
        begins = statement.startswith(NONE_NEAR if impossible is True else NONE_FOUND)
        yield _truth(begins and impossible in (True, False), f"{place}statement: {statement!r}")
        for key in ("margin", "unique", "leader_value", "distance", "follower_policy"):
            yield _truth(fields.member(given, key, place) is None, f"{place}{key} without a policy")
        return
    claim = point.guarantee
    yield _truth(impossible is False, f"{place}impossible, though a policy is there")
    distance = fields.number(fields.member(given, "distance", place), f"{place}distance")
    pairs = zip(itertools.chain(*claim.policy), itertools.chain(*point.policy), strict=True)
    due = max(abs(Fraction(mine) - Fraction(theirs)) for mine, theirs in pairs)
    yield Trial(deviation=abs(Fraction(distance) - due), allowed=Fraction(ROUNDING), place=f"{place}distance")
    sentences = guarantee_sentences(distance, claim.leader_value[0], claim.unique, claim.margin)
    yield _truth(statement in sentences, f"{place}statement: {statement!r}")


def is_proven_impossible(data: Mapping[str, Any], point: PointClaim, game: Game) -> bool:
    """Whether it is proven here that no policy near works, where that is said; for the printed response only."""
    given = data["guaranteed"]
    if given is None or given["impossible"] is not True:
        return True
    slots = np.array([probability for row in point.policy for probability in row])
    response = FollowerPolicy(np.array(point.response or ()))
    margin = fields.number(given["margin_asked"], "margin_asked")
    proof = prove_impossible(game, LeaderPolicy.from_slots(game, slots), response, margin)
    return proof is not None and given["statement"] == f"{NONE_NEAR}{proof}"


def _truth(holds: bool, place: str) -> Trial:
    return Trial(deviation=Fraction(not holds), allowed=Fraction(0), place=place)
