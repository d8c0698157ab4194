"""Rows of a policy space in the compact models, where the leader's policy and values are variables of their own."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pyomo.environ as pyo

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.scalarisation import ConcavePieces
from ssg_mip.programs.allowed_rows import allowed_row
from ssg_mip.programs.tags import tagged

STATED = frozenset({"rows", "floor", "observed"})
"""What of a policy space the compact models state; what the leader sees stands among the rows."""


def check_stated(problem: Problem, where: str) -> None:
    """Raise :class:`OptionError` if a problem says more than that; ``where`` follows "which"."""
    space = problem.policies
    if problem.objective.goal is not None:
        raise OptionError(f"the problem has the goal {problem.objective.goal.kind!r}, which {where}: use solve")
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
        rows = pyo.Constraint(list(named), rule=lambda m, name: allowed_row(m, game, named[name]))
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
