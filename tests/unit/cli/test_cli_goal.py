"""``--goal`` of ``solve``: in short, as JSON, as a file, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ssg_mip import Lexicographic, WorstStart
from ssg_mip.cli.options import read_goal
from ssg_mip.errors import OptionError
from ssg_mip.problem.goals.reading import goal_from_document
from tests.unit import ROOT, Command

GAME = ROOT / "instances" / "kudo_akimoto" / "fig1_threat.json"
WORST = {"kind": "worst-start", "starts": ["s1", {"s1": 1, "s2": 3}]}


def test_it_is_read_from_its_short_form_json_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "goal.json"
    path.write_text(json.dumps(WORST))
    assert read_goal(None) is None
    assert read_goal(" worst-start: s1, s2 ") == WorstStart(["s1", "s2"])
    assert read_goal("lexicographic:s2,s1") == Lexicographic([{"s2": 1.0}, {"s1": 1.0}])
    for text in (json.dumps(WORST), str(path)):
        assert read_goal(text) == WorstStart(["s1", {"s1": 1, "s2": 3}])


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (["worst-start"], "it must be an object with a kind: worst-start or lexicographic"),
        ({"starts": ["s1"]}, "has the kind None"),
        ({"kind": "best-start"}, "has the kind 'best-start'; it must be worst-start or lexicographic"),
        ({"kind": "worst-start"}, "'worst-start' has no 'starts'"),
        ({"kind": "worst-start", "starts": ["s1"], "tolerance": 1}, "unknown member 'tolerance'; it takes starts"),
        ({"kind": "lexicographic", "weights": [{"s1": 1}]}, "give at least two"),
        ({"kind": "lexicographic", "weights": [{"s1": 1}, {"s2": 1}], "tolerance": -1}, "tolerance is -1"),
    ],
)
def test_data_that_are_no_goal_are_told(document: object, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        goal_from_document(document)


def test_the_worst_start_is_as_large_as_it_can_be_and_the_answer_is_verified(command: Command, tmp_path: Path) -> None:
    ran = command("solve", GAME, "--method", "commitment", "--goal", "worst-start:s1,s2", "--json", "--verbose")
    assert ran.code == 0
    goal = ran.data["goal"]
    assert goal["kind"] == "worst-start"
    assert goal["value"] == pytest.approx(min(ran.data["leader_values"].values()))
    assert goal["value"] <= goal["bound"] <= goal["value"] + 1e-2
    assert "goal    worst-start: " in ran.err
    printed = tmp_path / "result.json"
    printed.write_text(ran.out)
    assert command("verify", printed, GAME).code == 0


@pytest.mark.parametrize(("order", "best"), [("s1,s2", (10.0, 9.0)), ("s2,s1", (9.0, 10.0))])
def test_sums_in_turn_end_at_opposite_ends_of_the_front(
    command: Command, order: str, best: tuple[float, float]
) -> None:
    ran = command("solve", GAME, "--method", "commitment", "--goal", f"lexicographic:{order}", "--json")
    assert ran.code == 0
    assert tuple(ran.data["leader_values"].values()) == pytest.approx(best, abs=2e-2)
    assert [one["weights"][order[:2]] for one in ran.data["goal"]["steps"]] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--goal", "worst-start:s9"), "unknown state 's9'"),
        (("--goal", "worst-start"), "starts is empty"),
        (("--goal", "lexicographic:s1"), "give at least two"),
        (("--goal", "missing.json"), "missing.json"),
        (("--goal", "{"), "not valid JSON"),
        (("--goal", "worst-start:s1,s2", "--weights", "s1=1"), "--goal takes the place of --weights"),
        (("--goal", "worst-start:s1,s2", "--scalarisation", "augmented-chebyshev"), "place of --scalarisation"),
        (("--goal", "worst-start:s1,s2", "--method", "policy-iteration"), "ask for commitment"),
    ],
)
def test_what_cannot_be_asked_is_told(command: Command, options: tuple[str, ...], words: str) -> None:
    given = options if "--method" in options else (*options, "--method", "commitment")
    ran = command("solve", GAME, *given)
    assert ran.code == 2
    assert words in " ".join(ran.err.split())
