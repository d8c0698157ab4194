r"""What the columns of a compiled program stand for: a plain column times box variables.

A product ``result == factor * value`` whose factor is the result of another product stands for three factors. So every
column has a *root*, the plain column under it, and the box variables that the root is multiplied with: none, one, or
two different ones. A box variable itself has no root.

In unit coordinates ``value = l + d h`` a column becomes ``sum over subsets Q of its box variables`` of ``prod of d over
Q, of l over the rest``, times the root times the ``h`` of ``Q``. The column of that product stands for it, hence every
such product must be there: with ``x v e`` also ``x e``.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from ssg_mip.errors import SolverError
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import IntArray

NO_ROOT = -1
"""The root of a box variable."""

NO_PLACE = -1
"""Where a column has fewer than two box variables."""

SUBSETS = np.array([[False, False], [True, False], [False, True], [True, True]])
"""Those of two places."""


@dataclasses.dataclass(frozen=True, eq=False)
class Nested:
    """Products of three factors, as arrays with one entry for each.

    Attributes
    ----------
    product
        Place among the products.
    root, inner, other, result
        Columns of ``x``, ``x v``, ``x e`` and ``x v e``.
    inner_value, outer_value
        Places of ``v`` and ``e`` in the box.
    """

    product: IntArray
    root: IntArray
    inner: IntArray
    other: IntArray
    result: IntArray
    inner_value: IntArray
    outer_value: IntArray


class Monomials:
    """The columns of a program by root and box variables.

    Attributes
    ----------
    root
        Per column; :data:`NO_ROOT` for a box variable.
    places
        Per column, the box variables in it, in ascending order after :data:`NO_PLACE`, shape ``[columns, 2]``.
    nested
        The products of three factors.
    plain_products
        Boolean per product: of two factors.

    Raises
    ------
    SolverError
        If a product has more than three factors, or one that is needed beside another is missing.
    """

    def __init__(self, program: CompiledProgram) -> None:
        result, factor, value = program.product_result, program.product_factor, program.product_value
        self.root = np.arange(program.num_columns)
        self.places = np.full((program.num_columns, 2), NO_PLACE)
        self.root[program.box], self.places[program.box, 1] = NO_ROOT, np.arange(len(program.box))
        product_of = np.full(program.num_columns, -1)
        product_of[result] = np.arange(len(result))
        inner = product_of[factor]
        self.plain_products = inner < 0
        others = ~self.plain_products
        _refuse(result[others], product_of[factor[inner[others]]], value[inner[others]] == value[others])
        self.root[result] = np.where(self.plain_products, factor, factor[inner])
        both = np.column_stack((np.where(self.plain_products, NO_PLACE, value[inner]), value))
        self.places[result] = np.sort(both, axis=1)
        self._base = len(program.box) + 1
        codes = self._codes(self.root, self.places)
        self._order = np.argsort(codes, kind="stable")
        self._sorted = codes[self._order]
        self.nested = self._nested(program, np.flatnonzero(others), inner[others])

    def _codes(self, root: IntArray, places: IntArray) -> IntArray:
        """One number for a root and two places in ascending order."""
        code: IntArray = ((root + 1) * self._base + places[:, 0] + 1) * self._base + places[:, 1] + 1
        return code

    def _nested(self, program: CompiledProgram, product: IntArray, inner: IntArray) -> Nested:
        """The products of three factors; ``inner`` are the products that are factors of them."""
        result, value = program.product_result[product], program.product_value[product]
        root, none = self.root[result], np.full(len(product), NO_PLACE)
        other = self._found(root, np.column_stack((none, value)))
        if (other < 0).any():
            first = int(np.argmax(other < 0))
            raise SolverError(
                f"column {root[first]} has no product with column {program.box[value[first]]}, which column "
                f"{result[first]} needs"
            )
        factor, inner_value = program.product_factor[product], program.product_value[inner]
        return Nested(product, root, factor, other, result, inner_value, value)

    def _found(self, root: IntArray, places: IntArray) -> IntArray:
        """The columns of roots times box variables in ascending order; -1 where there is none."""
        codes = self._codes(root, places)
        at = np.searchsorted(self._sorted, codes, side="right") - 1
        found: IntArray = np.where(self._sorted[at] == codes, self._order[at], -1)
        return found

    def columns(self, root: IntArray, places: IntArray) -> IntArray:
        """The columns of roots times box variables, at most two of them given in any order beside :data:`NO_PLACE`.

        Raises
        ------
        SolverError
            If there is no such column.
        """
        found = self._found(root, np.sort(places, axis=1)[:, -2:])
        if (found < 0).any():
            raise SolverError(f"column {root[np.argmax(found < 0)]} lacks a product that its rows need")
        return found

    def branch_place(self, program: CompiledProgram) -> IntArray:
        """Per product, the box variable whose interval its error is charged to: of three factors the inner value."""
        places = program.product_value.copy()
        places[self.nested.product] = self.nested.inner_value
        return places


def _refuse(result: IntArray, deeper: IntArray, same: NDArray[np.bool_]) -> None:
    """Refuse products of more than three factors, and of one box variable twice."""
    wrong = (deeper >= 0) | same
    if wrong.any():
        raise SolverError(f"column {result[np.argmax(wrong)]} is a product of a kind that cannot be relaxed")


def subsets(places: IntArray) -> tuple[IntArray, NDArray[np.bool_]]:
    """All subsets of pairs of places, some of which are :data:`NO_PLACE`.

    Returns
    -------
    tuple
        For each subset its pair, ascending, and which of the two places are taken, shape ``[subsets, 2]``.
    """
    there = (places[:, None, :] >= 0) | ~SUBSETS
    owner, subset = np.nonzero(there.all(axis=2))
    return owner, SUBSETS[subset]
