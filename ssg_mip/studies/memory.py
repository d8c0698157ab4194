"""Does memory help a learning leader? (Asymmetric Learning Dynamics, 2025, Figure 3, right.)

The paper says that memory helps when the rank of the payoffs exceeds 1 and may harm in games of low rank, and shows the
prisoner's dilemma. Here both kinds of leader play each game once with one state, so without memory, and once with the
last joint action as the state, and the leader's average payoffs per round are compared. The game with memory is never
started anew, or memory would be lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.library import iterated_game, matrix_game
from ssg_mip.library.matrix_games import MatrixGame
from ssg_mip.studies.asymmetric_readings import listed, lower
from ssg_mip.studies.asymmetric_runs import LEARNERS, Effort, Learner, Way, can_run, play
from ssg_mip.studies.findings import Finding
from ssg_mip.studies.notebook import Notebook

DIFFERENT = 0.1
"""Average payoffs per round that differ by more count as better or worse; payoffs are whole numbers."""


def compare_memory(notebook: Notebook, games: Mapping[str, MatrixGame], discount: float, effort: Effort) -> None:
    """One row per game and kind of leader in ``matrix-games-memory-learned.csv``, and a finding for each kind."""
    table = notebook.table(
        *("game", "learner", "sees", "rank", "without_memory", "with_memory", "gain", "room"), suffix="memory-learned"
    )
    for learner in LEARNERS:
        if not can_run(notebook, learner):
            continue
        way = Way(learner=learner, follower="Hedge", information="action")
        for name, played in games.items():
            leader = np.array(played.leader, dtype=float)
            repeated = iterated_game(leader, played.follower, discount, name=f"{name}, repeated")
            without = _payoff(notebook, matrix_game(name), way, effort, endless=False)
            with_memory = None if without is None else _payoff(notebook, repeated, way, effort, endless=True)
            if without is None or with_memory is None:
                break
            table.add(
                game=name,
                learner=learner,
                sees=way.seen,
                rank=int(np.linalg.matrix_rank(leader)),
                without_memory=without,
                with_memory=with_memory,
                gain=with_memory - without,
                room=float(leader.max()) - played.pure_values[0],
            )
        rows = [row for row in table.rows if row["learner"] == learner]
        notebook.say(f"{len(rows)} games learned with and without memory, {learner}")
        if rows:
            notebook.findings.append(read_memory(learner, rows))


def read_memory(learner: Learner, rows: Sequence[dict[str, Any]]) -> Finding:
    """The statement about ranks beside the gains: ``game``, ``rank``, ``gain`` and ``room`` of each game.

    ``room`` is what the best commitment of one round leaves to gain: the largest payoff minus its value.
    """
    helped = [row for row in rows if lower(0.0, row["gain"], DIFFERENT)]
    harmed = [row for row in rows if lower(row["gain"], 0.0, DIFFERENT)]
    high = [row for row in rows if row["rank"] > 1]
    full = [row for row in high if not lower(0.0, row["room"], 0.0)]
    where = {
        words: f"{sum(row in kind for row in high)} of {len(high)} games of rank 2 and "
        f"{sum(row not in high for row in kind)} of {len(rows) - len(high)} of rank 1"
        for words, kind in (("helped", helped), ("harmed", harmed))
    }
    return Finding(
        what=f"memory (one step) of a learning leader, {learner}, {rows[0]['sees']}",
        printed="helps when the rank exceeds 1, may harm in low-rank games",
        ours=f"average payoff per round up by more than {DIFFERENT:g} in {_named(helped)}; down in {_named(harmed)}"
        f"; of rank 1: {listed([row['game'] for row in rows if row not in high])}",
        agrees=all(row in helped for row in high) and not any(row in harmed for row in high),
        reading=f"it helped in {where['helped']}, harmed in {where['harmed']}; in {len(full)} of the games of rank 2 "
        "one round is worth the largest payoff already, so that nothing is left to gain",
    )


def _named(rows: Sequence[dict[str, Any]]) -> str:
    return listed([f"{row['game']} ({row['gain']:+.2f})" for row in rows])


def _payoff(notebook: Notebook, game: Game, way: Way, effort: Effort, *, endless: bool) -> float | None:
    """The leader's average payoff per round."""
    runs = play(notebook, game, way, effort, endless=endless)
    return float(np.mean([run.leader_payoffs[-1] for run in runs])) if runs else None
