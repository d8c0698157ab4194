"""No command writes over a file that it reads, under whatever name the file goes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ssg_mip.api.exit_codes import ExitCode
from ssg_mip.cli import main

INSTANCE = Path("instances/kudo_akimoto/fig1_threat.json").resolve()

Alias = Callable[[Path, str], str]


def itself(path: Path, _: str) -> str:
    """The file by its own name."""
    return str(path)


def symlink(path: Path, suffix: str) -> str:
    link = path.with_name(f"link{suffix}")
    link.symlink_to(path)
    return str(link)


def chain(path: Path, suffix: str) -> str:
    """A link to a link, through a folder that is one."""
    (path.parent / "folder").symlink_to(path.parent, target_is_directory=True)
    (path.parent / "first").symlink_to(path)
    link = path.with_name(f"second{suffix}")
    link.symlink_to(path.parent / "folder" / "first")
    return str(link)


def hard_link(path: Path, suffix: str) -> str:
    link = path.with_name(f"hard{suffix}")
    os.link(path, link)
    return str(link)


def detour(path: Path, _: str) -> str:
    return str(path.parent / ".." / path.parent.name / path.name)


ALIASES = [itself, symlink, chain, hard_link, detour]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """An instance, a result of it, a policy, weights and a folder for batches."""
    instance = tmp_path / "game.json"
    shutil.copy(INSTANCE, instance)
    made = {name: tmp_path / f"{name}.json" for name in ("result", "policy", "weights")}
    made["policy"].write_text(json.dumps({"s1": {"a1": 1.0}, "s2": {"a1": 1.0}}))
    made["weights"].write_text(json.dumps({"s1": 1.0, "s2": 1.0}))
    return {"instance": instance, **made}


COMMANDS = {
    "solve --certificate": ("instance", "", ["solve", "{instance}", "--certificate", "{output}"]),
    "solve --plot": ("instance", ".png", ["solve", "{instance}", "--plot", "{output}"]),
    "solve --certificate, start": (
        "policy",
        "",
        ["solve", "{instance}", "--start", "{policy}", "--certificate", "{output}"],
    ),
    "solve --certificate, weights": (
        "weights",
        "",
        ["solve", "{instance}", "--weights", "{weights}", "--certificate", "{output}"],
    ),
    "front --certificate": ("instance", "", ["front", "{instance}", "--certificate", "{output}"]),
    "front --plot": ("instance", ".png", ["front", "{instance}", "--plot", "{output}"]),
    "front, weights": ("weights", "", ["front", "{instance}", "--weights", "{weights}", "--certificate", "{output}"]),
    "front --complete": ("instance", ".svg", ["front", "{instance}", "--complete", "--plot", "{output}"]),
    "export": ("instance", ".lp", ["export", "{instance}", "{output}"]),
    "export, policy": ("policy", ".lp", ["export", "{instance}", "{output}", "--policy", "{policy}"]),
    "plot": ("result", ".png", ["plot", "{result}", "{instance}", "--out", "{output}"]),
    "plot, instance": ("instance", ".png", ["plot", "{result}", "{instance}", "--out", "{output}"]),
    "plot, instance by hash": ("instance", ".png", ["plot", "{result}", "--out", "{output}"]),
}
CASES = [
    pytest.param(*case, alias, id=f"{label}, {alias.__name__}")
    for label, case in COMMANDS.items()
    for alias in ALIASES
    if case[1] == "" or alias in {symlink, chain, hard_link}
]


@pytest.mark.parametrize(("target", "suffix", "command", "alias"), CASES)
def test_an_output_that_is_an_input_is_refused(
    target: str,
    suffix: str,
    command: list[str],
    alias: Alias,
    files: dict[str, Path],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 2 and one line with both names, before any work; the file is as it was."""
    monkeypatch.chdir(files["instance"].parent)
    if "{result}" in command:
        assert main(["solve", str(files["instance"]), "--json"]) == ExitCode.DONE
        printed = capfd.readouterr().out
        files["result"].write_text(printed[printed.index("{") :])
    before = files[target].read_bytes()
    output = alias(files[target], suffix)
    places = {**{name: str(path) for name, path in files.items()}, "output": output}
    code = main([part.format(**places) for part in command])
    said = capfd.readouterr().err.strip().splitlines()[-1]
    assert files[target].read_bytes() == before
    assert code == ExitCode.USAGE, said
    assert "is the same file as" in said
    assert said.endswith("choose another path to write to")


def test_the_names_beside_an_export_are_an_output_too(
    files: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """An instance called ``program.lp.names.json`` would be overwritten by the export to ``program.lp``."""
    instance = files["instance"].with_name("program.lp.names.json")
    shutil.copy(files["instance"], instance)
    assert main(["export", str(instance), str(instance.with_name("program.lp"))]) == ExitCode.USAGE
    assert "is the same file as the instance" in capfd.readouterr().err
    assert instance.read_bytes() == files["instance"].read_bytes()


def test_two_outputs_in_one_file_are_refused(files: dict[str, Path], capfd: pytest.CaptureFixture[str]) -> None:
    picture = str(files["instance"].with_name("both.png"))
    assert main(["solve", str(files["instance"]), "--plot", picture, "--certificate", picture]) == ExitCode.USAGE
    assert "is the same file as --certificate" in capfd.readouterr().err
    assert not Path(picture).exists()


def test_the_rows_of_a_batch_do_not_go_into_an_instance(
    files: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """``results.jsonl`` that is a link to an instance."""
    out = files["instance"].parent / "out"
    out.mkdir()
    (out / "results.jsonl").symlink_to(files["instance"])
    before = files["instance"].read_bytes()
    assert main(["batch", str(files["instance"].parent), "--out", str(out)]) == ExitCode.USAGE
    assert "is the same file as the instance game.json" in capfd.readouterr().err
    assert files["instance"].read_bytes() == before


def test_other_files_are_written_as_before(files: dict[str, Path]) -> None:
    """A certificate beside the instance, also over an older one."""
    target = files["instance"].with_name("proof.jsonl")
    for _ in range(2):
        assert main(["solve", str(files["instance"]), "--certificate", str(target)]) == ExitCode.DONE
    assert target.stat().st_size > 100
