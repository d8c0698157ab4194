"""The corpus of malformed files, reduced: in this process, and a few cases in commands of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.attacks.byte_flips import run
from tests.attacks.malformed import Ending, place_of, run_command
from tests.attacks.malformed_cases import corpus

CASES = corpus()

MEASURED = (
    "file: FIFO .json",
    "json: 60000 wrong probabilities",
    "npz: header unfolds to 209715200 bytes",
)
"""Cases that would wait for ever, or take much memory, if they were not refused early."""

SLOW = ("unfolds to", "name of 10 million", "key of 10 million")
"""Cases that are left to the command, but for those of :data:`MEASURED`: making them takes a while."""


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("name", [name for name in CASES if not any(part in name for part in SLOW)])
def test_every_malformed_file_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    """Exit code 3, and nothing else."""
    file, make = CASES[name]
    path = place_of(make, file, tmp_path)
    ran = run("validate", path)
    assert list(Ending(ran.code, "", ran.err).faults(path)) == []


@pytest.mark.parametrize("name", MEASURED)
def test_a_command_refuses_it_in_a_second_and_200_megabytes(name: str, tmp_path: Path) -> None:
    file, make = CASES[name]
    path = place_of(make, file, tmp_path)
    ending = run_command(["validate", str(path)])
    # The memory of this process counts as the child's until it becomes a command: only the command measures it.
    assert [fault for fault in ending.faults(path) if not fault.endswith("MB")] == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"code": 1}, "exit code 1"),
        ({"out": "{}"}, "stdout"),
        ({"err": "error: x.json: a\nb\n"}, "printable"),
        ({"err": "Traceback (most recent call last)\n"}, "printable"),
        ({"err": "error: something\n"}, "name the file"),
        ({"err": f"error: x.json {'a' * 2000}\n"}, "characters"),
        ({"processor_seconds": 1.5}, "processor time"),
        ({"megabytes": 250.0}, "MB"),
    ],
)
def test_each_fault_is_seen(changes: dict[str, Any], fault: str | None) -> None:
    good: dict[str, Any] = {"code": 3, "out": "", "err": "error: x.json: no\n"}
    found = list(Ending(**{**good, **changes}).faults(Path("x.json")))
    assert found == [] if fault is None else any(fault in one for one in found)
