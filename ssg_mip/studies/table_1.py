r"""Table 1 of Kudo & Akimoto: what a policy of the game of Figure 1 is worth, as a formula.

The leader plays ``a1`` with probability ``p`` in ``s1`` and ``q`` in ``s2``. If the follower then stays in ``s1`` and
runs from ``s2``, the table prints ``p / (1 - g)`` for ``s1`` and ``p g / (1 - g)`` for ``s2``, ``g`` the leader's
discount. But with probability ``1 - p`` the leader moves on to ``s2`` itself, from where play comes back a step later:

    V(s1) = p (1 + g V(s1)) + (1 - p) g V(s2),   V(s2) = g V(s1),   so   V(s1) = p / ((1 - g) (1 + g (1 - p))),

which is what is printed only where ``p = 1`` (or ``0``). The second case is the mirror image, the third is worth 0.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library import kudo_akimoto_figure_1
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.runs.settings import DISCOUNT
from ssg_mip.studies.notebook import Notebook, Table, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Kudo & Akimoto, ACML 2025, Table 1: the leader's value in the game of Figure 1, on a grid of policies"

FULL: dict[str, Any] = {}

ACCURACY = 1e-9
"""Up to this a formula is what exact evaluation gives: values are below 20, linear solves lose some 1e-14 of that."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What the grid looks like: ``levels`` steps of ``p`` and ``q``, one game per leader discount."""

    levels: int = 40
    leader_discounts: tuple[float, ...] = (0.5, 0.9)
    x: float = 1.0
    y: float = 2.0

    def __post_init__(self) -> None:
        if self.levels < 2:
            raise OptionError(f"setting levels is {self.levels}; it must be at least 2")
        DISCOUNT.check_each(self, "leader_discounts")


def printed_value(p: float, g: float) -> float:
    """What the table prints for the state in which the follower stays."""
    return p / (1.0 - g)


def corrected_value(p: float, g: float) -> float:
    """What the drawn game gives there."""
    return p / ((1.0 - g) * (1.0 + g * (1.0 - p)))


def run(notebook: Notebook, settings: Settings) -> None:
    """Evaluate every policy of the grid exactly and hold both formulas against it."""
    table = notebook.table(
        *("leader_discount", "p", "q", "case", "value_s1", "value_s2"),
        *("printed_s1", "printed_s2", "corrected_s1", "corrected_s2"),
    )
    for g in settings.leader_discounts:
        game = kudo_akimoto_figure_1(settings.x, settings.y, leader_discount=g)
        for p in np.linspace(0.0, 1.0, settings.levels + 1):
            if notebook.stopped:
                break
            for q in np.linspace(0.0, 1.0, settings.levels + 1):
                _evaluate(table, game, settings.x, float(p), float(q))
        notebook.say(f"discount {g:g}: {len(table.column('p', leader_discount=g))} policies")
    _compare(notebook, table)
    notebook.picture(lambda ax: _draw(ax, table, settings.leader_discounts[-1]))


def _evaluate(table: Table, game: Game, x: float, p: float, q: float) -> None:
    """Add a row; policies on the border between two cases belong to none and are left out."""
    response = best_response(game, LeaderPolicy(np.array([[p, 1.0 - p], [q, 1.0 - q]])))
    g = game.leader_discount
    lead = float(np.subtract(*response.follower_values)) - x / game.follower_discount
    trail = -float(np.subtract(*response.follower_values)) - x / game.follower_discount
    if min(abs(lead), abs(trail)) < ACCURACY:
        return
    case = 1 if lead > 0.0 else 2 if trail > 0.0 else 3
    stay = {1: p, 2: q, 3: 0.0}[case]
    there, other = ("s2", "s1") if case == 2 else ("s1", "s2")
    cells: dict[str, float] = {}
    for name, formula in (("printed", printed_value), ("corrected", corrected_value)):
        cells |= {f"{name}_{there}": formula(stay, g), f"{name}_{other}": g * formula(stay, g)}
    here, across = map(float, response.leader_values)
    table.add(leader_discount=g, p=p, q=q, case=case, value_s1=here, value_s2=across, **cells)


def _errors(table: Table, formula: str, **where: Any) -> FloatArray:
    """How far a formula is from the exact values, the larger of the two states, per row."""
    gaps = [
        np.subtract(table.column(f"{formula}_{state}", **where), table.column(f"value_{state}", **where))
        for state in ("s1", "s2")
    ]
    largest: FloatArray = np.abs(gaps).max(axis=0)
    return largest


def _compare(notebook: Notebook, table: Table) -> None:
    for case in (1, 2, 3):
        formula = "p/(1-g), p g/(1-g)" if case == 1 else "q g/(1-g), q/(1-g)"
        printed, corrected = (_errors(table, name, case=case) for name in ("printed", "corrected"))
        if not len(printed):
            notebook.note(f"No policy of the grid belongs to case {case}.")
            continue
        if case == 3:
            notebook.find(
                "case 3",
                "0, 0",
                f"within {number(printed.max())} of 0 in both states, at {len(printed)} policies",
                bool(printed.max() < ACCURACY),
            )
            continue
        certain = np.array(table.column("p" if case == 1 else "q", case=case)) == 1.0
        wrong = int((printed > ACCURACY).sum())
        notebook.find(
            f"case {case}",
            formula,
            f"{wrong} of {len(printed)} policies are worth something else, by up to {number(printed.max())}; where the "
            f"probability is 1, {int((printed[certain] > ACCURACY).sum())} of {int(certain.sum())}",
            wrong == 0,
            _reading(wrong, float(corrected.max())),
        )
        notebook.find(
            f"case {case}, corrected",
            "not printed: p/((1-g)(1+g(1-p))), and g times that in the other state",
            f"differs from exact evaluation by at most {corrected.max():.1e} at {len(corrected)} policies",
            None,
        )
        g = max(table.column("leader_discount", case=case))
        best = max(table.column("value_s1" if case == 1 else "value_s2", case=case, leader_discount=g))
        notebook.find(
            f"best value of case {case}, discount {g:g}",
            f"1/(1-g) = {number(1 / (1 - g))}",
            number(best),
            notebook.verdict(abs(best - 1 / (1 - g)) < ACCURACY),
        )


def _reading(wrong: int, corrected: float) -> str:
    """Why print is wrong, if it is and the corrected formula is right."""
    if wrong == 0:
        return ""
    if corrected > ACCURACY:
        return f"not explained: the corrected formula is off as well, by up to {number(corrected)}"
    return "the step to the other state that the leader makes with the rest of its probability was left out"


def _draw(ax: Axes, table: Table, g: float) -> Axes:
    """Case 1: the value in s1 over p, exact and by both formulas."""
    p, values = (table.column(name, case=1, leader_discount=g) for name in ("p", "value_s1"))
    grid = np.linspace(0.0, 1.0, 101)
    ax.plot(grid, [printed_value(one, g) for one in grid], "--", color="C3", label="printed")
    ax.plot(grid, [corrected_value(one, g) for one in grid], color="C0", label="corrected")
    ax.plot(p, values, "o", color="0.3", markersize=3, label="exact evaluation")
    ax.set_xlabel("p, the probability of a1 in s1")
    ax.set_ylabel("leader's value in s1")
    ax.set_title(f"Table 1, first case, leader's discount {g:g}")
    ax.legend()
    return ax
