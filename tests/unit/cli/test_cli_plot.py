"""The command ``plot``, and ``front --complete --plot``: the right picture for what was printed, clear errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ssg_mip import write_instance
from ssg_mip.plot import canvas
from tests.oracles.known import three_points
from tests.unit import Command

pytestmark = pytest.mark.usefixtures("fake_methods")

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that drew."""
    names: list[str] = []
    save = canvas.save_picture

    def noted(draw: Any, subject: Any, path: Any, **how: Any) -> None:
        names.append(draw.__name__)
        save(draw, subject, path, **how)

    monkeypatch.setattr("ssg_mip.plot.save_picture", noted)
    return names


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A file with the game whose front is (10, 0), (4, 4), (0, 10)."""
    path = tmp_path / "three.json"
    write_instance(three_points().to_game(), path)
    return path


@pytest.fixture
def enclosure(command: Command, three: Path, tmp_path: Path) -> Path:
    path = tmp_path / "printed" / "enclosure.json"
    path.parent.mkdir()
    path.write_text(command("front", three, "--complete", "--resolution", "1", "--no-check", "--json").out)
    return path


@pytest.fixture
def result(command: Command, instance: Path) -> Path:
    path = instance.parent / "result.json"
    path.write_text(command("solve", instance, "--method", "fake", "--json").out)
    return path


def test_every_picture_of_an_enclosure(
    command: Command, enclosure: Path, three: Path, tmp_path: Path, drawn: list[str]
) -> None:
    """By default the front; each kind by its own function."""
    out = tmp_path / "picture.png"
    ran = command("plot", enclosure, "--out", out)
    assert (ran.code, ran.out, ran.err) == (0, "", f"picture: {out}\n")
    assert out.read_bytes().startswith(PNG)
    for kind, options in (
        ("parallel", ["--axis", "s0", "--axis", "s1"]),
        ("values", [three, "--samples", "20"]),
    ):
        ran = command("plot", enclosure, *options, "--kind", kind, "--out", tmp_path / f"{kind}.svg", "--json")
        assert (ran.code, ran.data["kind"], ran.data["file"]) == (0, kind, str(tmp_path / f"{kind}.svg"))
        assert b"<svg" in (tmp_path / f"{kind}.svg").read_bytes()
    for kind in ("policy", "graph"):
        out = tmp_path / f"{kind}.png"
        assert command("plot", enclosure, three, "--kind", kind, "--point", "2", "--out", out).code == 0
        assert out.read_bytes().startswith(PNG)
    assert drawn == ["plot_front", "plot_parallel", "plot_values", "drawn", "drawn"]


def test_the_game_of_a_result_is_found_by_its_content(
    command: Command, result: Path, tmp_path: Path, drawn: list[str]
) -> None:
    """The instance lies in the folder of the result."""
    for kind in ([], ["--kind", "values", "--samples", "9"], ["--kind", "progress"], ["--kind", "graph"]):
        assert command("plot", result, *kind, "--out", tmp_path / "r.png").code == 0
    assert drawn == ["drawn", "plot_values", "plot_progress", "drawn"]


def test_a_course_is_drawn_beside_a_front(command: Command, result: Path, instance: Path, tmp_path: Path) -> None:
    front = tmp_path / "front.json"
    front.write_text(command("front", instance, "--method", "fake", "--json").out)
    options = ("--kind", "values", "--samples", "9", "--run", result, "--out", tmp_path / "v.png")
    assert command("plot", front, *options).code == 0
    ran = command("plot", front, "--kind", "values", "--run", front, "--out", tmp_path / "w.png")
    assert (ran.code, (tmp_path / "w.png").exists()) == (2, False)
    assert "must be what solve --json printed" in ran.err


def test_a_front_of_many_objectives_is_drawn_in_parallel(
    command: Command, enclosure: Path, tmp_path: Path, drawn: list[str]
) -> None:
    """Three objectives that vary go on three axes, four do not; objectives that do not vary need no axis."""
    data = json.loads(enclosure.read_text())
    path = tmp_path / "wide.json"
    for extra, spread in ((1, 0.0), (1, 1.0), (2, 1.0)):
        wide = json.loads(json.dumps(data))
        for index in range(extra):
            wide["objectives"].append({"name": f"e{index}", "player": "leader", "start": {}})
        for number, point in enumerate(wide["points"]):
            point["values"] += [spread * number] * extra
        for box in wide["boxes"]:
            box["lower"] += [0.0] * extra
            box["upper"] += [1.0] * extra
        path.write_text(json.dumps(wide))
        assert command("plot", path, "--out", tmp_path / "wide.png").code == 0
    assert drawn == ["plot_front", "plot_front_3d", "plot_parallel"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kind", "pie"], "--kind is 'pie'; it must be one of front, parallel, values"),
        (["--kind", "progress"], "is a front; progress is drawn of what solve"),
        (["--axis", "s0", "--axis", "s9"], "no state or objective 's9'"),
        (["--axis", "s0"], "two different states"),
        (["--point", "1"], "--point has no effect with --kind front"),
        (["--kind", "policy", "--point", "4"], "--point is 4; "),
        (["--kind", "policy", "--point", "0"], "has the points 1 to 3"),
        (["--kind", "values", "--samples", "0"], "samples is 0"),
        (["--kind", "parallel", "--samples", "5"], "--samples has no effect"),
    ],
)
def test_wrong_usage_is_one_line(
    command: Command, enclosure: Path, three: Path, tmp_path: Path, options: list[str], said: str
) -> None:
    out = tmp_path / "picture.png"
    ran = command("plot", enclosure, three, *options, "--out", out)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not out.exists()


def test_a_result_is_no_front(command: Command, result: Path, tmp_path: Path) -> None:
    ran = command("plot", result, "--kind", "front", "--out", tmp_path / "p.png")
    assert ran.code == 2
    assert "needs what front --json printed" in ran.err


def test_a_result_without_a_policy_has_none_to_draw(
    command: Command, result: Path, instance: Path, tmp_path: Path
) -> None:
    result.write_text(command("solve", instance, "--method", "fake-nothing", "--json").out)
    ran = command("plot", result, instance, "--out", tmp_path / "p.png")
    assert (ran.code, "holds no policy" in ran.err) == (2, True)


def test_another_instance_is_refused(command: Command, enclosure: Path, instance: Path, tmp_path: Path) -> None:
    ran = command("plot", enclosure, instance, "--kind", "policy", "--out", tmp_path / "p.png")
    assert ran.code == 2
    assert "name the instance that was solved" in ran.err


def test_an_instance_that_is_nowhere_near_is_asked_for(
    command: Command, enclosure: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(enclosure.parent)
    ran = command("plot", enclosure, "--kind", "graph", "--out", tmp_path / "p.png")
    assert ran.code == 2
    assert "name it: ssg-mip plot" in ran.err


def test_a_response_that_the_game_does_not_have_is_refused(command: Command, result: Path, tmp_path: Path) -> None:
    data = json.loads(result.read_text())
    data["follower_policy"]["calm"] = "hide"
    result.write_text(json.dumps(data))
    ran = command("plot", result, "--out", tmp_path / "p.png")
    assert ran.code == 2
    assert "the follower plays 'hide' in state 'calm'" in ran.err


def test_what_is_no_result_ends_with_the_code_of_a_failed_reading(command: Command, instance: Path) -> None:
    ran = command("plot", instance, "--out", instance.parent / "p.png", "--json")
    assert ran.code == ran.data["exit_code"] == 5
    assert "pictures are drawn of ssg-mip-result/1" in ran.err


@pytest.mark.parametrize(("name", "said"), [("no.json", "does not exist"), (".", "is a folder")])
def test_a_file_that_cannot_be_read_is_wrong_usage(command: Command, tmp_path: Path, name: str, said: str) -> None:
    ran = command("plot", tmp_path / name, "--out", tmp_path / "p.png")
    assert (ran.code, said in ran.err) == (2, True)


def test_the_picture_must_have_a_known_format_and_a_place(command: Command, enclosure: Path, tmp_path: Path) -> None:
    ran = command("plot", enclosure, "--out", tmp_path / "p.xyz")
    assert (ran.code, "'xyz'" in ran.err) == (2, True)
    ran = command("plot", enclosure, "--out", tmp_path / "nowhere" / "p.png")
    assert (ran.code, "nowhere" in ran.err) == (2, True)


def test_an_enclosure_is_drawn_at_once(command: Command, three: Path, tmp_path: Path, drawn: list[str]) -> None:
    common = ("front", three, "--complete", "--resolution", "5", "--no-check", "--plot", tmp_path / "p.png")
    ran = command(*common, "--json")
    assert (ran.code, len(ran.data["points"]), drawn) == (0, 3, ["plot_front"])
    assert (tmp_path / "p.png").read_bytes().startswith(PNG)
    assert command(*common, "--objective", "s0", "--objective", "s1", "--axes", "s1", "s0").code == 0
    ran = command(*common, "--objective", "s0")
    assert (ran.code, "no picture: " in ran.err) == (2, True)


def test_axes_without_a_picture_are_refused(command: Command, three: Path) -> None:
    ran = command("front", three, "--complete", "--axes", "s0", "s1")
    assert (ran.code, "--axes belongs to --plot" in ran.err) == (2, True)
