r"""Dominance between value vectors.

``v`` dominates ``w`` if it is nowhere worse and somewhere better (Kudo & Akimoto, notation of section 6). Values
that come out of a search are known to a tolerance only, so every comparison takes one. With a tolerance dominance is
no longer transitive; :func:`non_dominated` is therefore an elimination that never empties the set. Exact dominance
is that of moocore (López-Ibáñez et al., *Core algorithms for multi-objective optimization*), imported when first used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ssg_mip.base.tolerances import Tolerances
from ssg_mip.errors import OptionError

MOST_EXACT_STATES = 255
"""States up to which moocore compares points."""


def covers(v: ArrayLike, w: ArrayLike, tolerance: float = 0.0) -> bool:
    """Whether ``v`` weakly dominates ``w``: nowhere worse by more than ``tolerance``."""
    return bool(np.all(np.asarray(v) >= np.asarray(w) - tolerance))


def dominates(v: ArrayLike, w: ArrayLike, tolerance: float = 0.0) -> bool:
    """Whether ``v`` dominates ``w``: nowhere worse and somewhere better, each by more than ``tolerance``.

    Parameters
    ----------
    v, w
        Values per state, larger is better, shape ``[num_states]``.
    tolerance
        Differences up to this count as none.
    """
    return covers(v, w, tolerance) and bool(np.any(np.asarray(v) > np.asarray(w) + tolerance))


def separation(values: ArrayLike, gap: float, tolerances: Tolerances) -> float:
    """The tolerance of a front: value vectors closer than this are not told apart.

    Parameters
    ----------
    values
        Any number of value vectors, or the largest of their entries.
    gap
        Relative accuracy of the searches that found them.
    tolerances
        Those of the searches.

    Returns
    -------
    tolerance
        ``gap`` (the tolerance ``monotone`` if that is larger) times the largest value, and at least ``monotone``; in
        the units of the leader's rewards.
    """
    least = tolerances.monotone
    return max(max(gap, least) * float(np.abs(np.asarray(values)).max(initial=0.0)), least)


def non_dominated(points: ArrayLike, tolerance: float = 0.0) -> NDArray[np.bool_]:
    """Which points remain when every dominated or repeated one is struck out.

    First the points go that another one dominates exactly, and repetitions. What is left is looked at from the lowest
    sum to the highest, and a point is struck out if one still standing covers it. So at least one point stays, no
    point that stays dominates or equals another within ``tolerance``, and of several that are equal the one with the
    highest sum stays (the first one, if the sums are equal too).

    Parameters
    ----------
    points
        One value vector per row, shape ``[points, states]``.
    tolerance
        Differences up to this count as none. A point may be struck out by one that is itself struck out later, so
        over a chain of ``k`` such steps it may be better than what stays by up to ``k`` tolerances.

    Returns
    -------
    mask
        Boolean per row.

    Raises
    ------
    OptionError
        If ``points`` is not a matrix with at least one column.
    """
    values = np.asarray(points, dtype=float)
    if values.ndim != 2 or values.shape[1] < 1:
        raise OptionError(f"points have shape {values.shape}; they must be [points, states] with at least one state")
    stays = _exactly_non_dominated(values)
    left = np.flatnonzero(stays)
    for index in np.argsort(values[left].sum(axis=1)[::-1], kind="stable"):
        place = left[len(left) - 1 - index]
        covering = np.all(values >= values[place] - tolerance, axis=1) & stays
        covering[place] = False
        stays[place] = not covering.any()
    return stays


def _exactly_non_dominated(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points nothing dominates, the first of equal ones; all of them beyond :data:`MOST_EXACT_STATES`.

    There the elimination strikes them out by itself: a dominated point never has the highest sum.
    """
    if values.shape[1] > MOST_EXACT_STATES or not len(values):
        return np.ones(len(values), dtype=bool)
    from moocore import is_nondominated

    return np.array(is_nondominated(values, maximise=True), dtype=bool)


def cone_excess(value: ArrayLike, limit: ArrayLike, leader_discount: float) -> float:
    """By how much a reachable value breaks the cone of Theorem 11 (c); at most 0 where the theorem holds.

    The limit ``v_inf`` of Algorithm 1 satisfies
    ``min_s (v - v_inf)(s) <= gamma_A max_s (v - v_inf)(s)`` for every reachable ``v``: no policy exceeds the limit
    in all states by similar amounts.

    Parameters
    ----------
    value
        A reachable value vector ``v``, shape ``[num_states]``.
    limit
        The limit ``v_inf``.
    leader_discount
        ``gamma_A``.

    Returns
    -------
    excess
        ``min(v - v_inf) - gamma_A max(v - v_inf)``.
    """
    difference = np.asarray(value, dtype=float) - np.asarray(limit, dtype=float)
    return float(difference.min() - leader_discount * difference.max())
