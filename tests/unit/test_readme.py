"""What README.md shows is what happens."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ssg_mip import read_instance, trace_front
from ssg_mip.base.tolerances import DEFAULT_TOLERANCES
from ssg_mip.cli import main
from ssg_mip.exact.size_limit import MOST_PRODUCTS
from ssg_mip.methods.registry import METHODS
from tests.unit import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_examples_print_what_stands_below_them(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len([line for line in code.splitlines() if line]) <= 8
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out in blocks("text")


def test_the_comparison_of_methods_is_the_one_that_was_measured() -> None:
    """The table says what the summary of ``ssg-mip reproduce methods-compared`` says, of every method in it."""
    with (ROOT / "tests/golden/methods-compared-summary.csv").open(encoding="utf-8") as file:
        measured = {row["method"]: row for row in csv.DictReader(file)}
    shown = re.findall(
        r"^\| `([a-z-]+)` \| (\d+) of (\d+) \| (\d+) \| ([\d.]+)(?: %)? \| .*? \| ([\d.]+) \|$", README, re.M
    )
    assert {method for method, *_ in shown} == set(measured) <= set(METHODS)
    for method, found, games, ends, median, seconds in shown:
        row = measured[method]
        assert (found, games, ends) == (row["found"], row["games"], row["found_at_the_end"])
        assert float(median) == pytest.approx(100.0 * float(row["median_gap_at_the_end"]), abs=0.5)
        assert float(seconds) == pytest.approx(float(row["mean_seconds"]), abs=0.006)


def test_the_main_job_prints_the_points_that_are_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command as printed, on the shipped instance: (10, 9) and (9, 10)."""
    command = re.search(r"&& ssg-mip (front \S+) --plot front.png$", README, re.MULTILINE)
    assert command is not None
    monkeypatch.chdir(ROOT)
    picture = tmp_path / "front.png"
    assert main([*command[1].split(), "--plot", str(picture)]) == 0
    printed = capsys.readouterr().err.splitlines()
    shown = blocks("text")[0].splitlines()
    assert printed[0] == shown[0]
    places = [printed.index(line) for line in printed if line.startswith("    ")]
    assert [printed[place].split()[:3] for place in places] == [["1", "10", "9"], ["2", "9", "10"]]
    assert [line.split()[:3] for line in shown if line.startswith("    ")] == [["1", "10", "9"], ["2", "9", "10"]]
    assert picture.stat().st_size > 10_000


def test_the_whole_front_is_printed_as_it_stands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the seconds: the three points of the shipped instance, (4, 4) included."""
    command = re.search(r"^ssg-mip (front \S+fronts/\S+ --complete .*)$", README, re.MULTILINE)
    assert command is not None
    monkeypatch.chdir(ROOT)
    assert main(command[1].split()) == 0
    printed = capsys.readouterr().err

    def lines(text: str) -> list[str]:
        return [re.sub(r"\d+\.\d+ s$", "", line.rstrip()) for line in text.strip().splitlines()]

    assert lines(printed) in [lines(block) for block in blocks("text")]


def test_every_picture_that_is_shown_stands_beside_its_instance() -> None:
    """Small enough for a repository."""
    paths = re.findall(r'<img src="([^"]+)"', README)
    assert len(paths) == 5
    for path in paths:
        assert (ROOT / path).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert (ROOT / path).stat().st_size < 60_000


@pytest.mark.parametrize("name", ["unsupported_front.png", "fig1_threat_values.png", "prisoners_dilemma_front.png"])
def test_the_commands_beside_a_picture_draw_it(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As printed, but for the folder of the files and a resolution that takes no time."""
    (block,) = [block for block in blocks("sh") if name in block]
    monkeypatch.chdir(ROOT)
    made = {word: str(tmp_path / word) for word in ("run.json", "whole.json", name)}
    for line in block.splitlines():
        words = [made.get(word, word) for word in line.removeprefix("ssg-mip ").split()]
        if "--resolution" in words:
            words[words.index("--resolution") + 1] = "5"
        redirected = words[-2] == ">"
        assert main(words[:-2] if redirected else words) == 0
        if redirected:
            Path(words[-1]).write_text(capsys.readouterr().out, encoding="utf-8")
    assert Path(made[name]).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_instance_example_is_a_valid_game(tmp_path: Path) -> None:
    (text,) = blocks("json")
    path = tmp_path / "example.json"
    path.write_text(text, encoding="utf-8")
    game = read_instance(path)
    assert game.name == "inspection"
    assert len(trace_front(game, num_weights=2).points) >= 1


def test_every_method_limit_and_tolerance_is_the_real_one() -> None:
    for method in METHODS:
        assert f"| `{method}` |" in README
    assert f"{MOST_PRODUCTS:,} products" in README
    assert f"{DEFAULT_TOLERANCES.tie:.0e}".replace("e-0", "e-") in README


@pytest.mark.parametrize("path", re.findall(r"\]\(([^)#]+)\)|`((?:instances|ssg_mip|models)/[\w./-]+)`", README))
def test_every_file_that_is_named_exists(path: tuple[str, str]) -> None:
    assert (ROOT / (path[0] or path[1])).exists()
