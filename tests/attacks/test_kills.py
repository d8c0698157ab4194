"""Signals and kills at random moments, a few of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks import kills

pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="workers are found in /proc")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with kills.arena() as folder:
        yield folder


@pytest.mark.parametrize(("name", "runs"), [("signals", 6), ("starts", 6), ("workers", 1), ("groups", 2), ("pairs", 1)])
def test_no_run_has_a_fault(folder: Path, name: str, runs: int) -> None:
    tally = kills.play(name, runs, 7, folder)
    assert tally.faults == []
    assert tally.endings.total() == runs
