"""The command ``verify``: what passes, what fails with which exit code, and how the game is found."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ssg_mip import write_instance
from tests.unit import Command, fakes


@pytest.fixture
def result(command: Command, instance: Path, tmp_path: Path) -> Path:
    """What ``solve --json`` printed for the instance beside it."""
    path = tmp_path / "result.json"
    path.write_text(command("solve", instance, "--method", "commitment", "--json").out)
    return path


def test_a_printed_result_passes(command: Command, instance: Path, result: Path) -> None:
    ran = command("verify", result, instance)
    assert (ran.code, ran.out) == (0, "")
    assert "result: every check passed: verified" in ran.err  # no pair of policies is worth more


def test_a_printed_front_passes(command: Command, instance: Path, tmp_path: Path) -> None:
    path = tmp_path / "front.out"
    path.write_text(command("front", instance, "--num-weights", "3", "--json").out)
    ran = command("verify", path, instance, "--json")
    assert ran.code == 0
    assert ran.data["subject"] == "front"
    assert ran.data["passed"] is True
    assert ran.data["bound_certified"] is True
    assert {check["name"] for check in ran.data["checks"]} >= {"leader_values", "non_dominated", "value_below_bound"}


def test_a_tampered_result_is_exit_code_5(command: Command, instance: Path, result: Path) -> None:
    data = json.loads(result.read_text())
    data["leader_values"]["calm"] += 1e-6
    result.write_text(json.dumps(data))
    ran = command("verify", result, instance)
    assert ran.code == 5
    assert "FAILED" in ran.err
    ran = command("verify", result, instance, "--json")
    assert ran.code == 5
    assert [check["name"] for check in ran.data["checks"] if not check["passed"]] == ["leader_values"]


def test_without_an_instance_the_one_with_the_hash_is_found(
    command: Command, instance: Path, result: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the result's folder, among files that are no instances and instances of other games."""
    write_instance(fakes.small_game().replace(leader_discount=0.1), instance.with_name("aaa.json"))
    instance.with_name("broken.json").write_text("{")
    elsewhere = instance.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert command("verify", result).code == 0
    instance.unlink()
    ran = command("verify", result)
    assert ran.code == 2
    assert "name it: ssg-mip verify" in ran.err


def test_another_game_is_a_failed_check(command: Command, instance: Path, result: Path) -> None:
    other = instance.with_name("other.json")
    write_instance(fakes.small_game().replace(leader_discount=0.1), other)
    ran = command("verify", result, other, "--json")
    assert ran.code == 5
    assert [check["name"] for check in ran.data["checks"]] == ["game_hash"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not valid JSON"),
        ("[]", "must be an object"),
        ('{"format": "ssg-mip/1"}', "a result says"),
        ('{"format": "a", "format": "b"}', "twice"),
        ('{"a": ' + "1" * 5000 + "}", "is not valid JSON"),
        ("[" * 100000, "is not valid JSON"),
    ],
)
def test_what_is_no_result_is_wrong_usage(
    command: Command, instance: Path, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)
    ran = command("verify", path, instance)
    assert ran.code == 2
    assert message in ran.err


def test_what_is_no_regular_file_is_wrong_usage_without_waiting(
    command: Command, instance: Path, tmp_path: Path
) -> None:
    """A FIFO without a writer would block for ever."""
    os.mkfifo(tmp_path / "fifo")
    for name, said in (("fifo", "not a regular file"), (".", "is a folder"), ("absent", "does not exist")):
        ran = command("verify", tmp_path / name, instance)
        assert ran.code == 2
        assert said in ran.err
        assert ran.err.count("\n") == 1


def test_numbers_that_json_cannot_say_fail_the_check(command: Command, instance: Path, result: Path) -> None:
    """``NaN`` and ``1e999`` get past Python's parser and no further."""
    data = json.loads(result.read_text())
    for odd in (float("nan"), float("inf")):
        data["leader_value"] = odd
        result.write_text(json.dumps(data))
        ran = command("verify", result, instance, "--json")
        assert ran.code == 5
        assert [check["name"] for check in ran.data["checks"] if not check["passed"]] == ["readable"]
