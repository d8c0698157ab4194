"""Figures 1 (a, c, e) and 2 of Asymmetric Learning Dynamics (2025), with its own method and with tables.

Figure 1: payoffs, regrets and policies over time in the "Battle" of Table 1 for Hedge (seeing the leader's action, and
not; moving at every step, and once an iteration), the symmetric baseline and the explicit best response, with the bound
of Theorem 9 beside them. Figure 2: the time-averaged payoff in each of the 12 games under three schedules, which count
single moves, for a follower who sees the action; and by Algorithm 2 as it is printed, whose Hedge moves once in an
iteration and gets more of them for that. Each with a PPO leader, as printed, and with the tabular one of Theorem 10
(:mod:`ssg_mip.studies.asymmetric_runs`). All numbers are means over seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.learning.learners.asymmetric_learning.settings import Schedule
from ssg_mip.library import matrix_game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.studies.asymmetric_readings import CLOSE, figure_1, figure_2
from ssg_mip.studies.asymmetric_runs import (
    HIDDEN,
    LEARNERS,
    SEEN,
    Curve,
    Effort,
    Learner,
    Way,
    can_run,
    late,
    learn_curve,
    play,
    stackelberg_values,
    tables_of,
    way_of,
    ways,
)
from ssg_mip.studies.bimatrix import equilibria_of_two_by_two
from ssg_mip.studies.notebook import Notebook, Table
from ssg_mip.studies.theorem_9 import bound_of, read_bound

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BATTLE = "battle_of_table_1"

SCHEDULES: dict[str, Schedule] = {
    "regret": "regret",
    "no-regret every 100": "every",
    "no-regret after 100": "after",
}
"""Settings of Figure 2, as :class:`ssg_mip.learning.learners.asymmetric_learning.Settings` reads them.

An epoch is one move, as an episode of these games is.
"""

BY_ITERATION = "no-regret, Algorithm 2"
"""PPO and Hedge as in the paper's Algorithm 2, beside the three schedules."""

CURVE_COLUMNS = (
    *(
        "learner",
        "follower",
        "sees",
        "seeds",
        "moves",
        "leader_payoff",
        "follower_payoff",
        "leader_regret",
        "follower_regret",
    ),
    *("leader_stackelberg_row", "follower_answer_to_it", "proven_regret"),
    *("theorem_9_left", "theorem_9_proven", "theorem_9_declared"),
)


def draw_curves(notebook: Notebook, effort: Effort) -> None:
    """Figure 1 (a, c, e): one row per moment and curve, findings, and pictures."""
    game = matrix_game(BATTLE)
    table = notebook.table(*CURVE_COLUMNS, suffix="curves")
    equilibria = equilibria_of_two_by_two(*tables_of(game))
    values = {model: stackelberg_values(game, model) for model in ("action", "policy")}
    for learner in LEARNERS:
        if not can_run(notebook, learner):
            continue
        curves = curves_of(notebook, table, game, ways(learner), effort, "Battle")
        by_kind = {curve.way.kind: curve for curve in curves}
        notebook.findings.extend(figure_1(by_kind, values, equilibria))
    draw_all(notebook, table, "Battle of Table 1", "curves")


def curves_of(
    notebook: Notebook, table: Table, game: Game, asked: Sequence[Way], effort: Effort, title: str
) -> list[Curve]:
    """Curves of a game of one state, written down, with Theorem 9 for those of Hedge."""
    found = []
    for way in asked:
        curve = learn_curve(notebook, game, way, effort)
        if curve is None:
            break
        write_curve(notebook, table, game, curve, title)
        notebook.say(f"{title}, {way.label}: leader {curve.leader_payoffs[-1]:.4g} on average")
        found.append(curve)
    return found


def write_curve(notebook: Notebook, table: Table, game: Game, curve: Curve, title: str) -> None:
    """Rows of a curve, and what Theorem 9 says of it."""
    cells: dict[str, FloatArray] = {
        "leader_payoff": curve.leader_payoffs,
        "follower_payoff": curve.follower_payoffs,
        "leader_regret": curve.leader_regret,
        "follower_regret": curve.follower_regret,
        "leader_stackelberg_row": curve.leader_shares,
        "follower_answer_to_it": curve.follower_shares,
    }
    if curve.way.follower == "Hedge":
        bound = bound_of(curve, game, stackelberg_values(game, curve.way.information))
        notebook.findings.extend(read_bound(title, curve, bound))
        cells |= {
            "proven_regret": curve.bound,
            "theorem_9_left": bound.left,
            "theorem_9_proven": bound.proven,
            "theorem_9_declared": bound.declared,
        }
    for place, moves in enumerate(curve.steps):
        table.add(
            learner=curve.way.learner,
            follower=curve.way.follower,
            sees=curve.way.seen,
            seeds=len(curve.ends),
            moves=int(moves),
            **{name: float(values[place]) for name, values in cells.items()},
        )


def summarise_games(notebook: Notebook, games: list[str], effort: Effort, slow: Effort) -> None:
    """Figure 2: the leader's time-averaged payoff in each game under each schedule; ``slow`` is for Algorithm 2."""
    table = notebook.table(
        *("game", "learner", "sees", "schedule", "moves", "leader_payoff", "leader_in_last_tenth", "follower_payoff"),
        "value",
        suffix="schedules",
    )
    for learner in LEARNERS:
        if not can_run(notebook, learner):
            continue
        for name in games:
            for schedule in SCHEDULES:
                _add_schedule(notebook, table, name, schedule, way_of(learner, SEEN), effort)
            if learner == "PPO":
                _add_schedule(notebook, table, name, BY_ITERATION, way_of(learner, HIDDEN), slow)
        rows = [row for row in table.rows if row["learner"] == learner]
        notebook.say(f"{len(rows)} rows of {len(games)} games under schedules, {learner}")
        payoffs, values = (
            {(row["game"], row["schedule"]): row[column] for row in rows} for column in ("leader_payoff", "value")
        )
        notebook.findings.extend(figure_2(learner, payoffs, values))
        if rows:
            notebook.picture(partial(_draw_schedules, rows, learner), f"schedules-{learner.lower()}")


def _add_schedule(notebook: Notebook, table: Table, name: str, schedule: str, way: Way, effort: Effort) -> None:
    game = matrix_game(name)
    runs = play(notebook, game, way, effort, schedule=SCHEDULES.get(schedule, "no-regret"))
    if not runs:
        return
    table.add(
        game=name,
        learner=way.learner,
        sees="sees the action" if way.information == "action" else way.seen,
        schedule=schedule,
        moves=int(runs[0].steps[-1]),
        leader_payoff=float(np.mean([run.leader_payoffs[-1] for run in runs])),
        leader_in_last_tenth=float(np.mean([late(run) for run in runs])),
        follower_payoff=float(np.mean([run.follower_payoffs[-1] for run in runs])),
        value=stackelberg_values(game, way.information).leader,
    )


def draw_all(notebook: Notebook, table: Table, title: str, suffix: str) -> None:
    """Pictures of payoffs, regrets, policies and Theorem 9, one for each kind of leader."""
    for learner in LEARNERS:
        rows = [row for row in table.rows if row["learner"] == learner]
        if not rows:
            continue
        for what, columns, ylabel in (
            ("payoff", ("leader_payoff", "follower_payoff"), "average payoff"),
            ("regret", ("leader_regret", "follower_regret"), "cumulative regret"),
            ("policies", ("leader_stackelberg_row", "follower_answer_to_it"), "probability in the average policy"),
            ("theorem-9", ("theorem_9_left", "theorem_9_proven", "theorem_9_declared"), "distance of total payoffs"),
        ):
            draw = partial(_draw, rows, columns, f"{title}, {learner} leader", ylabel)
            notebook.picture(draw, f"{suffix}-{what}-{learner.lower()}")


_STYLES = ("-", "--", ":")


def _draw(rows: list[dict[str, Any]], columns: Sequence[str], title: str, ylabel: str, ax: Axes) -> Axes:
    names = list(dict.fromkeys((row["follower"], row["sees"]) for row in rows if columns[0] in row))
    for color, (follower, sees) in enumerate(names):
        mine = [row for row in rows if (row["follower"], row["sees"]) == (follower, sees)]
        for column, style in zip(columns, _STYLES, strict=False):
            label = f"{follower}, {sees}: {column.replace('_', ' ')}"
            moves = [row["moves"] for row in mine]
            ax.plot(moves, [row[column] for row in mine], style, color=f"C{color}", label=label)
    ax.set_xscale("log")
    if columns[0].startswith("theorem"):
        ax.set_yscale("log")
    ax.set_xlabel("moves")
    ax.set_ylabel(ylabel)
    ax.set_title(title)
    ax.legend(fontsize=5)
    return ax


def _draw_schedules(rows: list[dict[str, Any]], learner: Learner, ax: Axes) -> Axes:
    names = list(dict.fromkeys(row["game"] for row in rows))
    places: Any = np.arange(len(names))
    schedules = list(dict.fromkeys(row["schedule"] for row in rows))
    height = 0.8 / len(schedules)
    for shift, schedule in enumerate(schedules):
        values = [row["leader_payoff"] for row in rows if row["schedule"] == schedule]
        middle = shift - (len(schedules) - 1) / 2.0
        ax.barh(places[: len(values)] + height * middle, values, height=height, label=schedule)
    pure = [next(row["value"] for row in rows if row["game"] == name) for name in names]
    ax.plot(pure, places, "k|", markersize=14, label="pure Stackelberg value")
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.set_xlabel("leader's average payoff")
    ax.set_title(f"{learner} leader; within {2 * CLOSE:g} counts as reached")
    ax.legend(fontsize=7)
    return ax
