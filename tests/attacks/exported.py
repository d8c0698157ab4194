"""The exported bilinear program of a game, solved by SCIP, against the package's own search."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyscipopt

from ssg_mip import export
from tests.attacks.driver import Attack, Verdict
from tests.attacks.games import varied_game
from tests.attacks.judge import Truth, judge, solved
from tests.oracles.brute_force import CPU_CLOCK
from tests.oracles.games import PlainGame

FEASIBILITY = 1e-9
"""Feasibility asked of SCIP: at its default, 1e-6, its optima exceed the true ones by more than they may here."""

SMALL, LARGER = {"most": 6, "mixing": 3}, {"most": 12, "mixing": 4}
"""Sizes of most games, and of every tenth."""

SECONDS = 20.0
"""Time limit of SCIP, in processor time; a game that reaches it is compared with the interval that SCIP has by then."""

CLOSED = 1e-5
"""Gap of SCIP, relative, up to which its truth counts as a point."""


def solve_exported(plain: PlainGame, *, seconds: float = SECONDS) -> Truth:
    """SCIP's interval for the optimum of the file that the package writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = export(plain.to_game(), Path(folder) / "program.lp", program="commitment", form="bilinear")
        model = pyscipopt.Model()
        model.hideOutput()
        model.readProblem(str(path))
    for name, value in {
        "timing/clocktype": CPU_CLOCK,
        "limits/time": seconds,
        "limits/gap": 1e-7,
        "limits/absgap": 1e-7,
        "numerics/feastol": FEASIBILITY,
        "misc/catchctrlc": False,
    }.items():
        model.setParam(name, value)
    model.optimize()
    if model.getNSols() == 0 and model.getStatus() != "timelimit":
        raise AssertionError(f"SCIP ends without a solution: {model.getStatus()}")
    return Truth(model.getPrimalbound(), model.getDualbound())


def play(seed: int, index: int) -> Verdict:
    """SCIP's interval and the package's meet."""
    plain = varied_game(seed, index, **(LARGER if index % 10 == 0 else SMALL))
    truth = solve_exported(plain)
    wide = truth.bound - truth.value > CLOSED * truth.scale
    return judge(plain, solved(plain), truth) + Verdict(remarks=("SCIP's gap open",) if wide else ())


ATTACK = Attack("exported", "2-3 states: SCIP on the exported bilinear program", 300, play)
