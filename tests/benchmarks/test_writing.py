"""The benchmark of writers holds both against each other."""

from __future__ import annotations

import dataclasses

import pytest

from tests.benchmarks import writing


def test_both_ways_are_measured_and_compared(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert writing.main(["--states", "4"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    rows = iter([writing.measured("I", 3, way) for way in writing.WAYS] * 2)
    monkeypatch.setattr(writing, "run", lambda *_: next(rows))
    assert writing.main(["--states", "3"]) == 0
    rows = iter([dataclasses.replace(writing.measured("I", 3, "arrays"), digest=str(k)) for k in range(4)])
    assert writing.main(["--states", "3"]) == 1
