"""Other solvers as readers of LP files: each reads a file, solves it and returns the optimum, or None if infeasible."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import highspy
import pytest
from pyscipopt import Model

SECONDS = 60


def solved_by_highs(path: Path) -> float | None:
    highs = highspy.Highs()
    for option, value in (("output_flag", False), ("mip_rel_gap", 0.0), ("threads", 1), ("time_limit", float(SECONDS))):
        highs.setOptionValue(option, value)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk, "the reader warned about the file"
    highs.run()
    if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(highs.getInfo().objective_function_value)


def solved_by_scip(path: Path, *, tolerance: float = 1e-7) -> float | None:
    model = Model()
    model.hideOutput()
    model.setParam("limits/time", SECONDS)
    model.setParam("numerics/feastol", tolerance)
    model.readProblem(str(path))
    model.optimize()
    if model.getStatus() == "infeasible":
        return None
    assert model.getStatus() == "optimal", f"SCIP ended with {model.getStatus()}"
    return float(model.getObjVal())


def solved_by_glpk(path: Path) -> float | None:
    output = path.with_suffix(".glpk")
    _run("glpsol", "--lp", str(path), "--tmlim", str(SECONDS), "-o", str(output))
    report = output.read_text()
    status = re.search(r"^Status: +(.+)$", report, re.MULTILINE)
    value = re.search(r"^Objective: .*= *(\S+) \(MAXimum\)", report, re.MULTILINE)
    assert status is not None
    if status[1] in {"INTEGER EMPTY", "INFEASIBLE (FINAL)"}:
        return None
    assert value is not None
    assert status[1] in {"OPTIMAL", "INTEGER OPTIMAL"}
    return float(value[1])


def solved_by_cbc(path: Path) -> float | None:
    output = path.with_suffix(".cbc")
    options = ("ratio", "0", "seconds", str(SECONDS))
    _run("cbc", str(path), *options, "solve", "solution", str(output))
    status = output.read_text().splitlines()[0]
    if status.startswith(("Infeasible", "Integer infeasible")):
        return None
    found = re.fullmatch(r"Optimal - objective value (\S+)", status)
    assert found is not None, status
    return float(found[1])


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"the program {program} is not installed, so its reading of the file is not tested")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=2 * SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


LINEAR_READERS: dict[str, Callable[[Path], float | None]] = {
    "highs": solved_by_highs,
    "scip": solved_by_scip,
    "glpk": solved_by_glpk,
    "cbc": solved_by_cbc,
}
