"""Where the free licence refuses a file, products are written in place: another model, the same optimum."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ssg_mip import export
from tests.benchmarks.gurobi import write_products_in_place
from tests.benchmarks.specs import SMALLEST, Case, Spec

gurobipy: Any = pytest.importorskip("gurobipy", reason="Gurobi is not installed, so its model is not rewritten")


@pytest.mark.parametrize("program", ["commitment", "improvement"])
def test_writing_products_in_place_removes_their_variables_and_keeps_the_optimum(tmp_path: Path, program) -> None:  # type: ignore[no-untyped-def]
    game = Spec(Case("random", SMALLEST), 1, program).build()
    path = export(game, tmp_path / "game.lp", program=program, form="bilinear")
    optima, names = [], []
    with gurobipy.Env(params={"OutputFlag": 0, "Threads": 1}) as environment:
        for in_place in (False, True):
            with gurobipy.read(str(path), environment) as model:
                model.Params.MIPGap = 1e-6
                if in_place:
                    write_products_in_place(model, gurobipy)
                model.optimize()
                assert model.Status == gurobipy.GRB.OPTIMAL
                optima.append(model.ObjVal)
                names.append({variable.VarName for variable in model.getVars()})
    assert optima[1] == pytest.approx(optima[0], rel=1e-5)
    assert names[1] < names[0]
    assert {name[0] for name in names[0] - names[1]} <= {"w", "W"}
    assert not any(name.startswith(("w(", "W(")) for name in names[1])
