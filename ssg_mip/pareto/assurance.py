"""What a front is given before it is handed out: what its points secure, and the exact checker's outcome."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from ssg_mip.certificates.outcome import CheckOutcome
from ssg_mip.deadline import Deadline, OutOfTime
from ssg_mip.interrupt import Interrupt
from ssg_mip.methods.assurance import GUARANTEE_SECONDS, GUARANTEE_SHARE
from ssg_mip.methods.guaranteed import find_guaranteed
from ssg_mip.pareto.closing import Closing
from ssg_mip.pareto.front import FrontPoint, ParetoFront
from ssg_mip.result import Result

FRONT_SHARE = 0.5
"""Share of the time for checks that the points of a front may take; what they leave goes to the runs."""

RUNS_SHARE = 0.8
"""Share of what is left then for the runs; the guarantees have the rest, and what the runs leave."""


def assured_front(
    front: ParetoFront,
    *,
    check: bool = True,
    guarantee: bool = True,
    deadline: Deadline | None = None,
    interrupt: Interrupt | None = None,
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
    deadline
        The whole budget of the front; none if absent.
    interrupt
        The user's wish to stop.
    """
    closing = Closing(Deadline() if deadline is None else deadline, interrupt)
    if check:
        front = _checked(front, closing, RUNS_SHARE if guarantee else 1.0)
    if guarantee:
        front = dataclasses.replace(front, points=_with_guarantees(front, closing))
    return front


def _checked(front: ParetoFront, closing: Closing, runs_share: float) -> ParetoFront:
    """The front's own claims first, then its runs; if its own were cut, they have what the runs leave."""
    whole, own = closing.examined(front.game, front, closing.until.share(FRONT_SHARE))
    results = checked_runs(front.results, closing, runs_share)
    if whole.verified is None and not closing.until.expired:
        again, anew = closing.examined(front.game, front, closing.until.share(runs_share))
        whole, own = (again, anew) if anew else (whole, own)
    whole = _with_runs(whole, results)
    own = own or (whole,) * len(front.points)
    points = tuple(dataclasses.replace(point, check=one) for point, one in zip(front.points, own, strict=True))
    return dataclasses.replace(front, results=results, points=points, check=whole)


def checked_runs(results: Iterable[Result], closing: Closing, share: float = 1.0) -> tuple[Result, ...]:
    """The runs with the outcomes of their checks, within a share of the time that is left."""
    runs = tuple(results)
    until = closing.until.share(share)
    checked = []
    for left, result in zip(range(len(runs), 0, -1), runs, strict=True):
        outcome, _ = closing.examined(result.game, result, until.share(1.0 / left))
        checked.append(dataclasses.replace(result, check=outcome))
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


def _with_guarantees(front: ParetoFront, closing: Closing) -> tuple[FrontPoint, ...]:
    """The points with what is secured near them, as far as there is time to look."""
    allowed = max(GUARANTEE_SECONDS, GUARANTEE_SHARE * front.provenance.seconds)
    deadline = Deadline(min(allowed, closing.until.remaining))
    found: list[FrontPoint] = []
    for left, point in zip(range(len(front.points), 0, -1), front.points, strict=True):
        try:
            closing.checkpoint()
            beside = find_guaranteed(
                front.game,
                point.leader_policy,
                weights=point.weights,
                deadline=deadline.share(1.0 / left),
                checkpoint=closing.checkpoint,
            )
        except (OutOfTime, KeyboardInterrupt):
            return (*found, *front.points[len(found) :])
        found.append(dataclasses.replace(point, guaranteed=beside))
    return tuple(found)
