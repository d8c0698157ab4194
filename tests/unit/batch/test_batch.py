"""A batch: one row per instance as it finishes, failures are rows, and a second run continues the first."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import filelock
import pytest

from ssg_mip import Problem, read_instance, write_instance
from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.interrupt import Interrupt
from ssg_mip.batch import RESULTS_NAME, BatchOptions, BatchRow, find_instances, run_batch
from ssg_mip.batch.rows import LOCK_NAME
from ssg_mip.errors import OptionError
from ssg_mip.problem.followers.myopic import Myopic
from ssg_mip.problem.followers.near_optimal import NearOptimal
from tests.unit import ROOT, Command, fakes, rows_in

pytestmark = pytest.mark.usefixtures("fake_methods")

FAKE = BatchOptions(method="fake")


def test_instances_are_found_below_the_folder_in_order(folder: Path) -> None:
    for name in ("a.names.json", "b.schema.json", "README.md"):
        (folder / name).write_text("{}")
    assert find_instances(folder) == ["nested/one.json", "two.npz"]


def test_each_instance_becomes_a_row_with_its_result(folder: Path, tmp_path: Path) -> None:
    summary = run_batch(folder, tmp_path / "out", FAKE)
    assert summary.exit_code is ExitCode.DONE
    rows = rows_in(tmp_path / "out")
    assert [row["instance"] for row in rows] == ["nested/one.json", "two.npz"]
    assert rows[0]["game_hash"] == fakes.small_game().content_hash
    assert rows[0]["result"]["leader_value"] == pytest.approx(10.0)
    assert rows[0]["options"]["method"] == "fake"
    assert rows[0]["error"] is None


def test_a_row_is_on_disk_before_the_next_instance_starts(folder: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    run_batch(folder, tmp_path / "out", FAKE, on_row=lambda _: seen.append(len(rows_in(tmp_path / "out"))))
    assert seen == [1, 2]


def test_a_failure_is_a_row_and_the_batch_goes_on(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.json").write_text("{")
    summary = run_batch(folder, tmp_path / "out", FAKE)
    assert summary.exit_code is ExitCode.FAILED_ROWS
    rows = rows_in(tmp_path / "out")
    assert [row["exit_code"] for row in rows] == [3, 0, 0]
    assert rows[0]["error"]["class"] == "InvalidInstanceError"
    assert "broken.json" in rows[0]["error"]["message"]
    assert rows[0]["result"] is None


@pytest.mark.parametrize(("method", "code"), [("fake-crash", 1), ("fake-numerical", 1), ("fake-nothing", 4), ("no", 2)])
def test_every_kind_of_failure_keeps_its_code(folder: Path, tmp_path: Path, method: str, code: int) -> None:
    summary = run_batch(folder, tmp_path / "out", BatchOptions(method=method))
    assert [row.exit_code for row in summary.rows] == [code, code]
    assert summary.exit_code is ExitCode.FAILED_ROWS


def test_rows_are_never_overwritten_by_accident(folder: Path, tmp_path: Path) -> None:
    run_batch(folder, tmp_path / "out", FAKE)
    before = (tmp_path / "out" / RESULTS_NAME).read_bytes()
    with pytest.raises(OptionError, match="--resume"):
        run_batch(folder, tmp_path / "out", FAKE)
    assert (tmp_path / "out" / RESULTS_NAME).read_bytes() == before


def test_resume_solves_only_what_is_missing(folder: Path, tmp_path: Path) -> None:
    run_batch(folder, tmp_path / "out", FAKE)
    write_instance(fakes.small_game("three"), folder / "three.json")
    summary = run_batch(folder, tmp_path / "out", FAKE, resume=True)
    assert summary.skipped == ("nested/one.json", "two.npz")
    assert [row.instance for row in summary.rows] == ["three.json"]
    assert len(rows_in(tmp_path / "out")) == 3


def test_resume_solves_again_what_changed_or_was_asked_differently_or_failed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (folder / "broken.json").write_text("{")
    run_batch(folder, out, FAKE)
    write_instance(fakes.small_game().replace(leader_discount=0.8), folder / "nested" / "one.json")
    changed = run_batch(folder, out, FAKE, resume=True)
    assert {row.instance for row in changed.rows} == {"broken.json", "nested/one.json"}
    other_options = run_batch(folder, out, BatchOptions(method="fake", gap=0.5), resume=True)
    assert len(other_options.rows) == 3


def test_resume_solves_again_what_has_another_follower_or_constraint(folder: Path, tmp_path: Path) -> None:
    """The game is the same in all of them."""
    out, file = tmp_path / "out", folder / "nested" / "one.json"
    options = BatchOptions(method="commitment")
    problem = Problem(read_instance(file))
    asked = (problem, problem.answered_by(Myopic()), problem.answered_by(NearOptimal(0.1)), problem.forbid(0, 0))
    for number, one in enumerate(asked):
        write_instance(one, file)
        rows = run_batch(folder, out, options, resume=number > 0).rows
        assert "nested/one.json" in {row.instance for row in rows}
    assert run_batch(folder, out, options, resume=True).rows == ()


def test_a_half_written_line_spoils_neither_resume_nor_the_next_row(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_batch(folder, out, FAKE)
    path = out / RESULTS_NAME
    lines = path.read_text().splitlines()
    path.write_text(lines[0] + "\n" + lines[1][:50])
    summary = run_batch(folder, out, FAKE, resume=True)
    assert [row.instance for row in summary.rows] == ["two.npz"]
    assert json.loads(path.read_text().splitlines()[-1])["instance"] == "two.npz"


def test_after_any_number_of_resumes_there_is_one_row_for_each_instance(folder: Path, tmp_path: Path) -> None:
    """Failed rows are replaced, and so are those of a content that changed; rows with other options are kept."""
    out, names = tmp_path / "out", ["broken.json", "nested/one.json", "two.npz"]
    (folder / "broken.json").write_text("{")
    for _ in range(4):
        run_batch(folder, out, FAKE, resume=True)
        assert sorted(row["instance"] for row in rows_in(out)) == names
    write_instance(fakes.small_game().replace(leader_discount=0.8), folder / "nested" / "one.json")
    write_instance(fakes.small_game("mended"), folder / "broken.json")
    run_batch(folder, out, FAKE, resume=True)
    assert sorted((row["instance"], row["exit_code"]) for row in rows_in(out)) == [(name, 0) for name in names]
    run_batch(folder, out, BatchOptions(method="fake", gap=0.5), resume=True)
    assert len(rows_in(out)) == 6
    assert len(run_batch(folder, out, FAKE, resume=True).skipped) == 3


def test_what_a_killed_batch_left_is_tidied_up(folder: Path, tmp_path: Path) -> None:
    """Twice the same row, lines that are no rows, half a row at the end."""
    out = tmp_path / "out"
    run_batch(folder, out, FAKE)
    first, second = (out / RESULTS_NAME).read_text().splitlines()
    (out / RESULTS_NAME).write_text("\n".join([first, second, "[]", "nothing", first, second[:60]]))
    assert len(run_batch(folder, out, FAKE, resume=True).skipped) == 2
    assert (out / RESULTS_NAME).read_text().splitlines() == [second, first]


def test_each_row_is_on_the_disk_itself(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(len(rows_in(tmp_path / "out"))))
    run_batch(folder, tmp_path / "out", FAKE)
    assert {1, 2} <= set(synced)


def test_a_second_batch_on_the_same_folder_is_refused(command: Command, folder: Path, tmp_path: Path) -> None:
    out, refused = tmp_path / "out", []

    def try_another(_: BatchRow) -> None:
        with pytest.raises(OptionError, match="another batch is writing to"):
            run_batch(folder, out, FAKE, resume=True)
        refused.append(command("batch", folder, "--out", out, "--method", "fake", "--resume"))

    run_batch(folder, out, FAKE, on_row=try_another)
    assert [(ran.code, len(ran.err.splitlines())) for ran in refused] == [(2, 1), (2, 1)]
    assert len(rows_in(out)) == 2


def test_the_lock_of_a_batch_that_is_gone_holds_nobody_up(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / LOCK_NAME).write_text("")
    assert len(run_batch(folder, out, FAKE).rows) == 2


def test_a_file_system_without_locks_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with pytest.raises(OptionError, match="file system without locks"):
        run_batch(folder, tmp_path / "out", FAKE)


def test_what_a_batch_wrote_below_the_folder_is_no_instance(folder: Path) -> None:
    out = folder / "results"
    run_batch(folder, out, FAKE)
    (out / "notes.json").write_text("{}")
    assert len(run_batch(folder, out, FAKE, resume=True).skipped) == 2


def test_an_interrupt_keeps_the_running_instance_and_leaves_the_others(folder: Path, tmp_path: Path) -> None:
    interrupt = Interrupt()

    def stop(_: BatchRow) -> None:
        interrupt.request()

    summary = run_batch(folder, tmp_path / "out", FAKE, on_row=stop, interrupt=interrupt)
    assert summary.exit_code is ExitCode.INTERRUPTED
    assert [row.instance for row in summary.rows] == ["nested/one.json"]
    rest = run_batch(folder, tmp_path / "out", FAKE, resume=True)
    assert [row.instance for row in rest.rows] == ["two.npz"]


def test_the_start_of_the_process_counts_for_its_first_instance_only(folder: Path, tmp_path: Path) -> None:
    """Whose limit it uses up; the second one has its own."""
    summary = run_batch(folder, tmp_path / "out", BatchOptions(time_limit=60.0), started=time.monotonic() - 100.0)
    first, *others = (row.result["termination"] for row in summary.rows if row.result is not None)
    assert first == "time_limit"
    assert others
    assert "time_limit" not in others
    assert summary.rows[0].seconds >= 100.0 > max(row.seconds for row in summary.rows[1:])


def test_an_empty_folder_and_no_jobs_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(OptionError, match="no instances"):
        run_batch(tmp_path / "empty", tmp_path / "out", FAKE)
    with pytest.raises(OptionError, match="jobs is 0"):
        run_batch(folder, tmp_path / "out", FAKE, jobs=0)
    assert not (tmp_path / "out").exists()


def test_command_prints_rows_a_summary_and_one_json_object(command: Command, folder: Path, tmp_path: Path) -> None:
    (folder / "broken.json").write_text("{")
    ran = command("batch", folder, "--out", tmp_path / "out", "--method", "fake", "--json")
    assert ran.code == 6
    assert {key: ran.data[key] for key in ("solved", "failed", "skipped", "interrupted")} == {
        "solved": 2,
        "failed": 1,
        "skipped": 0,
        "interrupted": False,
    }
    again = command("batch", folder, "--out", tmp_path / "out", "--method", "fake", "--resume")
    assert "0 solved, 1 failed, 2 skipped" in again.err
    assert again.out == ""


def test_one_batch_solves_every_shipped_instance_but_the_large_ones(tmp_path: Path) -> None:
    shipped = shutil.copytree(ROOT / "instances", tmp_path / "instances", ignore=shutil.ignore_patterns("large"))
    options = BatchOptions(method="commitment", time_limit=6.0)
    summary = run_batch(shipped, tmp_path / "out", options)
    assert summary.exit_code is ExitCode.DONE
    assert [row.instance for row in summary.rows] == find_instances(shipped)
    values = {row.instance: row.result["leader_value"] for row in summary.rows if row.result}
    assert values["matrix/maintain.json"] == pytest.approx(27.5)
    assert values["matrix/battle_of_table_1.json"] == pytest.approx(5.0)
