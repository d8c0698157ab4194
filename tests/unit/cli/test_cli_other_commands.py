"""The commands that solve nothing: ``validate``, ``show``, ``export``, and ``--version``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit import Command

pytestmark = pytest.mark.usefixtures("fake_methods")


def test_validate_reports_every_file_and_fails_if_one_does(command: Command, instance: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    assert command("validate", instance).code == 0
    ran = command("validate", broken, instance, "--json")
    assert ran.code == 3
    assert [row["valid"] for row in ran.data["files"]] == [False, True]
    assert not ran.data["valid"]
    assert "broken.json" in ran.data["files"][0]["error"]


def test_show_prints_names_as_they_are(command: Command, instance: Path) -> None:
    ran = command("show", instance)
    assert (ran.code, ran.out) == (0, "")
    assert "[bold]storm" in ran.err
    data = command("show", instance, "--json").data
    assert data["num_joint_actions"] == 8
    assert data["states"]["calm"] == {"leader_actions": ["a0", "a1"], "follower_actions": ["b0", "b1"]}


def test_export_writes_the_program_asked_for_with_its_names(command: Command, instance: Path, tmp_path: Path) -> None:
    path, policy = tmp_path / "p.lp", tmp_path / "policy.json"
    policy.write_text('{"calm": {"a0": 1}, "[bold]storm": {"a0": 1}}')
    ran = command("export", instance, path, "--form", "relaxation", "--policy", policy, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert (ran.data["program"], ran.data["form"]) == ("improvement", "relaxation")
    assert "max" in path.read_text().splitlines()[2]
    assert (tmp_path / "p.lp.names.json").exists()


@pytest.mark.parametrize("wrong", [("--form", "x"), ("--program", "x"), ("--policy", "INSTANCE"), ("--weights", "z=1")])
def test_export_refuses_what_it_does_not_know_and_writes_nothing(
    command: Command, instance: Path, tmp_path: Path, wrong: tuple[str, str]
) -> None:
    option, value = wrong
    ran = command("export", instance, tmp_path / "p.lp", option, instance if value == "INSTANCE" else value)
    assert ran.code == 2
    assert not (tmp_path / "p.lp").exists()


def test_version_names_everything_that_computes(command: Command) -> None:
    ran = command("--version")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == [
        "ssg_mip",
        "HiGHS",
        "Pyomo",
        "NumPy",
        "SciPy",
        "Python",
    ]
