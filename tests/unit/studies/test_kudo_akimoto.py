"""The table and the figures of Kudo & Akimoto: what is printed is held against exact answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ssg_mip.base.deadline import Deadline
from ssg_mip.studies.figure_1 import compare
from ssg_mip.studies.figure_3 import depth_in_cone
from ssg_mip.studies.notebook import BOUND, Notebook
from ssg_mip.studies.table_1 import corrected_value, printed_value
from tests.unit.studies.conftest import Reproduce, agreement, rows


def test_the_printed_formula_of_table_1_is_wrong_and_the_corrected_one_right(run: Reproduce) -> None:
    report = run("table-1", levels=8, leader_discounts=[0.9])
    found = agreement(report)
    assert (found["case 1"], found["case 2"], found["case 3"]) == (False, False, True)
    assert found["best value of case 1, discount 0.9"] is True
    first = [row for row in rows(report) if row["case"] == "1"]
    assert len(first) > 4
    for row in first:
        assert float(row["value_s1"]) == pytest.approx(float(row["corrected_s1"]))
        assert float(row["value_s2"]) == pytest.approx(float(row["corrected_s2"]))
        agrees = float(row["printed_s1"]) == pytest.approx(float(row["value_s1"]))
        assert agrees == (row["p"] in {"0", "1"})
    assert printed_value(1.0, 0.9) == pytest.approx(corrected_value(1.0, 0.9)) == pytest.approx(10.0)


def test_figure_1_needs_a_threat_that_exceeds_the_temptation(run: Reproduce) -> None:
    report = run("figure-1", punishments=[1.0, 2.0])
    assert all(agrees is not False for agrees in agreement(report).values())
    weak, strong = rows(report)
    assert (weak["verdict"], strong["verdict"]) == ("exists", "none")
    assert (float(weak["value"]), float(strong["value"])) == pytest.approx((0.0, 9.5), abs=1e-6)
    assert float(strong[BOUND]) == pytest.approx(9.5, rel=1e-4)


def test_what_time_did_not_suffice_for_is_no_disagreement(tmp_path: Path) -> None:
    """A run without time has the start's value and no verdict; that says nothing about what is printed."""
    notebook = Notebook("figure-1", tmp_path, deadline=Deadline(0.0))
    table = notebook.table("x", "discounted_y", "threat_works", "value_s1", "value_s2", "verdict", BOUND)
    row = {"x": 1.0, "discounted_y": 1.8, "threat_works": True, "value_s1": 0.0, "value_s2": 0.0, BOUND: 10.0}
    table.add(**row, verdict="undecided")
    assert notebook.stopped
    compare(notebook, table, 0.9)
    assert [finding.agrees for finding in notebook.findings] == [None, None]
    table.add(**row, verdict="exists")
    compare(notebook, table, 0.9)
    assert notebook.findings[-1].agrees is False
    notebook.close("", {}, full=False)


def test_figure_2_finds_the_two_points_and_nothing_above_the_fronts(run: Reproduce) -> None:
    report = run("figure-2", samples=150, resolution=0.1)
    assert set(agreement(report).values()) == {True}
    front = {
        (float(row["value_s1"]), float(row["value_s2"]))
        for row in rows(report)
        if (row["game"], row["kind"]) == ("figure-1", "front")
    }
    assert sorted(front) == [pytest.approx((9.0, 10.0)), pytest.approx((10.0, 9.0))]


def test_figure_3_has_a_dominated_limit_only_for_a_patient_leader(run: Reproduce) -> None:
    report = run("figure-3", samples=60)
    found = {finding.what: finding for finding in report.findings}
    assert found["gamma_A = 0.9: no reachable value in the cone (Theorem 11 c)"].agrees is True
    assert "by (0.722406, 2.13348)" in found["gamma_A = 0.9: is the limit dominated?"].ours
    assert found["gamma_A = 0: is the limit dominated?"].agrees is True
    optimum = {row["leader_discount"]: row for row in rows(report) if row["kind"] == "certified optimum"}
    patient = optimum["0.9"]
    assert (float(patient["value_s0"]), float(patient["value_s1"])) == pytest.approx((0.303057, 1.520602), abs=1e-3)
    assert float(patient[BOUND]) == pytest.approx(0.91183, abs=1e-3)


def test_the_cone_lies_between_its_slopes() -> None:
    limit = np.array([1.0, 2.0])
    for gain, discount, depth in (([1.0, 1.0], 0.5, 0.5), ([1.0, 0.5], 0.5, 0.0), ([1.0, -1.0], 0.0, -1.0)):
        assert depth_in_cone(limit + np.array(gain), limit, discount) == pytest.approx(depth)


def test_a_teacher_turns_the_learner_round(run: Reproduce) -> None:
    report = run("policy-teaching", prices=[0.2, 1.0])
    by = {(row["price"], row["teacher"]): row for row in rows(report)}
    assert by["0.2", "absent"]["learner"] == "sofa: to sofa; room: to sofa; desk: to sofa"
    assert "room: to desk" in by["0.2", "optimal"]["learner"]
    assert float(by["0.2", "absent"]["teacher_value"]) == pytest.approx(0.0, abs=1e-9)
    assert float(by["0.2", "optimal"]["teacher_value"]) == pytest.approx(8.6813186813, abs=1e-5)
    assert float(by["0.2", "optimal"][BOUND]) == pytest.approx(8.6813186813, abs=1e-4)
    pure, mixed = (float(by["1", teacher]["teacher_value"]) for teacher in ("best deterministic", "optimal"))
    assert mixed > pure + 0.03  # steering now and then is enough where it is dear
