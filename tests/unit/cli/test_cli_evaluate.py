"""The command ``evaluate``: policies and solution files, what they are worth, and what wrong ones are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ssg_mip import export, write_instance
from ssg_mip.library import random_game
from tests.unit import Command

SOLUTION = Path(__file__).resolve().parents[1] / "modelling" / "data" / "scip_seed4.sol"
NAMES = "program.lp.names.json"


@pytest.fixture
def four(tmp_path: Path) -> Path:
    """The instance of seed 4, with the names of its exported program beside it."""
    path = tmp_path / "four.json"
    game = random_game(seed=4)
    write_instance(game, path)
    export(game, tmp_path / "program.lp", program="commitment")
    return path


def test_a_solution_is_told_what_its_tie_is_worth(command: Command, four: Path) -> None:
    ran = command("evaluate", four, SOLUTION, "--names", four.with_name(NAMES))
    assert (ran.code, ran.out) == (0, "")
    assert "value   7.008366" in ran.err
    assert "value as read 1.120629" in ran.err
    assert "worth of the tie 5.887737" in ran.err
    assert "claimed by SCIP" in ran.err


def test_json_is_a_result_that_verify_takes(command: Command, four: Path) -> None:
    ran = command("evaluate", four, SOLUTION, "--names", four.with_name(NAMES), "--json")
    assert ran.data["format"].startswith("ssg-mip-result/")
    assert ran.data["termination"] == "given"
    assert ran.data["details"]["claimed_value"] == pytest.approx(7.00837, abs=1e-4)
    printed = four.with_name("given.json")
    printed.write_text(ran.out)
    assert command("verify", printed, four).code == 0
    again = command("evaluate", four, printed, "--json")
    assert again.data["leader_value"] == pytest.approx(ran.data["leader_value"], abs=1e-12)


def test_a_policy_is_evaluated_with_the_weights_and_rule_that_are_asked(command: Command, four: Path) -> None:
    policy = four.with_name("policy.json")
    policy.write_text(json.dumps({state: {"a0": 1.0} for state in ("s0", "s1", "s2")}))
    ran = command("evaluate", four, policy, "--weights", "s1=1", "--ties", "adverse", "--json")
    assert ran.code == 0
    assert ran.data["leader_value"] == ran.data["leader_values"]["s1"]
    assert ran.data["ties"] == "adverse"
    assert "not_polished" in ran.data["details"]


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ('{"s0": {"a0": 1.0}}', 2, "says nothing of the state 's1'"),
        ('{"s0": {"a0": NaN}, "s1": {"a0": 1}, "s2": {"a0": 1}}', 2, "must be a finite number"),
        ('{"s0": {"a0": 2}, "s1": {"a0": 1}, "s2": {"a0": 1}}', 2, "sum to 1"),
        ('{"s0": {"a0": 1}, "s0": {"a0": 1}}', 2, "'s0' twice"),
        ('{"north": {"a0": 1}}', 2, "'north', which"),
        ('{"s0": ', 2, "not valid JSON"),
        ("[]", 2, "holds no leader policy"),
        ("x y z\n", 2, "must be a solution file"),
    ],
)
def test_wrong_files_are_exit_code_2(command: Command, four: Path, content: str, code: int, said: str) -> None:
    file = four.with_name("given.json" if content[0] in "{[" else "given.sol")
    file.write_text(content)
    ran = command("evaluate", four, file, "--names", four.with_name(NAMES))
    assert ran.code == code
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_missing_file_and_other_names_are_exit_code_2(command: Command, four: Path, instance: Path) -> None:
    assert command("evaluate", four, four.with_name("absent.sol")).code == 2
    assert "does not exist" in command("evaluate", four, four.with_name("absent.sol")).err
    ran = command("evaluate", instance, SOLUTION, "--names", four.with_name(NAMES))
    assert (ran.code, "another instance" in ran.err) == (2, True)
    ran = command("evaluate", four, SOLUTION)
    assert (ran.code, "no names file lies beside" in ran.err) == (2, True)


def test_no_instance_is_exit_code_3(command: Command, four: Path) -> None:
    broken = four.with_name("broken.json")
    broken.write_text("{}")
    assert command("evaluate", broken, SOLUTION).code == 3


def test_a_margin_that_is_missed_is_named(command: Command, four: Path) -> None:
    ran = command("evaluate", four, SOLUTION, "--names", four.with_name(NAMES), "--margin", "5")
    assert (ran.code, "asks for a margin of 5" in ran.err) == (2, True)
