"""Table 2 of Zhang et al.: the game Escape, of common interest, with a trap in the corner where learners start."""

from __future__ import annotations

from typing import Any

from ssg_mip.studies.coordination import ACCURACY, Printed, Settings, run_game
from ssg_mip.studies.exploration_variants import add_variants
from ssg_mip.studies.notebook import Notebook
from ssg_mip.studies.training_curves import add_convergence

TITLE = "Zhang et al., AAAI 2020, Table 2 and Figure 4: the game Escape"

FULL: dict[str, Any] = {"published": True}

TABLE_2 = Printed(
    where="printed in Table 2",
    optimal="C-Z",
    value=30.0,
    nash=("A-X", "C-Z"),
    rows={
        "Bi-AC": (28.5, 28.5, 0.90),
        "I-DQN": (20.55, 20.55, 0.37),
        "MADDPG": (23.4, 23.4, 0.56),
        "TD3": (15.3, 15.3, 0.02),
        "Hysteretic-DQN": (13.25, 13.25, 0.0),
        "Lenient-DQN": (13.4, 13.4, 0.0),
    },
)


def run(notebook: Notebook, settings: Settings) -> None:
    """The certified optima, the printed rows, the learners, Bi-AC's convergence, and other ways of exploring."""
    game, trainings = run_game(notebook, settings, "escape", TABLE_2)
    if "Bi-AC" in trainings:
        add_convergence(notebook, game, trainings["Bi-AC"], TABLE_2.optimal, TABLE_2.value)
    if settings.variant_runs:
        add_variants(notebook, game, TABLE_2, settings.variant_runs, published=settings.published)
    for who, (leader, _, share) in TABLE_2.rows.items():
        both = 30.0 * share + 15.0 * (1.0 - share)
        if abs(both - leader) > ACCURACY:
            notebook.note(
                f"The printed row of {who} has runs that end in neither C-Z nor A-X: with those two alone its share "
                f"of {share:.0%} would make {both:g}, not {leader:g}"
                + (
                    f"; A-X in {(leader - 10.0) / 5.0:.0%} and entries worth 10 in the rest would."
                    if share == 0.0
                    else "."
                )
            )


__all__ = ["FULL", "TITLE", "Settings", "run"]
