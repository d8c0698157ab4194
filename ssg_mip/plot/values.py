r"""The space of the leader's values in two states, as in Figures 2 and 3 of Kudo & Akimoto.

The limit ``v_inf`` of policy iteration satisfies ``min(v - v_inf) <= gamma_A max(v - v_inf)`` for every reachable
``v`` (Theorem 11 c). With two states the values that would break this fill a cone at the limit, between the slopes
``gamma_A`` and ``1 / gamma_A``; with ``gamma_A = 0`` it is the whole quadrant of values that dominate the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import Ties, best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.pareto.enclosure.result import Enclosure
from ssg_mip.pareto.front import ParetoFront
from ssg_mip.plot.canvas import literally, new_axes
from ssg_mip.plot.fronts import plot_front
from ssg_mip.plot.view import FrontView, RunView, axis_label, front_view, run_view
from ssg_mip.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEFAULT_SAMPLES = 2000
"""Policies sampled: enough to see the shape of the reachable values, in a few seconds."""

_SHARPNESS = (1.0, 4.0, 16.0)
"""Powers that sampled probabilities are raised to in turn: of the whole simplex, near its sides, near its corners."""

_CONE_SHARE = 0.35
"""Length of the cone relative to the spread of what else is drawn."""


def plot_values(
    game: Game,
    ax: Axes | None = None,
    *,
    run: Result | RunView | None = None,
    front: ParetoFront | Enclosure | FrontView | None = None,
    states: Sequence[str] | None = None,
    samples: int = DEFAULT_SAMPLES,
    seed: int = 0,
    ties: Ties = "leader",
) -> Axes:
    """Draw reachable values in two states, a front, the course of a run, and the cone of Theorem 11 (c) at its limit.

    Parameters
    ----------
    game
        The game.
    ax
        Where to draw; new axes if absent.
    run
        A run whose iterates are joined by a line. The cone is drawn where it stopped at a proven limit, and if the
        game has two states: with more, the theorem says nothing about two of them.
    front
        A front or an enclosure with respect to the leader's values in both states.
    states
        Names of the two states; by default those in which the sampled values differ most.
    samples, seed, ties
        As in :func:`sampled_values`.

    Raises
    ------
    OptionError
        If matplotlib is absent, the game has one state only, ``states`` does not name two states, or the run is about
        other states.
    """
    reached = sampled_values(game, samples, seed=seed, ties=ties)
    sampled = _sampled_view(game, reached).narrowed(2, states)
    ax = new_axes() if ax is None else ax
    if front is not None:
        plot_front(front_view(front), ax, states=sampled.names)
    ax.scatter(
        sampled.points[:, 0],
        sampled.points[:, 1],
        s=4,
        color="0.7",
        label="reachable (sampled)",
        zorder=1,
        rasterized=True,
    )
    if run is not None:
        _draw_run(game, run_view(run), sampled, ax)
    ax.set_xlabel(literally(sampled.labels[0]))
    ax.set_ylabel(literally(sampled.labels[1]))
    ax.set_title(literally(game.name))
    ax.grid(visible=True, alpha=0.3)
    ax.legend()
    return ax


def sampled_values(game: Game, samples: int, *, seed: int = 0, ties: Ties = "leader") -> FloatArray:
    """The leader's exact values at random policies, shape ``[samples, num_states]``.

    Parameters
    ----------
    game
        The game.
    samples
        How many policies, at least one. A third each is drawn from the whole simplex, near its sides and near its
        corners.
    seed
        Of the random numbers.
    ties
        The tie rule.

    Raises
    ------
    OptionError
        If ``samples`` is not positive.
    """
    if samples < 1:
        raise OptionError(f"samples is {samples}; it must be at least 1")
    rng = np.random.default_rng(seed)
    values = np.empty((samples, game.num_states))
    for place in range(samples):
        weights = rng.exponential(size=int(game.leader_offsets[-1])) ** _SHARPNESS[place % len(_SHARPNESS)]
        values[place] = best_response(game, LeaderPolicy.from_slots(game, weights), ties).leader_values
    return values


def cone_corners(limit: FloatArray, leader_discount: float, length: float) -> FloatArray:
    """The cone at a limit, cut off at a length: corners, shape ``[4, 2]``, the limit first."""
    g = leader_discount
    return limit + length * np.array([[0.0, 0.0], [1.0, g], [1.0, 1.0], [g, 1.0]])


def _sampled_view(game: Game, reached: FloatArray) -> FrontView:
    nothing = np.empty((0, game.num_states))
    return FrontView(
        title=game.name,
        names=game.state_names,
        labels=tuple(axis_label("leader", state) for state in game.state_names),
        points=reached,
        unsupported=np.zeros(len(reached), dtype=bool),
        box_lower=nothing,
        box_upper=nothing,
        attained=nothing,
    )


def _draw_run(game: Game, run: RunView, sampled: FrontView, ax: Axes) -> None:
    if set(run.states) != set(game.state_names):
        raise OptionError(f"the run is about the states {', '.join(run.states[:8])}; {game.name} has others")
    course = run.values[:, [run.states.index(name) for name in sampled.names]]
    if not len(course):
        return
    ax.plot(*course.T, "-o", color="C2", markersize=4, linewidth=1.2, label="course of the run", zorder=4)
    ax.plot(*course[-1:].T, "*", color="C2", markersize=12, label="limit" if run.stationary else "end", zorder=5)
    if run.stationary and game.num_states == 2:
        length = _CONE_SHARE * float(np.ptp(np.vstack((sampled.points, course)), axis=0).max())
        corners = cone_corners(course[-1], game.leader_discount, length)
        ax.fill(*corners.T, color="C3", alpha=0.25, label="nothing here (Theorem 11 c)", zorder=1)
