"""The comparison of methods: gaps against the optimum, where a method ends, and what cannot run."""

from __future__ import annotations

import dataclasses
import types

import pytest

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.methods.registry import METHODS, find_method
from ssg_mip.problem.problem import Problem
from ssg_mip.result import Result
from ssg_mip.runs.method import Method
from ssg_mip.runs.run import Run
from ssg_mip.studies.methods_compared import GAMES, Settings
from ssg_mip.studies.notebook import BOUND
from tests.unit.studies.conftest import Reproduce, rows

SOME = ["maintain", "actor-critic trap"]


def wanders(problem: Problem, run: Run) -> Result:
    """Answers with the optimum, but says that it ended with the uniform policy."""
    uniform = best_response(problem.game, LeaderPolicy.uniform(problem.game))
    value = float(problem.weights @ uniform.leader_values)
    return dataclasses.replace(find_method("commitment")(problem, run), details={"last_leader_value": value})


def lacks_its_extra(*_: object) -> Result:
    raise OptionError("this method needs torch; install it with: python -m pip install 'ssg_mip[learn]'")


@pytest.fixture
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, function in (("wanders", wanders), ("lacks", lacks_its_extra)):
        module = types.ModuleType(f"ssg_mip_{name}")
        module.solve = function  # type: ignore[attr-defined]
        monkeypatch.setitem(__import__("sys").modules, module.__name__, module)
        monkeypatch.setitem(METHODS, name, Method(name=name, home=module.__name__))


def test_there_are_thirty_games_and_each_can_be_built() -> None:
    assert len(GAMES) == 30
    assert len({build().content_hash for build in GAMES.values()}) == 30


def test_pure_commitment_misses_what_mixing_is_worth(run: Reproduce) -> None:
    report = run("methods-compared", games=SOME, methods=["commitment", "deterministic"])
    table = {(row["game"], row["method"]): row for row in rows(report)}
    assert len(table) == 4
    maintain = table["maintain", "deterministic"]
    assert (float(maintain["value"]), float(maintain["optimum"])) == pytest.approx((20.0, 27.5))
    assert float(maintain["gap"]) == pytest.approx(7.5 / 27.5)
    assert float(maintain[BOUND]) == pytest.approx(27.5, abs=1e-3)
    assert all(float(row["gap"]) < 1e-6 for (_, method), row in table.items() if method == "commitment")
    summary = {row["method"]: row for row in rows(report, "summary")}
    assert (summary["commitment"]["found"], summary["deterministic"]["found"]) == ("2", "1")
    assert any("proven within 0.001 for 2 of 2" in note for note in report.notes)


@pytest.mark.usefixtures("_fakes")
def test_where_a_method_ends_and_what_is_missing_are_shown(run: Reproduce) -> None:
    report = run("methods-compared", games=["maintain"], methods=["wanders", "lacks"])
    wandered, lacking = rows(report)
    assert float(wandered["gap"]) == pytest.approx(0.0, abs=1e-9)
    assert float(wandered["gap_at_the_end"]) > 0.1
    assert "ssg_mip[learn]" in lacking["problem"]
    assert lacking["value"] == ""
    summary = {row["method"]: row for row in rows(report, "summary")}
    assert (summary["wanders"]["found"], summary["wanders"]["found_at_the_end"]) == ("1", "0")
    assert (summary["lacks"]["games"], summary["lacks"]["found"]) == ("0", "")
    assert "ssg_mip[learn]" in next(one.ours for one in report.findings if one.what == "lacks")


@pytest.mark.usefixtures("_fakes")
def test_all_methods_are_taken_unless_some_are_named(run: Reproduce) -> None:
    report = run("methods-compared", games=["battle of table 1"], seconds=0.2)
    assert [row["method"] for row in rows(report)] == list(METHODS)


def test_unknown_methods_and_games_are_refused() -> None:
    with pytest.raises(OptionError, match="setting methods names 'guess'"):
        Settings(methods=("guess",))
    with pytest.raises(OptionError, match="setting games names 'chess'"):
        Settings(games=("chess",))
    with pytest.raises(OptionError, match=r"seconds is 0\.0; it must be a positive number"):
        Settings(seconds=0.0)
