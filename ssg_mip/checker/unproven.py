"""What a document claims that nothing here has proven: bounds, statuses, and why the work ended.

A status is a sentence about all stationary policies. It is proven by a bound from
:class:`~ssg_mip.checker.proven.ProvenBounds`, never by a printed one; everything else is named, so that nobody
takes it for checked.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from ssg_mip.base.tolerances import FINEST_GAP, ROUNDING
from ssg_mip.checker.claims import Claims, PointClaim, ScalarisationClaim
from ssg_mip.checker.clock import never
from ssg_mip.checker.evidence import Prover
from ssg_mip.checker.goals import unproven_goal
from ssg_mip.checker.proven import ProvenBounds
from ssg_mip.checker.rational import ExactGame, exact_weights
from ssg_mip.checker.restricted import best_of_class
from ssg_mip.checker.run_checks import leader_spread, step_scale
from ssg_mip.checker.scalarised import is_proven
from ssg_mip.checker.tie_scale import local_scale
from ssg_mip.checker.values import PRINTED, Interval, weighted_sum

MOST_GAP = 0.1
"""The largest gap at which an answer may be called optimal; beyond it the word would say nothing."""

ROUNDINGS = Fraction(8.0 * np.finfo(float).eps)
"""What a difference of weighted sums in floating point is off at most, relative to the values and for each state."""

LOCAL_SHARE = Fraction(1, 10)
"""Share of what is at stake in a state that an average gain may leave to it where a status is called verified."""

TOLD = 10
"""Times its rounding that a state's spread must be to count as one."""

WITHOUT_PROOF = frozenset({"feasible", "no_solution"})
"""Statuses that say nothing about other policies."""


class Proof(enum.Enum):
    """Whether what was claimed of some kind is proven: all of it, or not, or there was nothing."""

    ALL = "all"
    MISSING = "missing"
    NONE = "none"


class Judge:
    """Judges the claims of one document.

    Parameters
    ----------
    claims
        What the document says.
    prover
        Evidence about single policies.
    proven
        Bounds on all policies.
    exact
        The game.
    out_of_time
        Once it says so, no class of policies is gone through any more.
    everywhere
        Whether an average gain must leave little to every state that counts, too.
    """

    def __init__(
        self,
        claims: Claims,
        prover: Prover,
        proven: ProvenBounds,
        exact: ExactGame,
        out_of_time: Callable[[], bool] = never,
        *,
        everywhere: bool = True,
    ) -> None:
        self._claims = claims
        self._prover = prover
        self._proven = proven
        self._exact = exact
        self._out_of_time = out_of_time
        self._everywhere = everywhere
        self._rounding = Fraction(ROUNDING)

    def document(self) -> tuple[str, ...]:
        """Names of what is claimed and not proven, each once."""
        parts = {"result": self._result, "front": self._front, "enclosure": self._enclosure}
        return tuple(dict.fromkeys(parts[self._claims.subject]()))

    def point(self, point: PointClaim) -> tuple[str, ...]:
        """The same of one point of a front or an enclosure."""
        return tuple(dict.fromkeys(self._point(point)))

    @property
    def dual_bounds(self) -> Proof:
        """Whether every dual bound is proven, or that there is no policy."""
        if self._claims.status == "infeasible":
            return Proof.ALL if self._proven.no_policy else Proof.MISSING
        printed = [(one.weights, one.dual_bound) for one in self._claims.scalarisations]
        if self._claims.subject == "front":
            printed += [(point.weights, point.dual_bound) for point in self._claims.answers]
        finite = [(weights, bound) for weights, bound in printed if math.isfinite(bound)]
        if not finite:
            return Proof.NONE
        return Proof.ALL if all(self._bounds(*one) for one in finite) else Proof.MISSING

    # ------------------------------------------------------------------ kinds of documents

    def _result(self) -> Iterator[str]:
        claims, whole = self._claims, self._claims.scalarisations[0]
        answer = claims.answers[0] if claims.answers else None
        if not self._bounds(whole.weights, whole.dual_bound):
            yield "dual_bound"
        if not self._holds(claims.status, answer, whole):
            yield f"status {claims.status}"
        if not self._ended(claims.termination, claims.status, answer, whole):
            yield f"termination {claims.termination}"
        if answer is not None and not self._left_to_step(answer):
            yield "step_bound"
        yield from self._scalarised()
        yield from unproven_goal(claims)

    def _scalarised(self) -> Iterator[str]:
        """What is said of the scalarisation: over all policies, and of one step from every iterate."""
        claim = self._claims.scalarised
        if claim is None:
            return
        if not is_proven(claim, self._proven, self._exact):
            yield "scalarised_bound"
        for point in self._claims.trajectory:
            if math.isfinite(point.scalarised_step_bound):
                left = self._proven.average_step(self._values(point))
                rise = None if left is None else claim.what.steepest * len(point.leader_values) * left
                if rise is None or rise > point.scalarised_step_bound:
                    yield "scalarised_step_bound"

    def _front(self) -> Iterator[str]:
        for point in self._claims.answers:
            yield from self._point(point)
        ended = self._claims.termination == "converged"
        for one in self._claims.scalarisations:
            if not self._bounds(one.weights, one.dual_bound):
                yield "dual_bound"
            answer = self._of_run(one)
            if not self._holds(one.status, answer, one):
                yield f"status {one.status}"
            if not self._ended(one.termination, one.status, answer, one):
                yield f"termination {one.termination}"
                ended = False
            if one.first_values is not None and (answer is None or not self._gains(answer, one.gain_bound)):
                yield "gain_bound"
        if not ended:
            yield f"termination {self._claims.termination}"

    def _enclosure(self) -> Iterator[str]:
        yield from ("resolution", "upper_bounds", "ceilings", "gain_bound")
        yield f"termination {self._claims.termination}"

    def _point(self, point: PointClaim) -> Iterator[str]:
        if not self._bounds(point.weights, point.dual_bound):
            yield "dual_bound"
        if not self._holds(point.status, point, self._run_of(point)):
            yield f"status {point.status}"
        if math.isfinite(point.gain_bound) and not self._gains(point, point.gain_bound):
            yield "gain_bound"

    def _run_of(self, point: PointClaim) -> ScalarisationClaim:
        """The weighted sum that found a point; where it is not printed, with gaps relative to the value alone."""
        alone = ScalarisationClaim(
            place=point.place,
            weights=point.weights,
            leader_value=point.leader_value,
            dual_bound=point.dual_bound,
            relative_gap=math.inf,
            gap_scale=0.0,
        )
        return next((one for one in self._claims.scalarisations if one.weights == point.weights), alone)

    def _of_run(self, one: ScalarisationClaim) -> PointClaim | None:
        """A point that is worth what a run of a front is said to have found; the run itself prints no policy."""
        if one.leader_value is None:
            return None
        for point in self._claims.answers:
            weights = exact_weights(one.weights)
            worth = weighted_sum(weights, self._values(point))
            allowed = self._prover.about(point.policy).weighted_slack(weights)
            if worth.distance(Fraction(one.leader_value)) <= allowed:
                return point
        return None

    # ------------------------------------------------------------------ single claims

    def _values(self, point: PointClaim) -> tuple[Interval, ...]:
        return self._prover.about(point.policy).attained(point.leader_values)

    def _bounds(self, weights: tuple[float, ...], bound: float) -> bool:
        """Whether a bound is proven, or none is claimed."""
        if not math.isfinite(bound):
            return True
        least = self._proven.weighted(exact_weights(weights))
        return least is not None and least <= Fraction(bound)

    def _holds(self, status: str, answer: PointClaim | None, whole: ScalarisationClaim) -> bool:
        if status in WITHOUT_PROOF:
            return True
        if status == "infeasible":
            return self._proven.no_policy
        if answer is None:
            return False
        if status in {"optimal", "restricted_optimal"}:
            best = self._proven.weighted(exact_weights(whole.weights))
            if self._is_within_gap(best, answer, whole):
                return True
            return status == "restricted_optimal" and self._is_within_gap(self._of_class(answer), answer, whole)
        if status == "pareto_optimal":
            return self._is_small(self._proven.average_gain(self._values(answer)), answer, Fraction(1))
        later = 1 / (1 - self._exact.leader_discount)
        return self._is_small(self._proven.average_step(self._values(answer)), answer, later)

    def _of_class(self, answer: PointClaim) -> Fraction | None:
        """What the best policy of the method's class is worth, where that is known."""
        claims, weights = self._claims, exact_weights(answer.weights)
        if not claims.levels:
            return None
        game, policy = self._exact.game, answer.policy
        return best_of_class(game, self._prover, policy, weights, claims.levels, self._out_of_time)

    def _is_within_gap(self, best: Fraction | None, answer: PointClaim, whole: ScalarisationClaim) -> bool:
        """Whether the best that others could be worth exceeds an answer by no more than the gap."""
        if best is None or self._claims.gap is None or self._claims.gap > MOST_GAP:
            return False
        value = weighted_sum(exact_weights(whole.weights), self._values(answer))
        most = leader_spread(self._exact)
        allowed = Fraction(max(self._claims.gap, FINEST_GAP)) * min(most, Fraction(whole.gap_scale))
        rounding = self._rounding * most + PRINTED * abs(value.lower)
        return bool(best - value.lower <= allowed + rounding)

    def _is_small(self, gain: Fraction | None, answer: PointClaim, steps: Fraction) -> bool:
        """Whether a gain on an answer, which can be had in so many steps, is what its gap leaves open."""
        if gain is None or self._claims.gap is None:
            return False
        scale = step_scale(self._exact, self._values(answer))
        allowed = Fraction(max(self._claims.gap, FINEST_GAP)) * scale
        slack = self._prover.about(answer.policy).slack
        is_small = bool(gain <= allowed + max(slack))
        return is_small and (not self._everywhere or self._is_small_everywhere(gain * steps, answer, slack))

    def _is_small_everywhere(self, gain: Fraction, answer: PointClaim, slack: Sequence[Fraction]) -> bool:
        """Whether an average gain leaves little to any state that counts; beside riches elsewhere it may not."""
        widths = local_scale(self._exact.game, leader=True).width
        return all(
            gain * len(widths) <= LOCAL_SHARE * width
            for width, weight, own in zip(widths, answer.weights, slack, strict=True)
            if weight > 0.0 and width > TOLD * own
        )

    def _gains(self, point: PointClaim, bound: float) -> bool:
        """Whether no policy that loses in no state gains more than this in any, up to rounding."""
        if not math.isfinite(bound):
            return True
        gain = self._proven.gain(self._values(point))
        if gain is None:
            return False
        roundings = ROUNDINGS * leader_spread(self._exact) * len(point.leader_values) + _printed(point)
        return bool(gain <= Fraction(bound) * (1 + self._rounding) + roundings)

    def _left_to_step(self, answer: PointClaim) -> bool:
        """Whether the gain that is said to be left at the end of a run is proven."""
        last = self._claims.trajectory[-1] if self._claims.trajectory else None
        if last is None or not math.isfinite(last.step_bound):
            return True
        left = self._proven.average_step(self._values(answer))
        roundings = ROUNDINGS * leader_spread(self._exact) * len(answer.leader_values) + _printed(answer)
        return left is not None and left <= Fraction(last.step_bound) * (1 + self._rounding) + roundings

    def _ended(self, why: str, status: str, answer: PointClaim | None, whole: ScalarisationClaim) -> bool:
        """Whether what is said of the end of a run is proven; why it did not go on is not."""
        if why == "gap":
            return status in {"optimal", "restricted_optimal"} and self._holds(status, answer, whole)
        if why == "stationary":
            return self._holds("stationary", answer, whole)
        return why == "infeasible" and status == "infeasible" and self._proven.no_policy


def _printed(point: PointClaim) -> Fraction:
    """What printing the values of a point may have rounded away, a constant in them included."""
    return PRINTED * max(abs(Fraction(value)) for value in point.leader_values)
