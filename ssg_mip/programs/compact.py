r"""The compact exact models: the leader's probabilities, the follower's choice, both players' values.

Variables are the leader's policy ``f(s, a)``, the follower's response ``g(s, b)`` (binary) and the follower's optimal
values ``v(s)``. With ``q(s, b) = sum_a f(s, a) [r_B(s, a, b) + gamma_B sum_t p(t | s, a, b) v(t)]`` the response is
optimal exactly if (Bucarey et al., *Stationary strong Stackelberg equilibrium in discounted stochastic games*, 2022)

* ``incentive``:  ``v(s) - q(s, b) >= 0`` for every ``b`` (with a margin ``m``: ``>= m (1 - g(s, b))``);
* ``response``:   ``v(s) - q(s, b) <= M(s, b) (1 - g(s, b))``.

``M(s, b)`` must reach from the largest optimal value to the *smallest* ``q(s, b)``: an action that is not chosen may
be worth less than the smallest optimal value, so the width of the value interval is not enough.

The commitment program maximises ``leader_value = sum_s rho(s) V(s)``, where ``V`` are the leader's values, tied to
``f`` and ``g`` by rows of the same kind. The improvement program (Kudo & Akimoto, equations (6)-(8)) has the
constants ``V_t`` in their place: ``Q(s) = sum_a f(s, a) [r_A + gamma_A sum_t p V_t(t)]`` under the response,
``Q(s) >= V_t(s)``, and maximises ``gain = sum_s alpha(s) (Q(s) - V_t(s))``.

The only products are ``w(s, a, t) = f(s, a) v(t)`` and, in the commitment program, ``W(s, a, t) = f(s, a) V(t)``,
declared where the probability of reaching ``t`` depends on the leader's action. ``sum_a w(s, a, t) = v(t)`` is
implied and stated, because it makes every relaxation of the products tighter.

These models are written to be read and exported; the search solves stronger ones.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pyomo.environ as pyo

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.evaluation.value_bounds import (
    ValueBounds,
    compact_big_m,
    follower_value_bounds,
    leader_value_bounds,
    roomy,
)
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.scalarisation import ConcavePieces, StepObjective
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import add_follower_values, add_products, product_bounds
from ssg_mip.programs.tags import tagged

Triple = tuple[Any, Any, Any]

LEADER = "leader"
"""What the names of the rows that tie the leader's values begin with."""


def compact_commitment(
    game: Game,
    weights: FloatArray,
    *,
    follower_bounds: ValueBounds | None = None,
    leader_bounds: ValueBounds | None = None,
    margin: float = 0.0,
    checkpoint: Checkpoint = unhurried,
) -> Program:
    """The commitment program (P): maximise the weighted leader value over stationary policies, exactly.

    Parameters
    ----------
    game
        The game.
    weights
        Weights over states, shape ``[num_states]``.
    follower_bounds
        Bounds on the follower's optimal values; computed if absent.
    leader_bounds
        Bounds on the leader's values under every pair of policies; computed if absent.
    margin
        By how much the response must beat every other action in every state, in the follower's reward units.
    checkpoint
        Called while the program is written, and may put an end to it.

    Returns
    -------
    Program
        Box variables are ``v``, then ``V``.
    """
    follower_bounds = follower_bounds or follower_value_bounds(game)
    leader_bounds = leader_bounds or leader_value_bounds(game)
    model, triples = follower_model(game, follower_bounds, "commitment", margin, checkpoint)
    triples += add_discounted_sum(game, model, game.leader_rewards, leader_bounds, LEADER_VALUES, checkpoint)
    _add_objective(model, "leader_value", pyo.quicksum(float(w) * model.V[s] for s, w in enumerate(weights)))
    return Program(
        model=model,
        box=(*model.v.values(), *model.V.values()),
        products=add_products(model, triples, checkpoint),
    )


def compact_improvement(
    game: Game,
    values: FloatArray,
    objective: StepObjective,
    *,
    follower_bounds: ValueBounds | None = None,
    margin: float = 0.0,
    checkpoint: Checkpoint = unhurried,
) -> Program:
    """The improvement program (I) at a policy with leader values ``V_t``.

    Parameters
    ----------
    game
        The game.
    values
        The leader's values ``V_t`` of the policy to improve on, shape ``[num_states]``.
    objective
        Weights ``alpha`` over states, or the pieces of a function of the gains, as in
        :func:`~ssg_mip.programs.improvement.improvement`.
    follower_bounds
        Bounds on the follower's optimal values; computed if absent.
    margin, checkpoint
        As in :func:`compact_commitment`.

    Returns
    -------
    Program
        Box variables are ``v``. Without a margin the program is feasible: the policy with values ``V_t`` satisfies it.
    """
    follower_bounds = follower_bounds or follower_value_bounds(game)
    model, triples = follower_model(game, follower_bounds, "improvement", margin, checkpoint)
    gains = game.leader_rewards + game.leader_discount * _expected(game, values)
    slots = int(game.follower_offsets[-1])
    smallest, largest = np.full(slots, np.inf), np.full(slots, -np.inf)
    np.minimum.at(smallest, game.row_follower_slot, gains)
    np.maximum.at(largest, game.row_follower_slot, gains)
    q_bounds = roomy(
        ValueBounds(
            np.minimum.reduceat(smallest, game.follower_offsets[:-1]),
            np.maximum.reduceat(largest, game.follower_offsets[:-1]),
        )
    )
    model.Q = tagged(pyo.Var(range(game.num_states), bounds=_interval(q_bounds)), "s")
    under_action = [0.0] * slots
    for row in range(game.num_rows):
        probability = model.f[int(game.row_state[row]), int(game.row_leader[row])]
        under_action[int(game.row_follower_slot[row])] += float(gains[row]) * probability
    ranges = (q_bounds.lower, q_bounds.upper), (smallest, largest)
    _add_leader_rows(game, model, model.Q, under_action, *ranges, checkpoint)
    no_loss = pyo.Constraint(
        range(game.num_states), rule=lambda m, s: m.Q[s] >= float(values[s]), doc="no state gets worse"
    )
    model.improvement = tagged(no_loss, "s")

    def gain(weights: FloatArray) -> Any:
        return pyo.quicksum(float(w) * (model.Q[s] - float(values[s])) for s, w in enumerate(weights))

    if isinstance(objective, ConcavePieces):
        ends = (objective(q_bounds.lower - values), objective(q_bounds.upper - values))
        model.rise = pyo.Var(bounds=ends)
        rows = list(zip(objective.weights, objective.offsets.tolist(), strict=True))
        pieces = pyo.Constraint(
            range(len(rows)), rule=lambda m, k: gain(rows[k][0]) + rows[k][1] - m.rise >= 0.0, doc="a concave objective"
        )
        model.piece = tagged(pieces, "k")
        _add_objective(model, "gain", model.rise)
    else:
        _add_objective(model, "gain", gain(objective))
    return Program(
        model=model,
        box=tuple(model.v.values()),
        products=add_products(model, triples, checkpoint),
    )


# -------------------------------------------------------------------- the follower


def follower_model(
    game: Game, bounds: ValueBounds, name: str, margin: float = 0.0, checkpoint: Checkpoint = unhurried
) -> tuple[Any, list[Triple]]:
    """Policies, the follower's values and the rows that make the response optimal.

    Returns
    -------
    model, triples
        The model without objective, and the products ``w = f * v`` that are yet to be stated.
    """
    model = pyo.ConcreteModel(name=name)
    states = range(game.num_states)
    model.f = tagged(pyo.Var(_pairs(game.leader_counts), bounds=(0.0, 1.0)), "sa")
    model.g = tagged(pyo.Var(_pairs(game.follower_counts), domain=pyo.Binary), "sb")
    add_follower_values(model, bounds)
    leader_policy = pyo.Constraint(
        states, rule=lambda m, s: pyo.quicksum(m.f[s, a] for a in range(game.leader_counts[s])) == 1.0
    )
    follower_policy = pyo.Constraint(
        states, rule=lambda m, s: pyo.quicksum(m.g[s, b] for b in range(game.follower_counts[s])) == 1.0
    )
    model.leader_policy = tagged(leader_policy, "s")
    model.follower_policy = tagged(follower_policy, "s")
    coupled = coupled_pairs(game) if game.follower_discount > 0.0 else []
    triples, scaled = _add_scaled_values(game, model, model.v, "w", bounds, coupled, checkpoint)
    values = _action_values(game, game.follower_rewards, game.follower_discount, model.f, model.v, scaled, checkpoint)
    big_m = compact_big_m(game, bounds)

    def incentive(m: Any, s: int, b: int) -> Any:
        checkpoint()
        shortfall = m.v[s] - values[int(game.follower_offsets[s]) + b]
        return shortfall - margin * (1.0 - m.g[s, b]) >= 0.0 if margin > 0.0 else shortfall >= 0.0

    def response(m: Any, s: int, b: int) -> Any:
        checkpoint()
        slot = int(game.follower_offsets[s]) + b
        return m.v[s] - values[slot] <= float(big_m[slot]) * (1.0 - m.g[s, b])

    pairs = _pairs(game.follower_counts)
    model.incentive = tagged(pyo.Constraint(pairs, rule=incentive), "sb")
    model.response = tagged(pyo.Constraint(pairs, rule=response), "sb")
    return model, triples


# -------------------------------------------------------------------- products and action values


def _add_scaled_values(
    game: Game,
    model: Any,
    values: Any,
    name: str,
    bounds: ValueBounds,
    coupled: list[tuple[int, int]],
    checkpoint: Checkpoint,
) -> tuple[list[Triple], Any]:
    """Variables ``name(s, a, t) = f(s, a) values(t)`` and the rows that sum them over ``a``: the products, and they."""
    keys = [(s, a, t) for s, t in coupled for a in range(int(game.leader_counts[s]))]

    def between(_: Any, _s: int, _a: int, t: int) -> tuple[float, float]:
        checkpoint()
        return product_bounds(1.0, bounds.lower, bounds.upper, t)

    scaled = tagged(pyo.Var(keys, bounds=between), "sat")
    model.add_component(name, scaled)
    share = pyo.Constraint(
        coupled,
        rule=lambda _, s, t: pyo.quicksum(scaled[s, a, t] for a in range(game.leader_counts[s])) == values[t],
    )
    model.add_component(f"share_{name}", tagged(share, "st"))
    return [(scaled[s, a, t], model.f[s, a], values[t]) for s, a, t in keys], scaled


def coupled_pairs(game: Game) -> list[tuple[int, int]]:
    """Pairs ``(s, t)`` for which the probability of moving to ``t`` depends on the leader's action in ``s``."""
    pairs = []
    for state in range(game.num_states):
        rows = _state_transitions(game, state)
        seen = sorted({t for row in rows.values() for t in row})
        for t in seen:
            columns = (
                {rows[a, b].get(t, 0.0) for a in range(int(game.leader_counts[state]))}
                for b in range(int(game.follower_counts[state]))
            )
            if any(len(probabilities) > 1 for probabilities in columns):
                pairs.append((state, t))
    return pairs


def _action_values(
    game: Game, rewards: FloatArray, discount: float, policy: Any, values: Any, scaled: Any, checkpoint: Checkpoint
) -> list[Any]:
    """``sum_a f [r + gamma sum_t p value(t)]`` per follower slot, linear in ``f``, the values and the products."""
    expressions = []
    for state in range(game.num_states):
        checkpoint()
        rows = _state_transitions(game, state)
        actions = range(int(game.leader_counts[state]))
        for b in range(int(game.follower_counts[state])):
            terms = [float(rewards[game.row(state, a, b)]) * policy[state, a] for a in actions]
            for t in sorted({t for a in actions for t in rows[a, b]}) if discount > 0.0 else ():
                weight = [discount * rows[a, b].get(t, 0.0) for a in actions]
                if (state, 0, t) in scaled:
                    terms += [weight[a] * scaled[state, a, t] for a in actions if weight[a] > 0.0]
                else:
                    terms.append(weight[0] * values[t])
            expressions.append(pyo.quicksum(terms))
    return expressions


def _state_transitions(game: Game, state: int) -> dict[tuple[int, int], dict[int, float]]:
    """Successors and probabilities of every joint action of a state."""
    table = {}
    for row in range(int(game.row_offsets[state]), int(game.row_offsets[state + 1])):
        successors, probabilities = game.next_states(row)
        table[int(game.row_leader[row]), int(game.row_follower[row])] = dict(
            zip(successors.tolist(), probabilities.tolist(), strict=True)
        )
    return table


# -------------------------------------------------------------------- the leader


def _add_leader_rows(
    game: Game,
    model: Any,
    value: Any,
    under_action: list[Any],
    value_range: tuple[FloatArray, FloatArray],
    slot_range: tuple[FloatArray, FloatArray],
    checkpoint: Checkpoint,
    word: str = LEADER,
) -> None:
    """``value(s)`` equals the leader's action value under the follower action that ``g`` picks."""
    lower, upper = value_range
    smallest, largest = slot_range

    def at_most(m: Any, s: int, b: int) -> Any:
        checkpoint()
        slot = int(game.follower_offsets[s]) + b
        return value[s] - under_action[slot] <= float(upper[s] - smallest[slot]) * (1.0 - m.g[s, b])

    def at_least(m: Any, s: int, b: int) -> Any:
        checkpoint()
        slot = int(game.follower_offsets[s]) + b
        return under_action[slot] - value[s] <= float(largest[slot] - lower[s]) * (1.0 - m.g[s, b])

    pairs = _pairs(game.follower_counts)
    model.add_component(f"{word}_at_most", tagged(pyo.Constraint(pairs, rule=at_most), "sb"))
    model.add_component(f"{word}_at_least", tagged(pyo.Constraint(pairs, rule=at_least), "sb"))


@dataclasses.dataclass(frozen=True)
class SumNames:
    """Names of the components that state a discounted sum: its variable, the products with it, and its rows."""

    value: str
    scaled: str
    rows: str


LEADER_VALUES = SumNames("V", "W", LEADER)
"""Those of the leader's values."""


def add_discounted_sum(
    game: Game, model: Any, rewards: FloatArray, bounds: ValueBounds, names: SumNames, checkpoint: Checkpoint
) -> list[Triple]:
    """A variable for what rewards add up to from every state under ``f`` and ``g``, by the leader's discount.

    Parameters
    ----------
    game, model
        The game, and a model of :func:`follower_model`.
    rewards
        One number per joint action, shape ``[num_rows]``.
    bounds
        Bounds on the sums under every pair of policies.
    names
        How the components are called.
    checkpoint
        As in :func:`compact_commitment`.

    Returns
    -------
    list
        The products that are yet to be stated.
    """
    value = tagged(pyo.Var(range(game.num_states), bounds=_interval(bounds)), "s")
    model.add_component(names.value, value)
    discount = game.leader_discount
    coupled = coupled_pairs(game) if discount > 0.0 else []
    products, scaled = _add_scaled_values(game, model, value, names.scaled, bounds, coupled, checkpoint)
    sums = _action_values(game, rewards, discount, model.f, value, scaled, checkpoint)
    ranges = (bounds.lower, bounds.upper), _slot_range(game, rewards, discount, bounds)
    _add_leader_rows(game, model, value, sums, *ranges, checkpoint, names.rows)
    return products


def _slot_range(game: Game, rewards: FloatArray, discount: float, bounds: ValueBounds) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest value of a follower slot over the leader's actions and over the value box."""
    slots = int(game.follower_offsets[-1])
    smallest, largest = np.full(slots, np.inf), np.full(slots, -np.inf)
    np.minimum.at(smallest, game.row_follower_slot, rewards + discount * _expected(game, bounds.lower))
    np.maximum.at(largest, game.row_follower_slot, rewards + discount * _expected(game, bounds.upper))
    return smallest, largest


def _expected(game: Game, values: FloatArray) -> FloatArray:
    """``sum_t p(t | row) values(t)`` for every joint action."""
    expected: FloatArray = np.add.reduceat(game.probabilities * values[game.successors], game.indptr[:-1])
    return expected


# -------------------------------------------------------------------- shared pieces


def _pairs(counts: Any) -> list[tuple[int, int]]:
    return [(state, action) for state, count in enumerate(counts) for action in range(int(count))]


def _interval(bounds: ValueBounds) -> Any:
    return lambda _, s: (float(bounds.lower[s]), float(bounds.upper[s]))


def _add_objective(model: Any, name: str, expression: Any) -> None:
    """Maximise a variable ``name == expression``, so that the objective of an exported file is one name."""
    variable = pyo.Var()
    model.add_component(name, variable)
    model.scalarisation = pyo.Constraint(expr=variable == expression)
    model.objective = pyo.Objective(expr=variable, sense=pyo.maximize)
