"""The ablation of Asymmetric Learning Dynamics (2025), section 5: steps of Hedge and learning rates of PPO.

The paper tested ``eta`` in {0.02, 0.05, 0.1} and rates in {1e-4, 3e-4, 1e-3}, chose the middle ones, and prints no
numbers. Here the Battle of its Table 1 is learned with all nine pairs, the follower seeing the leader's action.
"""

from __future__ import annotations

import dataclasses
import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.library import matrix_game
from ssg_mip.studies.asymmetric_readings import CLOSE, close, listed, moves_to
from ssg_mip.studies.asymmetric_runs import (
    PPO_RATE,
    ROLLOUT,
    Effort,
    Way,
    can_run,
    learn_curve,
    stackelberg_values,
)
from ssg_mip.studies.findings import Finding
from ssg_mip.studies.notebook import Notebook

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = (0.02, 0.05, 0.1)
"""Steps of Hedge that the paper tested."""

RATES = (1e-4, 3e-4, 1e-3)
"""Learning rates of PPO that the paper tested."""

WAY = Way(learner="PPO", follower="Hedge", information="action")


def compare_steps(notebook: Notebook, name: str, effort: Effort) -> None:
    """One row per pair in ``matrix-games-ablation.csv``, a picture and a finding."""
    if not can_run(notebook, "PPO"):
        return
    table = notebook.table(
        *("eta", "rate", "moves", "leader_payoff", "leader_in_last_tenth", "worst_seed", "follower_payoff"),
        *("follower_regret", "leader_regret", "moves_to_value"),
        suffix="ablation",
    )
    game = matrix_game(name)
    value = stackelberg_values(game, "action").leader
    for eta, rate in itertools.product(STEPS, RATES):
        curve = learn_curve(notebook, game, WAY, dataclasses.replace(effort, eta=eta, rate=rate))
        if curve is None:
            break
        table.add(
            eta=eta,
            rate=rate,
            moves=int(curve.steps[-1]),
            leader_payoff=float(curve.leader_payoffs[-1]),
            leader_in_last_tenth=float(np.mean(curve.ends)),
            worst_seed=float(np.min(curve.ends)),
            follower_payoff=float(curve.follower_payoffs[-1]),
            follower_regret=float(curve.follower_regret[-1]),
            leader_regret=float(curve.leader_regret[-1]),
            moves_to_value=moves_to(curve, value),
        )
    notebook.say(f"{len(table.rows)} pairs of steps in {name}")
    if len(table.rows) == len(STEPS) * len(RATES):
        notebook.findings.append(read_ablation(table.rows, value))
        notebook.picture(partial(_draw, table.rows, value), "ablation")


def read_ablation(rows: list[dict[str, Any]], value: float) -> Finding:
    """Which learning rates are stable: with every step of Hedge, every seed ends close to the value."""
    worst = {rate: min(row["worst_seed"] for row in rows if row["rate"] == rate) for rate in RATES}
    stable = [rate for rate in RATES if close(worst[rate], value)]
    best = max(rows, key=lambda row: row["leader_payoff"])
    return Finding(
        what=f"Battle, PPO, {WAY.seen}: rates {RATES[0]:g} to {RATES[-1]:g} with eta {STEPS[0]:g} to {STEPS[-1]:g}",
        printed=f"all tested, {PPO_RATE:g} chosen as stable; no numbers",
        ours="worst last tenth of any seed and eta: "
        + "; ".join(f"{rate:g}: {one:.3g}" for rate, one in worst.items())
        + f", against {value:g}; the best average, {best['leader_payoff']:.3g}, with rate {best['rate']:g} and eta "
        f"{best['eta']:g}",
        agrees=PPO_RATE in stable,
        reading=f"within {CLOSE:g} of the value with every seed and eta after {rows[0]['moves'] // ROLLOUT} iterations"
        f": {listed([f'{rate:g}' for rate in stable])}",
    )


def _draw(rows: list[dict[str, Any]], value: float, ax: Axes) -> Axes:
    for eta in STEPS:
        mine = [row for row in rows if row["eta"] == eta]
        ax.plot(
            [row["rate"] for row in mine], [row["leader_payoff"] for row in mine], "o-", label=f"eta {eta:g}, average"
        )
        ax.plot(
            [row["rate"] for row in mine], [row["worst_seed"] for row in mine], "x:", label=f"eta {eta:g}, last tenth"
        )
    ax.axhline(value, color="0.6", linewidth=0.8)
    ax.set_xscale("log")
    ax.set_xlabel("learning rate of PPO")
    ax.set_ylabel("leader's payoff")
    ax.legend(fontsize=7)
    return ax
