"""Pictures with matplotlib (the ``plot`` extra). Functions draw on axes and return them; none shows a window.

=================================  ==================================================================
function                           what it draws
=================================  ==================================================================
:func:`plot_front`                 a front in two objectives, with the boxes of an enclosure
:func:`plot_front_3d`              the same in three objectives, on 3D axes
:func:`plot_parallel`              parallel coordinates, for any number of objectives
:func:`plot_values`                reachable values in two states, the course of a run, and the cone at its limit
:func:`plot_policy`                a leader policy as a heat map, with the follower's response
:func:`plot_state_graph`           the state graph with its probabilities
:func:`plot_progress`              value and bound over time
=================================  ==================================================================

What the command line printed can be drawn too: :mod:`ssg_mip.plot.printed` reads it.
"""

from ssg_mip.plot.canvas import check_picture, save_picture
from ssg_mip.plot.fronts import plot_front, plot_front_3d
from ssg_mip.plot.graph import plot_state_graph
from ssg_mip.plot.parallel import plot_parallel
from ssg_mip.plot.policy import plot_policy
from ssg_mip.plot.progress import plot_progress
from ssg_mip.plot.values import cone_corners, plot_values, sampled_values
from ssg_mip.plot.view import FrontView, RunView, front_view, run_view

__all__ = [
    "FrontView",
    "RunView",
    "check_picture",
    "cone_corners",
    "front_view",
    "plot_front",
    "plot_front_3d",
    "plot_parallel",
    "plot_policy",
    "plot_progress",
    "plot_state_graph",
    "plot_values",
    "run_view",
    "sampled_values",
    "save_picture",
]
