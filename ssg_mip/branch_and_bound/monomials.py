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
import itertools
from collections.abc import Iterator

import numpy as np

from ssg_mip.errors import SolverError
from ssg_mip.lp.compiled import CompiledProgram
from ssg_mip.numerics.array_types import IntArray

NO_ROOT = -1
"""The root of a box variable."""

Factor = tuple[int, bool]
"""A place in the box, and whether its width is meant (else its lower end)."""


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
        Per column, the box variables in it, in ascending order.
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
        self.root = np.arange(program.num_columns)
        self.places: list[tuple[int, ...]] = [()] * program.num_columns
        for place, column in enumerate(program.box.tolist()):
            self.root[column], self.places[column] = NO_ROOT, (place,)
        triples = list(
            zip(
                program.product_result.tolist(),
                program.product_factor.tolist(),
                program.product_value.tolist(),
                strict=True,
            )
        )
        of_result = {result: (factor, value) for result, factor, value in triples}
        for result, _, _ in triples:
            root, places = result, []
            while root in of_result:
                root, place = of_result[root]
                places.append(place)
            if len(places) > 2 or len(set(places)) < len(places):
                raise SolverError(f"column {result} is a product of a kind that cannot be relaxed")
            self.root[result], self.places[result] = root, tuple(sorted(places))
        self._column = {(int(self.root[column]), self.places[column]): column for column in range(program.num_columns)}
        self.plain_products = np.array([len(self.places[result]) == 1 for result, _, _ in triples], dtype=bool)
        self.nested = self._nested(triples, program)

    def _nested(self, triples: list[tuple[int, int, int]], program: CompiledProgram) -> Nested:
        entries = []
        for product, (result, factor, value) in enumerate(triples):
            if self.plain_products[product]:
                continue
            (inner_value,) = self.places[factor]
            root = int(self.root[result])
            if (root, (value,)) not in self._column:
                raise SolverError(
                    f"column {root} has no product with column {program.box[value]}, which column {result} needs"
                )
            entries.append((product, root, factor, self.column(root, (value,)), result, inner_value, value))
        return Nested(*np.array(entries, dtype=np.int64).reshape(-1, 7).T)

    def column(self, root: int, places: tuple[int, ...]) -> int:
        """The column of a root times box variables, given in any order."""
        return self._column[root, tuple(sorted(places))]

    def branch_place(self, program: CompiledProgram) -> IntArray:
        """Per product, the box variable whose interval its error is charged to: of three factors the inner value."""
        places = program.product_value.copy()
        places[self.nested.product] = self.nested.inner_value
        return places

    def parts(self, places: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[Factor, ...]]]:
        """The subsets of some box variables, and the factors that each comes with."""
        for taken in itertools.chain.from_iterable(itertools.combinations(places, n) for n in range(len(places) + 1)):
            yield taken, tuple((place, place in taken) for place in places)
