"""Figure 3 of Asymmetric Learning Dynamics (2025): the prisoner's dilemma for growing numbers of moves.

Its three curves are a follower with regret, one without, and one without against a leader with memory (the last joint
action). Of the second the paper says that it needs more than 10^4 moves (section 5), or more than 10^3 (section A.10);
neither names an accuracy or what it is that converges. Here it is the leader's average payoff, and what is needed is
the number of moves from which on it stays within 0.1 of the value of the one-round game up to the end of the longest
run. Both of the paper's algorithms are run: with PPO it matters much whether Hedge moves at every step (Algorithm 1) or
once in an iteration (Algorithm 2). The tabular Hedge has a step for each horizon, so it is run anew for each; PPO is
run once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.learning.learners.asymmetric_learning.settings import Schedule
from ssg_mip.library import iterated_game, matrix_game
from ssg_mip.library.matrix_games import MATRIX_GAMES
from ssg_mip.studies.asymmetric_readings import CLOSE, close, settled
from ssg_mip.studies.asymmetric_runs import LEARNERS, ROLLOUT, Effort, Learner, Run, Way, can_run, designs, play, way_of
from ssg_mip.studies.findings import Finding
from ssg_mip.studies.notebook import Notebook, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DILEMMA = "prisoners_dilemma"

PRINTED = {"the text (section 5)": 10**4, "the appendix (A.10)": 10**3}
"""What has to be exceeded, by where that is printed."""

ROWS = 60
"""Rows of a PPO run in the table, evenly spread over the logarithm of the moves."""

STATE_POINTS = 100
"""Recorded moments of a game with states, whose regrets take exact evaluations."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """One of the three curves."""

    schedule: Schedule
    memory: bool


SETTINGS = {
    "regret, without memory": Setting(schedule="regret", memory=False),
    "no-regret, without memory": Setting(schedule="no-regret", memory=False),
    "no-regret, with memory": Setting(schedule="no-regret", memory=True),
}

WITHOUT_REGRET = "no-regret, without memory"


def lengthen_dilemma(notebook: Notebook, value: float, lengths: Sequence[int], discount: float, effort: Effort) -> None:
    """Figure 3: rows in ``matrix-games-dilemma.csv``, a picture, and findings."""
    table = notebook.table(
        *("learner", "sees", "setting", "moves", "leader_payoff", "distance", "follower_regret_per_move"),
        suffix="dilemma",
    )
    for learner in LEARNERS:
        if not can_run(notebook, learner):
            continue
        for way in (way_of(learner, kind) for kind in designs(learner)):
            for name in SETTINGS:
                _add(notebook, table, way, name, discount, value, sorted(lengths), effort)
            kept = (learner, way.seen, WITHOUT_REGRET)
            rows = [row for row in table.rows if (row["learner"], row["sees"], row["setting"]) == kept]
            if rows and not notebook.incomplete:
                notebook.findings.extend(read_horizon(learner, rows, value))
    for way in (way_of(learner, kind) for learner in LEARNERS for kind in designs(learner)):
        rows = [row for row in table.rows if (row["learner"], row["sees"]) == (way.learner, way.seen)]
        if rows:
            seen = "seen" if way.information == "action" else "not-seen"
            notebook.picture(partial(_draw, rows, value, way.label), f"dilemma-{way.learner.lower()}-{seen}")


def dilemma(discount: float) -> Game:
    """The repeated game with one step of memory."""
    matrix = MATRIX_GAMES[DILEMMA]
    return iterated_game(matrix.leader, matrix.follower, discount, name="prisoner's dilemma, repeated")


def _add(
    notebook: Notebook,
    table: Table,
    way: Way,
    name: str,
    discount: float,
    value: float,
    lengths: Sequence[int],
    effort: Effort,
) -> None:
    setting = SETTINGS[name]
    game = dilemma(discount) if setting.memory else matrix_game(DILEMMA)
    if way.learner == "PPO":
        iterations = -(-lengths[-1] // ROLLOUT)
        points = STATE_POINTS if setting.memory else iterations
        asked = [dataclasses.replace(effort, iterations=iterations, points=points)]
    else:
        asked = [dataclasses.replace(effort, steps=steps, points=1) for steps in lengths]
    for one in asked:
        runs = play(notebook, game, way, one, schedule=setting.schedule, endless=setting.memory)
        if not runs:
            return
        for moves, payoff, regret in _means(runs):
            table.add(
                learner=way.learner,
                sees=way.seen,
                setting=name,
                moves=moves,
                leader_payoff=payoff,
                distance=abs(payoff - value),
                follower_regret_per_move=regret / moves,
            )
    notebook.say(
        f"{DILEMMA}, {way.label}, {name}: {table.rows[-1]['leader_payoff']:.4g} after {table.rows[-1]['moves']}"
    )


def _means(runs: list[Run]) -> list[tuple[int, float, float]]:
    """Moves, payoff and follower's regret at some moments, spread over the logarithm of the moves."""
    steps = runs[0].steps
    spread = np.searchsorted(steps, np.geomspace(steps[0], steps[-1], ROWS))
    chosen = np.unique(np.minimum(spread, len(steps) - 1))
    payoffs = np.mean([run.leader_payoffs for run in runs], axis=0)
    regrets = np.mean([run.follower_regret for run in runs], axis=0)
    return [(int(steps[place]), float(payoffs[place]), float(regrets[place])) for place in chosen]


def read_horizon(learner: Learner, rows: Sequence[dict[str, Any]], value: float) -> list[Finding]:
    """What was needed, beside each of the two printed figures.

    Parameters
    ----------
    learner
        The kind of leader.
    rows
        ``moves``, ``distance`` and ``follower_regret_per_move``, by rising moves.
    value
        What the average payoff is compared with.
    """
    moves = [row["moves"] for row in rows]
    needed = settled(moves, [row["distance"] for row in rows])
    quiet = settled(moves, [max(0.0, row["follower_regret_per_move"]) for row in rows])
    return [
        Finding(
            what=f"prisoner's dilemma, {learner}, {rows[0]['sees']}: moves until the leader's average payoff stays "
            f"within {CLOSE:g} of {value:g}; {where}",
            printed=f"T > {printed:,}; no accuracy is named",
            ours=f"{_moves(needed, moves[-1])}; the follower's regret per move is within {CLOSE:g} of none from "
            f"{_moves(quiet, moves[-1])} on",
            agrees=_exceeds(needed, printed, moves[-1]),
            reading=_accuracy(rows, printed),
        )
        for where, printed in PRINTED.items()
    ]


def _moves(needed: int | None, longest: int) -> str:
    return f"more than {longest:,}" if needed is None else f"{needed:,}"


def _exceeds(needed: int | None, printed: int, longest: int) -> bool | None:
    """Whether more moves were needed than printed; ``None`` where the run is too short to tell."""
    if longest <= printed:
        return None
    return needed is None or needed > printed


def _accuracy(rows: Sequence[dict[str, Any]], printed: int) -> str:
    """For which accuracies the printed figure is right."""
    later = [row["distance"] for row in rows if row["moves"] >= printed]
    if not later:
        return f"no run of {printed:,} moves"
    finest = max(later)
    if close(finest, 0.0, 0.0):
        return f"the distance is 0 from {printed:,} moves on"
    return f"right for accuracies finer than {finest:.2g}, the largest distance from {printed:,} moves on, no others"


def _draw(rows: list[dict[str, Any]], value: float, title: str, ax: Axes) -> Axes:
    for color, name in enumerate(SETTINGS):
        mine = [row for row in rows if row["setting"] == name]
        if mine:
            moves, payoffs = ([row[column] for row in mine] for column in ("moves", "leader_payoff"))
            ax.plot(moves, payoffs, "o-", color=f"C{color}", markersize=3, label=name)
    ax.set_title(title, fontsize=9)
    ax.axhline(value, color="0.6", linewidth=0.8, label="value of one round")
    for printed in PRINTED.values():
        ax.axvline(printed, color="0.8", linewidth=0.8)
    ax.set_xscale("log")
    ax.set_xlabel("moves")
    ax.set_ylabel("leader's average payoff")
    ax.legend(fontsize=6)
    return ax
