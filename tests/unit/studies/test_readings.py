"""Every reading follows from the numbers of the run: a wrong number, and it says something else."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import solve
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.base.status import Status
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library import kudo_akimoto_figure_1, random_game
from ssg_mip.studies import figure_1, figure_2, figure_3, methods_compared, policy_teaching, security_grid, table_1
from ssg_mip.studies.findings import Finding
from ssg_mip.studies.notebook import BOUND, Notebook
from tests.unit.studies.conftest import Reproduce


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    notebook = Notebook("some", tmp_path)
    yield notebook
    notebook.close("", {}, full=False)


def _last(notebook: Notebook, words: str) -> Finding:
    """The last finding about something."""
    return [finding for finding in notebook.findings if words in finding.what][-1]


def test_what_lacks_time_is_no_disagreement(tmp_path: Path) -> None:
    interrupt = Interrupt()
    notebook = Notebook("some", tmp_path, interrupt=interrupt)
    assert [notebook.verdict(agrees) for agrees in (True, False)] == [True, False]
    interrupt.request()
    assert [notebook.verdict(agrees) for agrees in (True, False)] == [True, None]
    notebook.close("", {}, full=False)


# ---------------------------------------------------------------------------- table 1


def _table_1(notebook: Notebook, **wrong: float) -> None:
    """Two policies of case 1 and one of case 3, as they should be but for the wrong numbers."""
    table = notebook.table(
        *("leader_discount", "p", "q", "case", "value_s1", "value_s2"),
        *("printed_s1", "printed_s2", "corrected_s1", "corrected_s2"),
    )
    for p in (0.5, 1.0):
        right = table_1.corrected_value(p, 0.5)
        cells = {"value_s1": right, "value_s2": 0.5 * right, "corrected_s1": right, "corrected_s2": 0.5 * right}
        printed = table_1.printed_value(p, 0.5)
        cells |= {"printed_s1": printed, "printed_s2": 0.5 * printed} | wrong
        table.add(leader_discount=0.5, p=p, q=0.0, case=1, **cells)
    zero = dict.fromkeys(("printed_s1", "printed_s2", "corrected_s1", "corrected_s2"), 0.0)
    table.add(leader_discount=0.5, p=0.0, q=0.0, case=3, value_s1=wrong.get("value_s1", 0.0), value_s2=0.0, **zero)
    table_1._compare(notebook, table)


def test_table_1_reads_why_print_is_wrong_only_where_it_is_and_the_corrected_formula_right(notebook: Notebook) -> None:
    _table_1(notebook)
    assert notebook.findings[0].agrees is False
    assert "left out" in notebook.findings[0].reading
    assert notebook.findings[0].ours.startswith("1 of 2 policies")
    assert _last(notebook, "case 3").agrees is True
    assert _last(notebook, "best value").agrees is True


def test_table_1_explains_nothing_where_the_corrected_formula_fails_too(notebook: Notebook) -> None:
    _table_1(notebook, value_s1=0.7)
    assert notebook.findings[0].ours.startswith("2 of 2 policies")
    assert "not explained" in notebook.findings[0].reading
    assert _last(notebook, "case 3").agrees is False
    assert "within 0.7 of 0" in _last(notebook, "case 3").ours
    assert _last(notebook, "best value").agrees is False


def test_table_1_has_no_reading_where_print_is_right(notebook: Notebook) -> None:
    right = {"value_s1": 2.0, "value_s2": 1.0, "printed_s1": 2.0, "printed_s2": 1.0}
    _table_1(notebook, **right)
    assert (notebook.findings[0].agrees, notebook.findings[0].reading) == (True, "")


# ---------------------------------------------------------------------------- figures 1 to 3


def test_a_threat_as_strong_as_the_temptation_is_a_tie_whatever_the_rounding() -> None:
    assert figure_1.threat_works(0.1, 1.0 - 0.9) is None  # 1.0 - 0.9 is 0.09999999999999998
    assert figure_1.threat_works(0.9 * (10.0 / 9.0), 1.0) is None
    assert figure_1.threat_works(1.01, 1.0) is True
    assert figure_1.threat_works(0.99, 1.0) is False


def _figure_1(notebook: Notebook, *rows: dict[str, Any]) -> None:
    table = notebook.table("x", "discounted_y", "threat_works", "value_s1", "value_s2", "verdict", BOUND)
    for row in rows:
        table.add(x=1.0, **row)
    figure_1.compare(notebook, table, 0.9)


STRONG = {"discounted_y": 1.8, "threat_works": True, "value_s1": 10.0, "value_s2": 9.0, "verdict": "none", BOUND: 9.5}
WEAK = {"discounted_y": 0.9, "threat_works": False, "value_s1": 0.0, "value_s2": 0.0, "verdict": "exists", BOUND: 0.0}


@pytest.mark.parametrize(
    ("wrong", "agrees"),
    [
        ({}, [True, True]),
        ({"value_s2": 9.01}, [False, True]),
        ({BOUND: 9.6}, [False, True]),
        ({"verdict": "exists"}, [True, False]),
        ({"verdict": "undecided"}, [True, None]),
    ],
)
def test_figure_1_agrees_by_its_values_bounds_and_verdicts(
    notebook: Notebook, wrong: dict[str, Any], agrees: list[bool | None]
) -> None:
    _figure_1(notebook, {**STRONG, **wrong})
    assert [finding.agrees for finding in notebook.findings] == agrees


def test_figure_1_says_whether_a_weak_threat_does_as_expected(notebook: Notebook) -> None:
    _figure_1(notebook, WEAK)
    assert notebook.findings[-1].reading == "as expected here: exists"
    _figure_1(notebook, {**WEAK, "verdict": "none"})
    assert notebook.findings[-1].reading == "not as expected here: exists"
    _figure_1(notebook, {**WEAK, "verdict": "undecided"})
    assert notebook.findings[-1].reading == "open at some, where a limit came first; expected here: exists"
    tie = {**WEAK, "discounted_y": 1.0, "threat_works": None}
    _figure_1(notebook, tie)
    assert "At 1 punishments" in notebook.notes[-1]


def test_figure_2_agrees_by_its_points_and_by_what_sticks_out(notebook: Notebook) -> None:
    points = np.array([[10.0, 9.0], [9.0, 10.0]])
    for shift, agrees in ((0.0, True), (1e-3, False)):
        figure_2._compare_points(notebook, points + shift, 0.9)
        assert notebook.findings[-1].agrees is agrees
    figure_2._compare_points(notebook, points[:1], 0.9)
    assert notebook.findings[-1].agrees is False

    @dataclasses.dataclass
    class Front:
        values: np.ndarray[Any, Any]
        resolution: float = 0.1
        points: tuple[int, ...] = (1, 2)

    game = kudo_akimoto_figure_1()
    for height, agrees in ((0.05, True), (0.2, False)):
        figure_2._compare_cover(notebook, game, Front(points), np.array([[10.0 + height, 9.0 + height]]))  # type: ignore[arg-type]
        assert notebook.findings[-1].agrees is agrees
        assert f"{height:g};" in notebook.findings[-1].ours


def test_figure_3_agrees_by_what_is_in_the_cone_and_what_dominates(notebook: Notebook) -> None:
    game = random_game(1, 2, 2, 2, 2, leader_discount=0.0)
    walk = solve(game, "policy-iteration", gap=1e-6, check=False, guarantee=False)
    limit = walk.leader_values
    assert walk.leader_policy is not None
    best = dataclasses.replace(walk, status=Status.OPTIMAL)
    figure_3._compare(notebook, 0.0, walk, best, np.array([limit - 1.0, limit + 1e-9]))
    assert [finding.agrees for finding in notebook.findings] == [True, True]
    assert "not by the certified optimum" in notebook.findings[-1].ours
    figure_3._compare(notebook, 0.0, walk, best, np.array([limit + 0.1]))
    assert [finding.agrees for finding in notebook.findings[2:]] == [False, False]
    assert "by 1 of 1 sampled" in notebook.findings[-1].ours
    above = dataclasses.replace(best, leader_values=limit + 0.1, status=Status.FEASIBLE)
    figure_3._compare(notebook, 0.0, walk, above, np.array([limit]))
    assert notebook.findings[-1].agrees is False
    assert notebook.findings[-1].ours == "by (0.1, 0.1), the best policy found, whose bound is open"
    open_end = dataclasses.replace(walk, status=Status.FEASIBLE)
    figure_3._compare(notebook, 0.0, open_end, best, np.array([limit]))
    assert notebook.findings[-2].agrees is False


def test_domination_is_up_to_the_accuracy() -> None:
    limit = np.array([1.0, 2.0])
    assert not figure_3.dominates(limit + 1e-9, limit)
    assert figure_3.dominates(limit + np.array([-1e-9, 0.1]), limit)
    assert not figure_3.dominates(limit + np.array([-1e-3, 0.1]), limit)


# ---------------------------------------------------------------------------- policy teaching, security, methods


def _teaching(notebook: Notebook, prices: dict[float, tuple[float, float, float]]) -> None:
    table = notebook.table("price", "teacher", "teacher_value")
    for price, values in prices.items():
        for teacher, value in zip(("absent", "best deterministic", "optimal"), values, strict=True):
            table.add(price=price, teacher=teacher, teacher_value=value)
    policy_teaching.compare_prices(notebook, table)


def test_policy_teaching_says_where_steering_and_mixing_pay(notebook: Notebook) -> None:
    _teaching(notebook, {0.1: (0.0, 8.0, 8.0 + 1e-6), 0.2: (0.0, 5.0, 6.0), 0.3: (0.0, 0.0, 0.0)})
    gains, largest = notebook.findings
    assert gains.ours == (
        "over staying away at 2 (0.1, 0.2) of 3; by mixing, over the best deterministic one, at 1 (0.2)"
    )
    assert largest.agrees is True
    _teaching(notebook, {0.1: (0.0, 8.0, 7.0)})
    assert "at 1 (0.1) of 1; by mixing, over the best deterministic one, at 0" in notebook.findings[-2].ours
    assert notebook.findings[-1].agrees is False


def test_policy_teaching_calls_proven_what_reaches_its_bound() -> None:
    words = [policy_teaching._bound({"teacher_value": value, BOUND: 8.0}) for value in (7.9999, 7.9)]
    assert ["proven optimal" in one for one in words] == [True, False]
    assert policy_teaching._bound({"teacher_value": 7.0, BOUND: None}) == ""


def _security(notebook: Notebook, *, mixed: float = 0.5, bound: float = 0.5, hidden: float = 0.7) -> None:
    table = notebook.table("grid", "sum", "attacker_sees", "states", "pure_value", "mixed_value", BOUND, "status")
    cells = {"grid": "3x3", "sum": "zero", "states": 9, "pure_value": 0.5}
    table.add(**cells, attacker_sees="placement", mixed_value=mixed, status="optimal", **{BOUND: bound})
    table.add(**cells, attacker_sees="policy", mixed_value=hidden, status="optimal", **{BOUND: hidden})
    security_grid._compare(notebook, table)


def test_security_grid_says_whether_mixing_pays_against_an_attacker_who_sees(notebook: Notebook) -> None:
    _security(notebook)
    seen = _last(notebook, "the best pure one is optimal")
    assert seen.agrees is True
    assert seen.ours == "a mixture beats it in 0 of 1 variants; the search proves it in 1"
    assert _last(notebook, "a hidden placement").agrees is True
    assert _last(notebook, "what hiding").ours.startswith("0.2 (")
    _security(notebook, mixed=0.6, bound=0.6, hidden=0.4)
    seen = _last(notebook, "the best pure one is optimal")
    assert seen.agrees is False
    assert seen.ours == "a mixture beats it in 1 of 1 variants; the search proves it in 0"
    assert _last(notebook, "a hidden placement").agrees is False


def test_methods_compared_names_who_exceeds_a_bound(notebook: Notebook) -> None:
    table = notebook.table("game", "method", "value", "value_at_the_end", BOUND, "problem")
    table.add(game="one", method="good", value=1.0, value_at_the_end=0.5, **{BOUND: 1.0})
    table.add(game="one", method="absent", problem="needs an extra")
    methods_compared._compare_bounds(notebook, table)
    assert notebook.findings[-1].agrees is True
    assert notebook.findings[-1].ours == "0 of 1 runs exceed it"
    table.add(game="one", method="forger", value=1.0, value_at_the_end=1.1, **{BOUND: 1.0})
    methods_compared._compare_bounds(notebook, table)
    beyond = _last(notebook, "no policy is worth more")
    assert beyond.agrees is False
    assert beyond.ours == "1 of 2 runs exceed it; forger on one"


def test_a_value_that_the_evaluation_gets_wrong_changes_the_table_and_its_reading(
    run: Reproduce, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From end to end: an evaluation that is off by a thousandth, and nothing agrees any more."""

    def off(game: Any, policy: LeaderPolicy) -> Any:
        found = best_response(game, policy)
        return dataclasses.replace(found, leader_values=found.leader_values + 1e-3)

    monkeypatch.setattr(table_1, "best_response", off)
    report = run("table-1", levels=4, leader_discounts=[0.5])
    verdicts = {finding.what: finding.agrees for finding in report.findings}
    assert verdicts["case 3"] is False
    assert verdicts["best value of case 1, discount 0.5"] is False
    assert "not explained" in report.findings[0].reading
