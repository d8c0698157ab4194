"""A Pyomo program compiled once to arrays.

:mod:`ssg_mip.lp.linear_rows` reads the linear rows; the declared products become index triples. Plain programs are
written as compiled ones from the beginning (:mod:`ssg_mip.lp.direct`). Everything after that is NumPy: relaxations are
assembled from these arrays, and HiGHS receives them by ``passModel``. Maximisation is kept: only the HiGHS adapter
knows about signs.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ssg_mip.errors import SolverError
from ssg_mip.lp.interface import LinearProgram
from ssg_mip.lp.linear_rows import RowArrays, read_linear_rows
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.programs.program import Program
from ssg_mip.programs.tags import ColumnKind, RowKind, Tags


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class CompiledProgram(RowArrays):
    """Linear rows, bounds and products of a program, as arrays.

    Attributes
    ----------
    column_lower, column_upper
        Bounds; infinite where there is none.
    integer
        Boolean per column.
    box
        Columns of the box variables, in branching order.
    product_result, product_factor, product_value
        Columns of each product ``result == factor * value``; ``product_value`` counts within ``box``.
    multiplied_value
        Per row: the position within ``box`` of the variable that the row is a multiple by, or -1.
    multiplied_side
        Per row: 1 or -1 where it is an inequality times the distance to the lower or upper bound, otherwise 0.
    differences
        Pairs of rows whose difference is worth multiplying by box variables, shape ``[pairs, 2]``.
    row_tags, column_tags
        What each row and column stands for.
    row_names
        Names of rows as Pyomo gives them, for messages.
    column_of
        Pyomo variable id to column; empty of a program that was written without Pyomo.
    """

    column_lower: FloatArray
    column_upper: FloatArray
    integer: np.ndarray[Any, np.dtype[np.bool_]]
    box: IntArray
    product_result: IntArray
    product_factor: IntArray
    product_value: IntArray
    multiplied_value: IntArray
    multiplied_side: IntArray
    differences: IntArray
    row_tags: Tags[RowKind]
    column_tags: Tags[ColumnKind]
    row_names: tuple[str, ...]
    column_of: dict[int, int]

    @property
    def num_rows(self) -> int:
        """Number of linear rows."""
        return len(self.row_lower)

    @property
    def num_columns(self) -> int:
        """Number of columns."""
        return len(self.objective)

    def linear_program(self) -> LinearProgram:
        """The linear rows as a program for the solver; exact only where there are no products."""
        return LinearProgram(
            objective=self.objective,
            starts=np.searchsorted(self.row_index, np.arange(self.num_rows + 1)),
            indices=self.column_index,
            values=self.coefficient,
            row_lower=self.row_lower,
            row_upper=self.row_upper,
            column_lower=self.column_lower,
            column_upper=self.column_upper,
            integer=self.integer,
        )

    def columns(self, variables: Any) -> IntArray:
        """Columns of the members of an indexed Pyomo variable, in index order."""
        return np.array([self.column_of[id(member)] for member in variables.values()], dtype=np.int64)


def compile_program(program: Program) -> CompiledProgram:
    """Compile a program to arrays.

    Raises
    ------
    SolverError
        If a row or the objective is not linear, if the model has components that are neither, or if a factor of a
        product or a variable of the box appears in no linear row and no objective.
    """
    model = program.model
    stated = program.product_rows
    for rows in stated:
        rows.deactivate()
    try:
        linear = read_linear_rows(model)
    finally:
        for rows in stated:
            rows.activate()
    column_of = {id(variable): place for place, variable in enumerate(linear.columns)}
    place_in_box = {id(variable): place for place, variable in enumerate(program.box)}
    row_of = {id(constraint): place for place, constraint in enumerate(linear.rows)}
    multiplied = {id(entry.row): (place_in_box[id(entry.value)], entry.side) for entry in program.multiplied}
    times = np.array([multiplied.get(id(row), (-1, 0)) for row in linear.rows], dtype=np.int64).reshape(-1, 2)
    # A result that no row asks for restricts nothing: what a myopic follower could gain later, for example.
    products = [product for product in program.products if id(product.result) in column_of]
    for variable in (*program.box, *(product.factor for product in products)):
        if id(variable) not in column_of:
            raise SolverError(f"{variable.name} appears in no linear row of {model.name}")
    return CompiledProgram(
        objective=linear.objective,
        offset=linear.offset,
        row_index=linear.row_index,
        column_index=linear.column_index,
        coefficient=linear.coefficient,
        row_lower=linear.row_lower,
        row_upper=linear.row_upper,
        column_lower=np.array([-np.inf if v.lb is None else v.lb for v in linear.columns], dtype=float),
        column_upper=np.array([np.inf if v.ub is None else v.ub for v in linear.columns], dtype=float),
        integer=np.array([v.is_integer() for v in linear.columns], dtype=bool),
        box=np.array([column_of[id(v)] for v in program.box], dtype=np.int64),
        product_result=np.array([column_of[id(p.result)] for p in products], dtype=np.int64),
        product_factor=np.array([column_of[id(p.factor)] for p in products], dtype=np.int64),
        product_value=np.array([place_in_box[id(p.value)] for p in products], dtype=np.int64),
        multiplied_value=times[:, 0],
        multiplied_side=times[:, 1],
        differences=np.array(
            [(row_of[id(row)], row_of[id(other)]) for row, other in program.differences], dtype=np.int64
        ).reshape(-1, 2),
        row_tags=Tags.of(linear.rows),
        column_tags=Tags.of(linear.columns),
        row_names=tuple(row.name for row in linear.rows),
        column_of=column_of,
    )
