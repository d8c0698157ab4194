"""Rows of a policy space in the compact models, where the leader's policy and values are variables of their own."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, TypeVar

import pyomo.environ as pyo

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.evaluation.value_bounds import leader_value_bounds, roomy
from ssg_mip.game.game import Game
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.scalarisation import ConcavePieces
from ssg_mip.problem.wider_rows import CostRow, SupportLimit, ValueRow
from ssg_mip.programs.allowed_rows import allowed_row
from ssg_mip.programs.compact import SumNames, add_discounted_sum
from ssg_mip.programs.program import Product, Program
from ssg_mip.programs.tags import RowKind, tagged

Named = TypeVar("Named", PolicyRow, ValueRow, CostRow, SupportLimit)


def with_policies(program: Program, game: Game, space: PolicySpace, checkpoint: Checkpoint = unhurried) -> Program:
    """The compact program with all that a policy space says; changes the model in place.

    * ``policy_row[name]``: ``lower <= sum_sa C(s, a) f(s, a) <= upper``;
    * ``floor[s]``: ``V(s)`` is at least so much, and ``value_row[name]``: ``sum_s rho(s) V(s)`` from the start;
    * ``cost_row[name]``: ``lower <= sum_s rho(s) C(s) <= upper``, where ``C`` is what a cost adds up to, stated as the
      leader's values are: ``C0, Z0, cost0_at_most, cost0_at_least`` of the first cost, and ``cost_product``;
    * ``few[name]``: ``sum_a used(s, a) <= most`` with binaries ``used(s, a) >= f(s, a)`` (``use``).

    Of rows with one name the later ones get a number. Models without the leader's values take rows and limits alone.
    """
    model = program.model
    if space.rows:
        named = _by_name(space.rows)
        rows = pyo.Constraint(list(named), rule=lambda m, name: allowed_row(m, game, named[name]))
        model.policy_row = tagged(rows, "k")
    _add_values(model, game, space)
    _add_limits(model, game, space)
    return _with_costs(program, game, space, checkpoint) if space.costs else program


def _add_values(model: Any, game: Game, space: PolicySpace) -> None:
    floor = space.least_values(game)
    if floor is not None:
        least = {state: float(value) for state, value in enumerate(floor) if math.isfinite(value)}
        model.floor = tagged(pyo.Constraint(list(least), rule=lambda m, s: m.V[s] >= least[s]), "s")
    named = _by_name(tuple(row for row in space.values if row.state is None))
    if named:
        rows = pyo.Constraint(list(named), rule=lambda m, name: _from_start(game, m.V) >= named[name].least)
        model.value_row = tagged(rows, "k")


def _from_start(game: Game, values: Any) -> Any:
    return pyo.quicksum(float(p) * values[s] for s, p in enumerate(game.initial) if p > 0.0)


def _add_limits(model: Any, game: Game, space: PolicySpace) -> None:
    named = _by_name(space.supports)
    if not named:
        return
    states = sorted({limit.state for limit in named.values()})
    pairs = [(s, a) for s in states for a in range(int(game.leader_counts[s]))]
    model.used = tagged(pyo.Var(pairs, domain=pyo.Binary), "sa")
    model.use = tagged(pyo.Constraint(pairs, rule=lambda m, s, a: m.f[s, a] <= m.used[s, a]), "sa")

    def few(m: Any, name: str) -> Any:
        state = named[name].state
        return pyo.quicksum(m.used[state, a] for a in range(int(game.leader_counts[state]))) <= named[name].most

    model.few = tagged(pyo.Constraint(list(named), rule=few), "k")


def _with_costs(program: Program, game: Game, space: PolicySpace, checkpoint: Checkpoint) -> Program:
    model, named = program.model, _by_name(space.costs)
    triples: list[Any] = []
    for number, row in enumerate(named.values()):
        bounds = roomy(leader_value_bounds(game.replace(leader_rewards=row.costs)))
        triples += add_discounted_sum(game, model, row.costs, bounds, cost_names(number), checkpoint)
    place = {name: number for number, name in enumerate(named)}

    def bounded(m: Any, name: str) -> Any:
        spent = _from_start(game, m.component(cost_names(place[name]).value))
        ends = [float(end) if math.isfinite(end) else None for end in (named[name].lower, named[name].upper)]
        return pyo.inequality(ends[0], spent, ends[1]) if ends != [None, None] else pyo.Constraint.Skip

    model.cost_row = tagged(pyo.Constraint(list(named), rule=bounded), "k")
    first = len(program.products)

    def product(_: Any, k: int) -> Any:
        result, factor, value = triples[k - first]
        return result == factor * value

    numbers = range(first, first + len(triples))
    model.cost_product = tagged(pyo.Constraint(numbers, rule=product), "k", RowKind.PRODUCT)
    costs = tuple(box for number in range(len(named)) for box in model.component(cost_names(number).value).values())
    products = (*program.products, *(Product(*triple) for triple in triples))
    return dataclasses.replace(program, box=(*program.box, *costs), products=products)


def cost_names(number: int) -> SumNames:
    """How the components of a cost are called."""
    return SumNames(f"C{number}", f"Z{number}", f"cost{number}")


def _by_name(rows: tuple[Named, ...]) -> dict[str, Named]:
    named: dict[str, Named] = {}
    for row in rows:
        name, number = row.name, 1
        while name in named:
            number += 1
            name = f"{row.name} ({number})"
        named[name] = row
    return named


def maximise_pieces(model: Any, what: ConcavePieces, ends: tuple[float, float]) -> None:
    """Replace the objective of the compact commitment model: ``level``, at most each piece of a concave function.

    Parameters
    ----------
    model
        The model, with the leader's values ``V(s)``.
    what
        The pieces; ``piece[k]``: ``weights[k] @ V + offsets[k] >= level``.
    ends
        The least and the largest value of the function.
    """
    for name in ("objective", "scalarisation", "leader_value"):
        model.del_component(name)
    model.level = pyo.Var(bounds=ends)
    rows = list(zip(what.weights.tolist(), what.offsets.tolist(), strict=True))

    def piece(m: Any, k: int) -> Any:
        weights, constant = rows[k]
        return pyo.quicksum(weight * m.V[s] for s, weight in enumerate(weights)) + constant >= m.level

    model.piece = tagged(pyo.Constraint(range(len(rows)), rule=piece), "k")
    model.objective = pyo.Objective(expr=model.level, sense=pyo.maximize)
