"""The command line in processes of its own: streams that take nothing, and what is imported."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit import ROOT

pytestmark = pytest.mark.usefixtures("fake_methods")


COMMAND_LINE = [sys.executable, "-m", "tests.unit.cli.command_line"]


def start_process(*arguments: object, **how: Any) -> subprocess.Popen[str]:
    """The command line in a process of its own, with the fake methods."""
    given = [*COMMAND_LINE, *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(given, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, **how)


def wait_until_working(process: subprocess.Popen[str], times: int = 1) -> None:
    """Wait until methods have said so many times that they work; the solver may say other things before."""
    assert process.stderr is not None
    while times:
        line = process.stderr.readline()
        assert line, "ended before it worked"
        times -= line == "working\n"


def test_a_reader_that_goes_away_causes_no_traceback(instance: Path) -> None:
    process = start_process("solve", instance, "--method", "fake-wait", "--time-limit", "0.3", "--json")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=20)
    assert process.returncode == 141
    assert err.strip() == "working"


def test_losing_the_reader_of_stderr_does_not_cost_the_json(instance: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    given = [*COMMAND_LINE, "solve", str(instance), "--method", "fake", "--verbose", "--json"]
    try:
        done = subprocess.run(given, stdout=subprocess.PIPE, stderr=writer, text=True, cwd=ROOT, check=False)
    finally:
        os.close(writer)
    assert done.returncode == 0
    assert json.loads(done.stdout)["leader_value"] == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("redirection", "code"), [(">&-", 141), ("2>&-", 0), (">&- 2>&-", 141), (">/dev/full", 2), ("2>/dev/full", 0)]
)
def test_a_stream_that_takes_nothing_causes_no_traceback(instance: Path, redirection: str, code: int) -> None:
    words = shlex.join([*COMMAND_LINE, "solve", str(instance), "--method", "fake", "--verbose", "--json"])
    done = subprocess.run(["sh", "-c", f"{words} {redirection}"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    if code == 0:
        assert json.loads(done.stdout)["leader_value"] == pytest.approx(10.0)


def test_python_dash_m_runs_the_same_command_line(instance: Path) -> None:
    given = [sys.executable, "-m", "ssg_mip", "validate", str(instance), "--json"]
    done = subprocess.run(given, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["valid"]


@pytest.mark.parametrize("method", ["commitment", "policy-iteration"])
def test_solving_a_small_game_loads_no_scipy(instance: Path, method: str) -> None:
    """With Pyomo in the process SciPy brings all of its statistics along, which takes longer than the solve."""
    code = "import sys; from ssg_mip.cli import main; main(sys.argv[1:]); print('scipy' in sys.modules)"
    given = [sys.executable, "-c", code, "solve", str(instance), "--method", method]
    done = subprocess.run(given, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_what_comes_before_the_signal_handlers_imports_next_to_nothing() -> None:
    """A signal in that time ends the process as the system likes, or in a traceback."""
    code = "import sys, ssg_mip.base.signals; print({'numpy', 'typing', 'typer', 'json', 're'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "set()\n"


def test_help_and_validate_load_no_solver(instance: Path) -> None:
    """Their start would take several times as long."""
    heavy = ["pyomo", "highspy", "scipy", "networkx", "matplotlib", "moocore"]
    code = (
        f"import sys; from ssg_mip.cli import main; main(sys.argv[1:]); print([m for m in {heavy} if m in sys.modules])"
    )
    for arguments in (["--help"], ["validate", str(instance)]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"
