"""The ablation of Asymmetric Learning Dynamics (2025), section 5: steps of Hedge and learning rates of PPO.

The paper tested ``eta`` in {0.02, 0.05, 0.1} and rates in {1e-4, 3e-4, 1e-3}, chose the middle ones, and prints no
numbers. Here the Battle of its Table 1 is learned with all nine pairs by both of its algorithms: with a follower who
sees the leader's action and moves at every step, and, for longer, with one who sees none and moves once an iteration.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.library import matrix_game
from ssg_mip.studies.asymmetric_readings import CLOSE, close, listed, moves_to
from ssg_mip.studies.asymmetric_runs import (
    HIDDEN,
    PPO_RATE,
    ROLLOUT,
    SEEN,
    Effort,
    Kind,
    can_run,
    learn_curve,
    stackelberg_values,
    way_of,
)
from ssg_mip.studies.findings import Finding
from ssg_mip.studies.notebook import Notebook, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = (0.02, 0.05, 0.1)
"""Steps of Hedge that the paper tested."""

RATES = (1e-4, 3e-4, 1e-3)
"""Learning rates of PPO that the paper tested."""

SUFFIXES = {SEEN: "algorithm-1", HIDDEN: "algorithm-2"}
"""Names of the pictures."""


def compare_steps(notebook: Notebook, name: str, efforts: Mapping[Kind, Effort]) -> None:
    """One row per algorithm and pair in ``matrix-games-ablation.csv``; a picture and a finding per algorithm."""
    if not can_run(notebook, "PPO"):
        return
    table = notebook.table(
        *("sees", "eta", "rate", "moves", "leader_payoff", "leader_in_last_tenth", "worst_seed", "follower_payoff"),
        *("follower_regret", "leader_regret", "moves_to_value"),
        suffix="ablation",
    )
    for kind, effort in efforts.items():
        _add_pairs(notebook, table, name, kind, effort)


def _add_pairs(notebook: Notebook, table: Table, name: str, kind: Kind, effort: Effort) -> None:
    game, way = matrix_game(name), way_of("PPO", kind)
    value = stackelberg_values(game, way.information).leader
    for eta, rate in itertools.product(STEPS, RATES):
        curve = learn_curve(notebook, game, way, dataclasses.replace(effort, eta=eta, rate=rate))
        if curve is None:
            break
        table.add(
            sees=way.seen,
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
    rows = [row for row in table.rows if row["sees"] == way.seen]
    notebook.say(f"{len(rows)} pairs of steps in {name}, {way.label}")
    if len(rows) == len(STEPS) * len(RATES):
        notebook.findings.append(read_ablation(rows, value))
        notebook.picture(partial(_draw, rows, value), f"ablation-{SUFFIXES[kind]}")


def read_ablation(rows: list[dict[str, Any]], value: float) -> Finding:
    """Which learning rates are stable: with every step of Hedge, every seed ends close to the value."""
    worst = {rate: min(row["worst_seed"] for row in rows if row["rate"] == rate) for rate in RATES}
    stable = [rate for rate in RATES if close(worst[rate], value)]
    best = max(rows, key=lambda row: row["leader_payoff"])
    return Finding(
        what=f"Battle, PPO, {rows[0]['sees']}: rates {RATES[0]:g} to {RATES[-1]:g} with eta "
        f"{STEPS[0]:g} to {STEPS[-1]:g}",
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
