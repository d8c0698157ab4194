"""What every answer is given before it is handed out: the exact checker's outcome.

Methods make claims; this is where the claims of a finished result are checked, whatever the method. Nothing is
corrected: a failed check is an outcome, and the command line's exit code.
"""

from __future__ import annotations

import dataclasses

from ssg_mip.certificates.verify import examine
from ssg_mip.result import Result
from ssg_mip.tolerances import DEFAULT_TOLERANCES, Tolerances


def assured(result: Result, *, check: bool = True, tolerances: Tolerances = DEFAULT_TOLERANCES) -> Result:
    """The result with the outcome of its check.

    Parameters
    ----------
    result
        The answer of a method.
    check
        Whether to check every claim of the result in exact arithmetic.
    tolerances
        The tolerances that the result was made with.
    """
    if not check:
        return result
    return dataclasses.replace(result, check=examine(result.game, result, tolerances=tolerances).whole)
