"""Which exit code says what happened, and what comes with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ssg_mip import cli
from ssg_mip.api.exit_codes import MEANINGS
from tests.unit import ROOT, Command

pytestmark = pytest.mark.usefixtures("fake_methods")


@pytest.mark.parametrize(
    ("method", "code", "said"),
    [
        ("fake", 0, "the gap"),
        ("fake-nothing", 4, "no policy was found"),
        ("fake-infeasible", 7, "no policy satisfies"),
        ("fake-numerical", 1, "error: the LP of small failed 1 times"),
        ("fake-crash", 1, "unexpected ZeroDivisionError: no division by 0 in small (set SSG_MIP_TRACEBACK=1"),
        ("no-such", 2, "must be one of policy-iteration"),
    ],
)
def test_exit_code_says_what_happened(command: Command, instance: Path, method: str, code: int, said: str) -> None:
    margin = ["--margin", "0.5"] if code == 7 else []  # without one some policy is always feasible
    ran = command("solve", instance, "--method", method, *margin)
    assert ran.code == code
    assert said in ran.err


def test_a_limit_with_a_solution_is_success(command: Command, instance: Path) -> None:
    ran = command("solve", instance, "--method", "fake-wait", "--time-limit", "0.05", "--json")
    assert ran.code == 0
    assert ran.data["termination"] == "time_limit"
    assert ran.data["dual_bound"] == pytest.approx(ran.data["leader_value"] + 1.0)


@pytest.mark.parametrize("method", ["fake-numerical", "fake-crash", "no-such"])
def test_an_error_with_json_is_one_object_too(command: Command, instance: Path, method: str) -> None:
    ran = command("solve", instance, "--method", method, "--json")
    assert ran.data["format"] == "ssg-mip-error/1"
    assert ran.data["exit_code"] == ran.code
    assert ran.data["error"]["message"] in ran.err


def test_the_traceback_of_a_defect_can_be_asked_for(
    command: Command, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSG_MIP_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        command("solve", instance, "--method", "fake-crash")


def test_help_lists_every_exit_code(command: Command) -> None:
    ran = command("--help")
    assert ran.code == 0
    text = " ".join(ran.out.split())
    for code, meaning in MEANINGS.items():
        assert f"{int(code)}: {meaning}" in text


def test_module_text_and_readme_say_the_same_about_exit_codes() -> None:
    readme = (ROOT / "README.md").read_text()
    for code, meaning in MEANINGS.items():
        assert re.search(rf"^{int(code)} +{re.escape(meaning)}$", cli.__doc__ or "", re.MULTILINE)
        assert f"| {int(code)} | {meaning} |" in readme
