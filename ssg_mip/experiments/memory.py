"""Does memory help a learning leader? (Asymmetric Learning Dynamics, 2025, Figure 3, right.)

The paper says that memory helps when the rank of the payoffs exceeds 1 and may harm in games of low rank, and shows the
prisoner's dilemma. Here the tabular dynamics play each game once with one state, so without memory, and once with the
last joint action as the state, and the leader's average payoffs per round are compared.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ssg_mip.experiments.notebook import Notebook
from ssg_mip.game import Game
from ssg_mip.library import iterated_game, matrix_game
from ssg_mip.library.matrix_games import MatrixGame
from ssg_mip.methods.learning.asymmetric_learning import Settings, learn

DIFFERENT = 0.1
"""Average payoffs per round that differ by more count as better or worse; payoffs are whole numbers."""


def compare_memory(
    notebook: Notebook, games: Mapping[str, MatrixGame], discount: float, steps: int, seeds: int
) -> None:
    """One row per game in ``matrix-games-memory-learned.csv``, and a finding."""
    table = notebook.table("game", "rank", "without_memory", "with_memory", "gain", suffix="memory-learned")
    for name, played in games.items():
        if notebook.stopped:
            break
        leader = np.array(played.leader, dtype=float)
        repeated = iterated_game(leader, played.follower, discount, name=f"{name}, repeated")
        without, with_memory = (
            float(np.mean([_payoff(game, seed, steps) for seed in range(notebook.seed, notebook.seed + seeds)]))
            for game in (matrix_game(name), repeated)
        )
        table.add(
            game=name,
            rank=int(np.linalg.matrix_rank(leader)),
            without_memory=without,
            with_memory=with_memory,
            gain=with_memory - without,
        )
    if not table.rows:
        return
    notebook.say(f"{len(table.rows)} games learned with and without memory")
    better, worse = (
        [f"{row['game']} ({row['gain']:+.2f})" for row in table.rows if sign * row["gain"] > DIFFERENT]
        for sign in (1.0, -1.0)
    )
    low = [row["game"] for row in table.rows if row["rank"] < 2]
    notebook.find(
        "memory (one step) of a learning leader",
        "helps when the rank exceeds 1, may harm in low-rank games",
        f"average payoff per round higher by more than {DIFFERENT:g} in {', '.join(better) or 'none'}; lower in "
        f"{', '.join(worse) or 'none'}; of rank 1: {', '.join(low) or 'none'}; {steps} steps",
        all(row["gain"] >= -DIFFERENT for row in table.rows if row["rank"] > 1),
        "four states have to be learned from the same number of rounds, and memory pays where one round is worth less "
        "than what could be promised; the rank says little of either",
    )


def _payoff(game: Game, seed: int, steps: int) -> float:
    """The leader's average payoff per round; the game is never started anew, or memory would be lost."""
    learned = learn(game, Settings(restart=0.0), np.random.default_rng(seed), steps=steps, num_moments=1)
    return float(learned.leader_payoffs[-1])
