"""What a front is given before it is handed out: what its points secure, and the exact checker's outcome."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

from ssg_mip.certificates.dual.replay import BoundVerification
from ssg_mip.certificates.outcome import NO_TIME, CheckOutcome, claimed_words
from ssg_mip.certificates.verify import examine
from ssg_mip.deadline import Deadline
from ssg_mip.methods.assurance import GUARANTEE_SECONDS, GUARANTEE_SHARE, assured, check_deadline
from ssg_mip.methods.guaranteed import find_guaranteed
from ssg_mip.methods.proofs.bound_certificate import Recorder
from ssg_mip.pareto.front import FrontPoint, ParetoFront
from ssg_mip.result import Result

FRONT_SHARE = 0.5
"""Share of the time for checks that the points of a front may take; what they leave goes to the runs."""


def assured_front(
    front: ParetoFront, *, check: bool = True, guarantee: bool = True, recorder: Recorder | None = None
) -> ParetoFront:
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
    recorder
        Holds the proofs of the bounds, where a certificate is asked for: the check replays them.
    """
    if check:
        front = _checked(front, recorder)
    if guarantee:
        allowed = max(GUARANTEE_SECONDS, GUARANTEE_SHARE * front.provenance.seconds)
        front = dataclasses.replace(front, points=_with_guarantees(front, Deadline(allowed)))
    return front


def _checked(front: ParetoFront, recorder: Recorder | None) -> ParetoFront:
    deadline = check_deadline(front.provenance)
    share = deadline.share(FRONT_SHARE)
    bounds = () if recorder is None else recorder.replays(front.game, share)
    found = examine(front.game, front, bounds=bounds, out_of_time=lambda: share.expired)
    results = _checked_runs(front, deadline, bounds)
    whole = _with_runs(found.whole, results)
    own = found.points or (whole,) * len(front.points)
    points = tuple(dataclasses.replace(point, check=one) for point, one in zip(front.points, own, strict=True))
    return dataclasses.replace(front, results=results, points=points, check=whole)


def _checked_runs(front: ParetoFront, deadline: Deadline, bounds: Sequence[BoundVerification]) -> tuple[Result, ...]:
    """The runs with the outcomes of their checks; none is begun when the time is up."""
    checked = []
    for left, result in zip(range(len(front.results), 0, -1), front.results, strict=True):
        if deadline.expired:
            checked.append(dataclasses.replace(result, check=NO_TIME))
        else:
            checked.append(assured(result, guarantee=False, deadline=deadline.share(1.0 / left), bounds=bounds))
    return tuple(checked)


def _with_runs(whole: CheckOutcome, results: Sequence[Result]) -> CheckOutcome:
    """The outcome for a front and its runs: one failure fails it, and what a run only claims the front claims."""
    for verdict in (False, None):
        if whole.passed is verdict:
            return whole
        for number, result in enumerate(results):
            if result.check.passed is verdict:
                reason = f"run {number}: {result.check.reason}"
                return dataclasses.replace(whole, passed=verdict, in_part=verdict is None, reason=reason)
    runs = itertools.chain.from_iterable(result.check.claimed for result in results)
    claimed = tuple(dict.fromkeys((*whole.claimed, *runs)))
    return dataclasses.replace(whole, claimed=claimed, reason=claimed_words(claimed))


def _with_guarantees(front: ParetoFront, deadline: Deadline) -> tuple[FrontPoint, ...]:
    found = []
    for left, point in zip(range(len(front.points), 0, -1), front.points, strict=True):
        beside = find_guaranteed(
            front.game, point.leader_policy, weights=point.weights, deadline=deadline.share(1.0 / left)
        )
        found.append(dataclasses.replace(point, guaranteed=beside))
    return tuple(found)
