"""Are the bounds that a result or a front prints those that certificates prove?

A certificate is about a weighted sum and about policies with a margin; it serves a document with the same weights and
at least that margin. The average gain that is left where policy iteration stops is at most the weighted gain over the
number of states times the smallest weight, because no gain is negative; and the weighted gain is bounded by what a
bound on the weighted values leaves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from ssg_mip.certificates.claims import Claims
from ssg_mip.certificates.dual.replay import BoundVerification
from ssg_mip.certificates.rational import exact_weights
from ssg_mip.certificates.verification import Check, Trial, worst_of
from ssg_mip.tolerances import Tolerances


def certified_bounds_check(claims: Claims, found: Sequence[BoundVerification], tolerances: Tolerances) -> Check:
    """Every ``dual_bound``, that there is no policy, and the ``step_bound`` at the end of a run are proven.

    Parameters
    ----------
    claims
        What the document says.
    found
        Replays of certificates about the same game; those that failed do not count.
    tolerances
        ``rounding`` is what a printed ``step_bound`` may lose by a division.
    """
    serving = [one for one in found if one.passed and one.margin <= claims.margin]
    return worst_of("certified_bounds", [*_bound_trials(claims, serving), *_stop_trials(claims, serving, tolerances)])


def _bound_trials(claims: Claims, serving: Sequence[BoundVerification]) -> Iterator[Trial]:
    """The bounds on weighted sums, over all policies as demanded."""
    plain = [one for one in serving if one.values is None and not one.floor]
    if claims.status == "infeasible":
        yield _trial(0 if any(one.claimed is None for one in plain) else 1, "that there is no policy")
    printed = [(one.place, one.weights, one.dual_bound) for one in claims.scalarisations]
    if claims.subject == "front":
        printed += [(point.place, point.weights, point.dual_bound) for point in claims.answers]
    for place, weights, bound in printed:
        if not math.isfinite(bound):
            continue
        exact = exact_weights(weights)
        proven = [Fraction(one.claimed) for one in plain if one.weights == exact and one.claimed is not None]
        excess = min(proven) - Fraction(bound) if proven else 1
        yield _trial(excess, f"{place}: dual_bound {bound!r}{'' if proven else ', of which there is no certificate'}")


def _stop_trials(claims: Claims, serving: Sequence[BoundVerification], tolerances: Tolerances) -> Iterator[Trial]:
    """The gain that is left where a run stops."""
    if claims.subject != "result" or claims.method != "policy-iteration" or not claims.trajectory:
        return
    last = claims.trajectory[-1]
    if not math.isfinite(last.step_bound) or claims.status != "stationary":
        return
    gains = [
        max(Fraction(0), room) / (len(one.weights) * min(one.weights))
        for one in serving
        if min(one.weights) > 0 and (room := _room(one, last.leader_values)) is not None
    ]
    allowed = Fraction(last.step_bound) * (1 + Fraction(tolerances.rounding))
    excess = min(gains) - allowed if gains else 1
    place = f"{last.place}: step_bound {last.step_bound!r}{'' if gains else ', of which there is no certificate'}"
    yield _trial(excess, place)


def _room(one: BoundVerification, values: Sequence[float]) -> Fraction | None:
    """What a certificate leaves to gain on values, weighted: its own bound on the gain, or what is left below a bound.

    A policy that loses in no state in one step is worth at least what it promises (Theorem 8 of Kudo & Akimoto), so a
    bound on the weighted values less those of the point bounds its weighted gain.
    """
    if one.claimed is None:
        return None
    if one.values is None and not one.floor:
        here = sum((w * Fraction(v) for w, v in zip(one.weights, values, strict=True)), Fraction(0))
        return Fraction(one.claimed) - here
    return Fraction(one.claimed) if _same(one.values, values) else None


def _same(values: Sequence[float] | None, printed: Sequence[float]) -> bool:
    """Whether values are the printed ones, up to the last digit, which a change of units may move."""
    return values is not None and all(
        abs(value - number) <= math.ulp(number) for value, number in zip(values, printed, strict=True)
    )


def _trial(excess: Fraction | int, place: str) -> Trial:
    return Trial(deviation=max(Fraction(0), Fraction(excess)), allowed=Fraction(0), place=place)
