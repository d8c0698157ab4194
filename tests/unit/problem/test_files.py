"""Problems in files: both formats, both suffixes, strict errors with the place, and what only a problem can hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssg_mip import Game, LeaderPolicy, Problem, read_instance, read_problem, write_instance
from ssg_mip.errors import InvalidInstanceError, OptionError
from ssg_mip.io import read_parts
from ssg_mip.io.problem_document import ProblemDocument, kinds
from ssg_mip.io.schema import PROBLEM_SCHEMA_FILE, schema_text
from ssg_mip.problem.constraints import KINDS
from ssg_mip.problem.files import said_of
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import PolicyRow, PolicySpace
from tests.unit.problem.stories import port

GAME = port()
PATROLS = {("yard", "patrol"): 1.0, ("gate", "patrol"): 1.0 / 3.0}
WHOLE = (
    Problem(GAME)
    .require(PATROLS, ">=", 0.1, name="presence")
    .budget(PATROLS, 0.8, name="guards")
    .forbid("gate", "rest")
    .at_least("yard", "patrol", 0.05)
    .same_policy(["yard", "gate"])
    .at_most_actions("gate", 2)
    .deterministic(["yard"])
    .close_to(LeaderPolicy.uniform(GAME), 1.9)
    .cost(np.arange(8.0).reshape(2, 2, 2), at_most=10)
    .value_at_least("yard", -5)
    .value_at_least(None, -6)
    .observe({"yard": "dark", "gate": "dark"})
)
"""Every kind of constraint, and labels."""


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_a_problem_survives_a_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"port.{suffix}"
    write_instance(WHOLE, path)
    again = read_problem(path)
    assert again.content_hash == WHOLE.content_hash
    assert again.stated == WHOLE.stated
    assert again.game.same_as(GAME)
    assert again.policies.names == WHOLE.policies.names
    for mine, theirs in zip(again.policies.rows, WHOLE.policies.rows, strict=True):
        assert (mine.name, mine.lower, mine.upper) == (theirs.name, theirs.lower, theirs.upper)
        assert mine.coefficients.tolist() == theirs.coefficients.tolist()


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_a_game_stays_in_the_first_format_and_is_a_problem_without_constraints(suffix: str, tmp_path: Path) -> None:
    mine, theirs = tmp_path / f"game.{suffix}", tmp_path / f"problem.{suffix}"
    write_instance(GAME, mine)
    write_instance(Problem(GAME), theirs)
    assert isinstance(read_instance(theirs), Game)
    assert read_problem(mine).content_hash == read_problem(theirs).content_hash == GAME.content_hash
    if suffix == "json":
        assert mine.read_bytes() == theirs.read_bytes()
        assert json.loads(mine.read_text(encoding="utf-8"))["format"] == "ssg-mip/1"


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_a_game_is_not_read_from_a_file_that_says_more(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"port.{suffix}"
    write_instance(WHOLE, path)
    with pytest.raises(
        InvalidInstanceError, match=r"holds constraints and observations, which a game does not; read it"
    ):
        read_instance(path)


def test_every_kind_has_its_place_in_files() -> None:
    assert {*kinds(), "observe"} == set(KINDS)
    assert {entry["kind"] for entry in said_of(WHOLE).constraints} == set(kinds())


def test_rows_by_hand_are_written_in_words(tmp_path: Path) -> None:
    row = PolicyRow(name="own", coefficients=np.array([1.0, 0.0, 0.0, -2.0]), lower=-1.0, upper=0.5)
    problem = Problem(GAME, policies=PolicySpace(rows=(row,)))
    write_instance(problem, tmp_path / "port.json")
    again = read_problem(tmp_path / "port.json")
    assert again.content_hash == problem.content_hash
    assert [(one.name, one.lower, one.upper) for one in again.policies.rows] == [
        ("own", -np.inf, 0.5),
        ("own from below", -1.0, np.inf),
    ]


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Problem(GAME, Objective(np.array([1.0, 0.0]))), "has weights, for which files have no place"),
        (Problem(GAME).above(np.zeros(2)), "has a floor under its values"),
    ],
)
def test_what_files_have_no_place_for_is_not_lost_silently(problem: Problem, said: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=said):
        write_instance(problem, tmp_path / "port.json")
    assert list(tmp_path.iterdir()) == []


def test_wrong_arguments_are_told(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="must be a Game or a Problem"):
        write_instance("port", tmp_path / "port.json")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"the suffix is '.txt'"):
        write_instance(WHOLE, tmp_path / "port.txt")
    with pytest.raises(OptionError, match="path is 3"):
        read_problem(3)  # type: ignore[arg-type]
    with pytest.raises(InvalidInstanceError, match=r"nowhere.json"):
        read_problem(tmp_path / "nowhere.json")


# -------------------------------------------------------------------- documents with faults


def document(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "whole.json"
    write_instance(WHOLE, path)
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def entry(data: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in data["constraints"] if one["kind"] == kind)
    return found


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "format 1": (
        lambda data: data.update(format="ssg-mip/1"),
        r"\$\.constraints is an unknown key; the keys here are .*; it belongs to \"ssg-mip/2\"",
    ),
    "format 3": (lambda data: data.update(format="ssg-mip/3"), r'reads "ssg-mip/1" and "ssg-mip/2"'),
    "no format": (lambda data: data.pop("format"), r"\$\.format is missing"),
    "no list": (
        lambda data: data.update(constraints={}),
        r"\$\.constraints is an object with 0 keys; it must be a list",
    ),
    "null": (lambda data: data.update(constraints=None), r"\$\.constraints is null; it must be a list"),
    "no object": (lambda data: data.update(constraints=["budget"]), r"\$\.constraints\[0\] is 'budget'"),
    "no kind": (
        lambda data: data["constraints"][1].pop("kind"),
        r"\$\.constraints\[1\]\.kind is missing; it says what",
    ),
    "unknown kind": (
        lambda data: data["constraints"][1].update(kind="wish"),
        r"\$\.constraints\[1\]\.kind is 'wish'; it must be one of 'require', 'budget'",
    ),
    "unknown key": (
        lambda data: entry(data, "budget").update(note="x"),
        r"\$\.constraints\[1\]\.note is an unknown key; the keys here are name, kind, costs, at_most",
    ),
    "unknown inner key": (
        lambda data: entry(data, "require")["terms"][0].update(action="x"),
        r"\$\.constraints\[0\]\.terms\[0\]\.action is an unknown key; the keys here are state, leader_action, coeffi",
    ),
    "missing key": (lambda data: entry(data, "budget").pop("at_most"), r"\$\.constraints\[1\]\.at_most is missing"),
    "empty list": (
        lambda data: entry(data, "budget").update(costs=[]),
        r"\.costs is a list of 0; it must not be empty",
    ),
    "limit as text": (
        lambda data: entry(data, "budget").update(at_most="much"),
        r"at_most is 'much'; it must be a finite",
    ),
    "sense": (lambda data: entry(data, "require").update(sense="<"), r"\.sense is '<'; it must be '<=', '>=' or"),
    "empty name": (lambda data: entry(data, "budget").update(name=""), r"\.name is ''; it must not be empty"),
    "name no text": (lambda data: entry(data, "budget").update(name=7), r"\.name is 7; it must be text"),
    "control character": (lambda data: entry(data, "budget").update(name="a\tb"), r"\.name .*control characters"),
    "unknown state": (
        lambda data: entry(data, "forbid").update(state="field"),
        r"\$\.constraints\[2\]: forbid names the unknown state 'field'; there are 'yard', 'gate'",
    ),
    "unknown action": (
        lambda data: entry(data, "cost")["costs"][0].update(follower_action="run"),
        r"\$\.constraints\[8\]: constraint 'cost' names the unknown follower action of state 'yard' 'run'",
    ),
    "twice": (
        lambda data: entry(data, "budget")["costs"].append(dict(entry(data, "budget")["costs"][0])),
        r"\$\.constraints\[1\]: the cost of 'patrol' in 'yard' stands there twice",
    ),
    "cost twice": (
        lambda data: entry(data, "cost")["costs"].append(dict(entry(data, "cost")["costs"][0])),
        r"\$\.constraints\[8\]: the cost of \('yard', 'patrol', 'hide'\) stands there twice",
    ),
    "probability": (
        lambda data: entry(data, "at_least").update(probability=1.5),
        r"\$\.constraints\[3\]: .*probability is 1.5; it must be a finite number between 0 and 1",
    ),
    "negative probability": (
        lambda data: entry(data, "at_least").update(probability=-0.5),
        r"\$\.constraints\[3\]\.probability is -0.5; it must be at least 0",
    ),
    "count": (
        lambda data: entry(data, "at_most_actions").update(actions=0),
        r"\$\.constraints\[5\]\.actions is 0; it must be at least 1",
    ),
    "count as float": (
        lambda data: entry(data, "at_most_actions").update(actions=1.0),
        r"actions is 1.0; it must be a whole number",
    ),
    "count as truth": (
        lambda data: entry(data, "at_most_actions").update(actions=True),
        r"actions is true; it must be a whole number",
    ),
    "one state": (
        lambda data: entry(data, "same_policy").update(states=["yard"]),
        r"names 1 states; it needs at least 2",
    ),
    "no distribution": (
        lambda data: entry(data, "close_to")["policy"]["yard"].update(patrol=0.75),
        r"\$\.constraints\[7\]: the probabilities of the policy in state 'yard' sum to 1.25",
    ),
    "half a policy": (
        lambda data: entry(data, "close_to")["policy"].pop("gate"),
        r"\$\.constraints\[7\]: the policy says nothing about state 'gate'",
    ),
    "names twice": (
        lambda data: entry(data, "budget").update(name="presence"),
        r"\$\.constraints\[1\]: there is a constraint of the name 'presence' already",
    ),
    "labels no object": (
        lambda data: data.update(observations=["yard"]),
        r"\$\.observations is a list of 1; it must be",
    ),
    "label no text": (
        lambda data: data.update(observations={"yard": 1}),
        r"\$\.observations\.yard is 1; it must be text",
    ),
    "label of no state": (
        lambda data: data.update(observations={"field": "dark"}),
        r"\$\.observations: labels name 'field'",
    ),
    "followers": (
        lambda data: data.update(followers={"kind": "clever"}),
        r"\$\.followers\.kind",
    ),
    "nan": (lambda data: entry(data, "budget").update(at_most=float("nan")), r"at_most"),
    "fraction by 0": (
        lambda data: entry(data, "budget").update(at_most="1/0"),
        r"at_most is '1/0'; it must be a finite",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_faults_are_told_with_file_place_and_rule(name: str, suffix: str, tmp_path: Path) -> None:
    change, said = FAULTS[name]
    data = document(tmp_path)
    change(data)
    path = tmp_path / f"faulty.{suffix}"
    if suffix == "json":
        path.write_text(json.dumps(data), encoding="utf-8")
    else:
        write_instance(WHOLE, path)
        with np.load(path) as archive:
            members = {key: archive[key] for key in archive.files}
        header = json.loads(members["header"].tobytes())
        kept = {key: data[key] for key in ("constraints", "observations", "followers", "format") if key in data}
        gone = [key for key in ("constraints", "observations", "format") if key not in data]
        header = {key: value for key, value in {**header, **kept}.items() if key not in gone}
        members["header"] = np.frombuffer(json.dumps(header).encode(), dtype="u1")
        keywords: dict[str, Any] = dict(members)
        np.savez_compressed(path, **keywords)
    with pytest.raises(InvalidInstanceError, match=said) as caught:
        read_problem(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert len(message) < 1000


def test_names_may_be_left_out_and_numbers_be_fractions(tmp_path: Path) -> None:
    data = document(tmp_path)
    for one in data["constraints"]:
        one.pop("name")
    entry(data, "budget").update(at_most="4/5")
    path = tmp_path / "port.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    problem = read_problem(path)
    assert [one.name for one in problem.constraints][:4] == [
        "row",
        "budget",
        "forbid gate/rest",
        "at least yard/patrol",
    ]
    assert problem.policies.rows[1].upper == 0.8


def test_integers_and_floats_hash_alike(tmp_path: Path) -> None:
    data = document(tmp_path)
    entry(data, "cost").update(at_most=10)
    path = tmp_path / "port.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert read_problem(path).content_hash == WHOLE.content_hash


def test_parts_are_read_apart(tmp_path: Path) -> None:
    write_instance(WHOLE, tmp_path / "port.json")
    game, said = read_parts(tmp_path / "port.json")
    assert game.same_as(GAME)
    assert len(said.constraints) == len(WHOLE.constraints)
    assert said.observations == {"yard": "dark", "gate": "dark"}


# -------------------------------------------------------------------- the schema


def test_the_schema_of_problems_is_up_to_date_and_speaks_of_every_kind(tmp_path: Path) -> None:
    """Mend with ``python -m ssg_mip.io.schema``."""
    assert PROBLEM_SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(ProblemDocument)
    schema = json.loads(PROBLEM_SCHEMA_FILE.read_text(encoding="utf-8"))
    assert set(schema["properties"]) >= {*document(tmp_path), "followers"}
    assert schema["properties"]["format"]["const"] == "ssg-mip/2"
    union = schema["properties"]["constraints"]["items"]
    assert set(union["discriminator"]["mapping"]) == set(kinds())
    assert len(union["oneOf"]) == len(kinds())
    for one in document(tmp_path)["constraints"]:
        reference = union["discriminator"]["mapping"][one["kind"]].rsplit("/", 1)[1]
        assert set(schema["$defs"][reference]["properties"]) == set(one)


def test_files_do_not_change_what_they_are_given(tmp_path: Path) -> None:
    before = deepcopy(said_of(WHOLE).to_dict())
    write_instance(WHOLE, tmp_path / "port.json")
    assert said_of(WHOLE).to_dict() == before
