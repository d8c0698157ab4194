"""Workers that die, hang or are told to stop: it costs their own instance only, and the batch ends."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from ssg_mip import write_instance
from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.batch import BatchOptions, run_batch
from tests.attacks.kills import workers_of
from tests.unit import fakes, rows_in
from tests.unit.cli.test_cli_processes import start_process, wait_until_working

pytestmark = [
    pytest.mark.usefixtures("fake_methods"),
    pytest.mark.skipif(not Path("/proc").exists(), reason="workers are found in /proc"),
]


def start_batch(folder: Path, out: Path, method: str, *more: object, **environment: str) -> Any:
    """A batch with two workers and fake methods."""
    given = ("batch", folder, "--out", out, "--jobs", 2, "--method", method, *more)
    return start_process(*given, env={**os.environ, **environment})


def ending(process: Any) -> tuple[int, str]:
    """Exit code and stderr; without a traceback."""
    _, err = process.communicate(timeout=40)
    assert "Traceback" not in err
    return process.returncode, err


def by_name(out: Path) -> dict[str, dict[str, Any]]:
    """The rows, one for each instance."""
    rows = rows_in(out)
    assert len({row["instance"] for row in rows}) == len(rows)
    return {row["instance"]: row for row in rows}


def test_worker_processes_write_the_same_rows(folder: Path, tmp_path: Path) -> None:
    options = BatchOptions(method="commitment", gap=1e-3)
    alone = run_batch(folder, tmp_path / "alone", options)
    (folder / "broken.json").write_text("{")
    together = run_batch(folder, tmp_path / "together", options, jobs=2)
    assert together.exit_code is ExitCode.FAILED_ROWS
    values = {row.instance: row.result["leader_value"] for row in together.rows if row.result}
    assert values == {row.instance: pytest.approx(row.result["leader_value"]) for row in alone.rows if row.result}
    assert len(rows_in(tmp_path / "together")) == 3


def test_a_worker_that_dies_twice_costs_its_own_instance(folder: Path, tmp_path: Path) -> None:
    write_instance(fakes.small_game("deadly"), folder / "deadly.json")
    write_instance(fakes.small_game("four"), folder / "four.json")
    code, err = ending(start_batch(folder, tmp_path / "out", "fake-killed"))
    assert code == 6, err
    rows = by_name(tmp_path / "out")
    assert {name: row["exit_code"] for name, row in rows.items()} == {
        "deadly.json": 1,
        "four.json": 0,
        "nested/one.json": 0,
        "two.npz": 0,
    }
    assert rows["deadly.json"]["error"]["class"] == "WorkerError"
    assert "died (SIGKILL: out of memory?); this was try 2" in rows["deadly.json"]["error"]["message"]


def test_a_worker_that_dies_once_costs_nothing(folder: Path, tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.write_bytes(b"1")
    code, err = ending(start_batch(folder, tmp_path / "out", "fake-killed", FAKE_KILLS_LEFT=str(left)))
    assert code == 0, err
    assert left.read_bytes() == b""
    assert len(by_name(tmp_path / "out")) == 2


def test_a_worker_that_hangs_beyond_its_time_limit_is_killed(folder: Path, tmp_path: Path) -> None:
    process = start_batch(folder, tmp_path / "out", "fake-deaf", "--time-limit", "2", FAKE_PATIENCE="1")
    code, err = ending(process)
    assert code == 6, err
    for row in by_name(tmp_path / "out").values():
        assert "gave no answer within 4 s and was killed; this was try 2" in row["error"]["message"]


def test_a_batch_that_is_told_to_stop_does_not_wait_for_a_worker_that_hangs(folder: Path, tmp_path: Path) -> None:
    process = start_batch(folder, tmp_path / "out", "fake-deaf", FAKE_PATIENCE="1")
    wait_until_working(process, 2)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code, err = ending(process)
    assert code == 143, err
    assert time.monotonic() - began < 10.0
    assert {row["error"]["class"] for row in rows_in(tmp_path / "out")} == {"WorkerError"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("to_all", [False, True])
def test_the_wish_to_stop_reaches_the_workers(
    folder: Path, tmp_path: Path, number: signal.Signals, code: int, to_all: bool
) -> None:
    """The parent passes it on; that the system sends it to every process makes no difference."""
    process = start_batch(folder, tmp_path / "out", "fake-wait")
    wait_until_working(process, 2)
    for one in (*(workers_of(process.pid) if to_all else ()), process.pid):
        os.kill(one, number)
    assert ending(process)[0] == code
    rows = by_name(tmp_path / "out").values()
    assert [(row["exit_code"], row["result"]["termination"]) for row in rows] == [(code, "interrupted")] * 2


def test_a_worker_that_is_told_to_stop_keeps_what_it_found(folder: Path, tmp_path: Path) -> None:
    """The others go on; the exit code says that something is left to do."""
    process = start_batch(folder, tmp_path / "out", "fake-wait", "--time-limit", "3")
    wait_until_working(process, 2)
    os.kill(workers_of(process.pid)[0], signal.SIGTERM)
    assert ending(process)[0] == 143
    rows = by_name(tmp_path / "out").values()
    assert sorted((row["exit_code"], row["result"]["termination"]) for row in rows) == [
        (0, "time_limit"),
        (143, "interrupted"),
    ]


def test_workers_end_with_a_parent_that_is_killed(folder: Path, tmp_path: Path) -> None:
    """The pipe closes once nobody holds it any more: long before the fake method would be done by itself."""
    process = start_batch(folder, tmp_path / "out", "fake-deaf")
    wait_until_working(process, 2)
    process.kill()
    process.communicate(timeout=8)
