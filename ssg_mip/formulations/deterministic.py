r"""The mixed-integer program over deterministic leader policies, exact within that class.

The compact model with ``f(s, a)`` binary: exactly one action of a state is played, so the products
``w(s, a, t) = f(s, a) v(t)`` are stated exactly by ``L(t) f <= w <= U(t) f`` and ``sum_a w(s, a, t) = v(t)``.

A deterministic policy is a restriction: on the game "Maintain" (Zhang et al., AAAI 2020) it earns 20 where a mixed
commitment earns 27.5. The optimum is a **lower** bound on the optimum over all stationary policies, never an upper
one. Not for games whose leader must stay unpredictable (patrolling, inspection).
"""

from __future__ import annotations

import pyomo.environ as pyo

from ssg_mip.bounds import ValueBounds
from ssg_mip.formulations.compact import compact_commitment, compact_improvement
from ssg_mip.formulations.linearise import replace_by_binary_rows
from ssg_mip.formulations.program import Program
from ssg_mip.game import FloatArray, Game


def deterministic_commitment(
    game: Game,
    weights: FloatArray,
    *,
    follower_bounds: ValueBounds | None = None,
    leader_bounds: ValueBounds | None = None,
) -> Program:
    """Maximise the weighted leader value over deterministic stationary policies.

    Parameters are those of :func:`~ssg_mip.formulations.compact.compact_commitment`. The program has no products.
    """
    return _with_binary_policy(
        compact_commitment(game, weights, follower_bounds=follower_bounds, leader_bounds=leader_bounds)
    )


def deterministic_improvement(
    game: Game, values: FloatArray, weights: FloatArray, *, follower_bounds: ValueBounds | None = None
) -> Program:
    """The improvement program over deterministic policies.

    Parameters are those of :func:`~ssg_mip.formulations.compact.compact_improvement`. Infeasible if no deterministic
    policy reaches ``values`` in every state, which can happen where they belong to a mixed policy.
    """
    return _with_binary_policy(compact_improvement(game, values, weights, follower_bounds=follower_bounds))


def _with_binary_policy(program: Program) -> Program:
    for variable in program.model.f.values():
        variable.domain = pyo.Binary
    return replace_by_binary_rows(program)
