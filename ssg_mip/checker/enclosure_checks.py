r"""Checks between the numbers of an enclosure: objectives, proven bounds, resolution.

The resolution ``R`` is derived again from the points and the proven bounds, by another way than the one that found it.
It says that every ``y`` below some local upper bound ``u`` and under all ceilings is beaten by a point up to ``R``.
Suppose one is not. Then for every point ``z`` it has ``y_k > z_k + R`` in some objective ``k``; let ``k`` be the first
one. The checker follows every such choice, point by point, with what it asks of ``y`` from below and from above, and
drops a branch as soon as nothing is left between the two, or under the ceilings. A branch that survives all points
refutes ``R``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from ssg_mip.checker.claims import EnclosureClaim, PointClaim
from ssg_mip.checker.evidence import Prover
from ssg_mip.checker.rational import exact_weights
from ssg_mip.checker.values import weighted_slack, weighted_sum
from ssg_mip.checker.verification import Check, Trial, worst_of, yes_or_no

Vector = tuple[Fraction, ...]
Asked = tuple[Fraction | None, ...]
"""What ``y`` must exceed in each objective; ``None`` where nothing is asked."""

MOST_BRANCHES = 300_000
"""Branches followed at most; beyond, the resolution counts as not derived."""


def enclosure_checks(claim: EnclosureClaim, points: Sequence[PointClaim], prover: Prover) -> list[Check]:
    """The objectives of the points, that none exceeds a proven bound, and the resolution."""
    slack = max((max(prover.about(point.policy).slack) for point in points), default=Fraction(0))
    return [
        worst_of("objectives", _objective_trials(claim, points, prover)),
        worst_of("points_below_bounds", _bound_trials(claim, points, slack)),
        _resolution_check(claim, slack),
    ]


def _objective_trials(claim: EnclosureClaim, points: Sequence[PointClaim], prover: Prover) -> Iterator[Trial]:
    """The printed objectives are those of the printed policies and responses."""
    for point, printed in zip(points, claim.values, strict=False):  # there may be no time for the last ones
        evidence = prover.about(point.policy)
        leader, follower = evidence.pair_values(point.response or ())
        for number, ((player, start), value) in enumerate(zip(claim.objectives, printed, strict=True)):
            own = leader if player == "leader" else follower
            slack = evidence.slack if player == "leader" else evidence.view.slack
            weights = exact_weights(start)
            yield Trial(
                deviation=weighted_sum(weights, own).distance(Fraction(value)),
                allowed=weighted_slack(weights, slack),
                place=f"{point.place}: objective {number}",
            )


def _bound_trials(claim: EnclosureClaim, points: Sequence[PointClaim], slack: Fraction) -> Iterator[Trial]:
    """Every point lies below some local upper bound, and under all ceilings."""
    bounds = [_exact(row) for row in claim.bounds]
    for point, printed in zip(points, claim.values, strict=False):  # there may be no time for the last ones
        value = _exact(printed)
        beyond = (max(v - u for v, u in zip(value, bound, strict=True)) for bound in bounds)
        yield Trial(
            deviation=min(beyond, default=Fraction(1)), allowed=slack, place=f"{point.place} and the upper bounds"
        )
        for number, (weights, bound) in enumerate(claim.ceilings):
            shares = _exact(weights)
            yield Trial(
                deviation=sum((w * v for w, v in zip(shares, value, strict=True)), Fraction(0)) - Fraction(bound),
                allowed=slack * sum(shares, Fraction(0)),
                place=f"{point.place} and ceiling {number}",
            )


def _resolution_check(claim: EnclosureClaim, slack: Fraction) -> Check:
    if math.isinf(claim.resolution):
        return yes_or_no("resolution", True, "nothing claimed")
    values = [_exact(row) for row in claim.values]
    ceilings = [(_exact(weights), Fraction(bound)) for weights, bound in claim.ceilings]
    if any(min(weights) < 0 for weights, _ in ceilings):
        return yes_or_no("resolution", False, "a ceiling has a negative weight")
    search = _Refutation(values, ceilings, Fraction(claim.resolution) + slack)
    for number, bound in enumerate(claim.bounds):
        refuted = search.finds(_exact(bound))
        if refuted is not False:
            why = "too many branches to derive it" if refuted is None else f"upper bound {number} leaves more"
            return yes_or_no("resolution", False, f"resolution {claim.resolution!r}: {why}")
    return yes_or_no("resolution", True, "it follows from the points, the upper bounds and the ceilings")


class _Refutation:
    """Looks for what no point covers up to the resolution."""

    def __init__(self, points: list[Vector], ceilings: list[tuple[Vector, Fraction]], resolution: Fraction) -> None:
        self._points = points
        self._ceilings = ceilings
        self._resolution = resolution
        self._left = MOST_BRANCHES

    def finds(self, bound: Vector) -> bool | None:
        """Whether there is such a value at or below a bound; ``None`` if that takes too many branches."""
        open_branches: list[tuple[Asked, Vector, int]] = [((None,) * len(bound), bound, 0)]
        while open_branches:
            asked, most, place = open_branches.pop()
            self._left -= 1
            if self._left < 0:
                return None
            while place < len(self._points) and self._beats(asked, self._points[place]):
                place += 1
            if place == len(self._points):
                return True
            open_branches += ((*branch, place + 1) for branch in self._branches(asked, most, self._points[place]))
        return False

    def _branches(self, asked: Asked, most: Vector, point: Vector) -> Iterator[tuple[Asked, Vector]]:
        """What is asked from below and above where objective ``k`` is the first to beat a point, for every ``k``."""
        for k, value in enumerate(point):
            least = value + self._resolution
            if least < most[k]:
                raised = (*asked[:k], least, *asked[k + 1 :])
                if self._is_possible(raised):
                    yield raised, most
                most = (*most[:k], least, *most[k + 1 :])

    def _beats(self, asked: Asked, point: Vector) -> bool:
        return any(
            least is not None and least >= value + self._resolution for least, value in zip(asked, point, strict=True)
        )

    def _is_possible(self, asked: Asked) -> bool:
        """Whether no ceiling forbids a value above this; a ceiling says nothing where something is not asked."""
        for weights, bound in self._ceilings:
            total = Fraction(0)
            for weight, least in zip(weights, asked, strict=True):
                if weight and least is None:
                    break
                total += weight * (least or 0)
            else:
                if total >= bound:
                    return False
        return True


def _exact(row: Sequence[float]) -> Vector:
    return tuple(Fraction(value) for value in row)
