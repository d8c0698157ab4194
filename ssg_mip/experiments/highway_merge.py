"""Table 4 of Zhang et al.: who goes first when a lane ends?

The paper's environment is a simulator; here it is a grid (:func:`ssg_mip.library.highway_merge`), small enough for a
certified optimum. Both cars' policies induce a Markov chain, of which the probabilities of the three ends are read off.
The game is solved for mixed and for pure commitment, where learners of that paper look for the latter. Where
highway-env is installed, the same policies also drive its cars (:mod:`ssg_mip.experiments.highway_simulator`).
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.best_response import best_response
from ssg_mip.errors import OptionError
from ssg_mip.experiments import highway_simulator
from ssg_mip.experiments.certified import certify
from ssg_mip.experiments.learners import COUNTERPARTS, LEARNERS, plays_of
from ssg_mip.experiments.notebook import BOUND, Notebook, Table, number
from ssg_mip.experiments.play import Play, against, end_probabilities, values_of
from ssg_mip.game import Game
from ssg_mip.library import highway_merge
from ssg_mip.library.merge import CRASH, FOLLOWER_FIRST, LEADER_FIRST
from ssg_mip.policy import LeaderPolicy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Zhang et al., AAAI 2020, Table 4: highway merge, solved exactly on a grid"

FULL: dict[str, Any] = {"cells": 8}

SECONDS = 120.0
"""For one solve; the default game takes some seconds."""

PRINTED = {
    "Bi-AC": (0.722, 0.252),
    "I-DQN": (0.582, 0.413),
    "MADDPG": (0.375, 0.602),
    "TD3": (0.386, 0.551),
}
"""Table 4: shares of runs in which the main-lane car and the auxiliary car went first."""

CLOSE = 0.05
"""Shares agree with print within this: the paper has ten seeds."""


Plays = dict[str, Play]
"""Both players' policies by who found them."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The grid, the discount, the share of starts at which the auxiliary car cannot wait, and each learner's runs.

    ``drives`` is how often each policy drives in highway-env; 0 leaves that out.
    """

    cells: int = 6
    speeds: int = 3
    discount: float = 0.95
    fast_share: float = 0.3
    runs: int = 10
    drives: int = 20

    def __post_init__(self) -> None:
        if self.runs < 1 or self.drives < 0:
            raise OptionError(f"settings runs and drives are {self.runs} and {self.drives}; the least are 1 and 0")


def run(notebook: Notebook, settings: Settings) -> None:
    """The certified optima, simple commitments, the printed rows and the learners."""
    table = notebook.table(
        *("who", "source", "runs", "leader", "follower", BOUND, "leader_first", "follower_first", "crash", "never")
    )
    game = highway_merge(settings.cells, settings.speeds, discount=settings.discount, fast_share=settings.fast_share)
    notebook.note(f"{game.name}: {game.num_states} states, {game.num_rows} joint actions.")
    plays: Plays = {}
    _add_optima(notebook, table, game, plays)
    for action in ("FASTER", "SLOWER"):
        policy = _always(game, action)
        response = best_response(game, policy)
        _add(table, game, f"always {action}", "exact", against(policy, response.follower_policy, game))
    for who, (first, second) in PRINTED.items():
        crash = 1.0 - first - second
        table.add(who=who, source="printed", leader_first=first, follower_first=second, crash=crash)
    _add_learners(notebook, table, game, settings.runs, plays)
    _add_drives(notebook, table, game, settings, plays)
    _compare(notebook, table, settings)
    notebook.picture(lambda ax: _draw(ax, table))


def _add_optima(notebook: Notebook, table: Table, game: Game, plays: Plays) -> None:
    best = certify(notebook, game, seconds=SECONDS)
    for who, result, bound in (("mixed commitment", best.mixed, best.bound), ("pure commitment", best.pure, None)):
        if result.leader_policy is None or result.follower_policy is None:
            continue
        plays[who] = against(result.leader_policy, result.follower_policy, game)
        _add(table, game, who, "exact", plays[who], bound)
        notebook.say(f"{who}: {number(result.leader_value)}, {result.status.name.lower()}")
    gap = best.bound - best.mixed.leader_value
    notebook.note(
        f"Mixed commitment is {'optimal' if best.closed else 'not proven optimal'}: at most {number(gap)} is missing "
        "to the bound over stationary leader policies."
    )


def _add(table: Table, game: Game, who: str, source: str, play: Play, bound: float | None = None) -> None:
    leader, follower = values_of(game, play)
    ends = end_probabilities(game, play, (LEADER_FIRST, FOLLOWER_FIRST, CRASH))
    table.add(
        who=who,
        source=source,
        runs=1,
        leader=leader,
        follower=follower,
        **{BOUND: bound},
        leader_first=ends[LEADER_FIRST],
        follower_first=ends[FOLLOWER_FIRST],
        crash=ends[CRASH],
        never=ends["never"],
    )


def _add_learners(notebook: Notebook, table: Table, game: Game, runs: int, plays: Plays) -> None:
    for who in LEARNERS:
        for seed, play in plays_of(notebook, who, game, runs):
            plays.setdefault(who, play)
            _add(table, game, who, f"learned here, seed {seed}", play)
        first = table.column("leader_first", who=who)
        if first:
            notebook.say(f"{who}: main-lane car first with probability {number(float(np.mean(first)))}")


def _add_drives(notebook: Notebook, table: Table, game: Game, settings: Settings, plays: Plays) -> None:
    """The same policies, of each learner those of its first run, at the wheel of highway-env."""
    if not highway_simulator.available():
        notebook.note("No policy drives in highway-env, which is not installed: pip install 'ssg_mip[highway]'")
        return
    for who, play in plays.items():
        if settings.drives == 0 or notebook.stopped:
            break
        driven = highway_simulator.drive(
            game, play, cells=settings.cells, speeds=settings.speeds, drives=settings.drives, seed=notebook.seed
        )
        ends = driven.shares
        table.add(
            who=f"{who}, in highway-env",
            source="driven",
            runs=settings.drives,
            leader_first=ends[LEADER_FIRST],
            follower_first=ends[FOLLOWER_FIRST],
            crash=ends[CRASH],
            never=ends["never"],
        )
        notebook.say(f"{who} in highway-env: {ends}, {driven.off_grid:.0%} of the decisions off the grid")


def _always(game: Game, action: str) -> LeaderPolicy:
    return LeaderPolicy.deterministic(
        game, [names.index(action if action in names else "IDLE") for names in game.leader_actions]
    )


def _compare(notebook: Notebook, table: Table, settings: Settings) -> None:
    rows = {row["who"]: row for row in table.rows}
    if "mixed commitment" not in rows:
        return
    best, printed = rows["mixed commitment"], PRINTED["Bi-AC"]
    notebook.find(
        "the main-lane car goes first",
        f"{printed[0]:.1%} of Bi-AC's runs; the rest are starts at which the other car cannot wait",
        f"{best['leader_first']:.1%} under the optimal commitment; other first {best['follower_first']:.1%}, "
        f"crash {best['crash']:.1%}",
        abs(best["leader_first"] - printed[0]) < CLOSE and abs(best["follower_first"] - printed[1]) < CLOSE,
        f"the share of such starts is {settings.fast_share:.0%} here by construction",
    )
    for theirs, ours in COUNTERPARTS.items():
        first = table.column("leader_first", who=ours)
        if theirs in PRINTED and first:
            crash = float(np.mean(table.column("crash", who=ours)))
            mean = float(np.mean(first))
            notebook.find(
                f"{theirs}: the main-lane car goes first",
                f"{PRINTED[theirs][0]:.1%}",
                f"{ours}: {mean:.1%}, crash {crash:.1%}, mean of {len(first)} runs",
                abs(mean - PRINTED[theirs][0]) < 2.0 * CLOSE,
                "another environment, and learners whose sizes and rates are not printed: compare the order, not the "
                "numbers",
            )
    pure = rows.get("pure commitment")
    if pure is not None:
        gain = best["leader"] - pure["leader"]
        notebook.find(
            "what mixing is worth to the leader",
            "not asked: its leader plays pure actions",
            f"{number(gain)} (mixed {number(best['leader'])}, pure {number(pure['leader'])})",
            None,
        )


def _draw(ax: Axes, table: Table) -> Axes:
    names = list(dict.fromkeys(row["who"] for row in table.rows))
    places: Any = np.arange(len(names))
    left = np.zeros(len(names))
    for end, color in (("leader_first", "C0"), ("follower_first", "C1"), ("crash", "C3")):
        shares = np.array([np.mean(table.column(end, who=name)) for name in names])
        ax.barh(places, shares, left=left, color=color, label=end.replace("_", " "))
        left += shares
    labels = [f"{name} ({'printed' if name in PRINTED else 'here'})" for name in names]
    ax.set_yticks(places, labels)
    ax.invert_yaxis()
    ax.tick_params(axis="y", labelsize=7)
    ax.set_xlabel("probability")
    ax.set_title("Who goes first")
    ax.legend(fontsize=7, loc="lower left")
    return ax
