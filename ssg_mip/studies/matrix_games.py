"""The games of Asymmetric Learning Dynamics (2025): certified optima of one round, and of rounds with memory.

Twelve games of two by two (its Table 3, Figure 2) and the "Battle" of its Table 1. Two optima stand side by side: with
*mixed* commitment the follower knows the probabilities (the model of this package); where it sees the *realised* action
before it answers, as in that paper, a mixture is worth the mean of its parts and *pure* commitment is optimal.

The same games are then repeated with one step of memory: what the leader can promise after each outcome is what its
memory is worth. Values of repeated games are per round, ``(1 - discount) V``, so that they compare with one round.
Beside the optima stand the curves of the paper's figures, with its PPO leader and with tables.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.library import MATRIX_GAMES, iterated_game, matrix_game
from ssg_mip.library.matrix_games import LEARNING, MatrixGame
from ssg_mip.runs.settings import COUNT, DISCOUNT
from ssg_mip.studies.ablation import compare_steps
from ssg_mip.studies.asymmetric_readings import close, listed, lower
from ssg_mip.studies.asymmetric_runs import HIDDEN, POINTS, ROLLOUT, SEEN, Effort
from ssg_mip.studies.certified import certify
from ssg_mip.studies.dilemma import DILEMMA, lengthen_dilemma
from ssg_mip.studies.findings import Finding
from ssg_mip.studies.learners import LEARNERS, plays_of
from ssg_mip.studies.learning_curves import BATTLE, draw_curves, summarise_games
from ssg_mip.studies.memory import compare_memory
from ssg_mip.studies.notebook import BOUND, Notebook, Table, number
from ssg_mip.studies.play import values_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = (
    "Asymmetric Learning Dynamics (2025), Tables 1 and 3, Figures 1 (a, c, e), 2 and 3: certified optima and dynamics"
)

FULL: dict[str, Any] = {
    "runs": 10,
    "seeds": 10,
    "game_iterations": 1000,
    "slow_iterations": 1000,
    "dilemma_steps": (100, 300, 1000, 3000, 10_000, 30_000, 100_000),
}
"""The printed 1000 episodes in every game, and ten times the printed horizon; no number of seeds is printed."""

SECONDS = 20.0
"""For one solve; games of one round take hundredths of a second, repeated ones up to some seconds."""

END_POINTS = 10
"""Moments of a run of which the end counts."""

ACCURACY = 1e-3
"""Up to which a value agrees with one that is printed with two decimals, or memory counts as being worth nothing."""

GAMES = {name: game for name, game in MATRIX_GAMES.items() if game.source.startswith(LEARNING)}
"""The games of the paper, the one of its Table 1 first."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How long is learned.

    Attributes
    ----------
    discount
        Of the repeated games.
    runs
        Of each learner in the table of learners.
    steps, seeds
        Of the tabular curves.
    iterations, game_iterations, ppo_seeds
        Training iterations of PPO in Figure 1 (as many as the paper's 1000 episodes), and in Figure 2, the ablation and
        the comparison of memory; seeds of PPO.
    slow_iterations, slow_seeds
        The same of Figure 2 and the ablation for Algorithm 2, whose Hedge moves once in each iteration.
    dilemma_steps
        Moves in the prisoner's dilemma; PPO plays the longest run only.
    """

    discount: float = 0.9
    runs: int = 2
    steps: int = 10_000
    dilemma_steps: tuple[int, ...] = (100, 300, 1000, 3000, 10_000, 30_000)
    seeds: int = 3
    iterations: int = 1000
    game_iterations: int = 100
    ppo_seeds: int = 2
    slow_iterations: int = 400
    slow_seeds: int = 1

    def __post_init__(self) -> None:
        DISCOUNT.check(self, "discount")
        COUNT.check(
            self,
            *("runs", "steps", "seeds", "iterations", "game_iterations", "ppo_seeds", "slow_iterations", "slow_seeds"),
        )
        COUNT.check_each(self, "dilemma_steps")


def run(notebook: Notebook, settings: Settings) -> None:
    """One row per game, then one per game with memory, then the paper's curves and the other learners' rows."""
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
    _compare(notebook, table, memory)
    _add_curves(notebook, table, settings)
    _add_learners(notebook, settings)
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
    sizes = {"steps": settings.steps, "seeds": settings.seeds, "ppo_seeds": settings.ppo_seeds}
    effort = Effort(iterations=settings.iterations, **sizes)
    short = Effort(iterations=settings.game_iterations, points=END_POINTS, **sizes)
    slow = dataclasses.replace(short, iterations=settings.slow_iterations, ppo_seeds=settings.slow_seeds)
    draw_curves(notebook, effort)
    summarise_games(notebook, [name for name in values if name != BATTLE], short, slow)
    compare_memory(notebook, {name: GAMES[name] for name in values}, settings.discount, short)
    if DILEMMA in values:
        lengthen_dilemma(notebook, values[DILEMMA], settings.dilemma_steps, settings.discount, effort)
    if BATTLE in values:
        efforts = {SEEN: dataclasses.replace(short, points=POINTS), HIDDEN: dataclasses.replace(slow, points=POINTS)}
        compare_steps(notebook, BATTLE, efforts)
    notebook.note(
        "Algorithm 1 of the paper: the follower sees the action, and Hedge moves at every step. Algorithm 2, which it "
        "calls the design of its experiments: he sees no action, and Hedge moves once in a training iteration, by eta "
        "times the estimated reward, here the mean gain of the iteration. A tabular leader learns at every step, so "
        "that its iterations are single steps. Each is compared with the explicit best response to what it sees itself,"
        " to the action or to the policy. The symmetric follower sees no action."
    )
    notebook.note(
        "Figure 2 counts an epoch as a move, as an episode of these games is one: 'no-regret every 100' and 'after "
        f"100' are {100 / ROLLOUT:.1f} iterations of PPO, so that both are without regret for nearly all of a run; as "
        "training iterations, 'after 100' would begin where a run of 100 ends. In these schedules, and in the "
        "comparison of memory, the follower sees the action and moves as in Algorithm 1."
    )
    notebook.note(
        f"An iteration of PPO is a rollout of {ROLLOUT} moves. Payoffs are averages over time of the rewards played, "
        "which is the paper's average-reward criterion; in games of one round they compare with the exact values."
    )


def _compare(notebook: Notebook, table: Table, memory: Table) -> None:
    battle = next((row for row in table.rows if row["game"] == BATTLE), None)
    if battle is not None:
        notebook.findings.append(read_battle(battle))
    apart = [row["game"] for row in table.rows if lower(row["pure_value"], row["mixed_value"], ACCURACY)]
    notebook.find(
        "games in which mixed commitment is worth more than pure",
        "not discussed: in Algorithm 1 the follower sees the realised action",
        f"{listed(apart)}; {len(apart)} of {len(table.rows)}",
        None,
    )
    if memory.rows:
        ranks = {row["game"]: row["rank_of_leader_payoffs"] for row in table.rows}
        notebook.findings.append(read_optimal_memory(memory.rows, ranks))


def read_battle(row: dict[str, Any]) -> Finding:
    """The value of the Battle of Table 1: ``mixed_value``, ``mixed_policy`` and the bound."""
    value = row["mixed_value"]
    printed = 10.0 / 3.0
    higher = lower(printed, value, ACCURACY)
    leader, follower = payoffs(GAMES[BATTLE])
    column = int(follower[0].argmax())
    return Finding(
        what="Battle of Table 1: Stackelberg value of the leader",
        printed="3.33 (leader mixes 2/3, 1/3)",
        ours=f"{number(value)} (leader plays {row['mixed_policy']}), proven to be at most {number(row[BOUND])}",
        agrees=close(value, printed, ACCURACY),
        reading=f"the first row alone makes column {column + 1} the follower's best response and yields "
        f"{number(float(leader[0, column]))}; the printed value is {'not optimal' if higher else 'not exceeded here'}",
    )


def read_optimal_memory(rows: Sequence[dict[str, Any]], ranks: Mapping[str, int]) -> Finding:
    """What memory is worth to an optimal leader: ``game`` and ``gain`` of each row, and ranks by game."""
    helped = [row["game"] for row in rows if lower(0.0, row["gain"], ACCURACY)]
    harmed = [row["game"] for row in rows if lower(row["gain"], 0.0, ACCURACY)]
    high = [row["game"] for row in rows if ranks[row["game"]] > 1]
    low = [row["game"] for row in rows if row["game"] not in high]
    return Finding(
        what="memory (one step) of an optimal leader, and the rank of its payoffs",
        printed="helps if the rank exceeds 1, may harm if it is low",
        ours=f"worth more per round in {len(helped)} of {len(rows)} ({listed(helped)}), less in {listed(harmed)}"
        f"; games of rank 1: {listed(low)}",
        agrees=set(helped) == set(high),
        reading=f"helped in {len(set(helped) & set(high))} of {len(high)} games of rank 2; "
        + ("no game is worth less" if not harmed else "some are worth less")
        + ": an optimal leader can ignore its memory, the paper speaks of learners",
    )


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
