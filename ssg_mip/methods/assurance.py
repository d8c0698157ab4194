"""What every answer is given before it is handed out: what it secures, and the exact checker's outcome.

Methods make claims; here the claims of a finished result are checked, whatever the method. Nothing is corrected: a
failed check is an outcome, and the command line's exit code.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ssg_mip.certificates.dual.replay import BoundVerification
from ssg_mip.certificates.verify import examine
from ssg_mip.deadline import Deadline
from ssg_mip.methods.guaranteed import find_guaranteed
from ssg_mip.methods.proofs.bound_certificate import Recorder
from ssg_mip.result import Provenance, Result
from ssg_mip.tolerances import DEFAULT_TOLERANCES, Tolerances

CHECK_SECONDS = 10.0
"""What a check may take in any case; a check without a time limit on the run has none either."""

GUARANTEE_SHARE = 0.1
"""Share of the time spent on an answer that the search near it may take; usually it takes milliseconds."""

GUARANTEE_SECONDS = 1.0
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
    bounds: Sequence[BoundVerification] = (),
    recorder: Recorder | None = None,
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
    bounds
        Replays of certificates for the game.
    recorder
        Holds the proof of the bound, where a certificate is asked for: the check replays it.
    """
    if check:
        until = check_deadline(result.provenance) if deadline is None else deadline
        outcome = examine(
            result.game,
            result,
            tolerances=tolerances,
            bounds=bounds if recorder is None else recorder.replays(result.game, until),
            out_of_time=lambda: until.expired,
        ).whole
        result = dataclasses.replace(result, check=outcome)
    if guarantee and result.leader_policy is not None:
        # The certificate comes from the same checker, which need not look at it twice.
        allowed = max(GUARANTEE_SECONDS, GUARANTEE_SHARE * result.provenance.seconds)
        beside = find_guaranteed(result.game, result.leader_policy, weights=result.weights, deadline=Deadline(allowed))
        result = dataclasses.replace(result, guaranteed=beside)
    return result
