r"""Sets of weights for the weighted sums of a front.

The weighted sum ``L[v] = sum_s alpha_s v(s)`` with ``alpha > 0`` is Pareto-compliant: its maximisers are
Pareto-optimal (Kudo & Akimoto, footnote 4). A weight of zero promises weak optimality only, which
:mod:`ssg_mip.pareto.second_stage` repairs. Weighted sums reach **supported** points only, those on the convex hull of
the reachable set; a Pareto point in a dent of the front is optimal for no weights.

Sets of weights: the simplex lattice ``{k / H : sum k = H}`` (Das & Dennis, *Normal-boundary intersection*, SIAM J.
Optim. 8, 1998) while it is small, seeded draws from the simplex beyond, always with the unit vectors and the start
distribution; for two objectives the dichotomic normals of Aneja & Nair (*Bicriteria transportation problem*,
Management Science 25, 1979), which ask exactly the questions that the points found so far leave open.

Above :data:`MOST_CORNERS` states nobody can ask for each of them alone: there the start distribution comes first, then
seeded draws, half of them of single states, as many as can be checked and printed (:data:`MOST_NUMBERS`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ssg_mip.errors import OptionError
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.problem.weights import unit_weights, weight_key

DEFAULT_NUM_WEIGHTS = 20
"""Weight vectors of a front when nothing else is asked."""

MOST_CORNERS = 200
"""States up to which the weights that are chosen include every state alone."""

MOST_NUMBERS = 50_000
"""Weights times states above that: each answer says something of every state, and has to be checked and printed."""


def weighted_sum(weights: ArrayLike, values: ArrayLike) -> FloatArray:
    """``sum_s weights[s] values[..., s]`` for one vector of values or a stack of them."""
    total: FloatArray = np.asarray(values, dtype=float) @ np.asarray(weights, dtype=float)
    return total


def simplex_lattice(objectives: int, levels: int) -> FloatArray:
    """All weight vectors whose entries are multiples of ``1 / levels``, first objective heaviest first.

    Returns
    -------
    weights
        Shape ``[comb(levels + objectives - 1, objectives - 1), objectives]``; rows sum to one.

    Raises
    ------
    OptionError
        If a count is below 1.
    """
    if objectives < 1 or levels < 1:
        raise OptionError(f"a simplex lattice of {objectives} objectives and {levels} levels needs at least 1 of each")

    def rows(left: int, places: int) -> list[list[int]]:
        if places == 1:
            return [[left]]
        return [[head, *tail] for head in range(left, -1, -1) for tail in rows(left - head, places - 1)]

    lattice: FloatArray = np.array(rows(levels, objectives), dtype=float) / levels
    return lattice


def lattice_levels(objectives: int, at_most: int) -> int:
    """The finest lattice with no more than ``at_most`` vectors, and at least one level."""
    if objectives == 1:
        return 1
    levels = 1
    while math.comb(levels + objectives, objectives - 1) <= at_most:
        levels += 1
    return levels


def corner_weights(initial: FloatArray, states: IntArray) -> list[FloatArray]:
    """The weights that every front begins with: each state of ``states`` alone, then the start distribution."""
    return distinct([*(unit_weights(len(initial), int(state)) for state in states), initial])


def weight_grid(initial: FloatArray, states: IntArray, count: int, rng: np.random.Generator) -> list[FloatArray]:
    """Weights spread over the simplex of ``states``, its faces included.

    Parameters
    ----------
    initial
        Start distribution, shape ``[num_states]``.
    states
        The states between which weight is traded; the others get none.
    count
        How many vectors at most, except that up to :data:`MOST_CORNERS` states :func:`corner_weights` are always
        there. A lattice of at least two levels is used if it fits into what they leave, seeded draws from the simplex
        otherwise.
    rng
        Source of the draws.

    Returns
    -------
    weights
        Distinct vectors ``[num_states]``, each summing to one.
    """
    if len(states) > MOST_CORNERS:
        fitting = max(1, min(count, MOST_NUMBERS // len(initial)))
        return distinct([initial, *_drawn_weights(len(initial), states, fitting - 1, rng)])
    chosen = corner_weights(initial, states)
    size = len(states)
    levels = lattice_levels(size, count)
    drawn = simplex_lattice(size, levels) if levels > 1 else rng.dirichlet(np.ones(size), max(0, count - len(chosen)))
    for row in drawn:
        full = np.zeros(len(initial))
        full[states] = row
        chosen.append(full)
    return distinct(chosen)


def _drawn_weights(size: int, states: IntArray, count: int, rng: np.random.Generator) -> list[FloatArray]:
    """Seeded draws: single states, and as many points of the simplex."""
    alone = rng.choice(states, size=min(len(states), count // 2), replace=False)
    mixed = np.zeros((count - len(alone), size))
    mixed[:, states] = rng.dirichlet(np.ones(len(states)), len(mixed))
    return [*(unit_weights(size, int(state)) for state in alone), *mixed]


def normal_weights(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """Weights of two objectives under which two points are worth the same: the normal of their segment.

    Parameters
    ----------
    first, second
        Points ``(x, y)`` neither of which dominates the other.

    Raises
    ------
    OptionError
        If one point dominates the other, so that no positive weights exist.
    """
    x, y = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    if not x * y < 0.0:
        raise OptionError(f"no positive weights make {first!r} and {second!r} equal; neither may dominate the other")
    normal = np.array([abs(y), abs(x)])
    weights: FloatArray = normal / normal.sum()
    return weights


def distinct(rows: list[FloatArray]) -> list[FloatArray]:
    """The rows without repetitions (to nine digits), in their order."""
    seen: dict[bytes, FloatArray] = {}
    for row in rows:
        seen.setdefault(weight_key(row), row)
    return list(seen.values())
