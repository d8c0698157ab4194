"""Do certificates of the game contradict what a document prints, and do they prove its bounds and statuses?

A certificate is about a weighted sum and about policies with a margin; it serves a document with the same weights and
at least that margin. Whatever the tie rule, no policy of the document may be worth more than a certificate allows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from ssg_mip.checker.claims import Claims, PointClaim
from ssg_mip.checker.constraints.forms import served
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.checker.evidence import Evidence, Prover
from ssg_mip.checker.proven import ProvenBounds
from ssg_mip.checker.rational import ExactGame, exact_weights
from ssg_mip.checker.unproven import Judge
from ssg_mip.checker.values import Interval, weighted_sum
from ssg_mip.checker.verification import Check, Trial, worst_of


def certified_checks(
    claims: Claims, found: Sequence[BoundVerification], prover: Prover, exact: ExactGame
) -> tuple[Check, ...]:
    """Every ``dual_bound``, that there is no policy, and how a run ended are proven; no value contradicts a proof.

    Parameters
    ----------
    claims
        What the document says.
    found
        Replays of certificates about the same game; those that failed do not count.
    prover
        Evidence about the policies of the document.
    exact
        The game.
    """
    found = served(found, claims.constraints)
    serving = [one for one in found if _serves(one, claims)]
    below = worst_of("values_below_certificates", _value_trials(claims, serving, prover))
    if any(one.cut_off for one in found):  # what is missing may have been proven in the rest
        return (below,)
    return (
        certified_bounds_check(claims, found),
        worst_of("certified_stop", _stop_trials(claims, found, prover, exact)),
        below,
    )


def certified_bounds_check(claims: Claims, found: Sequence[BoundVerification]) -> Check:
    """Every bound on a weighted sum, over all policies as demanded, is one that a certificate proves."""
    serving = [one for one in served(found, claims.constraints) if _serves(one, claims)]
    return worst_of("certified_bounds", _bound_trials(claims, serving))


def _serves(one: BoundVerification, claims: Claims) -> bool:
    """Whether it is proven, and about no fewer policies than the document."""
    return one.passed and one.margin <= claims.margin


def _bound_trials(claims: Claims, serving: Sequence[BoundVerification]) -> Iterator[Trial]:
    plain = [one for one in serving if one.values is None and not one.floor]
    if claims.status == "infeasible" and claims.conflict is None:
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


def _stop_trials(
    claims: Claims, found: Sequence[BoundVerification], prover: Prover, exact: ExactGame
) -> Iterator[Trial]:
    """What is said of the point where a run stops, up to the rounding of its printed values."""
    if claims.subject != "result" or "certified_stop" not in claims.promises or not claims.answers:
        return
    answer = claims.answers[0]
    slack = prover.about(answer.policy).slack
    proven = ProvenBounds(exact, found, claims.margin, slack, tolerances=prover.tolerances)
    missing = Judge(claims, prover, proven, exact, everywhere=False).document()
    names = ["status stationary", "termination stationary", "step_bound", "scalarised_bound"]
    if "certified_pareto" in claims.promises:
        names.append("status pareto_optimal")
    for name in names:
        yield _trial(int(name in missing and not _is_unfinished(claims, name)), f"{name}, of which there is no proof")


def _is_unfinished(claims: Claims, name: str) -> bool:
    """Whether a bound on the last step is that of a run that a limit ended."""
    return name == "step_bound" and claims.termination != "stationary"


def _value_trials(claims: Claims, serving: Sequence[BoundVerification], prover: Prover) -> Iterator[Trial]:
    """No attained value is above a bound over policies to which its own belongs."""
    for point in (*claims.answers, *claims.trajectory):
        evidence = prover.about(point.policy)
        values = evidence.attained(point.leader_values)
        for one in serving:
            if one.values is None and _meets(one, values):
                yield _value_trial(one, point, values, evidence)


def _meets(one: BoundVerification, values: Sequence[Interval]) -> bool:
    return all(values[state].lower >= Fraction(least) for state, least in one.floor)


def _value_trial(one: BoundVerification, point: PointClaim, values: Sequence[Interval], evidence: Evidence) -> Trial:
    if one.claimed is None:
        return _trial(1, f"{point.place}: a certificate proves that there is no such policy")
    worth = weighted_sum(one.weights, values).lower
    return Trial(
        deviation=worth - Fraction(one.claimed),
        allowed=evidence.weighted_slack(one.weights),
        place=f"{point.place}: worth {float(worth)!r}, and a certificate proves {one.claimed!r} at most",
    )


def _trial(excess: Fraction | int, place: str) -> Trial:
    return Trial(deviation=max(Fraction(0), Fraction(excess)), allowed=Fraction(0), place=place)
