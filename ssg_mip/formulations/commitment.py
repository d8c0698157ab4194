r"""The commitment program (P) in its occupancy form.

Maximise the leader's weighted value outright:

* ``y(s, a, b) >= 0``, the leader-discounted occupancy, with the flow rows
  ``sum_ab y(s,a,b) - gamma_A sum_{s',a,b} p(s|s',a,b) y(s',a,b) = rho(s)``; objective ``sum y r_A``;
* products ``w(s,a,b,t) = y(s,a,b) v(t)`` with the follower's values ``v``;
* the follower's incentive rows (:mod:`ssg_mip.formulations.rows`), homogeneous in ``y``;
* ``flow_times_value``: every flow row times every ``v(t)``, linear in the products. These ``|S|^2`` rows are
  redundant in the exact program and decide the strength of its relaxation.

The leader's values never appear; ``f(s,a) = sum_b y(s,a,b) / sum_ab y(s,a,b)``.

Where a state is hardly or never visited its occupancy says nothing about ``f``, and ``v`` would float. Every state
whose weight is small therefore gets a block of conditional probabilities ``x(s,a,b)`` of its own, with
``sum_ab x = 1``, products ``z = x v(t)``, ``sum_ab z(s,a,b,t) = v(t)`` and the same incentive rows. It is coupled to
the rest through ``v`` alone, which is exact: any ``f(s)`` that is consistent with ``v`` may be read from either block.
"""

from __future__ import annotations

import numpy as np

from ssg_mip.bounds import ValueBounds
from ssg_mip.formulations.program import Program
from ssg_mip.formulations.rows import Selection, add_incentive_rows, add_products, multiplied_rows, product_bounds
from ssg_mip.game import FloatArray, Game

SMALL_WEIGHT = 1e-3
"""States with less weight than this share of the average weight get a conditional block."""

INDICES = {
    **{"y": "sab", "v": "s", "w": "sabt", "x": "sab", "z": "sabt"},
    **{"flow": "s", "flow_times_value": "st", "own": "sb", "incentive": "sbc"},
    **{"simplex": "s", "simplex_times_value": "st", "conditional_own": "sb", "conditional_incentive": "sbc"},
}
"""What the indices of the components mean."""


def conditional_states(game: Game, weights: FloatArray) -> list[int]:
    """States with so little weight that they need conditional variables."""
    return [int(s) for s in np.flatnonzero(weights < SMALL_WEIGHT / game.num_states)]


def commitment(
    game: Game, weights: FloatArray, follower: ValueBounds, *, selection: Selection | None = None
) -> Program:
    """Write the program (P).

    Parameters
    ----------
    game
        The game.
    weights
        The weights ``rho`` over states, non-negative, summing to one.
    follower
        Bounds on the follower's optimal values (:func:`ssg_mip.bounds.follower_value_bounds`).
    selection
        Follower actions that may be answers; all if absent.

    Returns
    -------
    Program
        With components ``y, v, w, x, z``, ``flow, flow_times_value, own, incentive, simplex, simplex_times_value,
        conditional_own, conditional_incentive, product`` and the objective ``leader_value``. Box: ``v``.
    """
    import pyomo.environ as pyo

    selection = Selection.everything(game) if selection is None else selection
    states = range(game.num_states)
    keys = selection.keys(states)
    thin = conditional_states(game, weights)
    thin_keys = selection.keys(thin)
    top = 1.0 / (1.0 - game.leader_discount)
    low, high = follower.lower, follower.upper

    model = pyo.ConcreteModel(name="commitment")
    model.y = pyo.Var(keys, bounds=(0.0, top))
    model.v = pyo.Var(states, bounds=lambda _, t: (float(low[t]), float(high[t])))
    model.w = pyo.Var(keys, states, bounds=lambda _, s, a, b, t: product_bounds(top, low, high, t))
    model.x = pyo.Var(thin_keys, bounds=(0.0, 1.0))
    model.z = pyo.Var(thin_keys, states, bounds=lambda _, s, a, b, t: product_bounds(1.0, low, high, t))

    leaving = {s: [key for key in keys if key[0] == s] for s in states}
    entering: dict[int, list[tuple[tuple[int, int, int], float]]] = {s: [] for s in states}
    for key in keys:
        for t, p in zip(*game.next_states(game.row(*key)), strict=True):
            entering[int(t)].append((key, game.leader_discount * float(p)))

    model.flow = pyo.Constraint(
        states,
        rule=lambda m, s: (
            sum(m.y[key] for key in leaving[s]) - sum(p * m.y[key] for key, p in entering[s]) == float(weights[s])
        ),
    )
    model.flow_times_value = pyo.Constraint(
        states,
        states,
        rule=lambda m, s, t: (
            sum(m.w[key, t] for key in leaving[s])
            - sum(p * m.w[key, t] for key, p in entering[s])
            - float(weights[s]) * m.v[t]
            == 0.0
        ),
    )
    differences = add_incentive_rows(model, selection, model.y, model.w, list(states))
    model.simplex = pyo.Constraint(thin, rule=lambda m, s: sum(m.x[key] for key in leaving[s]) == 1.0)
    model.simplex_times_value = pyo.Constraint(
        thin, states, rule=lambda m, s, t: sum(m.z[key, t] for key in leaving[s]) - m.v[t] == 0.0
    )
    differences += add_incentive_rows(model, selection, model.x, model.z, thin, prefix="conditional_")
    model.leader_value = pyo.Objective(
        expr=sum(float(game.leader_rewards[game.row(*key)]) * model.y[key] for key in keys), sense=pyo.maximize
    )
    triples = [(model.w[key, t], model.y[key], model.v[t]) for key in keys for t in states]
    triples += [(model.z[key, t], model.x[key], model.v[t]) for key in thin_keys for t in states]
    return Program(
        model,
        box=tuple(model.v[t] for t in states),
        products=add_products(model, triples),
        multiplied=multiplied_rows(model.flow_times_value, model.flow, model.v)
        + multiplied_rows(model.simplex_times_value, model.simplex, model.v),
        differences=differences,
        indices=INDICES,
    )
