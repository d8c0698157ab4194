"""Pyomo models read into arrays: their numbers, and what is refused."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

from ssg_mip.errors import SolverError
from ssg_mip.lp.linear_rows import read_linear_rows


def small_model() -> pyo.ConcreteModel:
    model = pyo.ConcreteModel(name="small")
    model.x = pyo.Var([0, 1, 2])
    model.cost = pyo.Objective(expr=2.0 * model.x[1] + 3.0)
    model.between = pyo.Constraint(expr=(1.0, model.x[0] - 4.0 * model.x[1] + 0.5, 2.0))
    model.equal = pyo.Constraint(expr=model.x[0] == 7.0)
    return model


def test_rows_bounds_and_a_minimised_objective() -> None:
    linear = read_linear_rows(small_model())
    assert [variable.name for variable in linear.columns] == ["x[0]", "x[1]"]
    assert linear.objective.tolist() == [0.0, -2.0]
    assert linear.offset == -3.0
    dense = np.zeros((2, 2))
    dense[linear.row_index, linear.column_index] = linear.coefficient
    assert dense.tolist() == [[1.0, -4.0], [1.0, 0.0]]
    assert linear.row_lower.tolist() == [0.5, 7.0]
    assert linear.row_upper.tolist() == [1.5, 7.0]


def test_fixed_variables_become_constants() -> None:
    model = small_model()
    model.x[0].fix(7.0)
    linear = read_linear_rows(model)
    assert [variable.name for variable in linear.columns] == ["x[1]"]
    assert [row.name for row in linear.rows] == ["between"]
    assert linear.row_upper.tolist() == [2.0 - 7.5]


def test_a_row_that_never_holds_is_kept() -> None:
    model = small_model()
    model.x[0].fix(6.0)
    assert [row.name for row in read_linear_rows(model).rows] == ["between", "equal"]


def test_what_arrays_cannot_say_is_refused() -> None:
    model = small_model()
    model.square = pyo.Constraint(expr=model.x[0] * model.x[1] <= 1.0)
    with pytest.raises(SolverError, match="square is not linear"):
        read_linear_rows(model)
    model = small_model()
    model.one = pyo.SOSConstraint(var=model.x, sos=1)
    with pytest.raises(SolverError, match="one is a SOSConstraint"):
        read_linear_rows(model)
