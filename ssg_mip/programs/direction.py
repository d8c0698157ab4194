r"""The direction program (L): how high can several linear objectives rise at once?

Every objective ``k`` is linear in both players' values, ``F_k = mu_k @ V + sigma_k @ v`` with ``mu_k >= 0``, and comes
with a demand ``F_k >= least_k + slope_k * level``, ``slope_k >= 0``. The program maximises ``level``. It contains

* the weighted sum: one demand of slope 1, on the sum itself;
* the epsilon-constraint program: slope 1 for one objective, slope 0 (a floor) for the others;
* the search along a direction ``slope`` from a corner ``least`` (Pascoletti & Serafini, *Scalarizing vector
  optimization problems*, J. Optim. Theory Appl. 42, 1984), which shrinks a box of objective values from both sides.

The leader's values are no box variables. For fixed ``v`` the mixes and answers that are consistent with ``v`` are the
actions of a decision process of the leader, in which one policy is best from every state at once
(:mod:`ssg_mip.programs.commitment`). So each objective gets an occupancy block of its own, ``demand{k}_y`` started
in ``mu_k``, all blocks share ``v``, and ``sigma_k @ v`` is linear as it stands. A state that hardly any block starts in
has a block of conditional probabilities, which ties its ``v`` to a mix.

``ceiling``: proven bounds ``lambda @ F <= bound`` of earlier programs. They hold for every policy, so they cut off no
solution, and they spare the search what is known already.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.commitment import (
    add_conditional_block,
    add_occupancy_block,
    conditional_states,
)
from ssg_mip.programs.coupling import Coupling
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import Selection, add_follower_values, add_products
from ssg_mip.programs.tags import Block, tagged


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Demand:
    """``leader @ V + follower @ v >= least + slope * level``.

    ``leader`` and ``follower`` are non-negative weights over states, shape ``[num_states]``; ``slope`` is at least 0.
    """

    leader: FloatArray
    follower: FloatArray
    least: float
    slope: float


@dataclasses.dataclass(frozen=True, eq=False)
class Ceiling:
    """``weights @ F <= bound`` for all policies, with one weight for each demand."""

    weights: FloatArray
    bound: float


def block_starts(demands: Sequence[Demand]) -> list[FloatArray | None]:
    """The start distribution of each demand's occupancy block; ``None`` where the leader's values do not occur."""
    return [demand.leader / demand.leader.sum() if demand.leader.any() else None for demand in demands]


def thin_states(game: Game, demands: Sequence[Demand]) -> list[int]:
    """The states in which hardly any block starts."""
    starts = [start for start in block_starts(demands) if start is not None]
    mean = np.mean(starts, axis=0) if starts else np.zeros(game.num_states)
    return conditional_states(game, mean)


def direction_products(game: Game, demands: Sequence[Demand]) -> int:
    """Products of the direction program."""
    coupling, rows_of_state = Coupling(game), game.row_offsets[1:] - game.row_offsets[:-1]
    blocks = sum(start is not None for start in block_starts(demands))
    conditional = sum(int(rows_of_state[s]) * len(coupling.of_state(s)) for s in thin_states(game, demands))
    return sum(coupling.products_of_state) * blocks + conditional


def level(
    game: Game,
    demands: Sequence[Demand],
    follower: ValueBounds,
    *,
    top: float,
    selection: Selection | None = None,
    ceilings: Sequence[Ceiling] = (),
) -> Program:
    """Write the program (L).

    Parameters
    ----------
    game
        The game.
    demands
        What must rise, and what must not fall.
    follower
        Bounds on the follower's optimal values (:func:`ssg_mip.evaluation.value_bounds.follower_value_bounds`).
    top
        The highest level of interest; the level lies between 0 and this.
    selection
        Follower actions that may be answers; all if absent.
    ceilings
        Proven bounds on weighted sums of the demands' left sides.

    Returns
    -------
    Program
        With components ``level, v, x, z, demand, ceiling, simplex, ...`` as in the commitment program, an occupancy
        block ``demand{k}_...`` for each demand on the leader's values, and the objective ``highest``. Box: ``v``.
    """
    import pyomo.environ as pyo

    selection = Selection.everything(game) if selection is None else selection
    states = range(game.num_states)
    keys = selection.keys(states)
    coupling = Coupling(game)
    rewards = {key: float(game.leader_rewards[game.row(*key)]) for key in keys}

    model = pyo.ConcreteModel(name="level")
    model.level = pyo.Var(bounds=(0.0, float(top)))
    add_follower_values(model, follower)
    parts, worth = [], []
    for k, (demand, start) in enumerate(zip(demands, block_starts(demands), strict=True)):
        value = sum(float(demand.follower[t]) * model.v[t] for t in np.flatnonzero(demand.follower).tolist())
        if start is not None:
            parts.append(add_occupancy_block(model, selection, coupling, start, follower, Block(k, f"demand{k}_")))
            y, total = parts[-1].weights, float(demand.leader.sum())
            value = value + sum(total * rewards[key] * y[key] for key in keys if rewards[key])
        worth.append(value)
    parts.append(add_conditional_block(model, selection, coupling, thin_states(game, demands), follower))
    demand_rows = pyo.Constraint(
        range(len(demands)),
        rule=lambda m, k: worth[k] - float(demands[k].slope) * m.level >= float(demands[k].least),
    )
    model.demand = tagged(demand_rows, "k")
    ceiling_rows = pyo.Constraint(
        range(len(ceilings)),
        rule=lambda _, i: (
            sum(float(weight) * worth[k] for k, weight in enumerate(ceilings[i].weights) if weight) <= ceilings[i].bound
        ),
    )
    model.ceiling = tagged(ceiling_rows, "k")
    model.highest = pyo.Objective(expr=model.level, sense=pyo.maximize)
    return Program(
        model,
        box=tuple(model.v[t] for t in states),
        products=add_products(model, [triple for part in parts for triple in part.triples], selection.checkpoint),
        multiplied=tuple(row for part in parts for row in part.multiplied),
        differences=tuple(pair for part in parts for pair in part.differences),
    )
