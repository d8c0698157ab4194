"""All numerical tolerances in one place: what floating point cannot tell, and what a run may be asked for.

The first are constants. The others are members of :class:`Tolerances`, whose order is checked.

The order matters: a linear program solved less accurately than the tie tolerance would invent ties,
and a tie tolerance above the monotonicity tolerance would let policy iteration go down unnoticed.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from ssg_mip.base.rules import POSITIVE, instance_of
from ssg_mip.errors import OptionError

ARITHMETIC = 1e-12
"""Relative size of rounding noise in a linear solve; a smaller advantage is none."""

ROUNDING = 1e-9
"""How far a printed number may lie from its exactly proven value, relative to the largest value."""

PROBABILITY = 1e-9
"""How far a distribution given as data may be from summing to one."""

TIGHTEST = 1e-10
"""The smallest feasibility tolerance that HiGHS accepts, for the small programs that place a policy on a tie."""

INTERVAL = 1e-7
"""Width, relative to its values, below which an interval is not split any more."""

CUT_VIOLATION = 1e-4
"""Violation, relative to the norm of the row, from which a cut is worth adding."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tolerances:
    """What a run may be asked for; every member is positive.

    Attributes
    ----------
    feasibility
        Primal and dual feasibility asked of every LP (HiGHS accepts none below 1e-10).
    tie
        Follower actions are tied in a state if their values differ by at most ``tie (1 - discount)`` times the spread
        of the values that the follower could have there (:func:`ssg_mip.evaluation.value_bounds.tie_thresholds`).
    monotone
        How much a state value may fall, relative to its scale, before monotonicity counts as violated.
    support
        Occupancy, relative to the total, below which a state counts as not visited.

    Raises
    ------
    OptionError
        If a member is not positive or the order TIGHTEST <= feasibility <= tie <= monotone is broken.
    """

    feasibility: float = 1e-9
    tie: float = 1e-8
    monotone: float = 1e-7
    support: float = 1e-7

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            POSITIVE.check(f"tolerance {field.name}", value)
        if self.feasibility < TIGHTEST:
            raise OptionError(f"tolerance feasibility is {self.feasibility!r}; HiGHS accepts none below {TIGHTEST:g}")
        chain = ("feasibility", "tie", "monotone")
        for low, high in itertools.pairwise(chain):
            if getattr(self, low) > getattr(self, high):
                raise OptionError(
                    f"tolerance {low} = {getattr(self, low)!r} exceeds {high} = {getattr(self, high)!r}; "
                    f"the order must be {' <= '.join(chain)}"
                )


DEFAULT_TOLERANCES = Tolerances()

TELLABLE = 1e-11
"""Difference of action values, relative to the spread of values, that floating point can tell from none."""

TIE_ROUNDINGS = 16.0
"""Roundings of the follower's values, at most, that may hide a tie."""
TOLERANCES = instance_of(Tolerances, "a Tolerances")
"""What an argument ``tolerances`` must be."""

ROUNDINGS_OF_A_ROW = 8.0
"""How many roundings, in the precision of the data, a row of probabilities may be from summing to one."""


def probability_tolerance(precision: np.dtype[Any]) -> float:
    """How far a distribution given in some precision may be from summing to one.

    ``PROBABILITY`` in double precision, 9.5e-7 in single and 7.8e-3 in half precision: what remains of rows
    that were normalised there.
    """
    if precision.kind != "f":
        return PROBABILITY
    return max(PROBABILITY, ROUNDINGS_OF_A_ROW * float(np.finfo(precision).eps))


MARGIN_IN_TIES = 10.0
"""The smallest margin in units of the largest tie threshold: far enough from a tie for floating point to see none."""

DUST = 1e-9
"""Probabilities below this are taken from an answer whose exact ties they spoil."""

LEAST_GAIN = 1e-9
"""Gain, relative to a state's value (and to 1), from which a statewise step is taken: well above rounding noise."""

FINEST_GAP = 1e-6
"""The smallest relative gap that linear programs in floating point can prove; smaller ones count as this one."""

DEFAULT_GAP = 1e-4
"""The relative gap between value and bound at which a search stops when nothing else is asked: 0.01 %."""

SMALLEST_COEFFICIENT = 1e-9
"""The smallest coefficient in an LP file, relative to the largest of its row and to 1: HiGHS ignores smaller ones."""

MOST_ABSORBED = 1e-6
"""How far a row of an LP file may move for want of its smallest coefficients: readers accept rows that miss by this."""

READERS_ROOM = 4e-5
"""Room for boxes of values that have all but collapsed, in an LP file, relative to the largest value."""
