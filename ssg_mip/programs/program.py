"""A written program: a Pyomo model whose only non-linearity is a list of declared products.

Every exact program of this package has linear rows, possibly binaries, and products ``result == factor * value``
in which ``value`` belongs to a small vector, the *box variables* (the follower's state values, sometimes the
leader's). Fix the box variables and a linear (or mixed-integer linear) program remains. Products are quadratic
*constraints* of the model, never part of its objective, so that the exported LP file states them and HiGHS, which
must not see them, never does.
"""

from __future__ import annotations

import dataclasses
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ssg_mip.base.deadline import OutOfTime
from ssg_mip.programs.tags import RowKind, family_of


@dataclasses.dataclass(frozen=True, eq=False)
class Product:
    """``result == factor * value``: three Pyomo variables (scalar data objects).

    The factor may be the result of another product. If it is ``x v`` then ``x`` must have a product with ``value`` too.
    """

    result: Any
    factor: Any
    value: Any


@dataclasses.dataclass(frozen=True, eq=False)
class Multiplied:
    """A linear row of the model that is ``base`` times the box variable ``value``, written in the products.

    On a box ``l <= value <= u`` in unit coordinates ``value = l + (u - l) h`` such a row keeps its coefficients
    whatever the box is, because ``l`` times ``base`` holds already.

    With a ``side`` the base may be an inequality: then the row is ``base`` times ``value - lower`` (``side`` 1) or
    times ``upper - value`` (``side`` -1), written for the root's bounds and meant for those of every box.
    """

    row: Any
    base: Any
    value: Any
    side: int = 0


@dataclasses.dataclass(frozen=True, eq=False)
class Program:
    """A Pyomo model together with what the search needs to know about it.

    What its components stand for is declared on them (:mod:`ssg_mip.programs.tags`).

    Attributes
    ----------
    model
        The ``ConcreteModel``: exact, with products as quadratic constraints, :attr:`product_rows`.
    box
        The box variables, in branching order; their bounds are the root box.
    products
        The declared products; the rows of the kind ``PRODUCT`` state each of them once, in this order.
    multiplied
        The rows that are another row times a box variable.
    differences
        Pairs ``(row, other)`` of homogeneous rows ``>= 0`` and ``== 0`` whose difference is worth multiplying by a
        box variable although it adds nothing by itself.
    """

    model: Any
    box: tuple[Any, ...] = ()
    products: tuple[Product, ...] = ()
    multiplied: tuple[Multiplied, ...] = ()
    differences: tuple[tuple[Any, Any], ...] = ()

    @property
    def product_rows(self) -> list[Any]:
        """The constraints of the model that state products."""
        import pyomo.environ as pyo

        families = ((rows, family_of(rows)) for rows in self.model.component_objects(pyo.Constraint))
        return [rows for rows, family in families if family is not None and family.kind is RowKind.PRODUCT]

    def products_by_component(self) -> list[tuple[Any, list[Product]]]:
        """The variables that results of products are members of, in the order of the products, with theirs."""
        groups: dict[int, tuple[Any, list[Product]]] = {}
        for product in self.products:
            component = product.result.parent_component()
            groups.setdefault(id(component), (component, []))[1].append(product)
        return list(groups.values())


@contextmanager
def given_up_quietly() -> Iterator[None]:
    """Keep Pyomo from logging an error when the writing of a model ends at a checkpoint; other errors are logged."""

    def worth_telling(_: logging.LogRecord) -> bool:
        return not isinstance(sys.exception(), OutOfTime)

    logger = logging.getLogger("pyomo.core")
    logger.addFilter(worth_telling)
    try:
        yield
    finally:
        logger.removeFilter(worth_telling)
