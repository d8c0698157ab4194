r"""The exact program: the commitment program (P) in its occupancy form, and all that it is a special case of.

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

**Several objectives** (:mod:`ssg_mip.programs.direction`) are written in the same way: each has an occupancy block of
its own, ``demand{k}_y`` started in ``mu_k``, ``sigma_k @ v`` is linear as it stands, and what is maximised is ``level``
with ``demand{k}_rises``: ``F_k - slope_k * level >= least_k``. A state that hardly any of them starts in has a
conditional block.

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
from ssg_mip.programs.blocks import Part, add_conditional_block, add_occupancy_block
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.direction import Demand, Direction, reading
from ssg_mip.programs.policy_block import NO_ROWS, PolicyRows, add_policy_rows
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import Selection, add_follower_values, add_products
from ssg_mip.programs.tags import FROM_WEIGHTS, Block, RowKind, tagged


def commitment(
    game: Game,
    weights: FloatArray,
    follower: ValueBounds,
    *,
    selection: Selection | None = None,
    floor: Mapping[int, float] | None = None,
    rows: PolicyRows = NO_ROWS,
) -> Program:
    """Write the program for a weighted sum: :func:`commitment_along` ``Direction.of_sum(weights, floor)``."""
    return commitment_along(game, Direction.of_sum(weights, floor), follower, selection=selection, rows=rows)


def commitment_along(
    game: Game,
    direction: Direction,
    follower: ValueBounds,
    *,
    selection: Selection | None = None,
    rows: PolicyRows = NO_ROWS,
) -> Program:
    """Write the program.

    Parameters
    ----------
    game
        The game.
    direction
        What is to rise, and what must not fall. Each demand costs a block as large as that of a weighted sum.
    follower
        Bounds on the follower's optimal values (:func:`ssg_mip.evaluation.value_bounds.follower_value_bounds`).
    selection
        Follower actions that may be answers; all if absent.
    rows
        Rows on the policy (:mod:`ssg_mip.programs.policy_block`); none if absent.

    Raises
    ------
    ValueError
        If there are rows that couple states and several demands without a shared block, or bounds on costs and several
        demands: blocks of their own would each choose a policy. Or a price on probabilities without rows that couple
        the states with a price.

    Returns
    -------
    Program
        For a weighted sum with components ``y, v, w, x, z``, ``flow, flow_times_value, own, incentive, simplex,
        simplex_times_value, conditional_own, conditional_incentive, product`` and the objective ``leader_value``; with
        a floor also ``share`` and, for each of its states ``k``, the occupancy block ``floor{k}_...`` and
        ``floor{k}_value``. Along another direction the occupancy blocks are ``demand{k}_...``, with ``level`` and
        ``ceiling``. Box: ``v``, and ``d`` of the states in rows that couple several.
    """
    import pyomo.environ as pyo

    if len(direction.demands) > 1 and (rows.costs or (rows.coupled_states and direction.shared is None)):
        raise ValueError("a program has several demands or rows across states or on costs, not both")
    if not _priced_states(game, direction) <= set(rows.coupled_states):
        raise ValueError("states with a price on probabilities must be among those that rows couple")
    selection = Selection.everything(game) if selection is None else selection
    coupling = Coupling(game)
    thin = sorted({*direction.thin_states(game), *rows.coupled_states})
    model = pyo.ConcreteModel(name="commitment")
    by_level = not direction.is_sum or bool(rows.coupled_states)
    if by_level:
        model.level = pyo.Var(bounds=_levels(game, direction))
    add_follower_values(model, follower)
    shared = None
    if direction.shared is not None:
        block = Block(FROM_WEIGHTS)
        shared = add_occupancy_block(model, selection, coupling, direction.shared, follower, block)

    def written(*, rising: bool) -> list[Written]:
        places = zip(direction.demands, direction.blocks, strict=True)
        chosen = [(demand, block) for demand, block in places if (demand.slope > 0.0) is rising]
        if shared is not None:
            return [
                _read(model, selection, direction.shared, shared, demand, k) for k, (demand, _) in enumerate(chosen)
            ]
        return [_written(model, selection, coupling, follower, *place) for place in chosen]

    rising = written(rising=True)
    conditional = add_conditional_block(model, selection, coupling, thin, follower)
    floors = written(rising=False)
    if len(rising) == 1:
        _add_shares(model, rising[0], floors)
    found = [shared, *(one.part for one in rising), conditional, *(one.part for one in floors)]
    parts = [part for part in found if part is not None]
    policy = add_policy_rows(model, selection, rows, coupling, parts, follower)
    if by_level:
        for one in rising:
            one.ask(
                model,
                float(one.demand.slope) * model.level + _paid(model, selection, direction),
                "rises",
                RowKind.WORTH,
            )
        _add_ceilings(model, direction, [*rising, *floors])
    model.leader_value = pyo.Objective(expr=model.level if by_level else rising[0].value, sense=pyo.maximize)
    return Program(
        model,
        box=(*(model.v[t] for t in range(game.num_states)), *policy.box),
        products=add_products(model, _joined(parts, policy.triples), selection.checkpoint),
        multiplied=(*(row for part in parts for row in part.multiplied), *policy.multiplied),
        differences=tuple(pair for part in parts for pair in part.differences),
    )


def _priced_states(game: Game, direction: Direction) -> set[int]:
    """The states in which probabilities cost something."""
    if direction.price is None:
        return set()
    return set(game.leader_slot_state[np.flatnonzero(direction.price)].tolist())


def _paid(model: Any, selection: Selection, direction: Direction) -> Any:
    """What the probabilities cost."""
    game, states = selection.game, sorted(_priced_states(selection.game, direction))
    if direction.price is None or not states:
        return 0.0
    price = direction.price.tolist()
    return sum(price[game.leader_offsets[s] + a] * model.x[s, a, b] for s, a, b in selection.keys(states))


def _levels(game: Game, direction: Direction) -> tuple[float, float]:
    """The lowest and the highest level; of a weighted sum, what the leader's values are at least and at most worth."""
    if not direction.is_sum:
        return float(direction.bottom), float(direction.top)
    bounds, weights = leader_value_bounds(game), direction.demands[0].leader
    return float(weights @ bounds.lower), float(weights @ bounds.upper)


def _read(model: Any, selection: Selection, start: Any, shared: Part, demand: Demand, place: int) -> Written:
    """A demand that reads its value in the shared block and, if it does not rise, its row.

    Raises
    ------
    ValueError
        If its value does not stand there.
    """
    game = selection.game
    value = sum(float(demand.follower[t]) * model.v[t] for t in np.flatnonzero(demand.follower).tolist())
    if demand.leader.any():
        found = reading(game, start, demand.leader)
        if found is None:
            raise ValueError("a demand does not stand in the shared block")
        rewards = (found[1] * game.leader_rewards).tolist()
        keys = selection.keys(np.flatnonzero(found[0]).tolist())
        value += sum(rewards[game.row(*key)] * shared.weights[key] for key in keys)
    block = Block(FROM_WEIGHTS, f"{'part' if demand.slope > 0.0 else 'held'}{place}_")
    written = Written(demand, block, None, value)
    if demand.slope == 0.0:
        written.ask(model, 0.0, "value", RowKind.FLOOR)
    return written


@dataclasses.dataclass(frozen=True, eq=False)
class Written:
    """A demand in a program: its block of occupancies, if the leader's values occur in it, and its left side."""

    demand: Demand
    block: Block
    part: Part | None
    value: Any

    def ask(self, model: Any, rise: Any, word: str, kind: RowKind) -> None:
        """Add its row, which is named by a word after the block."""
        import pyomo.environ as pyo

        row = pyo.Constraint(expr=self.value - rise >= float(self.demand.least))
        model.add_component(f"{self.block.prefix}{word}", tagged(row, kind=kind, block=self.block.number))


def _written(
    model: Any, selection: Selection, coupling: Coupling, follower: ValueBounds, demand: Demand, block: Block
) -> Written:
    """Add the block of a demand and, if it does not rise, its row."""
    game, part = selection.game, None
    value = sum(float(demand.follower[t]) * model.v[t] for t in np.flatnonzero(demand.follower).tolist())
    if demand.start is not None:
        part = add_occupancy_block(model, selection, coupling, demand.start, follower, block)
        rewards = (demand.size * game.leader_rewards).tolist()
        value += sum(rewards[game.row(*key)] * part.weights[key] for key in selection.keys(range(game.num_states)))
    found = Written(demand, block, part, value)
    if demand.slope == 0.0:
        found.ask(model, 0.0, "value", RowKind.FLOOR)
    return found


def _add_shares(model: Any, rising: Written, floors: Sequence[Written]) -> None:
    """The occupancies of what rises are at least the shares that the floors of single states have in them."""
    import pyomo.environ as pyo

    alone = {
        one.demand.alone: one.part.weights for one in floors if one.part is not None and one.demand.alone is not None
    }
    start = rising.demand.start
    if rising.part is None or start is None or not alone:
        return
    y = rising.part.weights
    rows = pyo.Constraint(
        list(y),
        rule=lambda _, *key: y[key] - sum(float(start[k]) * own[key] for k, own in alone.items()) >= 0.0,
    )
    model.share = tagged(rows, "sab", RowKind.SHARE)


def _add_ceilings(model: Any, direction: Direction, demands: Sequence[Written]) -> None:
    """Proven bounds on weighted sums of the demands' left sides."""
    import pyomo.environ as pyo

    value = {id(one.demand): one.value for one in demands}
    sides = [value[id(demand)] for demand in direction.demands]
    rows = pyo.Constraint(
        range(len(direction.ceilings)),
        rule=lambda _, i: (
            sum(
                float(weight) * side
                for weight, side in zip(direction.ceilings[i].weights, sides, strict=True)
                if weight
            )
            <= direction.ceilings[i].bound
        ),
    )
    model.ceiling = tagged(rows, "k")


def _joined(parts: Sequence[Part], others: Sequence[tuple[Any, Any, Any]]) -> list[tuple[Any, Any, Any]]:
    """The products of all parts and the others, which take the place of those with the same result."""
    results = {id(result) for result, _, _ in others}
    return [triple for part in parts for triple in part.triples if id(triple[0]) not in results] + list(others)
