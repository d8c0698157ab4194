r"""Checks between the numbers of one document: bounds and gaps, the course of a run, dominance, the cone.

**The cone.** Let policy iteration stop at ``v_inf`` because no policy of ``W>`` gains more than ``delta`` a state on
average in one step. For any attained ``v`` the policy behind it promises
``Q - v_inf >= (v - v_inf) - gamma_A max(v - v_inf)`` in every state (if the maximum is at least 0), so
``min(v - v_inf) - gamma_A max(v - v_inf) <= delta``: Theorem 11 (c) of Kudo & Akimoto, with the accuracy of the stop.
With ``gamma_A = 0`` the cone holds every value that dominates ``v_inf``: then it is Theorem 11 (d).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from ssg_mip.base.tolerances import ARITHMETIC, FINEST_GAP, ROUNDING, Tolerances
from ssg_mip.checker.claims import Claims, PointClaim, ScalarisationClaim
from ssg_mip.checker.evidence import Evidence, Prover
from ssg_mip.checker.rational import ExactGame, exact_weights
from ssg_mip.checker.tie_scale import local_scale
from ssg_mip.checker.values import PRINTED, Interval, largest_size, weighted_slack, weighted_sum
from ssg_mip.checker.verification import Check, Trial, worst_of, yes_or_no

BOUND_NOISE = 4
"""Times the rounding noise of a linear solve by which bounds are moved outwards, where there is no spread at all."""


def bound_checks(claims: Claims, prover: Prover, exact: ExactGame, tolerances: Tolerances) -> list[Check]:
    """No attained value exceeds a bound on its weighted sum; the printed gap follows from value and bound."""
    attained = [(point, prover.about(point.policy)) for point in (*claims.answers, *claims.trajectory)]
    beyond = [
        _bound_trial(one, point, evidence)
        for one in (*claims.scalarisations, *_as_scalarisations(claims))
        if math.isfinite(one.dual_bound)
        for point, evidence in attained
    ]
    beyond += [
        Trial(
            deviation=Fraction(one.leader_value) - Fraction(one.dual_bound),
            allowed=_claimed_slack(exact, one, one.leader_value),
            place=f"{one.place}: value against bound",
        )
        for one in claims.scalarisations
        if one.leader_value is not None and math.isfinite(one.dual_bound)
    ]
    return [
        worst_of("value_below_bound", beyond),
        worst_of("relative_gap", (_gap_trial(one) for one in claims.scalarisations)),
        *_optimality(claims, exact, tolerances),
    ]


def _as_scalarisations(claims: Claims) -> Iterator[ScalarisationClaim]:
    """The weighted sums that the points of a front name."""
    for point in claims.answers if claims.subject == "front" else ():
        yield ScalarisationClaim(
            place=point.place,
            weights=point.weights,
            leader_value=point.leader_value,
            dual_bound=point.dual_bound,
            relative_gap=math.inf,
            gap_scale=0.0,
        )


def _bound_trial(one: ScalarisationClaim, point: PointClaim, evidence: Evidence) -> Trial:
    weights = exact_weights(one.weights)
    value = weighted_sum(weights, evidence.attained(point.leader_values))
    return Trial(
        deviation=value.upper - Fraction(one.dual_bound),
        allowed=evidence.weighted_slack(weights),
        place=f"{one.place}: bound {one.dual_bound!r}, attained {float(value.upper)!r} by {point.place}",
    )


def _claimed_slack(exact: ExactGame, one: ScalarisationClaim, value: float) -> Fraction:
    """The rounding allowance where no policy is at hand."""
    spread = weighted_spread(exact, one.weights)
    return Fraction(ROUNDING) * spread + PRINTED * abs(Fraction(value))


def weighted_spread(exact: ExactGame, weights: Sequence[float]) -> Fraction:
    """The weighted spread of the leader's values, up to rounding."""
    return weighted_slack(exact_weights(weights), local_scale(exact.game, leader=True).width)


def leader_spread(exact: ExactGame) -> Fraction:
    """No two leader values differ by more."""
    return (max(exact.leader_rewards) - min(exact.leader_rewards)) / (1 - exact.leader_discount)


def _gap_trial(one: ScalarisationClaim) -> Trial:
    """``(dual - primal) / gap_scale``, never negative; printed as nothing where a side is missing."""
    value, bound = one.leader_value, one.dual_bound
    if value is None or not math.isfinite(bound):
        wrong = Fraction(math.isfinite(one.relative_gap))
        return Trial(deviation=wrong, allowed=Fraction(0), place=f"{one.place}: a gap without both sides")
    scale = Fraction(one.gap_scale)
    due = max(Fraction(0), Fraction(bound) - Fraction(value)) / scale if scale else Fraction(0)
    if not math.isfinite(one.relative_gap):
        return Trial(deviation=Fraction(1), allowed=Fraction(0), place=f"{one.place}: no gap is printed")
    return Trial(
        deviation=abs(Fraction(one.relative_gap) - due),
        allowed=Fraction(ROUNDING) * (1 + due),
        place=f"{one.place}: printed gap {one.relative_gap!r}, due {float(due)!r}",
    )


def _optimality(claims: Claims, exact: ExactGame, tolerances: Tolerances) -> Iterator[Check]:
    """A result that says ``optimal`` has closed its gap, relative to its value or to the range of values."""
    if claims.status != "optimal" or claims.gap is None:
        return
    one = claims.scalarisations[0]
    if one.leader_value is None or not math.isfinite(one.dual_bound):
        yield yes_or_no("optimal_within_gap", False, "optimal is claimed without a value or without a bound")
        return
    value, bound = Fraction(one.leader_value), Fraction(one.dual_bound)
    scale, weights = local_scale(exact.game, leader=True), exact_weights(one.weights)
    spread = weighted_slack(weights, scale.width)
    size = max(abs(value), abs(bound), weighted_slack(weights, scale.rewards) / (1 - exact.leader_discount))
    allowed = (Fraction(max(claims.gap, FINEST_GAP)) + Fraction(tolerances.monotone)) * spread
    if spread <= Fraction(ROUNDING) * size:  # there is none to speak of
        allowed = Fraction(ROUNDING) * size
    trial = Trial(
        deviation=bound - value,
        allowed=allowed + BOUND_NOISE * Fraction(ARITHMETIC) * size,
        place="bound minus value of a result that is called optimal",
    )
    yield worst_of("optimal_within_gap", [trial])


# -------------------------------------------------------------------- the course of a run


def course_checks(claims: Claims, prover: Prover, exact: ExactGame, tolerances: Tolerances) -> list[Check]:
    """Where a run ends; for policy iteration that no state ever loses, and the cone at its limit."""
    checks = []
    if claims.subject == "result" and "last_iterate" in claims.promises:
        checks.append(_end_check(claims))
    if claims.status == "pareto_optimal":
        checks.append(worst_of("undominated", _domination_trials(claims, prover, exact)))
    if claims.subject == "result" and "monotone" in claims.promises:
        checks.append(worst_of("monotone_trajectory", _falls(claims, prover, exact, tolerances)))
    if any(point.status == "stationary" for point in claims.answers):
        checks.append(worst_of("cone", _cone_trials(claims, prover, exact)))
    return checks


def _end_check(claims: Claims) -> Check:
    """The last iterate is the answer."""
    detail = "the last iterate is the answer"
    if not claims.answers:
        return yes_or_no("trajectory_ends_at_answer", not claims.trajectory, "iterates without an answer")
    last = claims.trajectory[-1].policy if claims.trajectory else None
    return yes_or_no("trajectory_ends_at_answer", last == claims.answers[0].policy, detail)


def _falls(claims: Claims, prover: Prover, exact: ExactGame, tolerances: Tolerances) -> Iterator[Trial]:
    """By how much a state's value may have fallen from one iterate to the next."""
    for before, after in itertools.pairwise(claims.trajectory):
        old, new = prover.about(before.policy), prover.about(after.policy)
        start, end = old.attained(before.leader_values), new.attained(after.leader_values)
        scale = step_scale(exact, start)
        for state, (was, now) in enumerate(zip(start, end, strict=True)):
            yield Trial(
                deviation=was.upper - now.lower,
                allowed=Fraction(tolerances.monotone) * scale + old.slack[state],
                place=f"{after.place}: state {exact.game.state_names[state]!r} against the iterate before",
            )


def step_scale(exact: ExactGame, values: Sequence[Interval]) -> Fraction:
    """The size by which policy iteration measures a gain, at most: of values and rewards free of large constants."""
    size = max(largest_size(values), *map(abs, exact.leader_rewards))
    return min(size, 2 * leader_spread(exact)) or Fraction(1)


def _cone_trials(claims: Claims, prover: Prover, exact: ExactGame) -> Iterator[Trial]:
    """Every attained value vector of the document against every point that is called stationary."""
    seen = [(point, prover.about(point.policy)) for point in (*claims.answers, *claims.trajectory)]
    for limit in (point for point in claims.answers if point.status == "stationary"):
        there = prover.about(limit.policy)
        base = there.attained(limit.leader_values)
        promised = Fraction(claims.gap or 0.0) * step_scale(exact, base)
        for point, evidence in seen:
            attained = evidence.attained(point.leader_values)
            rises = [value - old for value, old in zip(attained, base, strict=True)]
            highest = max(rise.lower for rise in rises)
            yield Trial(
                deviation=min(rise.upper for rise in rises) - exact.leader_discount * highest,
                allowed=promised + max(there.slack) + max(evidence.slack),
                place=f"{point.place} against the limit {limit.place}",
            )
        if claims.trajectory and math.isfinite(claims.trajectory[-1].step_bound):
            last = claims.trajectory[-1]
            yield Trial(
                deviation=Fraction(last.step_bound),
                allowed=promised + max(there.slack),
                place=f"{last.place}: the one-step gain that is left",
            )
        elif claims.trajectory:
            yield Trial(deviation=Fraction(1), allowed=Fraction(0), place="stationary is claimed without a bound")


def _domination_trials(claims: Claims, prover: Prover, exact: ExactGame) -> Iterator[Trial]:
    """No attained value of the document that loses in no state gains more than the gap on a Pareto-optimal answer."""
    for limit in claims.answers:
        there = prover.about(limit.policy)
        base = there.attained(limit.leader_values)
        promised = Fraction(claims.gap or 0.0) * step_scale(exact, base)
        for point in claims.trajectory:
            evidence = prover.about(point.policy)
            attained = evidence.attained(point.leader_values)
            rises = [value - old for value, old in zip(attained, base, strict=True)]
            # A state that loses leaves nothing to forbid; otherwise the average gain is what the claim bounds.
            loses = min(rise.lower for rise in rises) < 0
            gain = sum((rise.lower for rise in rises), Fraction(0)) / len(rises)
            yield Trial(
                deviation=Fraction(0) if loses else gain,
                allowed=promised + max(there.slack) + max(evidence.slack),
                place=f"{point.place} against the answer",
            )


# -------------------------------------------------------------------- dominance


def dominance_check(claims: Claims, prover: Prover) -> Check:
    """No point of a front covers another within the tolerance that the front names."""
    separation = Fraction(claims.separation)
    if separation < 0:
        return yes_or_no("non_dominated", False, f"the tolerance is {claims.separation!r}; it must be at least 0")
    values = [prover.about(point.policy).attained(point.leader_values) for point in claims.answers]
    slacks = [prover.about(point.policy).slack for point in claims.answers]
    # A point keeps its place if it has more in some state than another offers there.
    trials = (
        Trial(
            deviation=separation
            - max(
                mine.lower - other.upper + above + below
                for mine, other, above, below in zip(values[j], values[i], slacks[j], slacks[i], strict=True)
            ),
            allowed=Fraction(0),
            place=f"{claims.answers[j].place} beside {claims.answers[i].place}",
        )
        for i, j in itertools.permutations(range(len(values)), 2)
    )
    return worst_of("non_dominated", trials)
