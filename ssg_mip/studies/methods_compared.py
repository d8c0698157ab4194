"""Every method of the package on the same 30 games: what its policy is really worth, and how far that is from the best.

All policies are evaluated exactly under the follower's best response, whatever the method believes of them, and held
against the certified optimum of mixed commitment. A gap is relative to the size of that optimum, or to a share of the
spread of the game's values where the optimum is nearly 0 (``Result.gap_scale``). Methods that learn or iterate are
asked twice: what the best policy they visited is worth, which is what ``solve`` answers with, and what the policy
they *ended* with is worth. A method that cannot run, because the extra that it needs is missing, has rows that say
so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.errors import OptionError, SsgError
from ssg_mip.game.game import Game
from ssg_mip.library import (
    actor_critic_trap,
    iterated_prisoners_dilemma,
    kudo_akimoto_figure_1,
    matrix_game,
    policy_teaching,
    random_game,
    security_grid,
)
from ssg_mip.methods.registry import METHODS
from ssg_mip.runs.settings import POSITIVE
from ssg_mip.studies.notebook import BOUND, PROOF_GAP, Notebook, Table, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Every method on 30 shared games: value under the true best response, gap to the certified optimum, seconds"

FULL: dict[str, Any] = {"seconds": 20.0, "truth_seconds": 60.0}

WITHIN = 1e-3
"""A policy this close to the certified optimum, relatively, counts as having found it."""

ABOVE = 1e-6
"""By how much, relatively, a value may exceed a bound: exact values hold ties that floating point cannot tell apart."""

WITH_BOUNDS = tuple(METHODS)[: tuple(METHODS).index("fixed-point")]
"""The methods that solve programs, drawn with solid lines; those of the related papers are dashed."""

REFERENCE = "commitment"
"""The method that proves the optimum; its own row is a run like any other."""

GAMES: dict[str, Callable[[], Game]] = {
    **{f"random 3x2x2, seed {seed}": partial(random_game, seed, 3, 2, 2) for seed in range(10)},
    **{f"random 4x3x2, seed {seed}": partial(random_game, seed, 4, 3, 2) for seed in range(5)},
    "Figure 1, threat": partial(kudo_akimoto_figure_1, 1.0, 2.0),
    "Figure 1, no threat": partial(kudo_akimoto_figure_1, 1.0, 1.0),
    "Figure 1, tie": partial(kudo_akimoto_figure_1, 1.0, 10.0 / 9.0),
    "actor-critic trap": actor_critic_trap,
    "policy teaching": policy_teaching,
    "iterated dilemma, 0.9": partial(iterated_prisoners_dilemma, 0.9),
    "iterated dilemma, 0.5": partial(iterated_prisoners_dilemma, 0.5),
    "security 3x3, seen": partial(security_grid, 3, 2, 1, 6),
    "security 3x3, hidden": partial(security_grid, 3, 2, 1, 6, observation="policy"),
    **{
        name.replace("_", " "): partial(matrix_game, name)
        for name in ("maintain", "escape", "battle_of_table_1", "hero", "letchford_fig1", "conitzer_sandholm_1")
    },
}
"""The games, built when they are needed; discounts are .9 unless their page says otherwise."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Seconds for a run, seconds for the proof of an optimum, and methods and games to take (all if empty)."""

    seconds: float = 5.0
    truth_seconds: float = 20.0
    methods: tuple[str, ...] = ()
    games: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        POSITIVE.check(self, "seconds", "truth_seconds")
        _check_known("methods", self.methods, METHODS)
        _check_known("games", self.games, GAMES)


def _check_known(label: str, given: Sequence[str], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            raise OptionError(f"setting {label} names {name!r}; it must be among {', '.join(known)}")


def run(notebook: Notebook, settings: Settings) -> None:
    """Prove the optimum of each game, then run every method on it."""
    table = notebook.table(
        *("game", "method", "value", "gap", "value_at_the_end", "gap_at_the_end", "optimum", BOUND, "seconds"),
        *("status", "termination", "problem"),
    )
    for name in settings.games or tuple(GAMES):
        if notebook.stopped:
            break
        _compare_on(notebook, table, name, settings)
    _summarise(notebook, table)
    if table.rows:
        notebook.picture(lambda ax: _draw(ax, table))


def _compare_on(notebook: Notebook, table: Table, name: str, settings: Settings) -> None:
    """The rows of one game."""
    game = GAMES[name]()
    truth = notebook.solve(game, REFERENCE, seconds=settings.truth_seconds, gap=PROOF_GAP)
    notebook.say(f"{name}: optimum {number(truth.leader_value)}, at most {number(truth.dual_bound)}")
    for method in settings.methods or tuple(METHODS):
        if notebook.stopped:
            break
        cells = {"optimum": truth.leader_value, BOUND: truth.dual_bound}
        table.add(game=name, method=method, **cells, **_row(notebook, game, method, settings.seconds, cells))


def _row(notebook: Notebook, game: Game, method: str, seconds: float, truth: dict[str, float]) -> dict[str, Any]:
    """What a method answers, or why it does not."""
    try:
        result = notebook.solve(game, method, seconds=seconds)
    except SsgError as error:
        return {"problem": str(error)}
    last = result.details.get("last_leader_value", result.leader_value)
    scale = max(abs(truth["optimum"]), result.gap_scale)
    return {
        "value": result.leader_value,
        "gap": max(0.0, truth["optimum"] - result.leader_value) / scale,
        "value_at_the_end": last,
        "gap_at_the_end": max(0.0, truth["optimum"] - last) / scale,
        "seconds": result.provenance.seconds,
        "status": result.status.name.lower(),
        "termination": result.termination.name.lower(),
    }


def _summarise(notebook: Notebook, table: Table) -> None:
    """One line per method, in ``methods-compared-summary.csv`` and on the page."""
    summary = notebook.table(
        *("method", "games", "found", "median_gap", "mean_gap", "worst_gap"),
        *("found_at_the_end", "median_gap_at_the_end", "worst_gap_at_the_end", "mean_seconds", "problems"),
        suffix="summary",
    )
    for method in dict.fromkeys(table.column("method")):
        rows = [row for row in table.rows if row["method"] == method]
        done = [row for row in rows if "problem" not in row]
        problems = sorted({row["problem"] for row in rows if "problem" in row})
        cells: dict[str, Any] = {}
        if done:
            gaps, ends = (np.array([row[name] for row in done]) for name in ("gap", "gap_at_the_end"))
            cells = {
                "found": int((gaps <= WITHIN).sum()),
                "median_gap": float(np.median(gaps)),
                "mean_gap": float(gaps.mean()),
                "worst_gap": float(gaps.max()),
                "found_at_the_end": int((ends <= WITHIN).sum()),
                "median_gap_at_the_end": float(np.median(ends)),
                "worst_gap_at_the_end": float(ends.max()),
                "mean_seconds": float(np.mean([row["seconds"] for row in done])),
            }
        summary.add(method=method, games=len(done), problems="; ".join(problems), **cells)
        _say_method(notebook, method, cells, len(done), problems)
    _compare_bounds(notebook, table)
    games = dict.fromkeys((row["game"], row["optimum"], row[BOUND]) for row in table.rows)
    proven = sum(bound - value <= WITHIN * (1.0 + abs(value)) for _, value, bound in games)
    notebook.note("A gap of more than 100% is a value that is further from the optimum than the optimum is from 0.")
    notebook.note(f"Optimum proven within {WITHIN:g} for {proven} of {len(games)} games.")


def _compare_bounds(notebook: Notebook, table: Table) -> None:
    """No policy, whatever found it, is worth more than the proven bound of its game."""
    done = [row for row in table.rows if "problem" not in row]
    beyond = {
        (row["game"], row["method"])
        for row in done
        for value in (row["value"], row["value_at_the_end"])
        if value > row[BOUND] + ABOVE * (1.0 + abs(row[BOUND]))
    }
    if done:
        names = "".join(f"; {method} on {game}" for game, method in sorted(beyond))
        notebook.find(
            "no policy is worth more than the bound of its game",
            "what a bound means",
            f"{len(beyond)} of {len(done)} runs exceed it{names}",
            not beyond,
        )


def _say_method(notebook: Notebook, method: str, cells: dict[str, Any], games: int, problems: Sequence[str]) -> None:
    words = "no answer"
    if games:
        words = (
            f"within {WITHIN:g} of the optimum in {cells['found']} of {games} games (where it ends: "
            f"{cells['found_at_the_end']}), median gap {cells['median_gap']:.2%} (where it ends: "
            f"{cells['median_gap_at_the_end']:.2%}), {cells['mean_seconds']:.2f} s a game"
        )
    notebook.find(method, "", words + "".join(f"; {problem}" for problem in problems), None)


def _draw(ax: Axes, table: Table) -> Axes:
    """The gaps of each method, smallest first; those below a millionth are drawn there."""
    for place, method in enumerate(dict.fromkeys(table.column("method"))):
        gaps = sorted(gap for gap in table.column("gap_at_the_end", method=method) if gap is not None)
        if gaps:
            line = "-" if method in WITH_BOUNDS else "--"
            counts = np.arange(1, len(gaps) + 1)
            ax.step(np.maximum(gaps, 1e-6), counts, line, color=f"C{place % 10}", where="post", label=method)
    ax.set_xscale("log")
    ax.set_xlabel("gap to the certified optimum of the policy that a method ends with")
    ax.set_ylabel("games with at most this gap")
    ax.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax
