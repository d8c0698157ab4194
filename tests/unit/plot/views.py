"""Small fronts and games for pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ssg_mip.plot import FrontView

Rows = Sequence[Sequence[float]]


def new_axes(projection: str | None = None) -> Axes:
    """Axes without a window."""
    return Figure().add_subplot(projection=projection)


def view(
    points: Rows,
    *,
    unsupported: Sequence[bool] | None = None,
    lower: Rows = (),
    upper: Rows = (),
    attained: Rows = (),
) -> FrontView:
    """A front over the objectives x, y, ..., with $ in a name."""
    values = np.array(points, dtype=float)
    count = values.shape[1]
    names = ("x$_{", "y", "z", "u")[:count]
    return FrontView(
        title="a $ game",
        names=names,
        labels=tuple(f"value in {name}" for name in names),
        points=values,
        unsupported=np.array([False] * len(points) if unsupported is None else unsupported, dtype=bool),
        box_lower=np.array(lower, dtype=float).reshape(-1, count),
        box_upper=np.array(upper, dtype=float).reshape(-1, count),
        attained=np.array(attained, dtype=float).reshape(-1, count),
    )
