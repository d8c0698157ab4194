"""What a front is given before it is handed out: what its points secure, and the exact checker's outcome."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Sequence

from ssg_mip.base.deadline import Deadline, OutOfTime
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status
from ssg_mip.base.tolerances import DEFAULT_GAP, DEFAULT_TOLERANCES, Tolerances
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.checker.outcome import CheckOutcome, claimed_words
from ssg_mip.evaluation.value_bounds import LEAST_GAP
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.closing import GUARANTEE_SECONDS, GUARANTEE_SHARE
from ssg_mip.methods.exact_ties import exact_response
from ssg_mip.methods.near_ties import Answered, rests_on_near_tie
from ssg_mip.methods.secure_commitment import find_guaranteed
from ssg_mip.pareto.closing import Closing
from ssg_mip.pareto.dominance import non_dominated
from ssg_mip.pareto.front import FrontPoint, ParetoFront
from ssg_mip.proofs.writer import Recorder
from ssg_mip.result import Result, gap_denominator

FRONT_SHARE = 0.5
"""Share of the time for checks that the points of a front may take; what they leave goes to the runs."""

RUNS_SHARE = 0.8
"""Share of what is left then for the runs; the guarantees have the rest, and what the runs leave."""


def assured_front(
    front: ParetoFront,
    *,
    check: bool = True,
    guarantee: bool = True,
    allows: Callable[[LeaderPolicy], bool] = lambda _: True,
    deadline: Deadline | None = None,
    interrupt: Interrupt | None = None,
    recorder: Recorder | None = None,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
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
    allows
        Whether a policy is allowed: what is secured by one that is not, is not said.
    deadline
        The whole budget of the front; none if absent.
    interrupt
        The user's wish to stop.
    recorder
        Holds the proofs of the bounds, where a certificate is asked for: the check replays them.
    tolerances
        Those of the sweep.
    """
    printed = (len(front.results) + len(front.points)) * front.game.num_states
    closing = Closing(Deadline() if deadline is None else deadline, interrupt, printed=printed, tolerances=tolerances)
    if check:
        front = _checked(_without_near_ties(front, closing), closing, RUNS_SHARE if guarantee else 1.0, recorder)
    if guarantee:
        front = dataclasses.replace(front, points=_with_guarantees(front, closing, allows))
    return front


def _without_near_ties(front: ParetoFront, closing: Closing) -> ParetoFront:
    """Points that rest on a near tie with what their policies are worth without; dominated ones are struck out."""
    points = list(front.points)
    with contextlib.suppress(OutOfTime, KeyboardInterrupt):
        for place, point in enumerate(front.points):
            closing.checkpoint()
            points[place] = _exact_point(front, point, closing)
    if all(new is old for new, old in zip(points, front.points, strict=True)):
        return front
    kept = non_dominated([point.leader_values for point in points], front.tolerance)
    left = [point for point, stays in zip(points, kept.tolist(), strict=True) if stays]
    left.sort(key=lambda point: point.leader_values.tolist(), reverse=True)
    return dataclasses.replace(front, points=tuple(left))


def _exact_point(front: ParetoFront, point: FrontPoint, closing: Closing) -> FrontPoint:
    """The point itself, or its policy under the exact best response, about which nothing more is known."""
    answer = Answered(
        game=front.game, policy=point.leader_policy, response=point.follower_policy, weights=point.weights
    )
    gap = max(float(front.provenance.options.get("gap", DEFAULT_GAP)), LEAST_GAP)
    scale = gap_denominator(front.game, point.weights, point.leader_value)
    allowed = max(gap * scale, front.tolerance)
    if not rests_on_near_tie(answer, point.leader_value, allowed, closing.tolerances, closing.checkpoint):
        return point
    found = exact_response(front.game, point.leader_policy, front.ties, closing.tolerances)
    return dataclasses.replace(
        point,
        leader_values=found.leader_values,
        follower_values=found.follower_values,
        follower_policy=found.follower_policy,
        status=Status.FEASIBLE,
        gain_bound=math.inf,
    )


def _checked(front: ParetoFront, closing: Closing, runs_share: float, recorder: Recorder | None) -> ParetoFront:
    """The front's own claims first, then its runs; if its own were cut, they have what the runs leave."""
    share = closing.until.share(FRONT_SHARE)
    bounds = () if recorder is None else recorder.replays(front.game, share)
    whole, own = closing.examined(front.game, front, share, bounds)
    results = checked_runs(front.results, closing, runs_share, bounds)
    if whole.passed is None and not closing.until.expired:
        again, anew = closing.examined(front.game, front, closing.until.share(runs_share), bounds)
        whole, own = (again, anew) if anew else (whole, own)
    whole = _with_runs(whole, results)
    own = own or (whole,) * len(front.points)
    points = tuple(dataclasses.replace(point, check=one) for point, one in zip(front.points, own, strict=True))
    return dataclasses.replace(front, results=results, points=points, check=whole)


def checked_runs(
    results: Iterable[Result], closing: Closing, share: float = 1.0, bounds: Sequence[BoundVerification] = ()
) -> tuple[Result, ...]:
    """The runs with the outcomes of their checks, within a share of the time that is left."""
    runs = tuple(results)
    until = closing.until.share(share)
    checked = []
    for left, result in zip(range(len(runs), 0, -1), runs, strict=True):
        outcome, _ = closing.examined(result.game, result, until.share(1.0 / left), bounds)
        checked.append(dataclasses.replace(result, check=outcome))
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


def _with_guarantees(
    front: ParetoFront, closing: Closing, allows: Callable[[LeaderPolicy], bool]
) -> tuple[FrontPoint, ...]:
    """The points with what is secured near them, as far as there is time to look."""
    allowed = max(GUARANTEE_SECONDS, GUARANTEE_SHARE * front.provenance.seconds)
    deadline = Deadline(min(allowed, closing.until.remaining))
    found: list[FrontPoint] = []
    for left, point in zip(range(len(front.points), 0, -1), front.points, strict=True):
        if not closing.time_for(front.game):
            break
        try:
            closing.checkpoint()
            beside = find_guaranteed(
                front.game,
                point.leader_policy,
                weights=point.weights,
                deadline=deadline.share(1.0 / left),
                checkpoint=closing.checkpoint,
                tolerances=closing.tolerances,
            )
        except (OutOfTime, KeyboardInterrupt):
            break
        secured = None if beside.certificate is None else beside.certificate.policy
        is_allowed = secured is None or allows(secured)
        found.append(dataclasses.replace(point, guaranteed=beside) if is_allowed else point)
    return (*found, *front.points[len(found) :])
