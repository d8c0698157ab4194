"""What every answer is given before it is handed out: what it secures, and the exact checker's outcome.

Methods make claims; here the claims of a finished result are checked, whatever the method. Nothing is corrected: a
failed check is an outcome, and the command line's exit code.
"""

from __future__ import annotations

import dataclasses

from ssg_mip.certificates.verify import examine
from ssg_mip.methods.guaranteed import find_guaranteed
from ssg_mip.result import Result
from ssg_mip.tolerances import DEFAULT_TOLERANCES, Tolerances


def assured(
    result: Result, *, check: bool = True, guarantee: bool = True, tolerances: Tolerances = DEFAULT_TOLERANCES
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
    """
    if guarantee and result.leader_policy is not None:
        beside = find_guaranteed(result.game, result.leader_policy, weights=result.weights)
        result = dataclasses.replace(result, guaranteed=beside)
    if check:
        outcome = examine(result.game, result, tolerances=tolerances).whole
        result = dataclasses.replace(result, check=outcome)
    return result
