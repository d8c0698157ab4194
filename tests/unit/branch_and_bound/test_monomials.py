"""What columns stand for: roots times box variables, found again by both, and products that cannot be relaxed."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest

from ssg_mip.branch_and_bound.monomials import NO_PLACE, NO_ROOT, Monomials, subsets
from ssg_mip.errors import SolverError
from ssg_mip.lp.compiled import CompiledProgram, compile_program
from ssg_mip.programs.program import Product, Program
from ssg_mip.programs.rows import add_products


def compiled(*products: tuple[str, str, str]) -> CompiledProgram:
    """A program with the plain column ``x``, box variables ``u`` and ``v``, and products of result, factor, value."""
    model = pyo.ConcreteModel()
    names = ["x", "u", "v", *(result for result, _, _ in products)]
    model.c = pyo.Var(names, bounds=(0.0, 1.0))
    model.top = pyo.Objective(expr=model.c["x"], sense=pyo.maximize)
    model.all = pyo.Constraint(expr=sum(model.c[name] for name in names) <= 3.0)
    add_products(model, [tuple(model.c[name] for name in product) for product in products])
    declared = tuple(Product(*(model.c[name] for name in product)) for product in products)
    return compile_program(Program(model, box=(model.c["u"], model.c["v"]), products=declared))


def test_columns_are_found_by_root_and_places() -> None:
    """``x v u`` is of two box variables whatever the order in which it was multiplied."""
    program = compiled(("xv", "x", "v"), ("xu", "x", "u"), ("xvu", "xv", "u"))
    monomials = Monomials(program)
    assert monomials.root.tolist() == [0, NO_ROOT, NO_ROOT, 0, 0, 0]
    none = NO_PLACE
    assert monomials.places.tolist() == [[none, none], [none, 0], [none, 1], [none, 1], [none, 0], [0, 1]]
    assert monomials.plain_products.tolist() == [True, True, False]
    nested = monomials.nested
    assert [nested.product[0], nested.root[0], nested.inner[0], nested.other[0], nested.result[0]] == [2, 0, 3, 4, 5]
    assert (nested.inner_value[0], nested.outer_value[0]) == (1, 0)
    assert monomials.branch_place(program).tolist() == [1, 0, 1]
    places = monomials.places[[0, 3, 4, 5]]
    assert monomials.columns(monomials.root[[0, 3, 4, 5]], places).tolist() == [0, 3, 4, 5]
    assert monomials.columns(monomials.root[[5]], places[[3]][:, ::-1]).tolist() == [5]
    with pytest.raises(SolverError, match="column 0 lacks a product"):
        Monomials(compiled(("xv", "x", "v"))).columns(monomials.root[[0]], monomials.places[[4]])


@pytest.mark.parametrize(
    ("products", "message"),
    [
        ([("xv", "x", "v"), ("xvu", "xv", "u")], "column 0 has no product with column 1, which column 4 needs"),
        ([("xv", "x", "v"), ("xvv", "xv", "v")], "column 4 is a product of a kind"),
        ([("xv", "x", "v"), ("xu", "x", "u"), ("xvu", "xv", "u"), ("more", "xvu", "v")], "column 6 is a product of a"),
    ],
)
def test_products_that_cannot_be_relaxed(products: list[tuple[str, str, str]], message: str) -> None:
    with pytest.raises(SolverError, match=message):
        Monomials(compiled(*products))


def test_subsets_are_in_order() -> None:
    """By pair, then by size; of a pair with one place there are two."""
    places = Monomials(compiled(("xv", "x", "v"), ("xu", "x", "u"), ("xvu", "xv", "u"))).places[[0, 3, 5]]
    owner, taken = subsets(places)
    assert owner.tolist() == [0, 1, 1, 2, 2, 2, 2]
    no, yes = False, True
    assert taken.tolist() == [[no, no], [no, no], [no, yes], [no, no], [yes, no], [no, yes], [yes, yes]]
