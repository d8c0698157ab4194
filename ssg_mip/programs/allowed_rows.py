"""Rows on the leader's policy in programs that have the policy itself, as ``model.f`` by state and action.

There a row says ``lower <= sum_sa C(s,a) f(s,a) <= upper``, however far it reaches. On a grid, with the binaries
``d(s,a,k)`` that say which level ``k`` a probability has, so is a limit on how many actions a state may use:
``sum_a (1 - d(s,a,0)) <= most``. Deterministic policies keep every such limit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.programs.tags import tagged


def add_allowed_rows(model: Any, game: Game, space: PolicySpace) -> None:
    """Add the constraint ``allowed``, one member for each row; none is added where there are no rows."""
    import pyomo.environ as pyo

    if not space.rows:
        return
    rows = pyo.Constraint(range(len(space.rows)), rule=lambda m, k: allowed_row(m, game, space.rows[k]))
    model.allowed = tagged(rows, "k")


def allowed_row(model: Any, game: Game, row: PolicyRow) -> Any:
    """One row on ``model.f``."""
    import pyomo.environ as pyo

    state, first = game.leader_slot_state, game.leader_offsets
    slots = np.flatnonzero(row.coefficients).tolist()
    terms = (float(row.coefficients[i]) * model.f[int(state[i]), i - int(first[state[i]])] for i in slots)
    ends = [float(end) if np.isfinite(end) else None for end in (row.lower, row.upper)]
    return pyo.inequality(ends[0], pyo.quicksum(terms), ends[1]) if ends != [None, None] else pyo.Constraint.Skip


def add_support_limits(model: Any, game: Game, space: PolicySpace) -> None:
    """Add the constraint ``few_actions`` to a program on a grid, one member for each state with a limit, if any."""
    import pyomo.environ as pyo

    most = space.most_actions(game)
    if not most:
        return

    def few_actions(m: Any, s: int) -> Any:
        count = int(game.leader_counts[s])
        return count - pyo.quicksum(m.d[s, a, 0] for a in range(count)) <= most[s]

    model.few_actions = tagged(pyo.Constraint(list(most), rule=few_actions), "s")
