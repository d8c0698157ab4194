r"""Rows that a quantal follower keeps, in the place of the incentive rows: linear, and summed over his answers.

His answer ``g`` is mixed, so that ``x(s, a, b) = f(a | s) g(b | s)`` carries weight in every answer, and ``v`` are his
*soft* values (:mod:`ssg_mip.evaluation.soft_response`). By Gibbs' inequality, for every distribution ``u`` over his
actions in a state, with ``H`` the entropy,

* ``v >= sum_c u(c) q(c) + tau H(u)``, because ``tau log sum exp(q / tau)`` is the maximum of the right side;
* ``v = sum_b g(b) q(b) + tau H(g) <= sum_b g(b) q(b) + tau sum_b g(b) log(1 / u(b))``.

Both are linear in ``x`` and its products with ``v`` once they are multiplied by the weight of the state, and
homogeneous. Written are the first for every single action and for the even mixes of every two, and of all; the second
for the even mix and for mixes that prefer one action (:data:`PREFERRED`). What they leave out is that ``x`` is a
product: a relaxed point may let the leader's action and the answer go together. Bounds from these rows hold for every
policy, but do not close in general however small the boxes are.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.rows import Selection, follower_gain
from ssg_mip.programs.tags import Block, RowKind, tagged

PREFERRED = (0.9, 0.99)
"""Weights of the preferred action in the second kind of row; the others share the rest."""


def lower_mixes(count: int) -> list[FloatArray]:
    """The distributions ``u`` of the first kind of row: single actions, pairs, and all together."""
    chosen: list[tuple[int, ...]] = [(b,) for b in range(count)]
    chosen += list(itertools.combinations(range(count), 2))
    if count > 2:
        chosen.append(tuple(range(count)))
    mixes = []
    for actions in chosen:
        mix = np.zeros(count)
        mix[list(actions)] = 1.0 / len(actions)
        mixes.append(mix)
    return mixes


def upper_mixes(count: int) -> list[FloatArray]:
    """The distributions ``u`` of the second kind of row, all positive."""
    mixes = [np.full(count, 1.0 / count)]
    for b, share in itertools.product(range(count), PREFERRED if count > 1 else ()):
        mix = np.full(count, (1.0 - share) / (count - 1))
        mix[b] = share
        mixes.append(mix)
    return mixes


def add_soft_rows(
    temperature: float,
    model: Any,
    selection: Selection,
    weights: Any,
    products: Any,
    states: Sequence[int],
    block: Block,
) -> tuple[tuple[Any, Any], ...]:
    """Add both kinds of row for some states to a model, as :func:`ssg_mip.programs.rows.add_incentive_rows` does."""
    import pyomo.environ as pyo

    game = selection.game
    keys = {s: [(a, b) for _, a, b in selection.keys([s])] for s in states}
    lower = {s: lower_mixes(int(game.follower_counts[s])) for s in states}
    upper = {s: upper_mixes(int(game.follower_counts[s])) for s in states}

    def value(s: int) -> Any:
        return sum(products[s, a, b, s] for a, b in keys[s])

    def entropy(mix: FloatArray) -> float:
        return -float(sum(p * math.log(p) for p in mix.tolist() if p > 0.0))

    def at_least(_: Any, s: int, k: int) -> Any:
        selection.checkpoint()
        mix, worth = lower[s][k], 0.0
        for b in selection.actions(s):
            for c in np.flatnonzero(mix).tolist():
                worth += float(mix[c]) * follower_gain(game, weights, products, s, b, c)
        whole = sum(weights[s, a, b] for a, b in keys[s])
        return value(s) - worth - temperature * entropy(mix) * whole >= 0.0

    def at_most(_: Any, s: int, k: int) -> Any:
        selection.checkpoint()
        mix, worth = upper[s][k], 0.0
        for b in selection.actions(s):
            worth += follower_gain(game, weights, products, s, b, b)
            bonus = -temperature * math.log(float(mix[b]))
            worth += bonus * sum(weights[s, a, b] for a in range(int(game.leader_counts[s])))
        return value(s) - worth <= 0.0

    for name, rule, mixes in (("soft_low", at_least, lower), ("soft_up", at_most, upper)):
        index = [(s, k) for s in states for k in range(len(mixes[s]))]
        rows = tagged(pyo.Constraint(index, rule=rule), "sk", RowKind.OTHER, block.number)
        model.add_component(f"{block.prefix}{name}", rows)
    return ()
