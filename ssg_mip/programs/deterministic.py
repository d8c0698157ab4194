r"""The mixed-integer program over deterministic leader policies, exact within that class.

The follower's part is that of the compact model with ``f(s, a)`` binary: exactly one action of a state is played, so
the products ``w(s, a, t) = f(s, a) v(t)`` are stated exactly by ``L(t) f <= w <= U(t) f`` and
``sum_a w(s, a, t) = v(t)``.

The leader's weighted value is written in occupancies, which only a pair of binary policies allows: ``flow`` as in
:mod:`~ssg_mip.programs.occupancy`, ``sum_b y(s, a, b) <= Y f(s, a)`` (``leader_plays``) and
``sum_a y(s, a, b) <= Y g(s, b)`` (``follower_plays``), where ``Y`` is the largest occupancy. So no leader values and no
constants for them are needed: a random game of 6 states x 3 x 3 took 3 s, where the model with leader values was not
done after 15 s.

A deterministic policy is a restriction: on the game "Maintain" (Zhang et al., AAAI 2020) it earns 20 where a mixed
commitment earns 27.5. The optimum is a **lower** bound on the optimum over all stationary policies, never an upper
one. Not for games whose leader must stay unpredictable (patrolling, inspection).
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.evaluation.value_bounds import ValueBounds, follower_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace
from ssg_mip.problem.scalarisation import StepObjective
from ssg_mip.programs.allowed_rows import add_allowed_rows
from ssg_mip.programs.compact import compact_improvement, follower_model
from ssg_mip.programs.linearise import replace_by_binary_rows
from ssg_mip.programs.occupancy import add_occupancy
from ssg_mip.programs.program import Product, Program
from ssg_mip.programs.tags import tagged


def deterministic_commitment(
    game: Game,
    weights: FloatArray,
    *,
    follower_bounds: ValueBounds | None = None,
    margin: float = 0.0,
    policies: PolicySpace = EVERY_POLICY,
    checkpoint: Checkpoint = unhurried,
) -> Program:
    """Maximise the weighted leader value over deterministic stationary policies.

    Parameters
    ----------
    game
        The game.
    weights
        Weights over states, shape ``[num_states]``.
    follower_bounds
        Bounds on the follower's optimal values; computed if absent.
    margin, checkpoint
        As in :func:`~ssg_mip.programs.compact.compact_commitment`.
    policies
        Which policies are allowed; its floor plays no part.

    Returns
    -------
    Program
        Without products.
    """
    bounds = follower_value_bounds(game) if follower_bounds is None else follower_bounds
    model, triples = follower_model(game, bounds, "deterministic_commitment", margin, checkpoint)
    top = add_occupancy(model, game, weights, checkpoint)

    def leader_plays(m: Any, s: int, a: int) -> Any:
        checkpoint()
        return pyo.quicksum(m.y[s, a, b] for b in range(int(game.follower_counts[s]))) <= top * m.f[s, a]

    def follower_plays(m: Any, s: int, b: int) -> Any:
        checkpoint()
        return pyo.quicksum(m.y[s, a, b] for a in range(int(game.leader_counts[s]))) <= top * m.g[s, b]

    add_allowed_rows(model, game, policies)
    model.leader_plays = tagged(pyo.Constraint(list(model.f), rule=leader_plays), "sa")
    model.follower_plays = tagged(pyo.Constraint(list(model.g), rule=follower_plays), "sb")
    products = tuple(Product(*triple) for triple in triples)
    return _with_binary_policy(Program(model, products=products), checkpoint)


def deterministic_improvement(
    game: Game,
    values: FloatArray,
    objective: StepObjective,
    *,
    follower_bounds: ValueBounds | None = None,
    margin: float = 0.0,
    checkpoint: Checkpoint = unhurried,
) -> Program:
    """The improvement program over deterministic policies.

    Parameters are those of :func:`~ssg_mip.programs.compact.compact_improvement`. Infeasible if no deterministic
    policy reaches ``values`` in every state, which can happen where they belong to a mixed policy.
    """
    program = compact_improvement(
        game, values, objective, follower_bounds=follower_bounds, margin=margin, checkpoint=checkpoint
    )
    return _with_binary_policy(program, checkpoint)


def _with_binary_policy(program: Program, checkpoint: Checkpoint) -> Program:
    for variable in program.model.f.values():
        variable.domain = pyo.Binary
    return replace_by_binary_rows(program, checkpoint)
