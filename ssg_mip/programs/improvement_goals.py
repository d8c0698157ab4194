r"""The improvement program with other goals: the least gain, and the highest gain that shared losses may pay for.

With ``d(s) = Q_t(s, f, g(s)) - V_t(s)``, linear in ``x``, the program (I) of :mod:`ssg_mip.programs.improvement`
keeps its rows for ``f`` and its response ``g``; only what is asked of ``d`` changes.

* :func:`least_gain`: maximise ``min_s d(s)``, problem (53) of Kudo & Akimoto, whose ``z`` is its negative.
* :func:`highest_gain`: maximise ``d(t)`` subject to ``d(s) + c d(t) >= 0`` for every ``s``. With
  ``c = gamma_A / (1 - gamma_A)`` every ``f`` that dominates ``V_t`` is feasible for the ``t`` in which its ``d`` is
  largest, because ``V^f(s) - V_t(s) = d(s) + sum_k gamma_A^k (P^k d)(s) <= d(s) + c max d``: the argument of Theorem
  10.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.improvement import improvement, leader_gains
from ssg_mip.programs.policy_block import NO_ROWS, PolicyRows
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import Selection
from ssg_mip.programs.tags import tagged


def least_gain(
    game: Game, values: FloatArray, follower: ValueBounds, *, selection: Selection, rows: PolicyRows = NO_ROWS
) -> Program:
    """Maximise the least gain; no state has to gain.

    Parameters
    ----------
    game, values, follower, selection, rows
        As in :func:`~ssg_mip.programs.improvement.improvement`.

    Returns
    -------
    Program
        That of ``improvement`` with the variable ``least``, rows ``at_least`` in the place of ``improve`` and the
        objective ``worst``.
    """
    import pyomo.environ as pyo

    program = improvement(game, values, np.zeros(game.num_states), follower, selection=selection, rows=rows)
    model = program.model
    gains = _gains(game, values, selection)
    ends = [[gain for gain, _ in gains[s]] for s in gains]
    model.least = pyo.Var(bounds=(min(map(min, ends)), min(map(max, ends))))
    at_least = pyo.Constraint(
        list(gains), rule=lambda m, s: sum(gain * m.x[key] for gain, key in gains[s]) - m.least >= 0.0
    )
    model.at_least = tagged(at_least, "s")
    model.del_component(model.improve)
    model.del_component(model.gain)
    model.worst = pyo.Objective(expr=model.least, sense=pyo.maximize)
    return program


def highest_gain(
    game: Game,
    values: FloatArray,
    state: int,
    share: float,
    follower: ValueBounds,
    *,
    selection: Selection,
    rows: PolicyRows = NO_ROWS,
) -> Program:
    """Maximise ``d(state)`` over the policies with ``d(s) + share * d(state) >= 0`` in every state ``s``.

    Parameters
    ----------
    game, values, follower, selection, rows
        As in :func:`~ssg_mip.programs.improvement.improvement`.
    state, share
        The state, and how much of its gain may pay for what others lose.
    """
    import pyomo.environ as pyo

    weights = np.zeros(game.num_states)
    weights[state] = 1.0
    program = improvement(game, values, weights, follower, selection=selection, rows=rows)
    model = program.model
    gains = _gains(game, values, selection)

    def gain_in(s: int) -> Any:
        return sum(gain * model.x[key] for gain, key in gains[s])

    model.del_component(model.improve)
    improve = pyo.Constraint(list(gains), rule=lambda _, s: gain_in(s) + share * gain_in(state) >= 0.0)
    model.improve = tagged(improve, "s")
    return program


def _gains(game: Game, values: FloatArray, selection: Selection) -> dict[int, list[tuple[float, Any]]]:
    """Per state: what each joint action gains over ``V_t``, with its key."""
    gain = leader_gains(game, values)
    table: dict[int, list[tuple[float, Any]]] = {s: [] for s in range(game.num_states)}
    for key in selection.keys(range(game.num_states)):
        table[key[0]].append((float(gain[game.row(*key)]), key))
    return table
