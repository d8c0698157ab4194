r"""The blocks of which the exact program is made: occupancies from a start, and conditional probabilities of states.

What they are for is said in :mod:`ssg_mip.programs.commitment`. All blocks share the follower's values ``v``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.program import Multiplied
from ssg_mip.programs.rows import Selection, add_incentive_rows, multiplied_rows
from ssg_mip.programs.tags import OF_STATE, Block, ColumnKind, RowKind, tagged


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """A block of the program, the states it reaches, and what it adds to products and to what the search must know.

    ``weights`` are its ``y`` or ``x``, ``products`` its ``w`` or ``z``.
    """

    block: Block
    states: Sequence[int]
    weights: Any
    products: Any
    triples: list[tuple[Any, Any, Any]]
    multiplied: tuple[Multiplied, ...]
    differences: tuple[tuple[Any, Any], ...]


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
    return Part(block, states, y, w, triples, multiplied_rows(rows, base, model.v), differences)


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
    named = Block(OF_STATE, "conditional_")
    differences = add_incentive_rows(model, selection, model.x, model.z, thin, named)
    triples = [(model.z[place], model.x[place[:3]], model.v[place[3]]) for place in places]
    return Part(named, thin, model.x, model.z, triples, multiplied_rows(times_value, simplex, model.v), differences)
