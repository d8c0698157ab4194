"""Kinds of follower in files and on command lines, and what every kind says of itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssg_mip import (
    enclose_front,
    existence,
    export,
    necessary_condition,
    read_problem,
    solve,
    trace_front,
    write_instance,
)
from ssg_mip.base.status import Termination
from ssg_mip.errors import InvalidInstanceError, OptionError
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library.random_games import random_game
from ssg_mip.methods.registry import METHODS, method_for, methods_for
from ssg_mip.methods.secure_commitment import find_guaranteed
from ssg_mip.problem.follower import Follower, Rational
from ssg_mip.problem.followers import (
    KINDS,
    follower_from_document,
    follower_from_text,
    follower_of,
    follower_to_document,
)
from ssg_mip.problem.followers.myopic import Myopic
from ssg_mip.problem.followers.near_optimal import NearOptimal
from ssg_mip.problem.followers.quantal import Quantal
from ssg_mip.problem.problem import Problem

FOLLOWERS: list[Follower] = [
    Rational(),
    Rational(ties="adverse"),
    Rational(margin=0.25),
    Quantal(0.1),
    NearOptimal(0.1),
    NearOptimal(0.1, "pessimistic"),
    Myopic(),
    Myopic(ties="first"),
    Myopic(margin=2.0),
]


@pytest.mark.parametrize("follower", FOLLOWERS, ids=lambda one: one.words)
def test_a_follower_survives_a_file(follower: Follower) -> None:
    document = follower_to_document(follower)
    assert document["kind"] == follower.kind
    assert follower_from_document(document) == follower


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("rational", Rational()),
        ("rational:adverse", Rational(ties="adverse")),
        ("rational:leader:0.5", Rational(margin=0.5)),
        ("quantal:0.1", Quantal(0.1)),
        ("myopic", Myopic()),
        ("near-optimal:0.1", NearOptimal(0.1)),
        ("near-optimal:0.1:pessimistic", NearOptimal(0.1, "pessimistic")),
        ("myopic:adverse:0", Myopic(ties="adverse")),
        (" quantal:1e-3 ", Quantal(1e-3)),
    ],
)
def test_a_follower_is_read_from_a_command_line(text: str, due: Follower) -> None:
    assert follower_from_text(text) == due


@pytest.mark.parametrize("follower", [one for one in FOLLOWERS if one.kind != "rational"], ids=lambda one: one.words)
def test_his_text_is_read_again(follower: Follower) -> None:
    assert follower_from_text(follower.text) == follower


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "kind is ''; it must be one of rational"),
        ("clever", "kind is 'clever'"),
        ("quantal", r"needs temperature.*quantal:0\.1"),
        ("quantal:0", "temperature is 0.0; it must be a number above 0"),
        ("quantal:warm", "temperature is 'warm'"),
        ("quantal:0.1:0.2", "behind quantal there may be temperature"),
        ("rational:best", "ties is 'best'"),
        ("near-optimal", "needs epsilon"),
        ("near-optimal:0.1:sober", "view is 'sober'"),
    ],
)
def test_a_wrong_text_is_named(text: str, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        follower_from_text(text)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "must be an object"),
        (["quantal"], "must be an object"),
        ({}, "kind is None"),
        ({"kind": 7}, "kind is 7"),
        ({"kind": "quantal"}, "needs temperature"),
        ({"kind": "quantal", "temperature": -1}, "temperature is -1"),
        ({"kind": "quantal", "temperature": True}, "temperature is True"),
        ({"kind": "quantal", "temperature": float("inf")}, "temperature is inf"),
        ({"kind": "quantal", "temperature": 1, "margin": 0.1}, "has no 'margin'"),
        ({"kind": "rational", "margin": -1}, "margin is -1"),
    ],
)
def test_a_wrong_document_is_named(document: Any, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        follower_from_document(document)


def test_rules_and_margins_belong_to_rational_followers() -> None:
    assert follower_of(None, ties="first", margin=0.0) == Rational(ties="first")
    assert follower_of("rational", ties="first", margin=0.0) == Rational(ties="first")
    assert follower_of({"kind": "quantal", "temperature": 2}, ties="leader", margin=0.0) == Quantal(2)
    with pytest.raises(OptionError, match="quantal follower"):
        follower_of("quantal:1", ties="first", margin=0.0)


def test_what_his_rule_may_break() -> None:
    assert not Rational().rule_decides
    assert Rational().shortfall is Termination.NUMERICAL
    assert Rational(ties="adverse").rule_decides
    assert Rational(ties="adverse").opposes_leader
    assert Rational(ties="first").shortfall is Termination.TIE_RULE
    assert not Rational(ties="adverse", margin=0.1).rule_decides
    assert Rational().any_policy_counts
    assert not Rational(margin=0.1).any_policy_counts
    assert Rational(margin=1.0).in_units(4.0) == Rational(margin=0.25)


def test_the_registry_says_who_honours_whom() -> None:
    assert set(KINDS) >= {"rational", "quantal"}
    assert methods_for(Rational()) == list(METHODS)
    assert "commitment" in methods_for(Quantal(0.1))
    assert "policy-iteration" not in methods_for(Quantal(0.1))
    assert method_for(Rational()).name == "policy-iteration"
    assert method_for(Quantal(0.1)).home == "ssg_mip.methods.quantal"
    with pytest.raises(OptionError, match=r"does not honour a quantal follower.*ask for commitment"):
        method_for(Quantal(0.1), "grid")
    with pytest.raises(OptionError, match="method is 'clever'"):
        method_for(Quantal(0.1), "clever")
    with pytest.raises(OptionError, match="trace_front does not honour a quantal follower"):
        trace_front(Problem(random_game(1, 2, 2, 2)).answered_by(Quantal(0.1)))


@pytest.mark.parametrize("suffix", ["json", "npz"])
@pytest.mark.parametrize("follower", FOLLOWERS, ids=lambda one: one.words)
def test_a_problem_with_a_follower_survives_an_instance_file(follower: Follower, suffix: str, tmp_path: Path) -> None:
    game = random_game(1, 2, 2, 2)
    file = tmp_path / f"game.{suffix}"
    write_instance(Problem(game).answered_by(follower), file)
    read = read_problem(file)
    assert read.follower == follower
    assert read.game.content_hash == game.content_hash
    if suffix == "json" and follower != Rational():
        assert json.loads(file.read_text())["followers"] == follower_to_document(follower)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "clever"}, r"followers\.kind"),
        ({"kind": "quantal"}, r"followers.*needs temperature"),
        ({"kind": "quantal", "temperature": -1}, r"followers\.temperature"),
        ({"kind": "myopic", "epsilon": 0.1}, r"followers.*no 'epsilon'"),
        ("quantal:0.1", "followers"),
    ],
)
def test_a_wrong_follower_in_a_file_is_named(given: Any, words: str, tmp_path: Path) -> None:
    file = tmp_path / "game.json"
    write_instance(Problem(random_game(1, 2, 2, 2)).answered_by(Quantal(0.1)), file)
    data = json.loads(file.read_text())
    file.write_text(json.dumps({**data, "followers": given}))
    with pytest.raises(InvalidInstanceError, match=words):
        read_problem(file)


@pytest.mark.parametrize("follower", [Myopic(), NearOptimal(0.1), Quantal(0.1)], ids=lambda one: one.kind)
def test_what_honours_rational_followers_alone_says_so(follower: Follower, tmp_path: Path) -> None:
    """Fronts, enclosures, existence, files for other solvers, and what looks near a policy."""
    problem = Problem(random_game(1, 2, 2, 2)).answered_by(follower)
    policy = LeaderPolicy.uniform(problem.game)
    calls: dict[str, Callable[[], Any]] = {
        "trace_front": lambda: trace_front(problem),
        "enclose_front": lambda: enclose_front(problem),
        "existence": lambda: existence(problem),
        "export": lambda: export(problem, tmp_path / "game.lp"),
        "necessary_condition": lambda: necessary_condition(problem, policy),
        "find_guaranteed": lambda: find_guaranteed(problem, policy),
    }
    for name, call in calls.items():
        refused = rf"{name} does not honour a {follower.kind} follower|written for a rational one"
        with pytest.raises(OptionError, match=refused):
            call()


def test_constraints_are_refused_by_what_answers_other_kinds() -> None:
    problem = Problem(random_game(1, 2, 2, 2)).at_least("s0", "a0", 0.25, name="least")
    for follower in (Quantal(0.1), NearOptimal(0.1), NearOptimal(0.1, "pessimistic")):
        with pytest.raises(OptionError, match=r"as it answers a .* follower.*takes no rows.*least"):
            solve(problem.answered_by(follower))
    found = solve(problem.answered_by(Myopic()), method="commitment")
    assert found.check.passed
    assert found.leader_policy is not None
    assert found.leader_policy.probabilities[0, 0] >= 0.25 - 1e-9
