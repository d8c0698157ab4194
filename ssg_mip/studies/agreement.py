"""When what a run gives agrees with what is printed: computed, within a stated tolerance, never by rounding.

A verdict is ``True``, ``False``, or ``None`` where the two are so close to the tolerance that the last bits of a
floating-point number would decide (``0.1`` against ``1.0 - 0.9``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

DEVIATIONS = 2.0
"""Standard errors within which sampled numbers agree: some 95 of 100 honest repetitions do."""

EDGE = 1e-9
"""Relative distance from a tolerance at which nothing is decided."""


def within(gap: float, tolerance: float) -> bool | None:
    """Whether ``|gap| <= tolerance``; ``None`` at the edge, and where either is no number."""
    size = abs(gap)
    if math.isnan(size) or math.isnan(tolerance) or abs(size - tolerance) <= EDGE * max(size, tolerance):
        return True if size == tolerance == 0.0 else None
    return size < tolerance


def above(value: float, limit: float, error: float = 0.0) -> bool | None:
    """Whether ``value > limit`` by more than :data:`DEVIATIONS` times ``error``; ``None`` if neither above nor below.

    ``None`` as well where one of the three is no number.
    """
    gap, least = value - limit, max(DEVIATIONS * error, EDGE * max(abs(value), abs(limit)))
    if math.isnan(gap) or math.isnan(least) or abs(gap) <= least:
        return None
    return gap > 0.0


def together(*verdicts: bool | None) -> bool | None:
    """``False`` if one is, else ``None`` if one is, else ``True``."""
    if False in verdicts:
        return False
    return None if None in verdicts else True


def share_tolerance(ours: float, our_runs: int, theirs: float, their_runs: int) -> float:
    """What two shares of runs may differ by: :data:`DEVIATIONS` standard errors of their difference.

    One success and one failure are added to each sample first (Agresti & Caffo, The American Statistician 2000), so
    that no run out of a hundred is not taken for impossible.
    """
    variance = 0.0
    for share, runs in ((ours, our_runs), (theirs, their_runs)):
        smoothed = (share * runs + 1.0) / (runs + 2.0)
        variance += smoothed * (1.0 - smoothed) / (runs + 2.0)
    return DEVIATIONS * math.sqrt(variance)


def mean_tolerance(ours: Sequence[float], their_runs: int, *, extremes: tuple[float, float], digit: float) -> float:
    """What a printed mean may differ from that of our runs by, if theirs scatter as ours do.

    Parameters
    ----------
    ours
        One number per run.
    their_runs
        How many runs are behind the printed mean.
    extremes
        The least and the largest number that a run can have: one run at each is added, as in :func:`share_tolerance`.
    digit
        The unit of the last printed digit, half of which is lost by rounding.
    """
    spread = float(np.std([*ours, *extremes], ddof=1))
    return DEVIATIONS * spread * math.sqrt(1.0 / (len(ours) + 2.0) + 1.0 / their_runs) + 0.5 * digit
