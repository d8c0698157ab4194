"""Closing a run within its time limit: check, guarantee and printing are planned before the method begins.

A share of the limit is kept for them, in proportion to the size of the game; the method sees the rest. The check looks
at the answer and the last iterate first. If that leaves time it looks at as many iterates as fit; what it has no time
for is named, and an answer that could not be looked at in time is not called verified. Without a limit everything is
checked, however long it takes.

Ctrl-C ends the check as well: the first one that comes during it, or the second one if the first ended the method.
"""

from __future__ import annotations

import dataclasses
import math
import os
import sys
from collections.abc import Callable, Sequence

from ssg_mip.base.deadline import Deadline, OutOfTime, giving_up
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status, Termination
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES, Tolerances
from ssg_mip.checker.dual.replay import BoundVerification
from ssg_mip.checker.outcome import NO_TIME, STOPPED, CheckOutcome
from ssg_mip.checker.verify import examine
from ssg_mip.game.game import Game
from ssg_mip.methods.exact_ties import answering_with, without_dust, without_near_ties
from ssg_mip.methods.in_standard_form import still_optimal
from ssg_mip.methods.near_ties import SECONDS, Answered, allowed_gap, asked_gap
from ssg_mip.methods.secure_commitment import find_guaranteed
from ssg_mip.methods.settled_ties import with_settled_ties
from ssg_mip.problem.evaluated_policy import answer_allowed
from ssg_mip.problem.policy_space import EVERY_POLICY, Scope
from ssg_mip.problem.problem import Problem
from ssg_mip.proofs.writer import Recorder
from ssg_mip.result import Result

SECONDS_PER_STATE = 4e-4
"""Seconds kept for each state: what checking and printing an answer and an iterate takes a small machine."""

SECONDS_PER_TRANSITION = 2e-6
"""Seconds kept for each stored transition."""

PRINTING_PER_STATE = 4e-5
"""Seconds of them for printing alone, which comes last."""

PRINTING_SHARE = 0.2
"""Share of the limit that is kept for it at most."""

SECONDS_AFTER_INTERRUPT = 5.0
"""Seconds that check and guarantee may take together where the user has stopped the run."""

LEAST_PER_STATE = 1e-4
"""Seconds for each state without which neither check nor guarantee is begun: their first steps look at no clock."""

SLOW_STATES = 50
"""States from which a program takes a while to be written, and longer than that the clock is not looked at."""

OVERSHOOT_SHARE = 0.08
"""Share of the limit that is kept then at least, so that a late end of the method leaves some for the check."""

BUSIEST = 4.0
"""By how much a busy machine is taken to be slower, at most."""

MOST_KEPT = 0.6
"""Share of the limit that is kept at most; where a check needs more, the method has the time instead."""

GRACE_SECONDS = 0.3
"""By how much check and guarantee may exceed the limit, so that small answers are checked without any time."""

GRACE_SHARE = 0.03
"""The same as a share of the limit."""

LEAVING_SECONDS = 0.4
"""Seconds that a process with PyTorch takes to end."""

CHECK_SHARE = 0.8
"""Share of what is left for the check; the guarantee has the rest, and what the check leaves."""

DERIVING_SHARE = 0.4
"""Share of the time of a check in which values are derived; comparing them takes about as long."""

MOST_PRINTED = 150_000
"""Numbers in the iterates of a result that has a time limit: printing so many takes half a second at most."""


GUARANTEE_SHARE = 0.1
"""Share of the time spent on an answer that the search near it may take; usually it takes milliseconds."""

GUARANTEE_SECONDS = SECONDS
"""What it may take in any case."""


ROWS_ALONE = frozenset({Scope.STATEWISE, Scope.COUPLING})
"""Constraints within which the search nearby looks; others it is held against."""


def busyness() -> float:
    """How many processes share a core, by the system's load of the last minute: at least 1, at most :data:`BUSIEST`."""
    try:
        load = os.getloadavg()[0]
    except (AttributeError, OSError):
        return 1.0
    return min(max(1.0, load / (os.cpu_count() or 1)), BUSIEST)


def kept_for_closing(game: Game, deadline: Deadline, *, check: bool, guarantee: bool) -> float:
    """Seconds of the limit that the method leaves for what follows."""
    if not (check or guarantee) or math.isinf(deadline.limit):
        return 0.0
    due = busyness() * (SECONDS_PER_STATE * game.num_states + SECONDS_PER_TRANSITION * len(game.successors))
    kept = max(0.0, (due if due <= MOST_KEPT * deadline.limit else 0.0) - grace(deadline, game.num_states))
    return kept if game.num_states < SLOW_STATES else max(kept, OVERSHOOT_SHARE * deadline.limit)


def grace(deadline: Deadline, states: int) -> float:
    """By how much checks may exceed a limit where answers with so many states in all are printed; negative for many."""
    printing = min(PRINTING_PER_STATE * states, PRINTING_SHARE * deadline.limit)
    return GRACE_SECONDS + GRACE_SHARE * deadline.limit - printing


def closed(
    result: Result,
    deadline: Deadline,
    interrupt: Interrupt,
    *,
    check: bool,
    guarantee: bool,
    tolerances: Tolerances,
    recorder: Recorder | None = None,
    problem: Problem | None = None,
) -> Result:
    """The result with the outcome of its check and what is secured near it, by the end of its time limit.

    Parameters
    ----------
    result
        The answer of a method.
    deadline
        The whole budget of the run.
    interrupt
        The user's wish to stop; one that came before this is no reason not to check, but not for long.
    check, guarantee
        Whether to check the result, and whether to look near it.
    tolerances
        The tolerances that the result was made with.
    recorder
        Holds the proof of the bound, where a certificate is asked for: the check replays it.
    problem
        What was asked, where that restricts the policies: no other policy is offered, and no other answer said, than
        keeps its constraints.
    """
    policies = EVERY_POLICY if problem is None else problem.policies
    limited = not math.isinf(deadline.limit)
    leaving = LEAVING_SECONDS if "torch" in sys.modules else 0.0
    until = deadline.extended(grace(deadline, result.game.num_states) - leaving) if limited else deadline
    stopped_before = interrupt.requested
    if stopped_before:
        until = Deadline(min(SECONDS_AFTER_INTERRUPT, until.remaining))

    def stopped() -> bool:
        return interrupt.requested and not stopped_before

    bounds: tuple[BoundVerification, ...] = ()
    if limited:
        result = with_fewer_iterates(result)
    if check:
        share = until.share(CHECK_SHARE if guarantee else 1.0)
        if recorder is not None:
            bounds = recorder.replays(result.game, share)
        result = dataclasses.replace(result, check=_checked(result, tolerances, share, stopped, bounds))
    answer = Answered.of(result, policies) if check and result.follower is None else None
    loses = answer is not None and _loses(answer, tolerances, until, stopped)
    if (guarantee or loses) and result.follower is None and result.leader_policy is not None and not stopped():
        result = _with_guarantee(result, until, stopped, problem)
    if loses and answer and not answer.is_secured(result.leader_value, result.guaranteed, allowed_gap(result)):
        allowed = allowed_gap(result)
        mended = _answering(without_dust(result, allowed, tolerances), problem, tolerances)
        if mended is None:
            settled = with_settled_ties(result, allowed, tolerances, policies)
            mended = _answering(settled, problem, tolerances)
        if mended is None:
            result = _without_near_ties(result, problem, tolerances)
        else:
            result = _with_guarantee(still_optimal(mended, asked_gap(mended)), until, stopped, problem)
        result = dataclasses.replace(result, check=_checked(result, tolerances, until, stopped, bounds))
    return result if guarantee else dataclasses.replace(result, guaranteed=None)


def _answering(result: Result | None, problem: Problem | None, tolerances: Tolerances) -> Result | None:
    """A result with another policy and the answer to it that keeps the constraints; nothing if none does."""
    if result is None or problem is None or problem.allows_all or result.leader_policy is None:
        return result
    response = answer_allowed(problem, result.leader_policy, tolerances)
    return None if response is None else answering_with(result, result.leader_policy, response)


def _without_near_ties(result: Result, problem: Problem | None, tolerances: Tolerances) -> Result:
    """The result with its value under the exact best response; if that breaks a constraint, without a claim of more."""
    exact = without_near_ties(result, tolerances)
    if problem is None or all(
        own.slack >= -one.tolerance(exact.game) for one, own in zip(exact.constraints, exact.measures, strict=False)
    ):
        return exact
    return dataclasses.replace(result, status=Status.FEASIBLE, termination=Termination.NUMERICAL)


def _loses(answer: Answered, tolerances: Tolerances, until: Deadline, stopped: Callable[[], bool]) -> bool:
    """Whether the follower loses for certain by the response; no, if there is no time to say so."""
    try:
        return answer.loses(tolerances, giving_up(until, stopped))
    except (OutOfTime, KeyboardInterrupt):
        return False


def with_fewer_iterates(result: Result) -> Result:
    """The result with no more iterates than can be printed in time: evenly spaced, the first and the last included."""
    points, game = result.trajectory, result.game
    most = max(2, MOST_PRINTED // (game.num_states + int(game.leader_offsets[-1])))
    if len(points) <= most:
        return result
    places = sorted({round(step * (len(points) - 1) / (most - 1)) for step in range(most)})
    kept = tuple(dataclasses.replace(points[place], iteration=number) for number, place in enumerate(places))
    details = {**result.details, "iterates_left_out": len(points) - len(kept)}
    return dataclasses.replace(result, trajectory=kept, details=details)


def _checked(
    result: Result,
    tolerances: Tolerances,
    until: Deadline,
    stopped: Callable[[], bool],
    bounds: Sequence[BoundVerification],
) -> CheckOutcome:
    """The outcome of the check, as far as it came."""
    found: CheckOutcome | None = None
    if until.remaining < LEAST_PER_STATE * result.game.num_states:
        return NO_TIME
    try:
        for part, share in _parts(result, until):
            fresh = _examined(part, tolerances, until, share, stopped, bounds)
            found = _better(found, fresh, result, part)
            if found.passed is False:
                break
    except OutOfTime:
        pass
    except KeyboardInterrupt:
        return STOPPED if found is None else found
    if found is None:
        return STOPPED if stopped() else NO_TIME
    return found


def _parts(result: Result, until: Deadline) -> list[tuple[Result, float]]:
    """What to examine, one after the other, each with the share of the time in which values are derived."""
    if math.isinf(until.limit):
        return [(result, 1.0)]
    last = tuple(dataclasses.replace(point, iteration=0) for point in result.trajectory[-1:])
    first = dataclasses.replace(result, trajectory=last)
    return [(first, 1.0)] if len(result.trajectory) <= 1 else [(first, 1.0), (result, DERIVING_SHARE)]


def _examined(
    part: Result,
    tolerances: Tolerances,
    until: Deadline,
    share: float,
    stopped: Callable[[], bool],
    bounds: Sequence[BoundVerification],
) -> CheckOutcome:
    deriving = until.share(share)
    return examine(
        part.game,
        part,
        tolerances=tolerances,
        bounds=bounds,
        out_of_time=lambda: deriving.expired,
        checkpoint=giving_up(until, stopped),
    ).whole


def _better(found: CheckOutcome | None, fresh: CheckOutcome, result: Result, part: Result) -> CheckOutcome:
    """The outcome that counts: the later one, which says what it left out."""
    left_out = len(result.trajectory) - len(part.trajectory)
    if not left_out or fresh.passed is False:
        seconds = fresh.seconds + (0.0 if found is None else found.seconds)
        return dataclasses.replace(fresh, seconds=seconds)
    reason = f"no time for {left_out} of {len(result.trajectory)} iterates, the first ones"
    return dataclasses.replace(fresh, passed=None, in_part=True, reason=reason)


def _with_guarantee(result: Result, until: Deadline, stopped: Callable[[], bool], problem: Problem | None) -> Result:
    """The result with what is secured near its policy by one that is allowed, if there is time to say it."""
    if result.leader_policy is None or until.remaining < LEAST_PER_STATE * result.game.num_states:
        return result
    allowed = max(GUARANTEE_SECONDS, GUARANTEE_SHARE * result.provenance.seconds)
    deadline = Deadline(min(allowed, until.remaining))
    try:
        beside = find_guaranteed(
            _where(result, problem),
            result.leader_policy,
            weights=result.weights,
            deadline=deadline,
            checkpoint=giving_up(until, stopped),
        )
    except (OutOfTime, KeyboardInterrupt):
        return result
    found = None if beside.certificate is None else beside.certificate.policy
    if problem is not None and found is not None and answer_allowed(problem, found, DEFAULT_TOLERANCES) is None:
        return result
    return dataclasses.replace(result, guaranteed=beside)


def _where(result: Result, problem: Problem | None) -> Game | Problem:
    """Where to look for policies nearby: within the rows, if there are no other constraints."""
    if problem is None or problem.game is not result.game or not set(problem.names_by_scope()) <= ROWS_ALONE:
        return result.game
    return problem
