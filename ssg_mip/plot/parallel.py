"""Parallel coordinates: one line per point of a front, one upright axis per objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.pareto.enclosure.result import Enclosure
from ssg_mip.pareto.front import ParetoFront
from ssg_mip.plot.canvas import literally, new_axes
from ssg_mip.plot.view import FrontView, front_view

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_parallel(
    front: ParetoFront | Enclosure | FrontView, ax: Axes | None = None, *, states: Sequence[str] | None = None
) -> Axes:
    """Draw every point of a front as a line across its objectives, each scaled from its worst to its best value.

    Points that are the optimum of no weighted sum are dashed. An objective in which all points agree is drawn at one
    half. The boxes of an enclosure are not drawn.

    Parameters
    ----------
    front, ax
        As in :func:`ssg_mip.plot.plot_front`.
    states
        Names of the states (objectives) in the order wanted, at least two; all of them if absent.

    Raises
    ------
    OptionError
        If matplotlib is absent, or there are fewer than two objectives.
    """
    view = front_view(front)
    view = view.narrowed(max(2, len(view.names)) if states is None else max(2, len(states)), states)
    if not len(view.points):
        raise OptionError(f"{view.title} has no points; parallel coordinates need at least one")
    ax = new_axes() if ax is None else ax
    low, high = view.points.min(axis=0), view.points.max(axis=0)
    spread = high - low
    heights = np.where(spread > 0.0, (view.points - low) / np.where(spread > 0.0, spread, 1.0), 0.5)
    places = np.arange(len(view.names))
    for height, unsupported in zip(heights, view.unsupported, strict=True):
        ax.plot(places, height, "--" if unsupported else "-", marker="o", markersize=4, alpha=0.8)
    for place in places:
        ax.axvline(float(place), color="0.7", linewidth=0.8, zorder=0)
        ax.annotate(f"{high[place]:.4g}", (place, 1.0), (0, 4), textcoords="offset points", ha="center", va="bottom")
        ax.annotate(f"{low[place]:.4g}", (place, 0.0), (0, -4), textcoords="offset points", ha="center", va="top")
    ax.set_xticks(places, [literally(label) for label in view.labels], rotation=20, ha="right")
    ax.set_yticks([])
    ax.set_ylim(-0.12, 1.12)
    ax.set_title(literally(view.title))
    return ax
