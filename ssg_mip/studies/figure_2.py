"""Figure 2 of Kudo & Akimoto: the Pareto-optimal values in the space of the values of two states.

The paper's figure is a sketch. Here are the same sets for games that exist: the game of Figure 1 and a random game with
two states. Values of sampled policies are drawn beside the front, which is enclosed: attained points, and boxes outside
which no stationary policy has a value that a point does not cover within the resolution.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.library import kudo_akimoto_figure_1, random_game
from ssg_mip.runs.settings import COUNT, NOT_NEGATIVE, POSITIVE
from ssg_mip.studies.notebook import Notebook, Table, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ssg_mip.pareto.enclosure.result import Enclosure

TITLE = "Kudo & Akimoto, ACML 2025, Figure 2: Pareto-optimal values in the space of two state values"

FULL: dict[str, Any] = {}

SECONDS = 60.0
"""For one front; they take some seconds."""

ACCURACY = 1e-5
"""Up to which values agree: attained values are exact, the gap of the runs is 1e-4 and closes at once here."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How many policies are sampled, the resolution of the fronts, and the seed of the random game."""

    samples: int = 2000
    resolution: float = 0.02
    game_seed: int = 9

    def __post_init__(self) -> None:
        COUNT.check(self, "samples")
        POSITIVE.check(self, "resolution")
        NOT_NEGATIVE.check(self, "game_seed")


def run(notebook: Notebook, settings: Settings) -> None:
    """Enclose the front of both games and sample what can be reached."""
    from ssg_mip.pareto.enclosure.entry import enclose_front
    from ssg_mip.plot import sampled_values

    table = notebook.table("game", "kind", "value_s1", "value_s2")
    games = {"figure-1": kudo_akimoto_figure_1(), "random": random_game(settings.game_seed, 2, 2, 2, 2)}
    for name, game in games.items():
        if notebook.stopped:
            break
        front = enclose_front(
            game,
            resolution=settings.resolution,
            time_limit=min(SECONDS, notebook.deadline.remaining),
            interrupt=notebook.interrupt,
            seed=notebook.seed,
        )
        reached = sampled_values(game, settings.samples, seed=notebook.seed)
        for kind, rows in (("front", front.values), ("sampled", reached)):
            for row in rows:
                table.add(game=name, kind=kind, value_s1=float(row[0]), value_s2=float(row[1]))
        notebook.say(f"{game.name}: {len(front.points)} points, resolution {number(front.resolution)}")
        if name == "figure-1":
            _compare_points(notebook, front.values, game.leader_discount)
        _compare_cover(notebook, game, front, reached)
        notebook.picture(partial(_draw, game, front, settings.samples, notebook.seed), name)
    _remark(notebook, table)


def _compare_points(notebook: Notebook, points: np.ndarray[Any, Any], g: float) -> None:
    expected = np.array([[g, 1.0], [1.0, g]]) / (1.0 - g)
    found = points[np.argsort(points[:, 0])]
    agrees = found.shape == expected.shape and bool(np.abs(found - expected).max() < ACCURACY)
    notebook.find(
        "the Pareto points of the game of Figure 1",
        "(1/(1-g), g/(1-g)) and (g/(1-g), 1/(1-g))",
        " and ".join(f"({number(one[0])}, {number(one[1])})" for one in found),
        notebook.verdict(agrees),
    )


def _compare_cover(notebook: Notebook, game: Game, front: Enclosure, reached: np.ndarray[Any, Any]) -> None:
    """How far sampled values stick out of what the front covers; at most by its resolution if that is right."""
    excess = (reached[:, None, :] - front.values[None, :, :]).max(axis=2).min(axis=1)
    notebook.find(
        f"{game.name}: nothing lies above the front",
        "the area above a Pareto-optimal value is empty",
        f"{len(front.points)} points; of {len(reached)} sampled policies none exceeds them in both states by more than "
        f"{number(max(0.0, float(excess.max())))}; proven resolution {number(front.resolution)}",
        notebook.verdict(bool(excess.max() <= front.resolution + ACCURACY)),
    )


def _remark(notebook: Notebook, table: Table) -> None:
    notebook.note(
        f"The printed figure is a sketch without numbers; {len(table.rows)} values of two games stand here for it."
    )


def _draw(game: Game, front: Enclosure, samples: int, seed: int, ax: Axes) -> Axes:
    from ssg_mip.plot import plot_values

    return plot_values(game, ax, front=front, samples=samples, seed=seed)
