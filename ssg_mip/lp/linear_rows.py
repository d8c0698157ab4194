"""The linear rows and the objective of a Pyomo model, read into arrays.

Pyomo's ``generate_standard_repn`` takes each expression apart. Pyomo's own compiler to matrices is not used, because
it loads SciPy, and with Pyomo in the process loading SciPy means loading ``scipy.stats``: on a small game that takes
longer than all the rest.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ssg_mip.errors import SolverError
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class RowArrays:
    """Rows ``row_lower <= A x <= row_upper`` and an objective that is maximised.

    Attributes
    ----------
    objective, offset
        The objective is ``objective @ x + offset``.
    row_index, column_index, coefficient
        The non-zeros of ``A``, ordered by row and then by column.
    row_lower, row_upper
        Bounds; infinite where there is none.
    """

    objective: FloatArray
    offset: float
    row_index: IntArray
    column_index: IntArray
    coefficient: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LinearRows(RowArrays):
    """The active rows of a model and its objective, turned to maximisation.

    Attributes
    ----------
    columns, rows
        The Pyomo variables that occur and the Pyomo constraints, in the order of the arrays.
    """

    columns: tuple[Any, ...]
    rows: tuple[Any, ...]


def read_linear_rows(model: Any) -> LinearRows:
    """Read a model that has one objective and linear rows only.

    Columns are numbered as their components first occur, the objective first. Fixed variables become constants, and
    rows that hold whatever the variables are, or have no bound, are left out.

    Raises
    ------
    SolverError
        If an expression is not linear, there is not one objective, or an active component is of another kind.
    """
    import pyomo.environ as pyo

    _refuse_other_components(model)
    objectives = list(model.component_data_objects(pyo.Objective, active=True))
    if len(objectives) != 1:
        raise SolverError(f"{model.name} has {len(objectives)} active objectives; it must have 1")
    numbers = _Numbers()
    costs, offset = numbers.terms(objectives[0], objectives[0].expr)
    rows: list[Any] = []
    terms: list[dict[int, float]] = []
    bounds: list[tuple[float, float]] = []
    for row in model.component_data_objects(pyo.Constraint, active=True):
        lower, upper = (-np.inf if row.lb is None else row.lb), (np.inf if row.ub is None else row.ub)
        entries, constant = numbers.terms(row, row.body)
        always = not entries and lower <= constant <= upper
        if not always and (lower, upper) != (-np.inf, np.inf):
            rows.append(row)
            terms.append(entries)
            bounds.append((lower - constant, upper - constant))
    sign = 1.0 if objectives[0].sense == pyo.maximize else -1.0
    used = sorted(set(costs).union(*terms))
    column = {number: place for place, number in enumerate(used)}
    objective = np.zeros(len(used))
    objective[[column[number] for number in costs]] = [sign * cost for cost in costs.values()]
    entries_of = [sorted((column[number], value) for number, value in entries.items()) for entries in terms]
    limits = np.array(bounds, dtype=float).reshape(-1, 2)
    return LinearRows(
        columns=tuple(numbers.variables[number] for number in used),
        rows=tuple(rows),
        objective=objective,
        offset=sign * offset,
        row_index=np.repeat(np.arange(len(rows)), [len(entries) for entries in entries_of]),
        column_index=np.array([place for entries in entries_of for place, _ in entries], dtype=np.int64),
        coefficient=np.array([value for entries in entries_of for _, value in entries], dtype=float),
        row_lower=limits[:, 0],
        row_upper=limits[:, 1],
    )


class _Numbers:
    """Numbers the variables: all members of a component when the first of them occurs."""

    def __init__(self) -> None:
        self.variables: list[Any] = []
        self._number: dict[int, int] = {}

    def terms(self, owner: Any, expression: Any) -> tuple[dict[int, float], float]:
        """The non-zero coefficients of a linear expression, by number, and its constant."""
        from pyomo.repn import generate_standard_repn

        linear = generate_standard_repn(expression, quadratic=False)
        if not linear.is_linear():
            raise SolverError(f"{owner.name} is not linear: products must be declared in model.product")
        numbers = map(self._of, linear.linear_vars)
        terms = {number: float(value) for number, value in zip(numbers, linear.linear_coefs, strict=True) if value}
        return terms, float(linear.constant)

    def _of(self, variable: Any) -> int:
        if id(variable) not in self._number:
            for member in variable.parent_component().values():
                self._number[id(member)] = len(self.variables)
                self.variables.append(member)
        return self._number[id(variable)]


def _refuse_other_components(model: Any) -> None:
    """Only what the arrays can say may be active: anything else would be lost silently."""
    import pyomo.environ as pyo

    known = {pyo.Block, pyo.Constraint, pyo.Expression, pyo.Objective, pyo.Param, pyo.RangeSet, pyo.Set, pyo.Var}
    for component in model.component_objects(active=True):
        if component.ctype not in known:
            raise SolverError(
                f"{component.name} is a {component.ctype.__name__}; a program may have variables, linear rows and "
                "one objective only"
            )
