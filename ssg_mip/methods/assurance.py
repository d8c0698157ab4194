"""What every answer is given before it is handed out: what it secures, and the exact checker's outcome.

Methods make claims; here the claims of a finished result are checked, whatever the method. A failed check is an
outcome, and the command line's exit code. Only an answer that rests on a near tie is taken back
(:mod:`ssg_mip.methods.exact_ties`).
"""

from __future__ import annotations

import dataclasses

from ssg_mip.bounds import LEAST_GAP
from ssg_mip.certificates.guarantee import Guarantee
from ssg_mip.certificates.outcome import UNCHECKED
from ssg_mip.certificates.verify import examine
from ssg_mip.deadline import Deadline
from ssg_mip.methods.exact_ties import exact_response, is_supported
from ssg_mip.methods.guaranteed import find_guaranteed
from ssg_mip.methods.near_ties import SECONDS, Answered
from ssg_mip.result import Provenance, Result, TrajectoryPoint, gap_denominator
from ssg_mip.status import Status, Termination
from ssg_mip.tolerances import DEFAULT_GAP, DEFAULT_TOLERANCES, Tolerances

CHECK_SECONDS = 10.0
"""What a check may take in any case; a check without a time limit on the run has none either."""

GUARANTEE_SHARE = 0.1
"""Share of the time spent on an answer that the search near it may take; usually it takes milliseconds."""

GUARANTEE_SECONDS = SECONDS
"""What it may take in any case."""


def check_deadline(provenance: Provenance) -> Deadline:
    """From now: as long again as the run's time limit, but at least :data:`CHECK_SECONDS`; none without a limit."""
    limit = provenance.options.get("time_limit")
    return Deadline(None if limit is None else max(CHECK_SECONDS, float(limit)))


def assured(
    result: Result,
    *,
    check: bool = True,
    guarantee: bool = True,
    tolerances: Tolerances = DEFAULT_TOLERANCES,
    deadline: Deadline | None = None,
) -> Result:
    """The result with what is secured near it and with the outcome of its check.

    Parameters
    ----------
    result
        The answer of a method.
    check
        Whether to check every claim of the result in exact arithmetic.
    guarantee
        Whether to look for a nearby policy that works whatever the follower does with ties.
    tolerances
        The tolerances that the result was made with.
    deadline
        When the check should end; :func:`check_deadline` if absent.
    """
    until = check_deadline(result.provenance) if deadline is None else deadline
    if check:
        result = _checked(result, tolerances, until)
    beside: Guarantee | None = None
    if result.leader_policy is not None and (guarantee or (check and _loses(result, tolerances))):
        # The certificate comes from the same checker, which need not look at it twice.
        allowed = max(GUARANTEE_SECONDS, GUARANTEE_SHARE * result.provenance.seconds)
        beside = find_guaranteed(result.game, result.leader_policy, weights=result.weights, deadline=Deadline(allowed))
    if check and _loses(result, tolerances) and not _is_supported(result, beside):
        result = _checked(_without_near_ties(result, tolerances), tolerances, until)
    return dataclasses.replace(result, guaranteed=beside if guarantee else None)


def _checked(result: Result, tolerances: Tolerances, until: Deadline) -> Result:
    outcome = examine(result.game, result, tolerances=tolerances, out_of_time=lambda: until.expired).whole
    return dataclasses.replace(result, check=outcome)


def _answered(result: Result) -> Answered | None:
    """The answer of a result; ``None`` if there is none, or nothing that the follower could lose."""
    policy, response = result.leader_policy, result.follower_policy
    if policy is None or response is None or not result.check.epsilon:
        return None
    return Answered(game=result.game, policy=policy, response=response, weights=result.weights)


def _loses(result: Result, tolerances: Tolerances) -> bool:
    """Whether the follower loses for certain by the response, so that it is tied within a tolerance only."""
    answer = _answered(result)
    return answer is not None and answer.loses(tolerances)


def _is_supported(result: Result, nearby: Guarantee | None) -> bool:
    """Whether a policy nearby secures the value up to the gap."""
    gap = max(float(result.provenance.options.get("gap", DEFAULT_GAP)), LEAST_GAP)
    allowed, answer = gap * result.gap_scale, _answered(result)
    if is_supported(result.leader_value, nearby, allowed):
        return True
    return answer is not None and answer.is_secured_locally(result.leader_value, allowed)


def _without_near_ties(result: Result, tolerances: Tolerances) -> Result:
    """The result with the value that its policy has under the exact best response, of which nothing more is known."""
    policy = result.leader_policy
    if policy is None:
        return result
    found = exact_response(result.game, policy, result.ties, tolerances)
    value = float(result.weights @ found.leader_values)
    # Iterates before it may rest on near ties too, so the trajectory is this one point.
    last = TrajectoryPoint(
        iteration=0,
        leader_values=found.leader_values,
        leader_value=value,
        leader_policy=policy,
        note=f"without the tolerance for ties, by which the value would be {result.leader_value:.9g}",
    )
    return dataclasses.replace(
        result,
        status=Status.FEASIBLE,
        termination=Termination.NEAR_TIE,
        leader_value=value,
        leader_values=found.leader_values,
        follower_values=found.follower_values,
        follower_policy=found.follower_policy,
        gap_scale=gap_denominator(result.game, result.weights, value),
        trajectory=(last,),
        check=UNCHECKED,
    )
