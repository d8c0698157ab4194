"""Put a policy into a written program and see which rows it violates: no solver involved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from ssg_mip.evaluation.best_response import Response
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.programs.program import Program


def place_compact_point(program: Program, policy: LeaderPolicy, response: Response) -> None:
    """Give ``f, g, v`` and, where it exists, ``V`` the values of a policy and the response to it."""
    model = program.model
    for (s, a), variable in model.f.items():
        variable.set_value(float(policy.probabilities[s, a]), skip_validation=True)
    for (s, b), variable in model.g.items():
        variable.set_value(float(response.follower_policy.actions[s] == b), skip_validation=True)
    for name, values in (("v", response.follower_values), ("V", response.leader_values)):
        if model.component(name) is not None:
            for s, variable in model.component(name).items():
                variable.set_value(float(values[s]), skip_validation=True)


def place_products(model: Any, pairs: tuple[tuple[str, str], ...]) -> None:
    """Give ``w(s, a, t)`` the value ``f(s, a) v(t)`` for the named pairs of result and value."""
    for result, value in pairs:
        for (s, a, t), variable in (model.component(result) or {}).items():
            variable.set_value(model.f[s, a].value * model.component(value)[t].value, skip_validation=True)


def violated(model: Any, tolerance: float = 1e-8) -> dict[str, float]:
    """Names and violations of all rows and variable bounds that the present point breaks."""
    broken = {}
    for row in model.component_data_objects(pyo.Constraint, active=True):
        body = pyo.value(row.body)
        excess = max(
            pyo.value(row.lower) - body if row.has_lb() else 0.0, body - pyo.value(row.upper) if row.has_ub() else 0.0
        )
        if excess > tolerance:
            broken[row.name] = excess
    for variable in model.component_data_objects(pyo.Var):
        low = -np.inf if variable.lb is None else variable.lb
        high = np.inf if variable.ub is None else variable.ub
        if not low - tolerance <= variable.value <= high + tolerance:
            broken[variable.name] = variable.value
    return broken
