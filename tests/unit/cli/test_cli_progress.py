"""The table of progress: throttled, but no news is lost."""

from __future__ import annotations

import pytest

from ssg_mip.cli.console import ProgressTable
from ssg_mip.result import ProgressRow


def progress_row(seconds: float, flag: str = "") -> ProgressRow:
    return ProgressRow(
        seconds=seconds,
        iteration=1,
        nodes=10,
        open_nodes=3,
        lps=20,
        primal_bound=9.0,
        dual_bound=float("inf") if seconds == 0.0 else 10.0,
        gap_scale=9.0,
        flag=flag,
    )


def test_progress_lines_are_throttled_but_news_passes(capsys: pytest.CaptureFixture[str]) -> None:
    table = ProgressTable(shown=True)
    for row in (progress_row(0.0), progress_row(0.2), progress_row(0.3, "*"), progress_row(0.7), progress_row(0.9)):
        table(row)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].split() == ["seconds", "iter", "nodes", "open", "LPs", "LPs/s", "incumbent", "bound", "gap"]
    assert [line.split()[0] for line in lines[1:]] == ["0.0", "0.3", "0.9"]
    assert lines[1].split()[5:] == ["0", "9", "inf", "inf%"]
    assert lines[2].split()[5:] == ["67", "9", "10", "11.11%", "*"]


def test_a_new_incumbent_that_came_too_soon_after_a_line_is_flagged_in_the_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = ProgressTable(shown=True)
    for row in (progress_row(0.0), progress_row(0.01, "*"), progress_row(0.6), progress_row(1.2)):
        table(row)
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()[1:]] == ["inf%", "*", "11.11%"]
