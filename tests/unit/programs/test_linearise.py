"""Linear rows in place of products: exact for binaries, valid and tight at the corners otherwise."""

from __future__ import annotations

import itertools
from typing import Any

import pyomo.environ as pyo
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.programs.linearise import replace_by_binary_rows, replace_by_envelopes
from ssg_mip.programs.program import Program
from ssg_mip.programs.rows import add_products
from ssg_mip.programs.tags import index_of, tagged
from tests.unit.programs.points import violated


def _one_product(low: float | None, high: float | None, top: float | None = 2.0) -> Program:
    model: Any = pyo.ConcreteModel()
    model.x = pyo.Var([0], bounds=(0.5, top))
    model.v = pyo.Var([0], bounds=(low, high))
    model.w = tagged(pyo.Var([0]), "s")
    model.objective = pyo.Objective(expr=model.w[0])
    products = add_products(model, [(model.w[0], model.x[0], model.v[0])])
    return Program(model, box=(model.v[0],), products=products)


def _holds(model: Any, x: float, v: float, w: float) -> bool:
    for variable, value in ((model.x[0], x), (model.v[0], v), (model.w[0], w)):
        variable.set_value(value, skip_validation=True)
    return not violated(model)


def test_envelopes_contain_every_product_and_are_tight_at_the_corners() -> None:
    """On [0.5, 2] x [-1, 3] all products satisfy the four rows; at a corner nothing else does."""
    program = replace_by_envelopes(_one_product(-1.0, 3.0))
    steps = [0.0, 0.25, 0.5, 0.75, 1.0]
    for i, j in itertools.product(steps, steps):
        x, v = 0.5 + 1.5 * i, -1.0 + 4.0 * j
        assert _holds(program.model, x, v, x * v)
    for x, v in itertools.product((0.5, 2.0), (-1.0, 3.0)):
        assert not _holds(program.model, x, v, x * v + 1e-3)
        assert not _holds(program.model, x, v, x * v - 1e-3)


def test_envelopes_are_a_relaxation_only() -> None:
    """In the middle of the box the product is 1.25 and the rows admit up to 2.75 (McCormick's formula by hand)."""
    program = replace_by_envelopes(_one_product(-1.0, 3.0))
    assert _holds(program.model, 1.25, 1.0, 2.75)
    assert not _holds(program.model, 1.25, 1.0, 2.75 + 1e-3)


def test_products_are_gone_afterwards() -> None:
    """The result has linear rows only, named after what they bound, and no declared products."""
    program = replace_by_envelopes(_one_product(-1.0, 3.0))
    assert program.products == ()
    assert program.model.component("product") is None
    assert len(program.model.envelope_w) == 4
    assert [axis for axis, _ in index_of(program.model.envelope_w[0, "low_low"])] == ["s", "k"]


def test_a_factor_without_upper_bound_leaves_two_rows() -> None:
    """Rows that would need the missing bound are left out; those that stay are valid."""
    program = replace_by_envelopes(_one_product(-1.0, 3.0, top=None))
    assert {side for _, side in program.model.envelope_w} == {"low_low", "low_high"}
    assert _holds(program.model, 50.0, 2.0, 100.0)
    assert not _holds(program.model, 0.5, 3.0, 1.4)


def test_a_value_without_bounds_is_refused() -> None:
    """No envelope exists on an infinite box; the message names the variable and the remedy."""
    with pytest.raises(OptionError, match=r"v\[0\] has the bounds \[None, 3.0\].*give the variable bounds"):
        replace_by_envelopes(_one_product(None, 3.0))


def test_binary_rows_determine_the_product() -> None:
    """With ``x`` in {0, 1}^2 summing to one and ``w`` summing to ``v``, the only ``w`` that fits is ``x v``."""
    model: Any = pyo.ConcreteModel()
    model.x = pyo.Var([0, 1], domain=pyo.Binary)
    model.v = pyo.Var([0], bounds=(-2.0, 3.0))
    model.w = pyo.Var([0, 1])
    model.share = pyo.Constraint(expr=model.w[0] + model.w[1] == model.v[0])
    products = add_products(model, [(model.w[k], model.x[k], model.v[0]) for k in (0, 1)])
    replace_by_binary_rows(Program(model, box=(model.v[0],), products=products))
    for value in (-2.0, 0.5, 3.0):
        model.x[0].set_value(1.0)
        model.x[1].set_value(0.0)
        model.v[0].set_value(value)
        model.w[0].set_value(value)
        model.w[1].set_value(0.0)
        assert violated(model) == {}
        model.w[0].set_value(value - 0.1)
        model.w[1].set_value(0.1)
        assert violated(model)
