r"""From declared products to linear rows.

Two ways, for two purposes:

* :func:`replace_by_binary_rows` is **exact** where the factors of a product are binary and exactly one of a group of
  them is one: with ``l <= v <= u`` and ``sum_k x_k = 1``, the rows ``l x_k <= w_k <= u x_k`` and ``sum_k w_k = v``
  say ``w_k = x_k v`` (they are the convex hull of the disjunction).
* :func:`replace_by_envelopes` is a **relaxation** for continuous factors: the four inequalities of McCormick (1976)
  on the box of the variables, the convex hull of a single product.

Both drop ``model.product`` and return a program without products.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pyomo.environ as pyo

from ssg_mip.base.deadline import Checkpoint, unhurried
from ssg_mip.errors import OptionError
from ssg_mip.programs.program import Product, Program
from ssg_mip.programs.tags import Axis, family_of, tagged


def replace_by_binary_rows(program: Program, checkpoint: Checkpoint = unhurried) -> Program:
    """Exact rows for products with binary factors; changes the model in place.

    The caller makes the factors binary and states both ``sum_k x_k = 1`` and ``sum_k w_k = v``. ``checkpoint`` is
    called for every product, and may put an end to the work.

    Raises
    ------
    OptionError
        If a box variable has no finite bounds.
    """
    return _replace(program, _binary_rows, "scaled", checkpoint)


def replace_by_envelopes(program: Program, checkpoint: Checkpoint = unhurried) -> Program:
    """The linear relaxation on the root box; changes the model in place, binaries stay binary.

    Rows that need a bound which a factor does not have are left out. ``checkpoint`` is called for every product, and
    may put an end to the work.

    Raises
    ------
    OptionError
        If a box variable has no finite bounds.
    """
    return _replace(program, _envelope_rows, "envelope", checkpoint)


def _replace(program: Program, rows_of: Any, label: str, checkpoint: Checkpoint) -> Program:
    model = program.model
    for component in program.product_rows:
        model.del_component(component)
    for component, products in program.products_by_component():
        rows: dict[tuple[Any, ...], Any] = {}
        for product in products:
            checkpoint()
            place = _as_tuple(product.result.index())
            for side, row in rows_of(product).items():
                rows[(*place, side)] = row
        constraint = pyo.Constraint(list(rows), rule=_lookup(rows, checkpoint))
        family = family_of(component)
        if family is not None:
            tagged(constraint, (*family.axes, Axis.POSITION))
        model.add_component(f"{label}_{component.local_name}", constraint)
    return Program(model=model)


def _binary_rows(product: Product) -> Mapping[str, Any]:
    lower, upper = _value_bounds(product)
    return {
        "lower": product.result - lower * product.factor >= 0.0,
        "upper": product.result - upper * product.factor <= 0.0,
    }


def _envelope_rows(product: Product) -> Mapping[str, Any]:
    """McCormick's inequalities, named by the bound of the factor and the bound of the value they are tight at."""
    result, factor, value = product.result, product.factor, product.value
    lower, upper = _value_bounds(product)
    rows = {}
    if factor.lb is not None:
        rows["low_low"] = result - factor.lb * value - lower * factor >= -factor.lb * lower
        rows["low_high"] = result - factor.lb * value - upper * factor <= -factor.lb * upper
    if factor.ub is not None:
        rows["high_high"] = result - factor.ub * value - upper * factor >= -factor.ub * upper
        rows["high_low"] = result - factor.ub * value - lower * factor <= -factor.ub * lower
    return rows


def _value_bounds(product: Product) -> tuple[float, float]:
    lower, upper = product.value.lb, product.value.ub
    if lower is None or upper is None or not (math.isfinite(lower) and math.isfinite(upper)):
        raise OptionError(
            f"{product.value.name} has the bounds [{lower}, {upper}]; a product can be made linear only on a finite "
            "box: give the variable bounds"
        )
    return float(lower), float(upper)


def _lookup(rows: Mapping[tuple[Any, ...], Any], checkpoint: Checkpoint) -> Any:
    def row(_: Any, *key: Any) -> Any:
        checkpoint()
        return rows[key]

    return row


def _as_tuple(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)
