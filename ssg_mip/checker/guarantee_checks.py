"""Checks of what is said to be secured beside an answer: proven again from the printed policy and margin."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from ssg_mip.base.tolerances import ROUNDING, Tolerances
from ssg_mip.checker.claims import Claims, GuaranteeClaim, PointClaim
from ssg_mip.checker.rational import exact_weights
from ssg_mip.checker.secured_value import MarginCertificate, certify_margin
from ssg_mip.checker.values import weighted_sum
from ssg_mip.checker.verification import Check, Trial, worst_of
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy


def guarantee_check(claims: Claims, game: Game, tolerances: Tolerances) -> Check:
    """The policy beside an answer secures what is said, by the margin that is said."""
    trials: list[Trial] = []
    for point in claims.answers:
        if point.guarantee is not None:
            slots = np.array([probability for row in point.guarantee.policy for probability in row])
            policy = LeaderPolicy.from_slots(game, slots)
            if point.guarantee.asked > 0.0:
                proof = certify_margin(game, policy, point.guarantee.asked, tolerances=tolerances)
                trials.extend(_trials(point, point.guarantee, proof))
            else:
                trials.append(_truth(False, f"{point.place}: a margin of {point.guarantee.asked!r} separates nothing"))
    return worst_of("guaranteed", trials)


def _trials(point: PointClaim, claim: GuaranteeClaim, proof: MarginCertificate) -> Iterator[Trial]:
    place = f"{point.place}: guaranteed"
    secured = weighted_sum(exact_weights(point.weights), proof.leader_values)
    for said, proven in zip(claim.leader_value, (secured.lower, secured.upper), strict=True):
        yield Trial(
            deviation=abs(Fraction(said) - proven), allowed=proof.allowance, place=f"{place}.leader_value {said!r}"
        )
    yield _truth(proof.safe, f"{place}: the value does not depend on the follower's choice")
    yield _truth(proof.unique or not claim.unique, f"{place}.unique")
    answers = zip(claim.response, proof.close, strict=True)
    yield _truth(all(action in close for action, close in answers), f"{place}.follower_policy")
    if claim.margin is not None:
        least = proof.margin or Fraction(0)
        allowed = Fraction(ROUNDING) * (1 + abs(Fraction(claim.margin)))
        yield Trial(deviation=Fraction(claim.margin) - least, allowed=allowed, place=f"{place}.margin {claim.margin!r}")


def _truth(holds: bool, place: str) -> Trial:
    return Trial(deviation=Fraction(not holds), allowed=Fraction(0), place=place)
