"""Table 3 of Zhang et al.: the game Maintain, whose Stackelberg equilibrium is no Nash equilibrium."""

from __future__ import annotations

from typing import Any

from ssg_mip.studies.coordination import Printed, Settings, run_game
from ssg_mip.studies.exploration_variants import add_variants
from ssg_mip.studies.notebook import Notebook
from ssg_mip.studies.training_curves import add_distribution

TITLE = "Zhang et al., AAAI 2020, Table 3 and Figure 5: the game Maintain"

FULL: dict[str, Any] = {"published": True}

TABLE_3 = Printed(
    where="printed in Table 3",
    optimal="A-X",
    value=20.0,
    nash=("B-Y", "C-Z"),
    rows={
        "Bi-AC": (20.0, 15.0, 1.0),
        "I-DQN": (9.5, 5.5, 0.0),
        "MADDPG": (12.0, 4.5, 0.0),
        "TD3": (11.5, 5.0, 0.0),
        "Hysteretic-DQN": (9.1, 5.9, 0.0),
        "Lenient-DQN": (8.8, 6.2, 0.0),
    },
)


def run(notebook: Notebook, settings: Settings) -> None:
    """The certified optima, the printed rows, the learners, their curves, and other ways of exploring."""
    game, trainings = run_game(notebook, settings, "maintain", TABLE_3)
    if trainings:
        add_distribution(notebook, game, trainings, {"Bi-AC": "A-X", "MADDPG": "B-Y"})
    if settings.variant_runs:
        add_variants(notebook, game, TABLE_3, settings.variant_runs, published=settings.published)


__all__ = ["FULL", "TITLE", "Settings", "run"]
