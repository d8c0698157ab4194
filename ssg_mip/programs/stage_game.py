r"""One-state Stackelberg programs, and the single linear program of the myopic follower.

**Stage game.** Given values ``(v_A, v_B)`` of what follows, state ``s`` is a static game with payoffs
``r_i(s, a, b) + gamma_i sum_t p(t | s, a, b) v_i(t)``. Its strong Stackelberg equilibrium is the best of one linear
program per follower action ``b`` (Conitzer & Sandholm 2006): maximise the leader's payoff under ``b`` over the mixed
actions to which ``b`` is a best response. Doing so in every state is the operator ``T`` of Bucarey et al. (2022),
whose fixed point is an equilibrium for a myopic follower, or where transitions do not depend on the follower's
action. In general ``T`` need not have a fixed point, and one it has need not be optimal: not a method by itself.

**Myopic follower** (``gamma_B = 0``). The response in ``s`` depends on ``f(. | s)`` alone, so choosing ``b`` and a
mixed action to which ``b`` is a best response are the *actions of an MDP of the leader*. Its occupancy program is
one linear program: ``y(s, a, b) >= 0`` with

* ``flow``:       ``sum_ab y(s, a, b) - gamma_A sum p(s | s', a, b) y(s', a, b) = weight(s)``,
* ``incentive``:  ``sum_a y(s, a, b) [r_B(s, a, b) - r_B(s, a, c)] >= 0`` for every other follower action ``c``.

The dual variables of ``flow`` are the leader's optimal values; a stage game at these values gives the policy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.occupancy import add_occupancy
from ssg_mip.programs.program import Program


def stage_payoffs(
    game: Game, state: int, leader_values: FloatArray, follower_values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Payoff matrices ``[a, b]`` of both players in one state, given the values of what follows."""
    shape = (int(game.leader_counts[state]), int(game.follower_counts[state]))
    payoffs = np.zeros((2, *shape))
    for row in range(int(game.row_offsets[state]), int(game.row_offsets[state + 1])):
        successors, probabilities = game.next_states(row)
        place = int(game.row_leader[row]), int(game.row_follower[row])
        payoffs[0][place] = game.leader_rewards[row] + game.leader_discount * (
            probabilities @ leader_values[successors]
        )
        payoffs[1][place] = game.follower_rewards[row] + game.follower_discount * (
            probabilities @ follower_values[successors]
        )
    return payoffs[0], payoffs[1]


def stage_game(
    game: Game, state: int, follower_action: int, leader_values: FloatArray, follower_values: FloatArray
) -> Program:
    """The linear program of one state and one follower action.

    Parameters
    ----------
    game, state, follower_action
        The place; the action is counted within the state.
    leader_values, follower_values
        Values of what follows, shape ``[num_states]``.

    Returns
    -------
    Program
        Variables ``f(a)``; infeasible if the action is never a best response.

    Raises
    ------
    OptionError
        If the state has no such follower action.
    """
    if not 0 <= follower_action < game.follower_counts[state]:
        raise OptionError(
            f"follower_action is {follower_action}; state {game.state_names[state]!r} has the actions "
            f"0..{game.follower_counts[state] - 1}"
        )
    leader, follower = stage_payoffs(game, state, leader_values, follower_values)
    actions = range(len(leader))
    others = [c for c in range(leader.shape[1]) if c != follower_action]
    model = pyo.ConcreteModel(name="stage_game")
    model.f = pyo.Var(actions, bounds=(0.0, 1.0))
    model.leader_policy = pyo.Constraint(expr=pyo.quicksum(model.f[a] for a in actions) == 1.0)

    def incentive(m: Any, c: int) -> Any:
        return pyo.quicksum(float(follower[a, follower_action] - follower[a, c]) * m.f[a] for a in actions) >= 0.0

    model.incentive = pyo.Constraint(others, rule=incentive)
    model.objective = pyo.Objective(
        expr=pyo.quicksum(float(leader[a, follower_action]) * model.f[a] for a in actions), sense=pyo.maximize
    )
    return Program(model=model)


def myopic_commitment(game: Game, weights: FloatArray) -> Program:
    """The commitment program for a myopic follower: one linear program without products or binaries.

    Parameters
    ----------
    game
        A game with ``follower_discount == 0``.
    weights
        Weights over states, shape ``[num_states]``.

    Raises
    ------
    OptionError
        If the follower is not myopic.
    """
    if game.follower_discount != 0.0:
        raise OptionError(
            f"follower_discount is {game.follower_discount!r}; the linear program holds for a myopic follower "
            "(follower_discount = 0): use the commitment program"
        )
    model = pyo.ConcreteModel(name="myopic_commitment")
    add_occupancy(model, game, weights)

    def incentive(m: Any, s: int, b: int, c: int) -> Any:
        return (
            pyo.quicksum(
                float(game.follower_rewards[game.row(s, a, b)] - game.follower_rewards[game.row(s, a, c)])
                * m.y[s, a, b]
                for a in range(int(game.leader_counts[s]))
            )
            >= 0.0
        )

    counts = enumerate(game.follower_counts.tolist())
    model.incentive = pyo.Constraint(
        [(s, b, c) for s, count in counts for b in range(count) for c in range(count) if c != b], rule=incentive
    )
    return Program(model=model, indices={"y": "sab", "flow": "s", "incentive": "sbc"})
