"""Rows of a policy space in the compact models, where the leader's policy and values are variables of their own."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pyomo.environ as pyo

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.scalarisation import ConcavePieces
from ssg_mip.programs.tags import tagged

STATED = frozenset({"rows", "floor", "observed"})
"""What of a policy space the compact models state; what the leader sees stands among the rows."""


def check_stated(space: PolicySpace, where: str) -> None:
    """Raise :class:`OptionError` if a policy space says more than that; ``where`` follows "which"."""
    for field in dataclasses.fields(space):
        value = getattr(space, field.name)
        if field.name not in STATED and value is not None and value != ():
            raise OptionError(
                f"the problem restricts policies by {field.name}, which {where}: use solve, or leave that out"
            )


def add_policy_rows(model: Any, game: Game, space: PolicySpace) -> None:
    """State ``lower <= sum_sa C(s, a) f(s, a) <= upper`` as ``policy_row[name]``, and floors as ``floor[s]``.

    Parameters
    ----------
    model
        A model with variables ``f(s, a)`` and, if there is a floor, the leader's values ``V(s)``.
    game, space
        The game, and the rows. Of rows with one name the later ones get a number.
    """
    if space.rows:
        named = _by_name(space.rows)
        rows = pyo.Constraint(list(named), rule=lambda m, name: _row(m, game, named[name]))
        model.policy_row = tagged(rows, "k")
    if space.floor is not None:
        least = {state: float(value) for state, value in enumerate(space.floor) if math.isfinite(value)}
        model.floor = tagged(pyo.Constraint(list(least), rule=lambda m, s: m.V[s] >= least[s]), "s")


def _by_name(rows: tuple[PolicyRow, ...]) -> dict[str, PolicyRow]:
    named: dict[str, PolicyRow] = {}
    for row in rows:
        name, number = row.name, 1
        while name in named:
            number += 1
            name = f"{row.name} ({number})"
        named[name] = row
    return named


def _row(model: Any, game: Game, row: PolicyRow) -> Any:
    body = pyo.quicksum(float(row.coefficients[slot]) * leader_variable(model, game, slot) for slot in _used(row))
    if row.lower == row.upper:
        return body == row.upper
    sides = [None if math.isinf(end) else float(end) for end in (row.lower, row.upper)]
    return pyo.inequality(sides[0], body, sides[1]) if None not in sides else _one_sided(sides, body)


def _one_sided(sides: list[float | None], body: Any) -> Any:
    if sides[0] is None and sides[1] is None:
        return pyo.Constraint.Feasible
    return body >= sides[0] if sides[1] is None else body <= sides[1]


def _used(row: PolicyRow) -> list[int]:
    return [int(slot) for slot in np.flatnonzero(row.coefficients)]


def leader_variable(model: Any, game: Game, slot: int) -> Any:
    """The variable ``f(s, a)`` of a leader slot."""
    state = int(game.leader_slot_state[slot])
    return model.f[state, slot - int(game.leader_offsets[state])]


def maximise_pieces(model: Any, what: ConcavePieces, ends: tuple[float, float]) -> None:
    """Replace the objective of the compact commitment model: ``level``, at most each piece of a concave function.

    Parameters
    ----------
    model
        The model, with the leader's values ``V(s)``.
    what
        The pieces; ``piece[k]``: ``weights[k] @ V + offsets[k] >= level``.
    ends
        The least and the largest value of the function.
    """
    for name in ("objective", "scalarisation", "leader_value"):
        model.del_component(name)
    model.level = pyo.Var(bounds=ends)
    rows = list(zip(what.weights.tolist(), what.offsets.tolist(), strict=True))

    def piece(m: Any, k: int) -> Any:
        weights, constant = rows[k]
        return pyo.quicksum(weight * m.V[s] for s, weight in enumerate(weights)) + constant >= m.level

    model.piece = tagged(pyo.Constraint(range(len(rows)), rule=piece), "k")
    model.objective = pyo.Objective(expr=model.level, sense=pyo.maximize)
