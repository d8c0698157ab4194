r"""What a result says of the scalarisation that its steps maximised, read and derived again in fractions.

``L[v] = min_k (w_k @ v + c_k)`` with positive weights is increasing in every state, so that intervals of values give an
interval of ``L``. A bound on ``L`` over all policies is proven by the best pair of policies, or by a certificate: with
the shares ``m`` of the pieces that the result names, ``L[v] <= w_m @ v + c_m``, and a certificate bounds a weighted sum
that is, up to the rounding of its weights, this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ssg_mip.checker import fields
from ssg_mip.checker.claims import Claims, ExactScalarisation, PointClaim, ScalarisedClaim
from ssg_mip.checker.evidence import Evidence, Prover
from ssg_mip.checker.proven import ProvenBounds
from ssg_mip.checker.rational import ExactGame
from ssg_mip.checker.values import PRINTED, Interval
from ssg_mip.checker.verification import Check, Trial, worst_of
from ssg_mip.errors import InvalidResultError

KEYS = ("scalarisation", "scalarised_value", "scalarised_bound", "scalarised_mixture")
"""What a result prints of it, all or nothing."""

KINDS = ("augmented-chebyshev", "concave-pieces")

ByState = Callable[[Mapping[str, Any], str, str], tuple[float, ...]]
"""Reads numbers by state: data, key, place."""


# -------------------------------------------------------------------- reading


def read_scalarised(data: Mapping[str, Any], by_state: ByState, *, has_policy: bool) -> ScalarisedClaim | None:
    """What a printed result says; ``None`` if it has no scalarisation but its weighted sum.

    Raises
    ------
    InvalidResultError
        If it says half of it, or a weight is not positive.
    """
    if not any(key in data for key in KEYS):
        return None
    for key in KEYS:
        fields.member(data, key, "")
    what, options = _function(data, by_state)
    value = data["scalarised_value"]
    if (value is None) == has_policy:
        raise InvalidResultError("scalarised_value must be there exactly if there is a policy")
    mixture = data["scalarised_mixture"]
    shares = None if mixture is None else fields.vector(mixture, what.count, "scalarised_mixture")
    if shares is not None and (min(shares) < 0.0 or not sum(shares) > 0.0):
        raise InvalidResultError(f"scalarised_mixture is {mixture!r}; it must hold shares of at least 0, not all 0")
    return ScalarisedClaim(
        what=what,
        options=options,
        value=None if value is None else fields.number(value, "scalarised_value"),
        bound=fields.bound(data, "scalarised_bound", ""),
        mixture=shares,
    )


def read_scalarised_iterate(data: Mapping[str, Any], at: str, *, is_asked: bool) -> tuple[float | None, float]:
    """What an iterate says of it: its value, and the bound on one step from there."""
    if not is_asked:
        if "scalarised_value" in data or "scalarised_step_bound" in data:
            raise InvalidResultError(f"{at}scalarised_value is there although the result names no scalarisation")
        return None, math.inf
    value = fields.number(fields.member(data, "scalarised_value", at), f"{at}scalarised_value")
    return value, fields.bound(data, "scalarised_step_bound", at)


def _function(data: Mapping[str, Any], by_state: ByState) -> tuple[ExactScalarisation, dict[str, Any]]:
    """The function, and what the options must say of it."""
    at = "scalarisation."
    given = fields.mapping(data["scalarisation"], "scalarisation")
    kind = fields.one_of(KINDS, given, "kind", at)
    if kind == "concave-pieces":
        rows, constants = [], []
        for place, entry in enumerate(fields.list_of(given, "pieces", at)):
            piece = fields.mapping(entry, f"{at}pieces[{place}]")
            rows.append(by_state(piece, "weights", f"{at}pieces[{place}]."))
            constants.append(fields.number(fields.member(piece, "constant", at), f"{at}pieces[{place}].constant"))
        if not rows or min(map(min, rows)) <= 0.0:
            raise InvalidResultError("scalarisation.pieces must have positive weights, and there must be one at least")
        what = ExactScalarisation(
            weights=tuple(tuple(map(Fraction, row)) for row in rows), constants=tuple(map(Fraction, constants))
        )
        return what, {"kind": kind, "weights": [list(row) for row in rows], "constants": constants}
    weights, reference = by_state(given, "weights", at), by_state(given, "reference", at)
    share = fields.number(fields.member(given, "augmentation", at), f"{at}augmentation")
    if min(weights) <= 0.0 or share <= 0.0:
        raise InvalidResultError("the weights and the augmentation of the scalarisation must be positive")
    what = ExactScalarisation(
        weights=(tuple(map(Fraction, weights)),),
        reference=tuple(map(Fraction, reference)),
        augmentation=Fraction(share),
    )
    options = {"weights": list(weights), "reference": list(reference), "augmentation": share}
    return what, {"kind": kind, **options}


# -------------------------------------------------------------------- checks


def scalarised_checks(claims: Claims, prover: Prover) -> list[Check]:
    """Values, and that none is above the bound; that they do not fall follows from the values of every state."""
    claim = claims.scalarised
    if claim is None:
        return []
    return [
        worst_of("scalarised_value", _value_trials(claims, claim, prover)),
        worst_of("scalarised_bound", _bound_trials(claims, claim, prover)),
    ]


def _value_trials(claims: Claims, claim: ScalarisedClaim, prover: Prover) -> Iterator[Trial]:
    for answer in claims.answers:
        if claim.value is not None:
            yield _value_trial(claim.what, answer, claim.value, prover.about(answer.policy))
    for point in claims.trajectory:
        if point.scalarised_value is not None:
            yield _value_trial(claim.what, point, point.scalarised_value, prover.about(point.policy))
        yield Trial(
            deviation=-Fraction(point.scalarised_step_bound) if math.isfinite(point.scalarised_step_bound) else _NONE,
            allowed=_NONE,
            place=f"{point.place}: scalarised_step_bound, which is never negative",
        )


_NONE = Fraction(0)


def _value_trial(what: ExactScalarisation, point: PointClaim, printed: float, evidence: Evidence) -> Trial:
    values = evidence.attained(point.leader_values)
    due = interval_of(what, values)
    return Trial(
        deviation=due.distance(Fraction(printed)),
        allowed=_allowed(what, values, evidence.slack),
        place=f"{point.place}: scalarised_value printed {printed!r}, due {float(due.lower)!r}",
    )


def _bound_trials(claims: Claims, claim: ScalarisedClaim, prover: Prover) -> Iterator[Trial]:
    for point in (*claims.answers, *claims.trajectory) if math.isfinite(claim.bound) else ():
        evidence = prover.about(point.policy)
        values = evidence.attained(point.leader_values)
        yield Trial(
            deviation=interval_of(claim.what, values).upper - Fraction(claim.bound),
            allowed=_allowed(claim.what, values, evidence.slack),
            place=f"{point.place}: its scalarised value against scalarised_bound {claim.bound!r}",
        )


def interval_of(what: ExactScalarisation, values: Sequence[Interval]) -> Interval:
    """``L`` of values in intervals."""
    return Interval(what.at([value.lower for value in values]), what.at([value.upper for value in values]))


def _allowed(what: ExactScalarisation, values: Sequence[Interval], slack: Sequence[Fraction]) -> Fraction:
    """What rounding may change: in the values, and in the sums of their products."""
    sizes = [max(abs(value.lower), abs(value.upper)) for value in values]
    return what.slope(slack) + PRINTED * what.size(sizes)


# -------------------------------------------------------------------- proofs


def is_proven(claim: ScalarisedClaim, proven: ProvenBounds, exact: ExactGame) -> bool:
    """Whether the bound on ``L`` is proven, or none is claimed."""
    if not math.isfinite(claim.bound):
        return True
    least = min(_proofs(claim, proven, exact), default=None)
    return least is not None and least <= Fraction(claim.bound)


def _proofs(claim: ScalarisedClaim, proven: ProvenBounds, exact: ExactGame) -> Iterator[Fraction]:
    if proven.ceiling is not None:
        yield claim.what.at(proven.ceiling)
    if claim.mixture is None:
        return
    weights, constant = claim.what.mixed(claim.mixture)
    total, rest = sum(weights, Fraction(0)), 1 - exact.leader_discount
    lowest, highest = min(exact.leader_rewards) / rest, max(exact.leader_rewards) / rest
    for shares, bound in proven.over_all_policies():
        left = [due - total * share for due, share in zip(weights, shares, strict=True)]
        rounding = sum((own * (highest if own > 0 else lowest) for own in left), Fraction(0))
        yield constant + total * bound + rounding
