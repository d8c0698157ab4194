"""Table 4 and Figure 7 of Zhang et al.: who goes first when a lane ends?

The paper's environment is a simulator; here it is a grid (:func:`ssg_mip.library.highway_merge`), small enough for a
certified optimum. Both cars' policies induce a Markov chain, of which the probabilities of the three ends are read off.
The game is solved for mixed and for pure commitment, where learners of that paper look for the latter. Where
highway-env is installed, the same policies also drive its cars (:mod:`ssg_mip.studies.highway_simulator`).

How often the main-lane car goes first under an optimal commitment is no result that could agree with print: it is one
minus the share of starts at which the other car cannot wait, which is a parameter taken from the paper's own sentence.
A table of its own varies that parameter.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library import highway_merge
from ssg_mip.library.merge import CRASH, FOLLOWER_FIRST, LEADER_FIRST
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.runs.settings import COUNT, DISCOUNT, NOT_NEGATIVE, SHARE
from ssg_mip.studies import highway_simulator
from ssg_mip.studies.agreement import above, mean_tolerance, together, within
from ssg_mip.studies.certified import certify
from ssg_mip.studies.learners import BASELINES, COUNTERPARTS, LEARNERS, plays_of
from ssg_mip.studies.notebook import BOUND, Notebook, Table, number
from ssg_mip.studies.play import Play, against, end_probabilities, values_of
from ssg_mip.studies.training_curves import Training, add_ends, plays_seen, trained

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Zhang et al., AAAI 2020, Table 4 and Figure 7: highway merge, solved exactly on a grid"

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

PRINTED_RUNS = 10
"""Seeds behind each printed row."""

DIGIT = 0.001
"""The unit of the last digit of printed shares."""

ACCURACY = 1e-4
"""Up to which probabilities under a proven optimum are the same."""

ENDS = (LEADER_FIRST, FOLLOWER_FIRST, CRASH)

Plays = dict[str, Play]
"""Both players' policies by who found them."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The grid, the discount, the share of starts at which the auxiliary car cannot wait, and each learner's runs.

    ``drives`` is how often each policy drives in highway-env; 0 leaves that out. ``curves`` is whether training is
    watched, and ``shares`` are values of ``fast_share`` at which the optimum is proven as well.
    """

    cells: int = 6
    speeds: int = 3
    discount: float = 0.95
    fast_share: float = 0.3
    runs: int = 10
    drives: int = 20
    shares: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5)
    curves: bool = True

    def __post_init__(self) -> None:
        COUNT.check(self, "runs")
        NOT_NEGATIVE.check(self, "drives")
        SHARE.check(self, "fast_share")
        SHARE.check_each(self, "shares")
        DISCOUNT.check(self, "discount")


def run(notebook: Notebook, settings: Settings) -> None:
    """The certified optima, simple commitments, the printed rows and the learners."""
    table = notebook.table(
        *("who", "source", "runs", "leader", "follower", BOUND, "leader_first", "follower_first", "crash", "never")
    )
    game = _game(settings, settings.fast_share)
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
    vary_share(notebook, settings)
    trainings = _add_learners(notebook, table, game, settings, plays)
    _add_drives(notebook, table, game, settings, plays)
    _compare(notebook, table, settings)
    notebook.picture(lambda ax: _draw(ax, table))
    if trainings:
        add_ends(notebook, trainings, lambda rows, epsilon: _ends(game, rows, epsilon))


def _game(settings: Settings, fast_share: float) -> Game:
    return highway_merge(settings.cells, settings.speeds, discount=settings.discount, fast_share=fast_share)


def vary_share(notebook: Notebook, settings: Settings) -> None:
    """How the proven share of starts at which the main-lane car goes first hangs on a parameter."""
    table = notebook.table(
        "fast_share", "leader_first", "follower_first", "crash", "leader", BOUND, "proven", suffix="shares"
    )
    for share in settings.shares:
        if notebook.stopped:
            break
        game = _game(settings, share)
        best = certify(notebook, game, seconds=SECONDS)
        if best.mixed.leader_policy is None or best.mixed.follower_policy is None:
            continue
        ends = end_probabilities(game, against(best.mixed.leader_policy, best.mixed.follower_policy, game), ENDS)
        table.add(
            fast_share=share,
            leader_first=ends[LEADER_FIRST],
            follower_first=ends[FOLLOWER_FIRST],
            crash=ends[CRASH],
            leader=best.mixed.leader_value,
            proven="yes" if best.closed else "no",
            **{BOUND: best.bound},
        )
        notebook.say(f"fast starts {share:g}: main-lane car first in {ends[LEADER_FIRST]:.4g}")
    if table.rows:
        find_parameter(notebook, table)


def find_parameter(notebook: Notebook, table: Table) -> None:
    """Say whether the share is one minus the parameter in every row."""
    off = max(abs(row["leader_first"] - (1.0 - row["fast_share"])) for row in table.rows)
    open_rows = [row["fast_share"] for row in table.rows if row["proven"] == "no"]
    same = within(off, ACCURACY)
    notebook.find(
        "the main-lane car goes first under an optimal commitment, by the share of starts that leave no choice",
        f"{PRINTED['Bi-AC'][0]:.1%} of Bi-AC's runs; in the rest the other car is said to be too fast to wait",
        "; ".join(f"{row['fast_share']:g}: {row['leader_first']:.4g}" for row in table.rows)
        + (f"; not proven at {open_rows}" if open_rows else "; each proven optimal"),
        None,
        f"one minus the parameter, up to {off:.1g}: set by whoever chooses the starts, so nothing is compared"
        if same
        else f"not one minus the parameter: off by up to {off:.3g}",
    )


def _ends(game: Game, rows: IntArray, epsilon: float) -> dict[str, float]:
    """Probabilities of the ends for greedy rows, each player acting at random with probability ``epsilon``."""
    leader = _trembling(game.row_leader[rows], game.leader_counts, game.leader_offsets, epsilon)
    follower = _trembling(game.row_follower[rows], game.follower_counts, game.follower_offsets, epsilon)
    mix = follower[game.follower_offsets[game.row_state] + game.row_follower]
    found = end_probabilities(game, Play(LeaderPolicy.from_slots(game, leader), mix), ENDS)
    return {name.replace(" ", "_"): share for name, share in found.items()}


def _trembling(chosen: IntArray, counts: IntArray, offsets: IntArray, epsilon: float) -> FloatArray:
    mix: FloatArray = np.repeat(epsilon / counts, counts)
    mix[offsets[:-1] + chosen] += 1.0 - epsilon
    return mix


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
    ends = end_probabilities(game, play, ENDS)
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


def _add_learners(
    notebook: Notebook, table: Table, game: Game, settings: Settings, plays: Plays
) -> Mapping[str, Training]:
    """Rows of the learners; returns what was seen of their training."""
    learners = (*LEARNERS, *BASELINES)
    trainings = trained(notebook, game, settings.runs, learners) if settings.curves else {}
    seen = plays_seen(trainings)
    for who in learners:
        found = enumerate(seen[who], notebook.seed) if who in seen else plays_of(notebook, who, game, settings.runs)
        for seed, play in found:
            plays.setdefault(who, play)
            _add(table, game, who, f"learned here, seed {seed}", play)
        first = table.column("leader_first", who=who)
        if first:
            notebook.say(f"{who}: main-lane car first with probability {number(float(np.mean(first)))}")
    return trainings


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
    for theirs, ours in COUNTERPARTS.items():
        firsts = [table.column(end, who=ours) for end in ("leader_first", "follower_first")]
        if theirs in PRINTED and firsts[0]:
            agrees, reading = compare(firsts, PRINTED[theirs], settings.fast_share)
            means = [float(np.mean(one)) for one in (*firsts, table.column("crash", who=ours))]
            notebook.find(
                f"{theirs}: the main-lane car goes first, the other one does",
                "{:.1%}, {:.1%}".format(*PRINTED[theirs]),
                "{}: {:.1%}, {:.1%}, crash {:.1%}; mean of {} runs".format(ours, *means, len(firsts[0])),
                agrees,
                reading,
            )
    _compare_order(notebook, table)
    best, pure = rows.get("mixed commitment"), rows.get("pure commitment")
    if best is not None and pure is not None:
        gain = best["leader"] - pure["leader"]
        notebook.find(
            "what mixing is worth to the leader",
            "not asked: its leader plays pure actions",
            f"{number(gain)} (mixed {number(best['leader'])}, pure {number(pure['leader'])})",
            None,
        )


def compare(
    firsts: Sequence[Sequence[float]], printed: tuple[float, float], fast_share: float
) -> tuple[bool | None, str]:
    """Whether shares of going first agree with a printed row, and how far they are from it.

    Parameters
    ----------
    firsts
        Of the main-lane car and of the other one, a share per run each.
    printed
        The row.
    fast_share
        The share of starts that leave no choice: where shares cannot be told from ``1 - fast_share`` and
        ``fast_share``, agreement decides nothing.
    """
    verdicts, given, words = [], [], []
    for name, ours, theirs in zip(("main-lane car", "other car"), firsts, printed, strict=True):
        gap = float(np.mean(ours)) - theirs
        limit = mean_tolerance(ours, PRINTED_RUNS, extremes=(0.0, 1.0), digit=DIGIT)
        verdicts.append(within(gap, limit))
        by_construction = 1.0 - fast_share if name == "main-lane car" else fast_share
        given.append(within(float(np.mean(ours)) - by_construction, limit))
        words.append(f"{name} first off by {abs(gap):.0%} (tolerance {limit:.0%})")
    verdict = together(*verdicts)
    if verdict is True and together(*given) is not False:
        return None, (
            f"{', '.join(words)}; nothing is decided: as near to {1.0 - fast_share:.0%} and {fast_share:.0%}, which "
            "the starts of this grid alone bring about"
        )
    return verdict, ", ".join(words)


def _compare_order(notebook: Notebook, table: Table) -> None:
    """Who has the main-lane car first most often: shares hang on the environment, their order perhaps less."""
    found = {
        theirs: table.column("leader_first", who=ours) for theirs, ours in COUNTERPARTS.items() if theirs in PRINTED
    }
    found = {theirs: shares for theirs, shares in found.items() if shares}
    if "Bi-AC" in found and len(found) > 1:
        notebook.find(
            "who has the main-lane car first most often",
            "Bi-AC: " + ", ".join(f"{who} {PRINTED[who][0]:.1%}" for who in found),
            ", ".join(f"{who} {np.mean(shares):.1%} +- {_error(shares):.1%}" for who, shares in found.items()),
            most_often("Bi-AC", found),
        )


def most_often(who: str, found: Mapping[str, Sequence[float]]) -> bool | None:
    """Whether the mean of one exceeds those of all others, beyond what sampling explains."""
    mine = found[who]
    return together(
        *(
            above(float(np.mean(mine)), float(np.mean(other)), float(np.hypot(_error(mine), _error(other))))
            for name, other in found.items()
            if name != who
        )
    )


def _error(shares: Sequence[float]) -> float:
    """Standard error of a mean."""
    return float(np.std(shares, ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else math.inf


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
