r"""The commitment program (P) in its occupancy form.

Maximise the leader's weighted value outright:

* ``y(s, a, b) >= 0``, the leader-discounted occupancy, with the flow rows
  ``sum_ab y(s,a,b) - gamma_A sum_{s',a,b} p(s|s',a,b) y(s',a,b) = rho(s)``; objective ``sum y r_A``;
* products ``w(s,a,b,t) = y(s,a,b) v(t)`` with the follower's values ``v``;
* the follower's incentive rows (:mod:`ssg_mip.programs.rows`), homogeneous in ``y``;
* ``flow_times_value``: every flow row times every ``v(t)``, linear in the products. These ``|S|^2`` rows are
  redundant in the exact program and decide the strength of its relaxation. In larger games each flow row is multiplied
  by its own ``v(s)`` alone, and only the products in the incentive rows are written
  (:mod:`ssg_mip.programs.coupling`).

The leader's values never appear; ``f(s,a) = sum_b y(s,a,b) / sum_ab y(s,a,b)``.

Where a state is hardly or never visited its occupancy says nothing about ``f``, and ``v`` would float. Every state
whose weight is small therefore gets a block of conditional probabilities ``x(s,a,b)`` of its own, with
``sum_ab x = 1``, products ``z = x v(t)``, ``sum_ab z(s,a,b,t) = v(t)`` and the same incentive rows. It is coupled to
the rest through ``v`` alone, which is exact: any ``f(s)`` that is consistent with ``v`` may be read from either block.

**A floor under the leader's values**, ``V(k) >= floor(k)``. For fixed ``v`` the mixes and answers that are consistent
with ``v`` are chosen state by state, so they are the actions of a decision process of the leader, and one policy is
best from every state at once. The value from ``k`` may therefore be written with an occupancy of its own: a block
``floor{k}_y`` with the same rows, started in ``k``, and ``floor{k}_value``: ``sum floor{k}_y r_A >= floor(k)``. All
blocks share ``v``; no leader value becomes a box variable. A policy that is best from every state has
``y = sum_k rho(k) floor{k}_y`` over all states, hence ``share``: ``y >= sum_k rho(k) floor{k}_y`` over those with a
floor. A state with a floor needs no conditional block: its own block visits it.

**Rows on the policy** are written by :mod:`ssg_mip.programs.policy_block`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ssg_mip.evaluation.value_bounds import ValueBounds, leader_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.policy_block import NO_ROWS, PolicyRows, add_policy_rows, add_worth
from ssg_mip.programs.program import Multiplied, Program
from ssg_mip.programs.rows import Selection, add_follower_values, add_incentive_rows, add_products, multiplied_rows
from ssg_mip.programs.tags import FROM_WEIGHTS, OF_STATE, Block, ColumnKind, RowKind, tagged

SMALL_WEIGHT = 1e-3
"""States with less weight than this share of the average weight get a conditional block."""


def conditional_states(game: Game, weights: FloatArray, floored: Sequence[int] = ()) -> list[int]:
    """States with so little weight that they need conditional variables, unless they have a floor."""
    thin = np.flatnonzero(weights < SMALL_WEIGHT / game.num_states)
    return [int(s) for s in thin if s not in set(floored)]


def commitment(
    game: Game,
    weights: FloatArray,
    follower: ValueBounds,
    *,
    selection: Selection | None = None,
    floor: Mapping[int, float] | None = None,
    rows: PolicyRows = NO_ROWS,
) -> Program:
    """Write the program (P).

    Parameters
    ----------
    game
        The game.
    weights
        The weights ``rho`` over states, non-negative, summing to one.
    follower
        Bounds on the follower's optimal values (:func:`ssg_mip.evaluation.value_bounds.follower_value_bounds`).
    selection
        Follower actions that may be answers; all if absent.
    floor
        Lower bounds on the leader's value, by state; none if absent. Each costs a block as large as the rest.
    rows
        Rows on the policy (:mod:`ssg_mip.programs.policy_block`); none if absent.

    Raises
    ------
    ValueError
        If there are floors beside rows across states or on costs: blocks of their own would each choose a policy.

    Returns
    -------
    Program
        With components ``y, v, w, x, z``, ``flow, flow_times_value, own, incentive, simplex, simplex_times_value,
        conditional_own, conditional_incentive, product`` and the objective ``leader_value``; with a floor also
        ``share`` and, for each of its states ``k``, the occupancy block ``floor{k}_...``. Box: ``v``, and ``d`` of the
        states in rows that couple several.
    """
    import pyomo.environ as pyo

    if floor and rows.tied:
        raise ValueError("a program has floors or rows across states or on costs, not both")
    selection = Selection.everything(game) if selection is None else selection
    floor = {} if floor is None else floor
    states = range(game.num_states)
    keys = selection.keys(states)

    model = pyo.ConcreteModel(name="commitment")
    add_follower_values(model, follower)
    coupling = Coupling(game)
    parts = [add_occupancy_block(model, selection, coupling, weights, follower, Block(FROM_WEIGHTS))]
    thin = sorted({*conditional_states(game, weights, list(floor)), *rows.coupled_states})
    parts.append(add_conditional_block(model, selection, coupling, thin, follower))
    rewards = {key: float(game.leader_rewards[game.row(*key)]) for key in keys}
    blocks = {}
    for k, least in floor.items():
        block = Block(k, prefix=f"floor{k}_")
        start = np.zeros(game.num_states)
        start[k] = 1.0
        parts.append(add_occupancy_block(model, selection, coupling, start, follower, block))
        y = blocks[k] = parts[-1].weights
        value = pyo.Constraint(expr=sum(rewards[key] * y[key] for key in keys) >= least)
        model.add_component(f"{block.prefix}value", tagged(value, kind=RowKind.FLOOR, block=k))
    if floor:
        share = pyo.Constraint(
            keys,
            rule=lambda m, *key: m.y[key] - sum(float(weights[k]) * y[key] for k, y in blocks.items()) >= 0.0,
        )
        model.share = tagged(share, "sab", RowKind.SHARE)
    floored = [Block(k, prefix=f"floor{k}_") for k in floor]
    policy = add_policy_rows(model, selection, rows, coupling, thin, follower, floored)
    if policy.box:
        add_worth(model, rewards, leader_value_bounds(game), weights)
    else:
        model.leader_value = pyo.Objective(expr=sum(rewards[key] * model.y[key] for key in keys), sense=pyo.maximize)
    return Program(
        model,
        box=(*(model.v[t] for t in states), *policy.box),
        products=add_products(model, _joined(parts, policy.triples), selection.checkpoint),
        multiplied=(*(row for part in parts for row in part.multiplied), *policy.multiplied),
        differences=tuple(pair for part in parts for pair in part.differences),
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """What a block of the program adds to its products and to what the search must know, and its ``y`` or ``x``."""

    weights: Any
    triples: list[tuple[Any, Any, Any]]
    multiplied: tuple[Multiplied, ...]
    differences: tuple[tuple[Any, Any], ...]


def _joined(parts: Sequence[Part], others: Sequence[tuple[Any, Any, Any]]) -> list[tuple[Any, Any, Any]]:
    """The products of all parts and the others, which take the place of those with the same result."""
    results = {id(result) for result, _, _ in others}
    return [triple for part in parts for triple in part.triples if id(triple[0]) not in results] + list(others)


def add_occupancy_block(
    model: Any, selection: Selection, coupling: Coupling, start: FloatArray, follower: ValueBounds, block: Block
) -> Part:
    """Occupancies ``y`` from a start distribution, their products ``w`` with ``v``, flow and incentive rows."""
    import pyomo.environ as pyo

    game = selection.game
    states = range(game.num_states)
    keys = selection.keys(states)
    top = 1.0 / (1.0 - game.leader_discount)
    leaving = {s: [key for key in keys if key[0] == s] for s in states}
    entering: dict[int, list[tuple[tuple[int, int, int], float]]] = {s: [] for s in states}
    for key in keys:
        for t, p in zip(*game.next_states(game.row(*key)), strict=True):
            entering[int(t)].append((key, game.leader_discount * float(p)))

    product_bounds = selection.product_bounds
    places = [(*key, t) for key in keys for t in coupling.of_action(key[0], key[1])]
    y = tagged(pyo.Var(keys, bounds=(0.0, top)), "sab", ColumnKind.WEIGHT, block.number)
    w = pyo.Var(places, bounds=lambda _, s, a, b, t: product_bounds(top, follower, t))
    model.add_component(f"{block.prefix}y", y)
    model.add_component(f"{block.prefix}w", tagged(w, "sabt", ColumnKind.PRODUCT, block.number))

    def flow(_: Any, s: int) -> Any:
        return sum(y[key] for key in leaving[s]) - sum(p * y[key] for key, p in entering[s]) == float(start[s])

    def flow_times_value(m: Any, s: int, t: int) -> Any:
        selection.checkpoint()
        balance = sum(w[key, t] for key in leaving[s]) - sum(p * w[key, t] for key, p in entering[s])
        return balance - float(start[s]) * m.v[t] == 0.0

    base = tagged(pyo.Constraint(states, rule=flow), "s", RowKind.FLOW, block.number)
    rows = pyo.Constraint(coupling.flow_rows(), rule=flow_times_value)
    model.add_component(f"{block.prefix}flow", base)
    model.add_component(f"{block.prefix}flow_times_value", tagged(rows, "st", RowKind.FLOW_TIMES_VALUE, block.number))
    differences = add_incentive_rows(model, selection, y, w, list(states), block)
    triples = [(w[place], y[place[:3]], model.v[place[3]]) for place in places]
    return Part(y, triples, multiplied_rows(rows, base, model.v), differences)


def add_conditional_block(
    model: Any, selection: Selection, coupling: Coupling, thin: list[int], follower: ValueBounds
) -> Part:
    """Conditional probabilities ``x``, their products ``z`` with ``v``, simplex and incentive rows."""
    import pyomo.environ as pyo

    keys = selection.keys(thin)
    near = {s: coupling.of_state(s) for s in thin}
    places = [(*key, t) for key in keys for t in near[key[0]]]
    block = {s: [key for key in keys if key[0] == s] for s in thin}
    product_bounds = selection.product_bounds
    model.x = tagged(pyo.Var(keys, bounds=(0.0, 1.0)), "sab", ColumnKind.WEIGHT, OF_STATE)
    products = pyo.Var(places, bounds=lambda _, s, a, b, t: product_bounds(1.0, follower, t))
    model.z = tagged(products, "sabt", ColumnKind.PRODUCT, OF_STATE)
    simplex = pyo.Constraint(thin, rule=lambda m, s: sum(m.x[key] for key in block[s]) == 1.0)
    model.simplex = tagged(simplex, "s", RowKind.SIMPLEX, OF_STATE)
    times_value = pyo.Constraint(
        [(s, t) for s in thin for t in near[s]],
        rule=lambda m, s, t: sum(m.z[key, t] for key in block[s]) - m.v[t] == 0.0,
    )
    model.simplex_times_value = tagged(times_value, "st", RowKind.SIMPLEX_TIMES_VALUE, OF_STATE)
    differences = add_incentive_rows(model, selection, model.x, model.z, thin, Block(OF_STATE, "conditional_"))
    triples = [(model.z[place], model.x[place[:3]], model.v[place[3]]) for place in places]
    return Part(model.x, triples, multiplied_rows(times_value, simplex, model.v), differences)
