"""``front --complete``: what is printed, what can be verified, and which options go together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssg_mip import write_instance
from tests.oracles.known import three_points

Command = Callable[..., Any]


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A file with the game whose front is (10, 0), (4, 4), (0, 10)."""
    path = tmp_path / "three.json"
    write_instance(three_points().to_game(), path)
    return path


def test_the_whole_front_is_printed_for_people(command: Command, three: Path) -> None:
    ran = command("front", three, "--complete", "--resolution", "0.5")
    assert (ran.code, ran.out) == (0, "")
    assert "3 points, 1 of them the optimum of no weighted sum" in ran.err
    assert "over stationary leader policies" in ran.err
    assert "(reached: 0.5)" in ran.err


def test_the_printed_enclosure_can_be_verified(command: Command, three: Path, tmp_path: Path) -> None:
    objectives = ("--objective", "s0=1,s1=3", "--objective", "follower:start")
    ran = command("front", three, "--complete", "--resolution", "0.5", *objectives, "--json")
    assert ran.code == 0
    assert [one["player"] for one in ran.data["objectives"]] == ["leader", "follower"]
    assert ran.data["bound_scope"] == "over stationary leader policies"
    assert ran.data["resolution"] <= ran.data["wanted"] == 0.5
    path = tmp_path / "enclosure.json"
    path.write_text(ran.out)
    ran = command("verify", path, three, "--json")
    assert (ran.code, ran.data["subject"], ran.data["passed"]) == (0, "enclosure", True)


def test_at_a_limit_the_resolution_is_called_not_reached(command: Command, three: Path) -> None:
    ran = command("front", three, "--complete", "--resolution", "0.5", "--time-limit", "0", "--no-check")
    assert ran.code == 0
    assert "(NOT reached: 0.5)" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resolution", "1"], "belong to --complete"),
        (["--objective", "s0"], "belong to --complete"),
        (["--complete", "--weights", "s0=1"], "--weights has no effect"),
        (["--complete", "--method", "grid"], "--method has no effect"),
        (["--complete", "--resolution", "-1"], "resolution is -1"),
        (["--complete", "--objective", "s7"], "unknown state 's7'"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    command: Command, three: Path, options: list[str], said: str
) -> None:
    ran = command("front", three, *options)
    assert ran.code == 2
    assert said in ran.err
