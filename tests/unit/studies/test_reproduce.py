"""The framework: files, limits, interruption, settings, and the command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.cli import main
from ssg_mip.errors import OptionError
from ssg_mip.studies import EXPERIMENTS, find_experiment, reproduce
from ssg_mip.studies.notebook import Notebook
from tests.unit.studies.conftest import Reproduce, rows

TINY = ("--set", "levels=4", "--set", "leader_discounts=[0.5]")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_says_what_it_is_and_has_settings_with_defaults(name: str) -> None:
    module = find_experiment(name)
    assert module.TITLE
    settings = module.Settings()
    assert set(module.FULL) <= set(vars(settings))
    assert module.Settings(**module.FULL)


def test_the_command_writes_what_it_says(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "folder"
    assert main(["reproduce", "table-1", "--out", str(out), *TINY, "--json"]) == ExitCode.DONE
    printed = json.loads(capfd.readouterr().out)
    assert {Path(path).name for path in printed["files"]} == {
        *("table-1.md", "table-1.csv", "table-1.png", "table-1.svg")
    }
    assert all(Path(path).stat().st_size > 0 for path in printed["files"])
    assert printed["settings"]["levels"] == 4
    page = (out / "table-1.md").read_text(encoding="utf-8")
    assert "over stationary leader policies" in page
    assert "| case 1 | p/(1-g)" in page


def test_the_report_for_people_goes_to_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "table-1", "--out", str(tmp_path), *TINY]) == ExitCode.DONE
    out, err = capfd.readouterr()
    assert out == ""
    assert "table-1 [" in err
    assert "was left out" in err
    assert "over stationary leader policies" in err


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "table-9", "--out", str(tmp_path)]) == ExitCode.USAGE
    err = capfd.readouterr().err
    assert all(name in err for name in EXPERIMENTS)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "levels=1"], "levels is 1"),
        (["--set", "levels=many"], "setting levels of experiment 'table-1' is 'many'"),
        (["--set", "leader_discounts=[]"], "leader_discounts is empty"),
        (["--set", "leader_discounts=[0.5, 1]"], "leader_discounts[1] is 1.0; it must be at least 0 and below 1"),
        (["--set", "leader_discounts=[0.5, true, 1]"], "leader_discounts"),
        (["--set", "x=NaN"], "x is nan; it must be a number above 0"),
        (["--set", "depth=3"], "experiment 'table-1' has no setting 'depth'"),
        (["--seed", "-1"], "seed is -1"),
        (["--time-limit", "-1"], "time_limit is -1"),
    ],
)
def test_wrong_options_are_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["reproduce", "table-1", "--out", str(tmp_path), *arguments]) == ExitCode.USAGE
    assert words in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "setting", "words"),
    [
        ("highway-merge", "shares=[0.5, 1.5]", "shares[1] is 1.5; it must be between 0 and 1"),
        ("highway-merge", "fast_share=-1", "fast_share is -1.0"),
        ("highway-merge", "drives=-1", "drives is -1"),
        ("matrix-games", "dilemma_steps=[]", "dilemma_steps is empty; it must hold at least one number"),
        ("matrix-games", "dilemma_steps=[100, 0]", "dilemma_steps[1] is 0; it must be at least 1"),
        ("matrix-games", "slow_seeds=0", "slow_seeds is 0; it must be at least 1"),
        ("matrix-games", "discount=1", "discount is 1.0"),
        (
            "security-grid",
            "grids=[[3,2,1]]",
            "grids[0] of experiment 'security-grid' is [3, 2, 1]: its entry 3 is missing",
        ),
        ("security-grid", "grids=[[3,2,1,6],[3,9,1,6]]", "grids[1] makes no game: targets is 9"),
        ("security-grid", "grids=[]", "grids is empty"),
        ("security-grid", "wind=2", "wind is 2.0"),
        ("figure-1", "punishments=[1, -1]", "punishments[1] is -1.0; it must be a positive number"),
        ("figure-2", "resolution=0", "resolution is 0.0"),
        ("figure-3", "leader_discounts=[0.5, 2]", "leader_discounts[1] is 2.0"),
        ("policy-teaching", "prices=[0, -1]", "prices[1] is -1.0"),
        ("se-versus-ne", "trials=[3]", "trials has 1 numbers and sizes 5; there must be one for each size"),
        ("se-versus-ne", "sizes=[5, 0, 20, 50, 100]", "sizes[1] is 0"),
        ("methods-compared", "seconds=0", "seconds is 0.0"),
        ("escape", "variant_runs=-1", "variant_runs is -1"),
        ("two-goals", "hasty_runs=0", "hasty_runs is 0"),
    ],
)
def test_a_setting_is_refused_before_anything_is_written_under_the_name_it_was_given(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, setting: str, words: str
) -> None:
    out = tmp_path / "out"
    assert main(["reproduce", name, "--out", str(out), "--set", setting]) == ExitCode.USAGE
    assert words in capfd.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("command", [["reproduce", "table-1", *TINY], ["batch", "."]])
def test_a_folder_without_a_name_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for out, words in (("", "--out is ''; it must name a folder"), (" ", "--out is ' '")):
        assert main([*command, "--out", out]) == ExitCode.USAGE
        assert words in capfd.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    for out in (blocked, blocked / "below"):
        assert main(["reproduce", "table-1", "--out", str(out), *TINY]) == ExitCode.USAGE
        assert "choose another folder" in capfd.readouterr().err


def test_without_time_the_page_says_that_it_is_not_complete(tmp_path: Path) -> None:
    report = reproduce("table-1", tmp_path, time_limit=0.0)
    assert report.stopped == "the time limit was reached"
    assert "Not complete: the time limit was reached" in (tmp_path / "table-1.md").read_text(encoding="utf-8")
    assert rows(report) == []


def test_after_ctrl_c_the_rows_that_were_made_are_there(tmp_path: Path) -> None:
    interrupt = Interrupt()
    report = reproduce(
        *("table-1", tmp_path),
        settings={"levels": 4, "leader_discounts": (0.5, 0.9)},
        interrupt=interrupt,
        on_progress=lambda _: interrupt.request(),
    )
    assert report.stopped == "interrupted by the user"
    assert {row["leader_discount"] for row in rows(report)} == {"0.5"}


def test_what_was_found_after_the_stop_disagrees_with_nothing(tmp_path: Path) -> None:
    """Before it, a disagreement is one; after it, it may only lack time."""
    interrupt = Interrupt()
    notebook = Notebook("some", tmp_path, interrupt=interrupt)
    assert not notebook.stopped
    notebook.find("one", "2", "1", False)
    interrupt.request()
    assert notebook.stopped
    notebook.find("two", "2", "1", False)
    notebook.find("three", "2", "2", True)
    notebook.close("title", {}, full=False)
    assert [one.agrees for one in notebook.report.findings] == [False, None, True]


def test_rows_are_on_the_disk_before_the_run_ends(tmp_path: Path) -> None:
    notebook = Notebook("some", tmp_path)
    table = notebook.table("a", "b")
    table.add(a=1.0 / 3.0)
    assert (tmp_path / "some.csv").read_text(encoding="utf-8").split() == ["a,b", "0.3333333333,"]
    with pytest.raises(KeyError, match="no columns"):
        table.add(c=1)
    table.close()


def test_a_run_that_fails_leaves_its_rows_and_a_page(
    tmp_path: Path, run: Reproduce, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = find_experiment("table-1")

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(module, "_compare", fail)
    with pytest.raises(OSError, match="full"):
        run("table-1", levels=2)
    assert len((tmp_path / "table-1.csv").read_text(encoding="utf-8").splitlines()) > 3
    assert (tmp_path / "table-1.md").exists()


def test_without_matplotlib_the_data_are_written_and_the_page_says_what_is_missing(
    run: Reproduce, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    report = run("table-1", levels=4)
    assert {path.suffix for path in report.files} == {".md", ".csv"}
    assert any("ssg_mip[plot]" in note for note in report.notes)
    assert len(rows(report)) > 10


def test_an_experiment_has_to_be_known() -> None:
    with pytest.raises(OptionError, match="it must be one of table-1"):
        find_experiment("nothing")


def test_no_experiment_needs_an_extra_to_be_imported() -> None:
    """In a fresh interpreter: those who ask for one experiment need the extras of its parts at most."""
    code = (
        "import sys\n"
        "from ssg_mip.studies import EXPERIMENTS, find_experiment\n"
        "import ssg_mip.library\n"
        "for name in EXPERIMENTS: find_experiment(name)\n"
        "extras = {'torch', 'matplotlib', 'pygambit', 'stable_baselines3', 'gymnasium', 'pettingzoo'}\n"
        "sys.exit(', '.join(extras & set(sys.modules)) or None)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("interrupted", [False, True])
def test_every_experiment_stops_at_once_when_it_must(tmp_path: Path, name: str, interrupted: bool) -> None:
    """Without time, or interrupted before the first piece of work: a page that says so, and no traceback."""
    interrupt = Interrupt()
    if interrupted:
        interrupt.request()
    report = reproduce(name, tmp_path, time_limit=None if interrupted else 0.0, interrupt=interrupt)
    assert report.stopped == ("interrupted by the user" if interrupted else "the time limit was reached")
    assert "Not complete" in (tmp_path / f"{name}.md").read_text(encoding="utf-8")
    assert report.seconds < 20.0
