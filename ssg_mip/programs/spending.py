r"""Bounds on discounted costs in the improvement program: rows on what a step may cost, given what is spent now.

Let ``C_t`` be what the current policy and its answer cost from every state, and for a policy ``f`` with an answer ``g``

    ``e(s) = sum_ab f(a|s) g(b|s) [c(s,a,b) + gamma_A sum_t p(t|s,a,b) C_t(t)] - C_t(s)``,

linear in ``x``. Then ``C^f - C_t = (I - gamma_A P_f)^-1 e``, and from the start distribution
``rho @ C^f = rho @ C_t + sum_s d^f(s) e(s)`` with the occupancies ``d^f``. With bounds ``l <= d^f <= o`` that hold
for all policies and answers, ``d^f(s) e(s) <= max(l(s) e(s), o(s) e(s))``. So a policy keeps ``rho @ C^f <= c`` if

    ``extra(s) >= l(s) e(s)``,  ``extra(s) >= o(s) e(s)``,  ``sum_s extra(s) <= c - rho @ C_t``.

With ``e <= 0`` everywhere the right side needs nothing, and the cost rises from no state. The rows are sufficient and
not necessary: a policy that keeps the bound may break them, so an optimal value of 0 proves nothing about the policies
that keep it. The current policy keeps them, with ``e = 0``.

The rows see the mean over answers, so they are exact only where every state has one answer left.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.rows import Selection


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Spending:
    """One side of a bound on a cost, around a current policy.

    Attributes
    ----------
    extra
        ``c(s,a,b) + gamma_A sum_t p C_t(t) - C_t(s)`` per joint action, shape ``[num_rows]``.
    lower, upper
        Bounds on the occupancies from the start distribution, shape ``[num_states]``.
    left
        What may still be spent, ``c - rho @ C_t``, at least 0.
    """

    extra: FloatArray
    lower: FloatArray
    upper: FloatArray
    left: float


def add_spending_rows(model: Any, selection: Selection, spending: Sequence[Spending]) -> None:
    """Add the rows of every side to a program with probabilities ``x`` in all states."""
    import pyomo.environ as pyo

    if not spending:
        return
    game = selection.game
    states, sides = range(game.num_states), range(len(spending))
    keys = {s: selection.keys([s]) for s in states}
    most = [float(np.abs(side.extra).max() * side.upper.max()) for side in spending]
    model.extra = pyo.Var(sides, states, bounds=lambda _, j, s: (-most[j], most[j]))

    def costs(j: int, s: int) -> Any:
        return sum(float(spending[j].extra[game.row(*key)]) * model.x[key] for key in keys[s])

    def seldom(m: Any, j: int, s: int) -> Any:
        return m.extra[j, s] - float(spending[j].lower[s]) * costs(j, s) >= 0.0

    def often(m: Any, j: int, s: int) -> Any:
        return m.extra[j, s] - float(spending[j].upper[s]) * costs(j, s) >= 0.0

    model.spent_seldom = pyo.Constraint(sides, states, rule=seldom)
    model.spent_often = pyo.Constraint(sides, states, rule=often)
    model.spent = pyo.Constraint(sides, rule=lambda m, j: sum(m.extra[j, s] for s in states) <= spending[j].left)
