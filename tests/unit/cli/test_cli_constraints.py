"""Instances with constraints on the command line: shown, honoured, priced, verified, or refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ssg_mip import Problem, write_instance
from ssg_mip.cli import main
from ssg_mip.pareto import sweep
from ssg_mip.pareto.enclosure import entry
from ssg_mip.pareto.existence import existence
from ssg_mip.problem.policy_space import Scope
from tests.unit.problem.stories import port

GAME = port()
GUARDS = (
    Problem(GAME)
    .budget({("yard", "patrol"): 1.0, ("gate", "patrol"): 1.0}, 0.8, name="guards")
    .at_least("gate", "patrol", 0.1, name="presence")
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_instance(GUARDS, tmp_path / "guards.json")
    write_instance(GUARDS.at_least("yard", "patrol", 0.9, name="more"), tmp_path / "clash.json")
    write_instance(Problem(GAME).observe({"yard": "dark", "gate": "dark"}), tmp_path / "dark.npz")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("folder")
def test_show_and_validate_tell_the_constraints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "guards.json"]) == 0
    said = capsys.readouterr().err
    assert "constraints:\n  guards: f(patrol | yard) + f(patrol | gate) at most 0.8\n" in said
    assert "presence: patrol at least 0.1 in gate" in said
    assert main(["show", "--json", "guards.json"]) == 0
    shown = printed(capsys)
    assert [one["name"] for one in shown["constraints"]] == ["guards", "presence"]
    assert shown["problem_hash"] == GUARDS.content_hash != shown["game_hash"] == GAME.content_hash
    assert main(["validate", "guards.json", "dark.npz"]) == 0
    said = capsys.readouterr().err
    assert "guards.json: valid, states: 2, joint actions: 8, constraints: 2" in said
    assert "dark.npz: valid, states: 2, joint actions: 8, constraints: 1" in said


def test_a_fault_in_a_constraint_is_exit_code_3_with_the_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads((folder / "guards.json").read_text(encoding="utf-8"))
    data["constraints"][0]["costs"][0]["state"] = "field"
    (folder / "bad.json").write_text(json.dumps(data), encoding="utf-8")
    for command in (["solve", "bad.json"], ["show", "bad.json"], ["validate", "bad.json"], ["front", "bad.json"]):
        assert main(command) == 3
        assert (
            "bad.json: $.constraints[0]: constraint 'guards' names the unknown state 'field'" in capsys.readouterr().err
        )


@pytest.mark.usefixtures("folder")
def test_solve_honours_constraints_and_says_what_is_left_and_what_they_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "guards.json", "--method", "commitment", "--prices"]) == 0
    said = capsys.readouterr().err
    assert "keeps   guards: 0.8 at most 0.8, binds; costs between 2.73" in said
    assert "presence: 0.2831075 at least 0.1, 0.1831075 left; costs at most" in said
    assert main(["solve", "guards.json", "--method", "commitment", "--prices", "--json"]) == 0
    document = printed(capsys)
    assert document["problem_hash"] == GUARDS.content_hash
    budget, least = document["constraints"]
    assert (budget["attained"], budget["slack"]) == pytest.approx((0.8, 0.0), abs=1e-7)
    assert least["slack"] > 0.1
    assert document["prices"][0]["at_least"] == pytest.approx(2.734, abs=1e-3)
    assert document["prices"][0]["at_most"] == pytest.approx(2.734, abs=1e-3)
    assert document["prices"][1]["at_least"] == 0.0
    assert "prices" in document["check"]["claimed"]


def test_a_result_is_verified_against_the_problem_that_it_is_about(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["solve", "guards.json", "--method", "commitment", "--json", "--certificate", "c"]) == 0
    document = printed(capsys)
    result = folder / "result.json"
    result.write_text(json.dumps(document), encoding="utf-8")
    assert main(["verify", "result.json"]) == 0
    assert "as asked for: guards, presence" in " ".join(capsys.readouterr().err.split())
    assert main(["verify", "result.json", "guards.json", "--certificate", "c"]) == 0
    assert "result: every check passed: verified" in capsys.readouterr().err
    assert main(["verify", "c"]) == 0
    write_instance(GUARDS.without("presence"), folder / "other.json")
    assert main(["verify", "result.json", "other.json"]) == 5
    assert "there are 2 constraints; the problem has 1" in " ".join(capsys.readouterr().err.split())
    write_instance(GAME, folder / "game.json")
    assert main(["verify", "result.json", "game.json"]) == 0
    assert "as stated: guards, presence" in " ".join(capsys.readouterr().err.split())
    document["constraints"][0]["at_most"] = 0.9
    result.write_text(json.dumps(document), encoding="utf-8")
    for command in (["verify", "result.json"], ["verify", "result.json", "guards.json"]):
        assert main(command) == 5


def test_constraints_that_contradict_each_other_are_exit_code_7_and_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["solve", "clash.json", "--method", "commitment"]) == 7
    assert "clash   no policy keeps both guards and more; without any one of them" in capsys.readouterr().err
    assert main(["solve", "clash.json", "--json"]) == 7
    document = printed(capsys)
    assert document["conflict"]["constraints"] == ["guards", "more"]
    assert document["check"]["word"] == "verified"
    (folder / "clash.result.json").write_text(json.dumps(document), encoding="utf-8")
    assert main(["verify", "clash.result.json"]) == 0
    for command, takes in (
        (["front", "clash.json"], sweep.TAKES),
        (["existence", "clash.json"], existence.TAKES),
        (["front", "clash.json", "--complete"], entry.TAKES),
    ):
        honoured = Scope.COUPLING in takes
        assert main(command) == (7 if honoured else 2)
        said = capsys.readouterr().err
        assert ("no policy keeps both guards and more" if honoured else "takes no rows") in said


@pytest.mark.usefixtures("folder")
def test_what_is_not_honoured_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "guards.json", "--method", "fixed-point"]) == 2
    said = capsys.readouterr().err
    assert "method 'fixed-point' takes no rows on the leader's policy" in said
    assert "commitment" in said


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("method", ["commitment", "policy-iteration"])
def test_labels_in_a_file_are_honoured(method: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "dark.npz", "--method", method, "--json"]) == 0
    document = printed(capsys)
    assert document["leader_policy"]["yard"] == document["leader_policy"]["gate"]
    assert document["constraints"][0]["kind"] == "observe"
    assert document["check"]["verified"] is not False


def test_a_batch_reads_constraints_and_solves_again_where_they_have_changed(
    folder: Path,
) -> None:
    inside = folder / "set"
    inside.mkdir()
    write_instance(GUARDS, inside / "one.json")
    command = ["batch", "set", "--out", "rows", "--method", "commitment"]
    assert main(command) == 0
    rows = [json.loads(line) for line in (folder / "rows" / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    results = [row["result"] for row in rows if row.get("result")]
    assert [one["name"] for one in results[0]["constraints"]] == ["guards", "presence"]
    for problem, names in ((GUARDS, ["guards", "presence"]), (GUARDS.without("presence"), ["guards"])):
        write_instance(problem, inside / "one.json")
        assert main([*command, "--resume"]) == 0
        lines = (folder / "rows" / "results.jsonl").read_text(encoding="utf-8").splitlines()
        results = [json.loads(line)["result"] for line in lines]
        assert [[one["name"] for one in found["constraints"]] for found in results if found] == [names]
