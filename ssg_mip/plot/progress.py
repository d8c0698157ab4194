"""Value and bound over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.plot.canvas import literally, new_axes
from ssg_mip.plot.view import RunView, run_view
from ssg_mip.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_progress(result: Result | RunView, ax: Axes | None = None) -> Axes:
    """Draw the value of the incumbent and the proven bound over time.

    Parameters
    ----------
    result
        A result with progress rows.
    ax
        Where to draw; new axes if absent.

    Raises
    ------
    OptionError
        If matplotlib is absent.
    """
    view = run_view(result)
    ax = new_axes() if ax is None else ax
    seconds = [row.seconds for row in view.progress]
    for label, bounds in (
        ("bound", [row.dual_bound for row in view.progress]),
        ("value", [row.primal_bound for row in view.progress]),
    ):
        # NaN breaks a line; an infinite bound would stretch the axis for ever.
        known = np.where(np.isfinite(bounds), bounds, np.nan)
        ax.step(seconds, known, where="post", marker=".", label=label)
    ax.set_xlabel("seconds")
    ax.set_ylabel("weighted leader value")
    ax.set_title(literally(view.title))
    ax.grid(visible=True, alpha=0.3)
    ax.legend()
    return ax
