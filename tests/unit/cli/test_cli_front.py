"""The command ``front``: its points, its picture, its weight vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit import ROOT, Command, fakes

pytestmark = pytest.mark.usefixtures("fake_methods")


def test_front_prints_its_points_and_draws_them(command: Command, instance: Path, tmp_path: Path) -> None:
    picture = tmp_path / "front.png"
    ran = command("front", instance, "--method", "fake", "--plot", picture, "--json")
    assert ran.code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert [point["leader_values"]["calm"] for point in ran.data["points"]] == [pytest.approx(10.0)]


def test_the_readme_s_main_job_finds_both_points_of_figure_1(command: Command, tmp_path: Path) -> None:
    """Kudo & Akimoto, Figure 1 with x = 1, y = 2: the leader's front is {(10, 9), (9, 10)}."""
    marker, readme = "<!-- ci: main -->", (ROOT / "README.md").read_text()
    line = readme.split(marker)[1].split("```")[1].strip().splitlines()[-1]
    words = line.split("ssg-mip ")[1].split()
    assert words[0] == "front"
    words = [str(ROOT / word) if word.startswith("instances/") else word for word in words]
    words = [str(tmp_path / word) if word.endswith(".png") else word for word in words]
    ran = command(*words, "--json")
    assert ran.code == 0
    points = [tuple(point["leader_values"].values()) for point in ran.data["points"]]
    assert points == [pytest.approx((10.0, 9.0), abs=1e-6), pytest.approx((9.0, 10.0), abs=1e-6)]
    assert next(tmp_path.glob("*.png")).stat().st_size > 0


def test_front_takes_weight_vectors_and_axes(command: Command, instance: Path, tmp_path: Path) -> None:
    weights = ("--weights", "calm=1,[bold]storm=3", "--weights", '{"calm": 1, "[bold]storm": 1}')
    axes = ("--axes", "[bold]storm", "calm", "--plot", tmp_path / "f.svg")
    ran = command("front", instance, "--method", "fake", *weights, *axes, "--json")
    assert ran.code == 0
    assert [problem.weights[0] for problem, _ in fakes.QUESTIONS] == [0.25, 0.5]


def test_front_without_any_point_is_code_4(command: Command, instance: Path) -> None:
    assert command("front", instance, "--method", "fake-nothing").code == 4
