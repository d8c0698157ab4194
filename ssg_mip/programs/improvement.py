r"""The improvement program (I) of Kudo & Akimoto, equations (6)-(8), in its disjunctive hull form.

Given the values ``V_t`` of the current policy, maximise ``sum_s alpha_s (Q_t(s, f, g(s)) - V_t(s))`` over the leader
policies ``f`` with ``Q_t(s, f, g(s)) >= V_t(s)`` in every state, where ``g`` is a best response to ``f`` and ``Q_t``
uses the constant ``V_t``. The objective may also be ``L[Q_t] - L[V_t]`` for a concave Pareto-compliant
``L[v] = min_k (w_k @ v + c_k)`` (:mod:`ssg_mip.problem.scalarisation`): then it is a variable ``rise`` below every
piece of the gains ``d(s)`` (``gained``, ``piece``).

* ``x(s, a, b) = f(s, a) g(s, b) >= 0`` with ``sum_ab x = 1`` (``simplex``);
* products ``w(s, a, b, t) = x(s, a, b) v(t)`` with the follower's values ``v``, and ``simplex_times_value``:
  ``sum_ab w(s, a, b, t) = v(t)`` for every ``t``;
* the follower's incentive rows (:mod:`ssg_mip.programs.rows`);
* ``improve``: ``sum_ab x c >= V_t(s)`` with the constants ``c = r_A + gamma_A sum_t p V_t(t)``;
* rows on the policy, as they stand in :mod:`ssg_mip.programs.policy_block`.

Without rows across states the program falls apart for fixed ``v`` into one small linear program per state and answer
and needs no binaries. In states that such rows couple a point may still mix answers, each with a policy of its own, so
there answers must be pure.
An optimal value of 0 with ``alpha > 0`` proves that the current policy satisfies the necessary condition for Pareto
optimality (Theorem 9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ssg_mip.base.tolerances import ARITHMETIC
from ssg_mip.evaluation.mdp import transition_matrix
from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.scalarisation import ConcavePieces, StepObjective
from ssg_mip.programs.blocks import Part
from ssg_mip.programs.policy_block import NO_ROWS, PolicyRows, add_rows_of_probabilities
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import Selection, add_follower_values, add_incentive_rows, add_products, multiplied_rows
from ssg_mip.programs.spending import Spending, add_spending_rows
from ssg_mip.programs.tags import OF_STATE, Block, ColumnKind, RowKind, tagged

Key = tuple[int, int, int]
"""State, leader action, follower action."""


def leader_gains(game: Game, values: FloatArray) -> FloatArray:
    """``r_A(s,a,b) + gamma_A sum_t p(t|s,a,b) V_t(t) - V_t(s)`` per row: what a joint action gains over ``V_t``.

    The difference is 0 for what the current policy plays, up to rounding. Such noise becomes 0: as a coefficient of
    2e-16 it spoils the scaling of a solver, and made GLPK return 0.345 as the optimum where 0.365 is right.
    """
    moved: FloatArray = transition_matrix(game) @ values
    gain = game.leader_rewards + game.leader_discount * moved - values[game.row_state]
    noise = ARITHMETIC * (1.0 + float(np.abs(values).max()))
    cleaned: FloatArray = np.where(np.abs(gain) <= noise, 0.0, gain)
    return cleaned


def improvement(
    game: Game,
    values: FloatArray,
    objective: StepObjective,
    follower: ValueBounds,
    *,
    selection: Selection | None = None,
    rows: PolicyRows = NO_ROWS,
    spending: Sequence[Spending] = (),
) -> Program:
    """Write the program (I) in its hull form.

    Parameters
    ----------
    game
        The game.
    values
        The leader's current values ``V_t``, shape ``[num_states]``.
    objective
        The scalarisation weights ``alpha`` over states, or the pieces of a function of the gains ``Q_t - V_t``
        (:meth:`ssg_mip.problem.scalarisation.ConcavePieces.gains_over`).
    follower
        Bounds on the follower's optimal values (:func:`ssg_mip.evaluation.value_bounds.follower_value_bounds`).
    selection
        Follower actions that may be answers; all if absent.
    rows
        Rows on the policy; none if absent.
    spending
        Bounds on discounted costs, around the current policy (:mod:`ssg_mip.programs.spending`).

    Returns
    -------
    Program
        With components ``x, v, w``, ``simplex, simplex_times_value, own, incentive, improve, product`` and the
        objective ``gain``, the weighted improvement over ``V_t``. Of several pieces the objective is the variable
        ``rise``, with rows ``piece``. Box: ``v``.
    """
    import pyomo.environ as pyo

    selection = Selection.everything(game) if selection is None else selection
    states = range(game.num_states)
    keys = selection.keys(states)
    gain = leader_gains(game, values)
    gains = {key: float(gain[game.row(*key)]) for key in keys}
    block = {s: [key for key in keys if key[0] == s] for s in states}

    model = pyo.ConcreteModel(name="improvement")
    model.x = tagged(pyo.Var(keys, bounds=(0.0, 1.0)), "sab", ColumnKind.WEIGHT, OF_STATE)
    add_follower_values(model, follower)
    products = pyo.Var(keys, states, bounds=lambda _, s, a, b, t: selection.product_bounds(1.0, follower, t))
    model.w = tagged(products, "sabt", ColumnKind.PRODUCT, OF_STATE)
    simplex = pyo.Constraint(states, rule=lambda m, s: sum(m.x[key] for key in block[s]) == 1.0)
    model.simplex = tagged(simplex, "s", RowKind.SIMPLEX, OF_STATE)
    times_value = pyo.Constraint(
        states, states, rule=lambda m, s, t: sum(m.w[key, t] for key in block[s]) - m.v[t] == 0.0
    )
    model.simplex_times_value = tagged(times_value, "st", RowKind.SIMPLEX_TIMES_VALUE, OF_STATE)
    differences = add_incentive_rows(model, selection, model.x, model.w, list(states), Block(OF_STATE))
    improve = pyo.Constraint(states, rule=lambda m, s: sum(gains[key] * m.x[key] for key in block[s]) >= 0.0)
    model.improve = tagged(improve, "s", RowKind.IMPROVE)
    if isinstance(objective, ConcavePieces):
        _add_pieces(model, objective, gains, block)
    else:
        model.gain = pyo.Objective(
            expr=sum(float(objective[key[0]]) * gains[key] * model.x[key] for key in keys), sense=pyo.maximize
        )
    add_spending_rows(model, selection, spending)
    triples = [(model.w[key, t], model.x[key], model.v[t]) for key in keys for t in states]
    multiplied = multiplied_rows(model.simplex_times_value, model.simplex, model.v)
    part = Part(Block(OF_STATE), states, model.x, model.w, triples, multiplied, differences)
    return Program(
        model,
        box=tuple(model.v[t] for t in states),
        products=add_products(model, triples, selection.checkpoint),
        multiplied=(*multiplied, *add_rows_of_probabilities(model, selection, rows, part, follower)),
        differences=differences,
    )


def _add_pieces(
    model: Any, pieces: ConcavePieces, gains: Mapping[Key, float], block: Mapping[int, Sequence[Key]]
) -> None:
    """Maximise ``rise``, which is at most every piece."""
    import pyomo.environ as pyo

    own = {s: [gains[key] for key in keys] for s, keys in block.items()}
    least, most = (pieces(np.array([end(own[s]) for s in block])) for end in (min, max))
    model.d = tagged(pyo.Var(list(block), bounds=lambda _, s: (min(own[s]), max(own[s]))), "s")
    gained = pyo.Constraint(
        list(block), rule=lambda m, s: sum(gains[key] * m.x[key] for key in block[s]) - m.d[s] == 0.0
    )
    model.gained = tagged(gained, "s")
    model.rise = pyo.Var(bounds=(least, most))
    rows = list(zip(pieces.weights.tolist(), pieces.offsets.tolist(), strict=True))

    def piece(m: Any, k: int) -> Any:
        weights, constant = rows[k]
        return sum(weights[s] * m.d[s] for s in block) - m.rise >= -constant

    model.piece = tagged(pyo.Constraint(range(len(rows)), rule=piece), "k")
    model.gain = pyo.Objective(expr=model.rise, sense=pyo.maximize)
