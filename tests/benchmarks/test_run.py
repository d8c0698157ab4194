"""Processes that crash or hang cost one row, conflicts fail the run, and the smoke size runs every solver."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from ssg_mip.errors import OptionError
from tests.benchmarks import __main__ as command
from tests.benchmarks import run
from tests.benchmarks.measurement import NOT_RUN, Measurement, Task
from tests.benchmarks.ours import flipped_search, switches
from tests.benchmarks.specs import SMALLEST, Case, Limits, Spec

TASK = Task(spec=Spec(Case("random", SMALLEST), 0), solver="ours", limits=Limits(0.5, 1e-3))


def raises(task: Task) -> Measurement:
    raise ValueError(f"no {task.solver} today")


def dies(task: Task) -> Measurement:
    del task
    os._exit(7)


def hangs(task: Task) -> Measurement:
    time.sleep(60.0 * task.limits.time_limit)
    return Measurement(outcome="optimal")


@pytest.mark.parametrize(
    ("work", "outcome", "note"),
    [(raises, "crash", "ValueError: no ours today"), (dies, "crash", "exit code 7"), (hangs, "killed", "killed after")],
)
def test_a_process_that_fails_or_overstays_is_a_row(work, outcome: str, note: str) -> None:  # type: ignore[no-untyped-def]
    started = time.monotonic()
    measured = run.run_isolated(TASK, grace=2.5 if work is hangs else 30.0, work=work)
    assert measured.outcome == outcome
    assert note in measured.note
    assert time.monotonic() - started < 25.0


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of one smoke run over all solvers."""
    folder = tmp_path_factory.mktemp("smoke")
    assert command.main(["--smoke", "--out", str(folder)]) == 0
    return folder


def payload_of(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("*.json")
    payload: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return payload


def test_the_smoke_run_has_a_row_per_solver_without_conflict(smoke: Path) -> None:
    payload = payload_of(smoke)
    assert [row["competitor"] for row in payload["rows"]] == ["ours", "scip", "gurobi", "scip-strong"]
    assert payload["conflicts"] == []
    assert payload["finished"] is not None
    for row in payload["rows"]:
        if row["outcome"] in NOT_RUN:
            assert row["competitor"] != "ours"
            assert row["note"]
            continue
        assert row["outcome"] in {"optimal", "limit"}
        assert row["bound"] >= row["best"] - 1e-4
        assert row["verified"] <= row["best"]
        assert row["nodes"] >= 1
        assert row["peak_megabytes"] > 1.0


def test_the_smoke_run_measures_our_linear_programs_from_outside(smoke: Path) -> None:
    (row,) = (row for row in payload_of(smoke)["rows"] if row["competitor"] == "ours")
    assert row["lps"] >= 1
    assert 0.0 < row["lp_seconds"] < row["seconds"]
    assert row["overhead"] == pytest.approx(1.0 - row["lp_seconds"] / row["seconds"])
    assert row["verified"] == pytest.approx(row["value"], abs=1e-9)


def test_the_smoke_run_writes_the_table_beside_the_record(smoke: Path) -> None:
    (table,) = smoke.glob("*.md")
    text = table.read_text(encoding="utf-8")
    assert "| random | 3x2x2 | ours" in text
    assert "No conflict" in text
    assert not list(smoke.glob("*.part"))


def test_the_improvement_program_runs_too(tmp_path: Path) -> None:
    """Both values are gains over the uniform policy, so they agree up to both gaps."""
    arguments = ["--smoke", "--program", "improvement", "--solvers", "ours,scip", "--out", str(tmp_path)]
    assert command.main(arguments) == 0
    ours, scip = payload_of(tmp_path)["rows"]
    assert ours["solved"]
    assert ours["value"] == pytest.approx(ours["verified"], abs=1e-9)
    assert ours["verified"] <= scip["bound"] + 1e-4


def test_a_planted_conflict_fails_the_run_and_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The policy is fine, the bound that the other solver "proves" is not."""

    def planted(task: Task, **options: Any) -> Measurement:
        del options
        slots = task.spec.build().leader_offsets[-1]
        bound = 1e-3 if task.solver == "scip" else 10.0
        return Measurement(outcome="optimal", value=bound, bound=bound, policy=(0.5,) * int(slots), seconds=0.1)

    monkeypatch.setattr(run, "run_isolated", planted)
    assert command.main(["--smoke", "--solvers", "ours,scip", "--out", str(tmp_path)]) == 1
    assert "CONFLICT" in capsys.readouterr().out
    conflicts = payload_of(tmp_path)["conflicts"]
    assert len(conflicts) == 2
    assert all("scip proves" in text for text in conflicts)


def test_a_killed_run_keeps_the_rows_it_has_and_they_can_be_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(task: Task, **options: Any) -> Measurement:
        del options
        if task.solver == "scip":
            raise KeyboardInterrupt
        return Measurement(outcome="limit", seconds=0.1, note="time_limit")

    monkeypatch.setattr(run, "run_isolated", interrupted)
    with pytest.raises(KeyboardInterrupt):
        command.main(["--smoke", "--solvers", "ours,scip", "--out", str(tmp_path)])
    payload = payload_of(tmp_path)
    assert [row["competitor"] for row in payload["rows"]] == ["ours"]
    assert payload["finished"] is None
    (record,) = tmp_path.glob("*.json")
    capsys.readouterr()
    assert command.main(["--render", str(record)]) == 0
    assert "not finished" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["--solvers", "cplex"], ["--family", "chess"], ["--size", "5x5"], ["--seeds", "few"]]
)
def test_a_wrong_argument_is_named_and_nothing_runs(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([*arguments, "--out", str(tmp_path)]) == 2
    assert "it must be" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@dataclasses.dataclass(frozen=True)
class Options:
    probing: bool = True
    rounds: int = 3
    threads: bool = False


@dataclasses.dataclass(frozen=True)
class Asked:
    search: Options = dataclasses.field(default_factory=Options)


@dataclasses.dataclass(frozen=True)
class Bare:
    gap: float = 1e-4


def test_the_switches_are_the_boolean_options_of_a_request() -> None:
    assert [field.name for field in switches(Asked)] == ["probing", "threads"]


def test_flipping_a_switch_changes_nothing_else() -> None:
    assert flipped_search("probing", Asked) == Options(probing=False)
    assert flipped_search("threads", Asked) == Options(threads=True)
    with pytest.raises(OptionError, match="switch is 'rounds'"):
        flipped_search("rounds", Asked)


def test_without_options_of_the_search_there_is_nothing_to_ablate() -> None:
    with pytest.raises(OptionError, match="no field 'search'"):
        switches(Bare)
