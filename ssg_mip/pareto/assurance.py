"""What a front is given before it is handed out: what its points secure, and the exact checker's outcome."""

from __future__ import annotations

import dataclasses

from ssg_mip.certificates.verify import examine
from ssg_mip.deadline import Deadline
from ssg_mip.methods.assurance import GUARANTEE_SECONDS, GUARANTEE_SHARE, assured
from ssg_mip.methods.guaranteed import find_guaranteed
from ssg_mip.pareto.front import FrontPoint, ParetoFront


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
        front = _checked(front)
    if guarantee:
        allowed = max(GUARANTEE_SECONDS, GUARANTEE_SHARE * front.provenance.seconds)
        front = dataclasses.replace(front, points=_with_guarantees(front, Deadline(allowed)))
    return front


def _checked(front: ParetoFront) -> ParetoFront:
    results = tuple(assured(result, guarantee=False) for result in front.results)
    found = examine(front.game, front)
    whole = found.whole
    wrong = next((number for number, result in enumerate(results) if not result.check.verified), None)
    if whole.verified and wrong is not None:
        whole = dataclasses.replace(whole, verified=False, reason=f"run {wrong}: {results[wrong].check.reason}")
    own = found.points or (whole,) * len(front.points)
    points = tuple(dataclasses.replace(point, check=one) for point, one in zip(front.points, own, strict=True))
    return dataclasses.replace(front, results=results, points=points, check=whole)


def _with_guarantees(front: ParetoFront, deadline: Deadline) -> tuple[FrontPoint, ...]:
    found = []
    for left, point in zip(range(len(front.points), 0, -1), front.points, strict=True):
        beside = find_guaranteed(
            front.game, point.leader_policy, weights=point.weights, deadline=deadline.share(1.0 / left)
        )
        found.append(dataclasses.replace(point, guaranteed=beside))
    return tuple(found)
