"""Rows on the leader's policy in programs that have the policy itself, as ``model.f`` by state and action.

There a row is what it says, ``lower <= sum_sa C(s,a) f(s,a) <= upper``, however far it reaches.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.problem.policy_space import PolicySpace
from ssg_mip.programs.tags import tagged


def add_allowed_rows(model: Any, game: Game, space: PolicySpace) -> None:
    """Add the constraint ``allowed``, one member for each row; none is added where there are no rows."""
    import pyomo.environ as pyo

    if not space.rows:
        return
    state, first = game.leader_slot_state, game.leader_offsets

    def allowed(m: Any, k: int) -> Any:
        row = space.rows[k]
        slots = np.flatnonzero(row.coefficients).tolist()
        terms = (float(row.coefficients[i]) * m.f[int(state[i]), i - int(first[state[i]])] for i in slots)
        ends = [float(end) if np.isfinite(end) else None for end in (row.lower, row.upper)]
        return pyo.inequality(ends[0], pyo.quicksum(terms), ends[1]) if ends != [None, None] else pyo.Constraint.Skip

    model.allowed = tagged(pyo.Constraint(range(len(space.rows)), rule=allowed), "k")
