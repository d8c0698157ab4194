"""Fronts in two and three objectives: attained points, unsupported ones marked, and the boxes of an enclosure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.enclosure.result import Enclosure
from ssg_mip.pareto.front import ParetoFront
from ssg_mip.plot.canvas import literally, new_axes
from ssg_mip.plot.view import FrontView, front_view

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BOXES_3D = 300
"""Boxes drawn in three objectives: of more, the deepest ones; beyond that nobody can tell them apart."""

_BOX_COLOR, _EDGE_COLOR = "C1", "C3"
_BOXES, _FRONT, _UNSUPPORTED = "open boxes", "front", "optimum of no weighted sum"


def plot_front(
    front: ParetoFront | Enclosure | FrontView, ax: Axes | None = None, *, states: Sequence[str] | None = None
) -> Axes:
    """Draw a front in two objectives: the points on top of the boxes of an enclosure, other attained values in grey.

    Parameters
    ----------
    front
        A front, an enclosure, or the view of one.
    ax
        Where to draw; new axes if absent.
    states
        Names of the two states (of an enclosure: objectives) on the axes. If absent, the two whose values differ most
        along the front.

    Notes
    -----
    Points that are not dominated over *all* states may look dominated in a picture of two of them.

    Raises
    ------
    OptionError
        If matplotlib is absent, there is one objective only, or ``states`` does not name two of them.
    """
    view = front_view(front).narrowed(2, states)
    ax = new_axes() if ax is None else ax
    _draw_boxes(view, ax)
    _draw_points(view, ax)
    _name_axes(view, ax)
    ax.grid(visible=True, alpha=0.3)
    return ax


def plot_front_3d(
    front: ParetoFront | Enclosure | FrontView, ax: Axes | None = None, *, states: Sequence[str] | None = None
) -> Axes:
    """Draw a front in three objectives, on 3D axes; of many boxes the deepest :data:`MOST_BOXES_3D`.

    Boxes that reach far below the points are cut off there: as far again as the points spread.

    Parameters
    ----------
    front, ax, states
        As in :func:`plot_front`, with three states; ``ax`` must have ``projection="3d"``.

    Raises
    ------
    OptionError
        As :func:`plot_front`, or if the axes are not 3D.
    """
    view = front_view(front).narrowed(3, states)
    ax = new_axes("3d") if ax is None else ax
    if ax.name != "3d":
        raise OptionError("a front in three objectives needs 3D axes; make them with projection='3d'")
    solid = cast(Any, ax)  # matplotlib types what add_subplot returns as flat axes
    shown = min(len(view.box_lower), MOST_BOXES_3D)
    lowest = _sight(view)
    lowers, uppers = (np.maximum(corners[:shown], lowest) for corners in (view.box_lower, view.box_upper))
    if shown:
        from mpl_toolkits.mplot3d.art3d import Poly3DCollection

        faces = [face for lower, upper in zip(lowers, uppers, strict=True) for face in _faces(lower, upper)]
        label = _BOXES if shown == len(view.box_lower) else f"{shown} of {len(view.box_lower)} {_BOXES}"
        solid.add_collection3d(
            Poly3DCollection(faces, facecolors=_BOX_COLOR, edgecolors=_EDGE_COLOR, alpha=0.15, label=label)
        )
    _draw_points(view, solid)
    solid.auto_scale_xyz(*np.vstack((view.points, view.attained, lowers, uppers)).T)
    _name_axes(view, solid)
    solid.set_zlabel(literally(view.labels[2]))
    return ax


def _draw_boxes(view: FrontView, ax: Axes) -> None:
    if not len(view.box_lower):
        return
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    boxes = [
        Rectangle((float(lower[0]), float(lower[1])), *(float(side) for side in upper - lower))
        for lower, upper in zip(view.box_lower, view.box_upper, strict=True)
    ]
    # The edges keep thin boxes in sight.
    patches = PatchCollection(boxes, facecolor=_BOX_COLOR, edgecolor=_EDGE_COLOR, linewidth=0.6, alpha=0.4, zorder=1)
    ax.add_collection(patches)
    ax.update_datalim(np.vstack((view.box_lower, view.box_upper)))
    ax.autoscale_view()
    # A legend knows no collections of patches.
    ax.fill([], [], facecolor=_BOX_COLOR, edgecolor=_EDGE_COLOR, alpha=0.4, label=_BOXES)


def _draw_points(view: FrontView, ax: Any) -> None:
    """Points on axes of any number of dimensions."""
    if len(view.attained):
        ax.scatter(*view.attained.T, s=14, color="0.75", label="attained", zorder=2)
    supported = view.points[~view.unsupported]
    supported = supported[np.argsort(supported[:, 0], kind="stable")]
    ax.plot(*supported.T, "o", markersize=6, color="C0", label=_FRONT, zorder=3)
    if np.any(view.unsupported):
        ax.plot(*view.points[view.unsupported].T, "D", markersize=7, color="C4", label=_UNSUPPORTED, zorder=3)


def _name_axes(view: FrontView, ax: Axes) -> None:
    ax.set_xlabel(literally(view.labels[0]))
    ax.set_ylabel(literally(view.labels[1]))
    ax.set_title(literally(view.title))
    ax.legend()


def _sight(view: FrontView) -> FloatArray:
    """Below which nothing is drawn in three objectives."""
    if len(view.points) < 2:
        return np.full(3, -np.inf)
    least: FloatArray = view.points.min(axis=0)
    return least - float(np.ptp(view.points, axis=0).max())


def _faces(lower: FloatArray, upper: FloatArray) -> list[FloatArray]:
    """The six faces of a box, four corners each."""
    faces = []
    for axis, end in itertools.product(range(3), (lower, upper)):
        first, second = (one for one in range(3) if one != axis)
        face = np.tile(end, (4, 1))
        face[:, first] = [lower[first], upper[first], upper[first], lower[first]]
        face[:, second] = [lower[second], lower[second], upper[second], upper[second]]
        faces.append(face)
    return faces
