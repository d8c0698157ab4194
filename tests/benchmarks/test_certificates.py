"""The measurement of certificates: a row says what the replay closed, and tells a failure from a proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from ssg_mip.errors import SolverError
from ssg_mip.proofs.writer import Recorder
from tests.benchmarks.certificates import measure, methods, programs
from tests.benchmarks.ours import WARM_UP


def test_a_row_counts_the_leaves_that_the_replay_closed(tmp_path: Path) -> None:
    game = WARM_UP.to_game()
    for label, work in (*programs(game, 1e-3, 10.0), *methods(game, 1e-3, 10.0)):
        row = measure(label, game, work, tmp_path)
        assert row.passed, row
        assert row.closed == row.leaves > 0
        assert row.size == (tmp_path / "bound.cert").stat().st_size


def test_a_missing_certificate_is_a_row_that_is_not_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise SolverError("nothing proves it")

    monkeypatch.setattr(Recorder, "write", refuse)
    game = WARM_UP.to_game()
    row = measure("(P)", game, dict(programs(game, 1e-3, 10.0))["(P)"], tmp_path)
    assert not row.passed
    assert "nothing proves it" in row.name
    assert "NOT PROVEN" in str(row)
