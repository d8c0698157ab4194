"""What a front is given before it is handed out: what its points secure, and the exact checker's outcome."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from ssg_mip.bounds import LEAST_GAP
from ssg_mip.certificates.outcome import NO_TIME, CheckOutcome
from ssg_mip.certificates.verify import examine
from ssg_mip.deadline import Deadline
from ssg_mip.methods.assurance import GUARANTEE_SECONDS, GUARANTEE_SHARE, assured, check_deadline
from ssg_mip.methods.exact_ties import exact_response
from ssg_mip.methods.guaranteed import find_guaranteed
from ssg_mip.methods.near_ties import Answered, rests_on_near_tie
from ssg_mip.pareto.dominance import non_dominated
from ssg_mip.pareto.front import FrontPoint, ParetoFront
from ssg_mip.result import Result, gap_denominator
from ssg_mip.status import Status
from ssg_mip.tolerances import DEFAULT_GAP

FRONT_SHARE = 0.5
"""Share of the time for checks that the points of a front may take; what they leave goes to the runs."""


def assured_front(front: ParetoFront, *, check: bool = True, guarantee: bool = True) -> ParetoFront:
    """The front with the outcomes of its checks; it is verified if its own claims and those of all its runs are.

    What is secured beside the points is looked for at the points only, not for every run.

    Parameters
    ----------
    front
        The front as the sweep leaves it.
    check
        Whether to check every claim in exact arithmetic.
    guarantee
        Whether to look near every point for a policy that works whatever the follower does with ties.
    """
    if check:
        front = _checked(_without_near_ties(front))
    if guarantee:
        allowed = max(GUARANTEE_SECONDS, GUARANTEE_SHARE * front.provenance.seconds)
        front = dataclasses.replace(front, points=_with_guarantees(front, Deadline(allowed)))
    return front


def _without_near_ties(front: ParetoFront) -> ParetoFront:
    """Points that rest on a near tie with what their policies are worth without; dominated ones are struck out."""
    points = [_exact_point(front, point) for point in front.points]
    if all(new is old for new, old in zip(points, front.points, strict=True)):
        return front
    kept = non_dominated([point.leader_values for point in points], front.tolerance)
    left = [point for point, stays in zip(points, kept.tolist(), strict=True) if stays]
    left.sort(key=lambda point: point.leader_values.tolist(), reverse=True)
    return dataclasses.replace(front, points=tuple(left))


def _exact_point(front: ParetoFront, point: FrontPoint) -> FrontPoint:
    """The point itself, or its policy under the exact best response, about which nothing more is known."""
    answer = Answered(
        game=front.game, policy=point.leader_policy, response=point.follower_policy, weights=point.weights
    )
    gap = max(float(front.provenance.options.get("gap", DEFAULT_GAP)), LEAST_GAP)
    scale = gap_denominator(front.game, point.weights, point.leader_value)
    if not rests_on_near_tie(answer, point.leader_value, max(gap * scale, front.tolerance)):
        return point
    found = exact_response(front.game, point.leader_policy, front.ties)
    return dataclasses.replace(
        point,
        leader_values=found.leader_values,
        follower_values=found.follower_values,
        follower_policy=found.follower_policy,
        status=Status.FEASIBLE,
        gain_bound=math.inf,
    )


def _checked(front: ParetoFront) -> ParetoFront:
    deadline = check_deadline(front.provenance)
    share = deadline.share(FRONT_SHARE)
    found = examine(front.game, front, out_of_time=lambda: share.expired)
    results = _checked_runs(front, deadline)
    whole = _with_runs(found.whole, results)
    own = found.points or (whole,) * len(front.points)
    points = tuple(dataclasses.replace(point, check=one) for point, one in zip(front.points, own, strict=True))
    return dataclasses.replace(front, results=results, points=points, check=whole)


def _checked_runs(front: ParetoFront, deadline: Deadline) -> tuple[Result, ...]:
    """The runs with the outcomes of their checks; none is begun when the time is up."""
    checked = []
    for left, result in zip(range(len(front.results), 0, -1), front.results, strict=True):
        if deadline.expired:
            checked.append(dataclasses.replace(result, check=NO_TIME))
        else:
            checked.append(assured(result, guarantee=False, deadline=deadline.share(1.0 / left)))
    return tuple(checked)


def _with_runs(whole: CheckOutcome, results: Sequence[Result]) -> CheckOutcome:
    """The outcome for a front and its runs: one failure fails it, and it is verified if all of them are."""
    for verdict in (False, None):
        if whole.verified is verdict:
            return whole
        for number, result in enumerate(results):
            if result.check.verified is verdict:
                reason = f"run {number}: {result.check.reason}"
                return dataclasses.replace(whole, verified=verdict, in_part=verdict is None, reason=reason)
    return whole


def _with_guarantees(front: ParetoFront, deadline: Deadline) -> tuple[FrontPoint, ...]:
    found = []
    for left, point in zip(range(len(front.points), 0, -1), front.points, strict=True):
        beside = find_guaranteed(
            front.game, point.leader_policy, weights=point.weights, deadline=deadline.share(1.0 / left)
        )
        found.append(dataclasses.replace(point, guaranteed=beside))
    return tuple(found)
