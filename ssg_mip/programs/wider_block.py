r"""Bounds on discounted costs, and states of one action, in the commitment program (P).

**Costs.** ``sum y c <= C`` over the occupancies from the weights:

* ``cost``: that row;
* ``cost_low`` and ``cost_up``, or ``cost_times_value``: the same times ``v(t) - l(t)`` and ``u(t) - v(t)``, or an
  equation once, times ``v(t)``; only where every occupancy has a product with ``v(t)``.

For fixed ``v`` what remains is a decision process with a bound on a cost, whose optimum mixes two actions in as many
states as there are bounds: two answers, each with a policy of its own, between which no follower can be made to
alternate. The program is therefore exact only where every visited state has one answer left, whether rows couple
states or not.

**States of one action.** Where the leader may use one action ``a`` only, the follower's rows hold for ``y(s,a,b)`` of
every ``a`` by itself, not only in sum:

* ``single_own``: ``w(s,a,b,s) = y(s,a,b) r_B(s,a,b) + gamma_B sum_t p(t|s,a,b) w(s,a,b,t)``;
* ``single_incentive``: at least that for every other action ``b'`` of the follower, by the margin.

This is the hull over the actions of that state, so that for fixed ``v`` nothing has to be split, unless rows couple
states or bound costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.problem.wider_rows import CostSide
from ssg_mip.programs.blocks import Part
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.program import Multiplied
from ssg_mip.programs.row_family import Family, attach
from ssg_mip.programs.rows import Key, Selection
from ssg_mip.programs.tags import FROM_WEIGHTS, RowKind, tagged

COSTS = {
    "": RowKind.COST,
    "_times_value": RowKind.COST_TIMES_VALUE,
    "_low": RowKind.COST_LOW,
    "_up": RowKind.COST_UP,
}
"""What bounds on costs are, by how they are multiplied."""


def add_cost_rows(
    model: Any, selection: Selection, sides: Sequence[CostSide], coupling: Coupling, follower: ValueBounds
) -> tuple[Multiplied, ...]:
    """Add bounds on costs to the block of occupancies from the weights; what has been multiplied comes back."""
    if not sides:
        return ()
    game = selection.game
    keys = selection.keys(range(game.num_states))
    costs = [{key: float(side.costs[game.row(*key)]) for key in keys} for side in sides]

    def plain(j: int) -> Any:
        return _sum((cost, model.y[key]) for key, cost in costs[j].items()) - sides[j].limit

    def times(j: int, t: int) -> Any:
        selection.checkpoint()
        return _sum((cost, model.w[key, t]) for key, cost in costs[j].items()) - sides[j].limit * model.v[t]

    shared = _in_every_product(game, coupling)
    family = Family("cost", "k", COSTS, FROM_WEIGHTS, plain, times, lambda j: sides[j].equation)
    return attach(model, family, range(len(sides)), lambda _: shared, follower)


def _sum(terms: Iterable[tuple[float, Any]]) -> Any:
    """A sum that is an expression also where nothing open costs anything: a row says then that its limit is kept."""
    from pyomo.core.expr import LinearExpression

    every = list(terms)
    found = [(cost, variable) for cost, variable in every if cost] or every[:1]
    costs, variables = zip(*found, strict=True)
    return LinearExpression(linear_coefs=list(costs), linear_vars=list(variables))


def _in_every_product(game: Game, coupling: Coupling) -> list[int]:
    """The values with which every joint action is multiplied."""
    each = [set(coupling.of_action(s, a)) for s in range(game.num_states) for a in range(int(game.leader_counts[s]))]
    return sorted(set.intersection(*each))


def add_single_rows(model: Any, selection: Selection, states: Sequence[int], part: Part) -> None:
    """Add the follower's rows for every leader action by itself, in some states of a block."""
    import pyomo.environ as pyo

    if not states:
        return
    game = selection.game
    block, weights, products = part.block, part.weights, part.products

    def lead(key: Key, action: int) -> Any:
        row = game.row(key[0], key[1], action)
        value = products[key, key[0]] - float(game.follower_rewards[row]) * weights[key]
        for t, p in zip(*game.next_states(row), strict=True):
            value -= game.follower_discount * float(p) * products[key, int(t)]
        return value

    def own(_: Any, s: int, a: int, b: int) -> Any:
        selection.checkpoint()
        return lead((s, a, b), b) == 0.0

    def incentive(_: Any, s: int, a: int, b: int, other: int) -> Any:
        selection.checkpoint()
        return lead((s, a, b), other) - selection.margin * weights[s, a, b] >= 0.0

    keys = selection.keys(states)
    pairs = [(*key, other) for key in keys for other in range(int(game.follower_counts[key[0]])) if other != key[2]]
    own_rows = tagged(pyo.Constraint(keys, rule=own), "sab", RowKind.SINGLE_OWN, block.number)
    incentive_rows = tagged(pyo.Constraint(pairs, rule=incentive), "sabc", RowKind.SINGLE_INCENTIVE, block.number)
    model.add_component(f"{block.prefix}single_own", own_rows)
    model.add_component(f"{block.prefix}single_incentive", incentive_rows)
