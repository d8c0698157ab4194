"""What a gap between a value and a bound is relative to: the spread of the values, never a constant in them."""

from __future__ import annotations

import math

SPREAD_SHARE = 1e-2
"""Share of the spread of the leader's values that a gap is relative to at least."""


def gap_size(primal: float, least: float) -> float:
    """What the gap of a value is relative to.

    The size of the value, but at least ``least`` and at most the spread of the values, of which ``least`` is the share
    :data:`SPREAD_SHARE`. A gap relative to the value alone fails near 0, and where a constant is added to all values.

    Parameters
    ----------
    primal
        The value; if there is none, ``-inf``, the size is the spread.
    least
        As from :func:`ssg_mip.evaluation.value_bounds.gap_scale`; with 0 the size of the value is all there is.
    """
    return max(least, min(abs(primal), least / SPREAD_SHARE)) if least > 0.0 else abs(primal)


def relative_gap(primal: float, dual: float, least: float = 0.0) -> float:
    """``(dual - primal) / gap_size(primal, least)``, never negative.

    0 where there is no difference, infinite without a bound.
    """
    return gap_in_units(primal, dual, gap_size(primal, least)) if math.isfinite(primal) else math.inf


def gap_in_units(primal: float, dual: float, size: float) -> float:
    """``(dual - primal) / size``, never negative; 0 where there is no difference, infinite without a bound."""
    if not (math.isfinite(primal) and math.isfinite(dual)):
        return math.inf
    if dual <= primal:
        return 0.0
    return math.inf if size == 0.0 else (dual - primal) / size
