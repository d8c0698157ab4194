"""The games of Asymmetric Learning Dynamics (2025): certified optima of one round, and of rounds with memory.

Twelve games of two by two (its Table 3, Figure 2) and the "Battle" of its Table 1. Two optima stand side by side: with
*mixed* commitment the follower knows the probabilities (the model of this package); where it sees the *realised* action
before it answers, as in that paper, a mixture is worth the mean of its parts and *pure* commitment is optimal.

The same games are then repeated with one step of memory: what the leader can promise after each outcome is what its
memory is worth. Values of repeated games are per round, ``(1 - discount) V``, so that they compare with one round.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.experiments.certified import certify
from ssg_mip.experiments.learners import LEARNERS, plays_of
from ssg_mip.experiments.learning_curves import BATTLE, DILEMMA, draw_curves, lengthen_dilemma, summarise_games
from ssg_mip.experiments.memory import compare_memory
from ssg_mip.experiments.notebook import BOUND, Notebook, Table, number
from ssg_mip.experiments.play import values_of
from ssg_mip.library import MATRIX_GAMES, iterated_game, matrix_game
from ssg_mip.library.matrix_games import LEARNING, MatrixGame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Asymmetric Learning Dynamics (2025), Table 1 and the 12 matrix games: certified optima"

FULL: dict[str, Any] = {"runs": 100, "seeds": 20}

SECONDS = 20.0
"""For one solve; games of one round take hundredths of a second, repeated ones up to some seconds."""

ACCURACY = 1e-3
"""Up to which a value agrees with one that is printed with two decimals, or memory counts as being worth nothing."""

GAMES = {name: game for name, game in MATRIX_GAMES.items() if game.source.startswith(LEARNING)}
"""The games of the paper, the one of its Table 1 first."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The discount of the repeated games, the runs of each learner, and steps and seeds of the learning curves."""

    discount: float = 0.9
    runs: int = 2
    steps: int = 10_000
    dilemma_steps: tuple[int, ...] = (100, 1000, 10_000, 100_000)
    seeds: int = 3

    def __post_init__(self) -> None:
        if not 0.0 <= self.discount < 1.0:
            raise OptionError(f"setting discount is {self.discount!r}; it must be at least 0 and below 1")
        if min(self.runs, self.steps, self.seeds, *self.dilemma_steps) < 1:
            raise OptionError("settings runs, steps, seeds and dilemma_steps must be at least 1")


def run(notebook: Notebook, settings: Settings) -> None:
    """One row per game, then one per game with memory, then the learners'."""
    table = notebook.table(
        *("game", "mixed_value", BOUND, "mixed_follower", "mixed_policy", "pure_value", "pure_follower", "pure_policy"),
        "rank_of_leader_payoffs",
    )
    for name in GAMES:
        if notebook.stopped:
            break
        _add_round(notebook, table, name)
    memory = notebook.table("game", "mixed_value", BOUND, "pure_value", "one_round", "gain", suffix="memory")
    for name in GAMES:
        if notebook.stopped:
            break
        _add_repeated(notebook, memory, table, name, settings.discount)
    _add_learners(notebook, settings)
    _compare(notebook, table, memory)
    _add_curves(notebook, table, settings)
    notebook.picture(lambda ax: _draw(ax, table, memory))


def payoffs(game: MatrixGame) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Both tables as arrays."""
    return np.array(game.leader, dtype=float), np.array(game.follower, dtype=float)


def _add_round(notebook: Notebook, table: Table, name: str) -> None:
    game = matrix_game(name)
    best = certify(notebook, game, seconds=SECONDS)
    cells: dict[str, Any] = {}
    for kind, result in (("mixed", best.mixed), ("pure", best.pure)):
        if result.leader_policy is None:
            return
        cells |= {
            f"{kind}_value": result.leader_value,
            f"{kind}_follower": float(result.follower_values[0]),
            f"{kind}_policy": " ".join(f"{share:.4g}" for share in result.leader_policy.probabilities[0]),
        }
    rank = int(np.linalg.matrix_rank(payoffs(GAMES[name])[0]))
    table.add(game=name, rank_of_leader_payoffs=rank, **{BOUND: best.bound}, **cells)
    notebook.say(f"{name}: mixed {number(best.mixed.leader_value)}, pure {number(best.pure.leader_value)}")


def _add_repeated(notebook: Notebook, memory: Table, rounds: Table, name: str, discount: float) -> None:
    game = iterated_game(*payoffs(GAMES[name]), discount, name=f"{name}, repeated")
    best = certify(notebook, game, seconds=SECONDS, gap=1e-4)
    once = next(iter(rounds.column("mixed_value", game=name)), None)
    if once is None or best.mixed.leader_policy is None:
        return
    share = 1.0 - discount
    value = share * best.mixed.leader_value
    pure = share * best.pure.leader_value
    cells = {"pure_value": pure, "one_round": once, "gain": value - once, BOUND: share * best.bound}
    memory.add(game=name, mixed_value=value, **cells)
    notebook.say(f"{name}, repeated: {number(value)} per round, at most {number(share * best.bound)}")


def _add_learners(notebook: Notebook, settings: Settings) -> None:
    table = notebook.table("game", "learner", "seed", "leader", "follower", suffix="learners")
    for name in GAMES:
        game = matrix_game(name)
        for learner in LEARNERS:
            for seed, play in plays_of(notebook, learner, game, settings.runs):
                leader, follower = values_of(game, play)
                table.add(game=name, learner=learner, seed=seed, leader=leader, follower=follower)
        notebook.say(f"{name}: learners")


def _add_curves(notebook: Notebook, table: Table, settings: Settings) -> None:
    values = {row["game"]: row["pure_value"] for row in table.rows}
    draw_curves(notebook, settings.steps, settings.seeds)
    summarise_games(notebook, [name for name in values if name != BATTLE], values, settings.steps, settings.seeds)
    compare_memory(notebook, {name: GAMES[name] for name in values}, settings.discount, settings.steps, settings.seeds)
    if DILEMMA in values:
        lengthen_dilemma(notebook, values[DILEMMA], settings.dilemma_steps, settings.seeds)


def _compare(notebook: Notebook, table: Table, memory: Table) -> None:
    battle = next((row for row in table.rows if row["game"] == "battle_of_table_1"), None)
    if battle is not None:
        notebook.find(
            "Battle of Table 1: Stackelberg value of the leader",
            "3.33 (leader mixes 2/3, 1/3)",
            f"{number(battle['mixed_value'])} (leader plays {battle['mixed_policy']}), "
            f"proven to be at most {number(battle[BOUND])}",
            abs(battle["mixed_value"] - 10 / 3) < ACCURACY,
            "the first row alone makes the first column the strict best response; the printed mixture is that of the "
            "Nash equilibrium",
        )
    apart = [row["game"] for row in table.rows if row["mixed_value"] - row["pure_value"] > ACCURACY]
    notebook.find(
        "games in which mixed commitment is worth more than pure",
        "not discussed: in that paper the follower sees the realised action",
        f"{_list(apart)} of {len(table.rows)}",
        None,
    )
    helped = [row["game"] for row in memory.rows if row["gain"] > ACCURACY]
    ranks = {row["game"]: row["rank_of_leader_payoffs"] for row in table.rows}
    low = [row["game"] for row in memory.rows if ranks[row["game"]] < 2]
    harmed = [row["game"] for row in memory.rows if row["gain"] < -ACCURACY]
    notebook.find(
        "memory (one step) of an optimal leader, and the rank of its payoffs",
        "helps if the rank exceeds 1, may harm if it is low",
        f"worth more per round in {len(helped)} of {len(memory.rows)} ({_list(helped)}), less in {_list(harmed)}; "
        f"games of rank 1: {_list(low)}",
        None,
        "an optimal leader can ignore its memory, so memory never harms it; the paper's statement is about learners",
    )


def _list(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _draw(ax: Axes, table: Table, memory: Table) -> Axes:
    names = table.column("game")
    places: Any = np.arange(len(names))
    ax.plot(table.column("mixed_value"), places, "o", label="one round, mixed commitment")
    ax.plot(table.column("pure_value"), places, "x", label="one round, realised action is seen")
    repeated = [next(iter(memory.column("mixed_value", game=name)), np.nan) for name in names]
    ax.plot(repeated, places, "|", markersize=14, label="repeated, one step of memory, per round")
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.set_xlabel("leader's value")
    ax.grid(visible=True, alpha=0.3)
    ax.legend(fontsize=8)
    return ax
