"""Pictures with matplotlib (the ``plot`` extra). Functions draw on axes and return them; none shows a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game import Game
from ssg_mip.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ssg_mip.pareto.front import ParetoFront

_INSTALL = "pictures need matplotlib; install it with: python -m pip install 'ssg_mip[plot]'"


def plot_front(front: ParetoFront, ax: Axes | None = None, *, states: Sequence[str] | None = None) -> Axes:
    """Draw the leader's values in two states: every attained point in grey, the front on top.

    Parameters
    ----------
    front
        The front.
    ax
        Where to draw; new axes if absent.
    states
        Names of the two states on the axes. If absent, the two whose values differ most along the front.

    Notes
    -----
    Points that are not dominated over *all* states may look dominated in a picture of two of them.

    Raises
    ------
    OptionError
        If matplotlib is absent, the game has one state only, or ``states`` does not name two states.
    """
    across, up = _two_states(front, states)
    ax = _new_axes() if ax is None else ax
    attained = np.array(
        [point.leader_values for result in front.results for point in result.trajectory]
        + [result.leader_values for result in front.results if result.leader_policy is not None]
    ).reshape(-1, front.game.num_states)
    if len(attained):
        ax.scatter(attained[:, across], attained[:, up], s=14, color="0.75", label="attained", zorder=2)
    values = front.values[np.argsort(front.values[:, across])]
    ax.plot(values[:, across], values[:, up], "o", markersize=6, color="C0", label="front", zorder=3)
    ax.set_xlabel(f"leader's value in {front.game.state_names[across]}")
    ax.set_ylabel(f"leader's value in {front.game.state_names[up]}")
    ax.set_title(front.game.name)
    ax.grid(visible=True, alpha=0.3)
    ax.legend()
    return ax


def plot_progress(result: Result, ax: Axes | None = None) -> Axes:
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
    ax = _new_axes() if ax is None else ax
    seconds = [row.seconds for row in result.progress]
    for label, bounds in (
        ("bound", [row.dual_bound for row in result.progress]),
        ("value", [row.primal_bound for row in result.progress]),
    ):
        # NaN breaks a line; an infinite bound would stretch the axis for ever.
        known = np.where(np.isfinite(bounds), bounds, np.nan)
        ax.step(seconds, known, where="post", marker=".", label=label)
    ax.set_xlabel("seconds")
    ax.set_ylabel("weighted leader value")
    ax.set_title(f"{result.game.name}: {result.method}")
    ax.grid(visible=True, alpha=0.3)
    ax.legend()
    return ax


def check_picture(path: Path | str) -> None:
    """Check that matplotlib is there and writes the format that the file's name asks for (png without a suffix).

    Raises
    ------
    OptionError
        If not.
    """
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError:
        raise OptionError(_INSTALL) from None
    known = FigureCanvasBase.get_supported_filetypes()
    if _kind(path) not in known:
        raise OptionError(f"{path}: pictures cannot be written as {_kind(path)!r}; formats: {', '.join(sorted(known))}")


def save_picture(draw: Callable[..., Axes], subject: Any, path: Path | str, **how: Any) -> None:
    """Draw ``draw(subject, ax, **how)`` on a figure of its own, without a window, and write it to a file.

    Raises
    ------
    OptionError
        As :func:`check_picture`, and what ``draw`` raises.
    """
    check_picture(path)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 4.5), layout="constrained")
    draw(subject, figure.add_subplot(), **how)
    figure.savefig(path, format=_kind(path), dpi=150)


def _kind(path: Path | str) -> str:
    return Path(path).suffix.removeprefix(".").lower() or "png"


def _new_axes() -> Axes:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise OptionError(_INSTALL) from None
    axes: Axes = pyplot.subplots(layout="constrained")[1]
    return axes


def _two_states(front: ParetoFront, names: Sequence[str] | None) -> tuple[int, int]:
    game: Game = front.game
    if names is not None:
        chosen = [game.state_index(name) for name in names]
        if len(chosen) != 2 or chosen[0] == chosen[1]:
            raise OptionError(f"states is {list(names)!r}; a picture of a front needs two different states")
        return chosen[0], chosen[1]
    if game.num_states < 2:
        raise OptionError(f"{game.name} has one state; a picture of a front needs two")
    spread = np.ptp(front.values, axis=0) if len(front.points) else np.zeros(game.num_states)
    first, second = sorted(int(state) for state in np.argsort(-spread, kind="stable")[:2])
    return first, second
