"""SIGINT, SIGTERM and SIGHUP, from the first moment of a command to its last."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.base.interrupt import Interrupt
from tests.unit import ROOT, rows_in
from tests.unit.cli.test_cli_processes import start_process, wait_until_working

pytestmark = pytest.mark.usefixtures("fake_methods")

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]


def ended(process: subprocess.Popen[str], code: int) -> Any:
    """What a command printed, once it has ended with that code and without a traceback."""
    out, err = process.communicate(timeout=20)
    assert process.returncode == code, err
    assert "Traceback" not in err
    return json.loads(out)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
@pytest.mark.parametrize("command", ["solve", "front"])
def test_the_first_one_prints_what_was_found(instance: Path, command: str, number: signal.Signals, code: int) -> None:
    process = start_process(command, instance, "--method", "fake-wait", "--json")
    wait_until_working(process)
    process.send_signal(number)
    data = ended(process, code)
    if command == "front":
        assert len(data["points"]) == 1
    else:
        assert data["termination"] == "interrupted"
        assert data["leader_value"] == pytest.approx(10.0)
        assert data["dual_bound"] == pytest.approx(11.0)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_batch_in_one_process_keeps_its_rows(folder: Path, tmp_path: Path, number: signal.Signals, code: int) -> None:
    process = start_process("batch", folder, "--out", tmp_path / "out", "--method", "fake-wait", "--json")
    wait_until_working(process)
    process.send_signal(number)
    assert ended(process, code)["interrupted"]
    assert [row["exit_code"] for row in rows_in(tmp_path / "out")] == [code]


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_the_second_one_ends_work_that_does_not_look(instance: Path, number: signal.Signals, code: int) -> None:
    process = start_process("solve", instance, "--method", "fake-deaf", "--json")
    wait_until_working(process)
    process.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    process.send_signal(number)
    data = ended(process, code)
    assert data["format"] == "ssg-mip-error/1"
    assert data["exit_code"] == code


def run_code(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A small program in a process of its own, in which no signal is ignored."""
    code = f"import atexit, os, signal, sys, time; signal.signal(signal.SIGINT, signal.default_int_handler)\n{code}"
    given = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(given, capture_output=True, text=True, cwd=ROOT, check=False, timeout=30)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_one_during_imports_ends_the_command_without_a_traceback(
    instance: Path, number: signal.Signals, code: int
) -> None:
    """The import of the command line takes for ever here, until the signal comes."""
    done = run_code(
        "class Slow:\n"
        "    def find_spec(self, name, *rest):\n"
        f"        if name == 'ssg_mip.cli': os.kill(os.getpid(), {int(number)}); time.sleep(20)\n"
        "sys.meta_path.insert(0, Slow())\n"
        "from ssg_mip.__main__ import run; run()",
        "validate",
        instance,
        "--json",
    )
    assert done.returncode == code
    assert done.stderr == f"error: {'interrupted' if code == 130 else 'terminated'}\n"
    assert json.loads(done.stdout)["exit_code"] == code


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_one_when_the_answer_is_printed_changes_nothing(instance: Path, number: signal.Signals, code: int) -> None:
    done = run_code(
        f"atexit.register(lambda: (os.kill(os.getpid(), {int(number)}), time.sleep(0.2)))\n"
        "from ssg_mip.__main__ import run; run()",
        "validate",
        instance,
        "--json",
    )
    assert done.returncode == 0 != code
    assert done.stderr == ""
    assert json.loads(done.stdout)["valid"]


def test_one_that_is_ignored_from_the_start_stays_ignored(instance: Path) -> None:
    """As under nohup."""
    command = [sys.executable, "-m", "tests.unit.cli.command_line", "solve", str(instance), "--method", "fake-wait"]
    shell = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *command, "--time-limit", "1", "--json"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(shell, stdout=pipe, stderr=pipe, text=True, cwd=ROOT)
    wait_until_working(process)
    os.kill(process.pid, signal.SIGHUP)
    assert ended(process, 0)["termination"] == "time_limit"


def test_a_request_remembers_who_asked_first() -> None:
    keyboard, system = Interrupt(), Interrupt()
    keyboard.request()
    system.request(signal.SIGTERM)
    for interrupt in (keyboard, system):
        interrupt.request(signal.SIGTERM)
        interrupt.request(signal.SIGINT)
        assert interrupt.requested
    assert not keyboard.terminated
    assert system.terminated


def test_the_codes_are_those_by_which_shells_report_signals() -> None:
    assert ExitCode.INTERRUPTED == 128 + signal.SIGINT
    assert ExitCode.TERMINATED == 128 + signal.SIGTERM
