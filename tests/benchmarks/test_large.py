"""A small pass of the suite of large games."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks import large
from tests.benchmarks.__main__ import main
from tests.benchmarks.large import BOUND, ROOT, Cell, Row, conflict, exponents


def test_a_small_pass_beside_this_checkout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "rows.json"
    asked = ["--families", "merge,queue", "--sizes", "100", "--methods", "fixed-point,nonsense", "--time-limit", "3"]
    assert main(["--suite", "large", *asked, "--beside", str(ROOT), "--out", str(out)]) == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    assert [(row["family"], row["method"]) for row in told] == [
        (name, method) for name in ("merge", "queue") for method in (BOUND, "fixed-point", "nonsense")
    ]
    merge = told[1]["ours"]
    assert merge["status"] == "optimal"
    assert merge["value"] == pytest.approx(35.7675)
    assert merge["bound"] == pytest.approx(told[0]["ours"]["bound"], rel=1e-6)
    assert told[1]["beside"]["value"] == pytest.approx(merge["value"])
    assert told[2]["ours"]["failure"] == "no such method"
    assert "| queue | 100 | fixed-point |" in capsys.readouterr().out


def test_exponents_are_slopes_of_logarithms() -> None:
    found = [Row("f", n, BOUND, Cell(bound=0.0, cpu=1e-3 * n**1.25, megabytes=60.0 + 0.01 * n)) for n in (1000, 10_000)]
    assert exponents(found) == pytest.approx((1.25, 1.0))
    assert exponents(found[:1]) is None


def test_exponents_are_fitted_within_families() -> None:
    """A family ten times as slow has the same exponent, and one with a single size has none to tell."""
    quick, slow = (
        [Row(name, n, BOUND, Cell(bound=0.0, cpu=scale * n**1.5, megabytes=1e3)) for n in sizes]
        for name, scale, sizes in (("q", 1e-3, (700, 1000, 9000)), ("s", 1e-2, (1500, 12_000)))
    )
    alone = Row("a", 5000, BOUND, Cell(bound=0.0, cpu=1e-6, megabytes=1e5))
    assert exponents([*quick, *slow, alone]) == pytest.approx((1.5, 0.0))
    assert exponents([quick[0], slow[0], alone]) is None


def test_a_value_above_a_bound_is_a_conflict() -> None:
    found = [Row("f", 100, BOUND, Cell(bound=1.0)), Row("f", 100, "local", Cell(value=1.1, bound=2.0))]
    assert list(conflict(found)) == ["f at 100 states: 1.1 above 1.0"]
    assert not list(conflict([found[0], Row("g", 100, "local", Cell(value=1.1, bound=2.0))]))


def test_processes_that_fail_say_why(tmp_path: Path) -> None:
    missing = large.measured(tmp_path / "none.npz", BOUND, 1.0, ROOT)
    assert missing.failure
    assert missing.columns()[0] == missing.failure
