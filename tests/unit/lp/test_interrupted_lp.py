"""A long LP gives up when asked to; a short one is not asked."""

from __future__ import annotations

import numpy as np
import pytest

from ssg_mip.lp.highs import INTERRUPTIBLE_COLUMNS, HighsLp
from ssg_mip.lp.interface import LinearProgram, LpStatus


def knapsacks(columns: int) -> LinearProgram:
    """Twenty dense rows over columns in [0, 1]: many simplex iterations."""
    rng = np.random.default_rng(1)
    rows = 20
    return LinearProgram(
        objective=rng.random(columns),
        starts=np.arange(rows + 1) * columns,
        indices=np.tile(np.arange(columns), rows),
        values=rng.random(rows * columns),
        row_lower=np.full(rows, -np.inf),
        row_upper=np.full(rows, 0.1 * columns),
        column_lower=np.zeros(columns),
        column_upper=np.ones(columns),
    )


@pytest.mark.parametrize(
    ("columns", "requested", "status"),
    [
        (INTERRUPTIBLE_COLUMNS, True, LpStatus.UNKNOWN),
        (INTERRUPTIBLE_COLUMNS, False, LpStatus.OPTIMAL),
        (INTERRUPTIBLE_COLUMNS // 10, True, LpStatus.OPTIMAL),
    ],
)
def test_a_long_lp_asks_whether_to_go_on(columns: int, requested: bool, status: LpStatus) -> None:
    asked = []

    def interrupted() -> bool:
        asked.append(True)
        return requested

    lp = HighsLp(knapsacks(columns))
    lp.stop_when(interrupted)
    assert lp.solve().status is status
    assert bool(asked) == (columns >= INTERRUPTIBLE_COLUMNS)
