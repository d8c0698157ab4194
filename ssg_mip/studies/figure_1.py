"""Figure 1 of Kudo & Akimoto: a game without an equilibrium, and how strong the threat must be.

The follower is tempted by ``x`` and punished by ``y``. If the discounted punishment ``gamma_B y`` exceeds ``x``, the
leader can protect one of the two states but not both: two Pareto points, no equilibrium. If it is smaller, nothing is
worth anything. Here the certified optimum and the verdict on existence are computed for a range of ``y``.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.library import kudo_akimoto_figure_1
from ssg_mip.runs.settings import DISCOUNT, POSITIVE
from ssg_mip.studies.notebook import BOUND, PROOF_GAP, Notebook, Table, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Kudo & Akimoto, ACML 2025, Figure 1: a game without an equilibrium, and the threat that it takes"

FULL: dict[str, Any] = {}

SECONDS = 20.0
"""For one solve; they take well under a second."""

ACCURACY = 1e-5
"""Up to which values agree: the gap is 1e-6."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The temptation, the punishments tried, and both discounts."""

    x: float = 1.0
    punishments: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0, 1.1, 1.125, 1.25, 1.5, 2.0, 3.0)
    discount: float = 0.9

    def __post_init__(self) -> None:
        POSITIVE.check(self, "x")
        POSITIVE.check_each(self, "punishments")
        DISCOUNT.check(self, "discount")


def run(notebook: Notebook, settings: Settings) -> None:
    """Solve the game for every punishment, and draw it."""
    from ssg_mip.pareto.existence.existence import existence

    g = settings.discount
    table = notebook.table("x", "y", "discounted_y", "threat_works", "value", BOUND, "verdict", "value_s1", "value_s2")
    for y in settings.punishments:
        if notebook.stopped:
            break
        game = kudo_akimoto_figure_1(settings.x, y, g, g)
        best = notebook.solve(game, "commitment", seconds=SECONDS, gap=PROOF_GAP)
        verdict = existence(game, time_limit=min(SECONDS, notebook.deadline.remaining), interrupt=notebook.interrupt)
        table.add(
            x=settings.x,
            y=y,
            discounted_y=g * y,
            threat_works=threat_works(g * y, settings.x),
            value=best.leader_value,
            **{BOUND: best.dual_bound},
            verdict=verdict.verdict.name.lower(),
            value_s1=float(best.leader_values[0]),
            value_s2=float(best.leader_values[1]),
        )
        notebook.say(f"y = {y:g}: value {number(best.leader_value)}, an equilibrium: {verdict.verdict.name.lower()}")
    compare(notebook, table, g)
    notebook.picture(lambda ax: _draw_game(ax, settings))
    notebook.picture(lambda ax: _draw_threat(ax, table), "threat")


def threat_works(discounted: float, temptation: float) -> bool | None:
    """Whether the discounted punishment exceeds the temptation; ``None`` where they are equal up to rounding."""
    return None if math.isclose(discounted, temptation, rel_tol=ACCURACY) else discounted > temptation


def compare(notebook: Notebook, table: Table, g: float) -> None:
    """Hold values and verdicts against what is printed; what there was no time for is no disagreement."""
    high, low = 1.0 / (1.0 - g), g / (1.0 - g)
    for works, expected, verdict in ((True, (high, low), "none"), (False, (0.0, 0.0), "exists")):
        rows = [row for row in table.rows if row["threat_works"] is works]
        if not rows:
            continue
        pairs = np.array([sorted((row["value_s1"], row["value_s2"]), reverse=True) for row in rows])
        proven = max(abs(row[BOUND] - sum(expected) / 2.0) for row in rows)
        agrees = bool(np.abs(pairs - expected).max() < ACCURACY * (1.0 + high) and proven < ACCURACY * (1.0 + high))
        found = sorted({row["verdict"] for row in rows})
        sign = ">" if works else "<"
        notebook.find(
            f"values where gamma_B y {sign} x",
            f"({number(expected[0])}, {number(expected[1])})" + (" or its mirror image" if works else ""),
            f"({number(pairs[0][0])}, {number(pairs[0][1])}) at all {len(rows)} punishments"
            if agrees
            else f"between {pairs.min(axis=0)} and {pairs.max(axis=0)}",
            notebook.verdict(agrees),
        )
        notebook.find(
            f"an equilibrium where gamma_B y {sign} x",
            "does not exist" if works else "not printed; every policy is worth 0",
            f"{', '.join(found)} at {len(rows)} punishments",
            _no_equilibrium(found) if works else None,
            "" if works else f"{_as_expected(found, verdict)} expected here: {verdict}",
        )
    ties = sum(row["threat_works"] is None for row in table.rows)
    if ties:
        notebook.note(f"At {ties} punishments gamma_B y equals x: what happens there is up to the tie rule.")


def _as_expected(verdicts: list[str], wanted: str) -> str:
    """How a reading of verdicts begins; a limit that came first contradicts nothing."""
    if verdicts == [wanted]:
        return "as"
    return "open at some, where a limit came first;" if {*verdicts} <= {wanted, "undecided"} else "not as"


def _no_equilibrium(verdicts: list[str]) -> bool | None:
    """Whether the verdicts say that there is none; ``None`` if some are open and no other contradicts."""
    if "exists" in verdicts:
        return False
    return None if "undecided" in verdicts else True


def _draw_game(ax: Axes, settings: Settings) -> Axes:
    from ssg_mip.plot import plot_state_graph

    game = kudo_akimoto_figure_1(settings.x, settings.punishments[-1], settings.discount, settings.discount)
    plot_state_graph(game, ax=ax)
    for place, text in enumerate(
        (
            "(a1, b1) / (1, 0): stay",
            f"(a1, b2) / (0, {settings.x:g}): move",
            f"(a2, any) / (0, -{settings.punishments[-1]:g}): move",
        )
    ):
        ax.text(0.5, 0.1 - 0.06 * place, text, transform=ax.transAxes, ha="center", fontsize=9)
    return ax


def _draw_threat(ax: Axes, table: Table) -> Axes:
    punished = table.column("discounted_y")
    ax.plot(punished, table.column("value"), "o-", color="C0", label="certified optimum (start uniform)")
    ax.plot(punished, table.column(BOUND), "_", color="C3", markersize=12, label="bound over stationary policies")
    ax.axvline(table.rows[0]["x"] if table.rows else 1.0, color="0.6", linestyle=":", label="gamma_B y = x")
    ax.set_xlabel("discounted punishment gamma_B y")
    ax.set_ylabel("leader's value")
    ax.legend()
    return ax
