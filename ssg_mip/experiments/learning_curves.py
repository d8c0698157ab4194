"""The curves of Asymmetric Learning Dynamics (2025), Figures 1 to 3, with the tabular dynamics of its Theorem 10.

A Q-learning leader with step ``t ** -0.6`` and a Hedge follower who sees the realised action: payoffs, regrets and
policies over time in the "Battle" of Table 1, beside a symmetric learner and an explicit best response (Figure 1); the
time-averaged payoff in each of the 12 games under the three schedules of Figure 2; and the prisoner's dilemma for
growing numbers of steps (Figure 3, left). All numbers are means over seeds.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.experiments.notebook import Notebook, Table, number
from ssg_mip.game import Game
from ssg_mip.library import matrix_game
from ssg_mip.methods.learning.asymmetric_learning import Dynamics, Settings, learn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BATTLE, DILEMMA = "battle_of_table_1", "prisoners_dilemma"

DYNAMICS = {
    "Hedge": Settings(),
    "symmetric": Settings(follower="q-learning"),
    "explicit best response": Settings(follower="best-response"),
}
"""Followers of Figure 1."""

SCHEDULES = {
    "regret": Settings(schedule="regret"),
    "no-regret every 100": Settings(schedule="every"),
    "no-regret after 100": Settings(schedule="after"),
}
"""Settings of Figure 2, as :class:`ssg_mip.methods.learning.asymmetric_learning.Settings` reads them."""

POINTS = 100
"""Points of a curve."""

CLOSE = 0.1
"""Average payoffs count as converged within this; payoffs are whole numbers."""


def draw_curves(notebook: Notebook, steps: int, seeds: int) -> None:
    """Figure 1: one row per moment and kind of follower."""
    table = notebook.table(
        *("follower", "step", "leader_payoff", "follower_payoff", "leader_regret", "follower_regret"),
        *("leader_first_row", "follower_first_column"),
        suffix="curves",
    )
    game = matrix_game(BATTLE)
    for name, settings in DYNAMICS.items():
        if notebook.stopped:
            return
        runs = [_learned(game, settings, seed, steps) for seed in range(notebook.seed, notebook.seed + seeds)]
        for place, step in enumerate(runs[0].steps):
            table.add(
                follower=name,
                step=int(step),
                leader_payoff=_mean(runs, "leader_payoffs", place),
                follower_payoff=_mean(runs, "follower_payoffs", place),
                leader_regret=_mean(runs, "leader_regret", place),
                follower_regret=_mean(runs, "follower_regret", place),
                leader_first_row=float(np.mean([run.leader_averages[place][0] for run in runs])),
                follower_first_column=float(np.mean([run.follower_averages[place][0] for run in runs])),
            )
        notebook.say(f"{BATTLE}, {name}: average payoff {number(table.column('leader_payoff', follower=name)[-1])}")
    _compare_curves(notebook, table, steps)
    for what in ("payoff", "regret"):
        notebook.picture(partial(_draw_curves, table, what), f"curves-{what}")
    notebook.picture(partial(_draw_policies, table), "curves-policies")


def summarise_games(notebook: Notebook, games: list[str], values: dict[str, float], steps: int, seeds: int) -> None:
    """Figure 2: the leader's time-averaged payoff in each game under each schedule."""
    table = notebook.table("game", "schedule", "leader_payoff", "follower_payoff", "pure_value", suffix="schedules")
    for name in games:
        for schedule, settings in SCHEDULES.items():
            if notebook.stopped:
                return
            game = matrix_game(name)
            runs = [_learned(game, settings, seed, steps, 1) for seed in range(notebook.seed, notebook.seed + seeds)]
            payoffs = {f"{player}_payoff": _mean(runs, f"{player}_payoffs", -1) for player in ("leader", "follower")}
            table.add(game=name, schedule=schedule, pure_value=values[name], **payoffs)
    notebook.say(f"{len(games)} games under {len(SCHEDULES)} schedules")
    for schedule in SCHEDULES:
        rows = [row for row in table.rows if row["schedule"] == schedule]
        missed = [row["game"] for row in rows if row["pure_value"] - row["leader_payoff"] > 2.0 * CLOSE]
        notebook.find(
            f"12 games, {schedule}: average payoff after {steps} steps against the Stackelberg value",
            "close in most games; lower in the prisoner's dilemma and deadlock without regret",
            f"within {2.0 * CLOSE:g} of the pure value in {len(rows) - len(missed)} of {len(rows)}; lower in "
            f"{', '.join(missed) or 'none'}",
            None,
        )
    notebook.picture(partial(_draw_schedules, table), "schedules")


def lengthen_dilemma(notebook: Notebook, value: float, lengths: tuple[int, ...], seeds: int) -> None:
    """Figure 3, left: how many steps the prisoner's dilemma takes."""
    table = notebook.table("steps", "leader_payoff", "distance", suffix="dilemma")
    game = matrix_game(DILEMMA)
    for steps in lengths:
        if notebook.stopped:
            return
        runs = [_learned(game, Settings(), seed, steps, 1) for seed in range(notebook.seed, notebook.seed + seeds)]
        payoff = _mean(runs, "leader_payoffs", -1)
        table.add(steps=steps, leader_payoff=payoff, distance=abs(payoff - value))
    notebook.say(f"{DILEMMA}: {', '.join(number(one) for one in table.column('distance'))}")
    enough = next((row["steps"] for row in table.rows if row["distance"] <= CLOSE), None)
    distances = "; ".join(f"{row['steps']}: {row['distance']:.3f}" for row in table.rows)
    notebook.find(
        f"prisoner's dilemma: steps until the average payoff is within {CLOSE:g} of {value:g}",
        "T > 10^4 in the text, T > 10^3 in the appendix; no accuracy is named",
        f"{'more than tried' if enough is None else enough} (distance by steps: {distances})",
        None,
        "both players have a dominant action, which the tabular dynamics find soon; the paper's leader is PPO",
    )


def _learned(game: Game, settings: Settings, seed: int, steps: int, points: int = POINTS) -> Dynamics:
    return learn(game, settings, np.random.default_rng(seed), steps=steps, num_moments=min(points, steps))


def _mean(runs: list[Dynamics], member: str, place: int) -> float:
    return float(np.mean([getattr(run, member)[place] for run in runs]))


def _compare_curves(notebook: Notebook, table: Table, steps: int) -> None:
    last = {name: [row for row in table.rows if row["follower"] == name][-1] for name in DYNAMICS}
    hedge = last["Hedge"]
    near = abs(hedge["leader_payoff"] - 10 / 3) < CLOSE and abs(hedge["follower_payoff"] - 2 / 3) < CLOSE
    notebook.find(
        "Battle: average payoffs of both",
        "(3.33, 0.67), called the Stackelberg values",
        "; ".join(f"{name} ({row['leader_payoff']:.3g}, {row['follower_payoff']:.3g})" for name, row in last.items())
        + f" after {steps} steps",
        near,
        "the first row alone yields (5, 1), and that is where the dynamics go",
    )
    first = [row for row in table.rows if row["follower"] == "Hedge"][max(0, POINTS // 10 - 1)]
    rates = [max(0.0, row["follower_regret"]) / row["step"] for row in (first, hedge)]
    notebook.find(
        "Battle: the follower's regret",
        "sublinear",
        f"{rates[0]:.2g} a step after {first['step']} steps, {rates[1]:.2g} after {hedge['step']}",
        bool(rates[1] <= rates[0]),
    )


def _draw_curves(table: Table, what: str, ax: Axes) -> Axes:
    for color, name in enumerate(DYNAMICS):
        for player, style in (("leader", "-"), ("follower", "--")):
            steps, values = (table.column(column, follower=name) for column in ("step", f"{player}_{what}"))
            ax.plot(steps, values, style, color=f"C{color}", label=f"{name}: {player}")
    ax.set_xscale("log")
    ax.set_xlabel("steps")
    ax.set_ylabel({"payoff": "average payoff", "regret": "cumulative regret"}[what])
    ax.set_title("Battle of Table 1")
    ax.legend(fontsize=7)
    return ax


def _draw_policies(table: Table, ax: Axes) -> Axes:
    for color, name in enumerate(DYNAMICS):
        for column, style, label in (
            ("leader_first_row", "-", "leader, first row"),
            ("follower_first_column", "--", "follower, first column after the first row"),
        ):
            steps, shares = (table.column(one, follower=name) for one in ("step", column))
            ax.plot(steps, shares, style, color=f"C{color}", label=f"{name}: {label}")
    ax.set_xscale("log")
    ax.set_xlabel("steps")
    ax.set_ylabel("probability in the average policy")
    ax.legend(fontsize=7)
    return ax


def _draw_schedules(table: Table, ax: Axes) -> Axes:
    names = list(dict.fromkeys(table.column("game")))
    places: Any = np.arange(len(names))
    for shift, schedule in enumerate(SCHEDULES):
        values = table.column("leader_payoff", schedule=schedule)
        ax.barh(places[: len(values)] + 0.25 * (shift - 1), values, height=0.25, label=schedule)
    pure = [next(iter(table.column("pure_value", game=name))) for name in names]
    ax.plot(pure, places, "k|", markersize=14, label="pure Stackelberg value")
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.set_xlabel("leader's average payoff")
    ax.legend(fontsize=7)
    return ax
