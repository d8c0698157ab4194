"""Tables 2 and 3 of Zhang et al.: two games of coordination, the certified optima and what learners get.

Their equilibrium is that of *pure* commitment, whose action the follower sees. Beside it stands the optimum of mixed
commitment, of which the follower sees the probabilities only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.experiments.bimatrix import pure_equilibria
from ssg_mip.experiments.certified import certify
from ssg_mip.experiments.learners import COUNTERPARTS, LEARNERS, plays_of
from ssg_mip.experiments.notebook import BOUND, Notebook, Table, number
from ssg_mip.experiments.play import joint_shares, values_of
from ssg_mip.game import Game
from ssg_mip.library import matrix_game

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SECONDS = 20.0
"""For one solve; they take well under a second."""

ACCURACY = 1e-4
"""Up to which values agree with print: both games have whole payoffs and a gap of 1e-6."""

NEAR = 0.1
"""Shares of optimal runs, and rewards relative to the optimum, agree within this: two standard errors of 100 runs."""

MOST = 0.5
"""A run counts as having converged to the joint action that is played more often than not."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How many runs, with seeds in a row, each learner makes; the paper's 100."""

    runs: int = 100

    def __post_init__(self) -> None:
        if self.runs < 1:
            raise OptionError(f"setting runs is {self.runs}; it must be at least 1")


@dataclasses.dataclass(frozen=True)
class Printed:
    """What the paper says of a game.

    Attributes
    ----------
    where
        Which table.
    optimal, value
        The joint action that counts as optimal, and what it is worth to the leader.
    nash
        The joint actions that are called Nash equilibria.
    rows
        ``{learner: (leader, follower, share of runs that ended in the optimal joint action)}``.
    """

    where: str
    optimal: str
    value: float
    nash: tuple[str, ...]
    rows: Mapping[str, tuple[float, float, float]]


def run_game(notebook: Notebook, settings: Settings, name: str, printed: Printed) -> None:
    """The table of one game."""
    table = notebook.table("who", "source", "runs", "leader", "follower", "optimal_share", BOUND, "policy")
    game = matrix_game(name)
    _add_optima(notebook, table, game, printed)
    _add_equilibria(notebook, table, game, printed)
    for who, (leader, follower, share) in printed.rows.items():
        table.add(who=who, source=printed.where, runs=100, leader=leader, follower=follower, optimal_share=share)
    for who in LEARNERS:
        _add_learner(notebook, table, game, who, settings.runs, printed.optimal)
    _compare_learners(notebook, table, printed)
    notebook.picture(lambda ax: _draw(ax, table, game.name))


def _add_optima(notebook: Notebook, table: Table, game: Game, printed: Printed) -> None:
    best = certify(notebook, game, seconds=SECONDS)
    for who, result, bound in (("mixed commitment", best.mixed, best.bound), ("pure commitment", best.pure, None)):
        if result.leader_policy is None or result.follower_policy is None:
            continue
        table.add(
            who=who,
            source="certified here",
            leader=result.leader_value,
            follower=float(game.initial @ result.follower_values),
            **{BOUND: bound},
            policy=_words(game, result.leader_policy.probabilities[0], result.follower_policy.to_names(game)["s"]),
        )
        notebook.say(f"{who}: {number(result.leader_value)}")
    pure, mixed = best.pure.leader_value, best.mixed.leader_value
    notebook.find(
        "value of the pure Stackelberg equilibrium",
        f"{printed.value:g} ({printed.optimal})",
        f"{number(pure)} ({table.column('policy', who='pure commitment')[-1]})",
        abs(pure - printed.value) < ACCURACY,
    )
    notebook.find(
        "is that the best commitment?",
        f"the Stackelberg equilibrium is {printed.optimal}, {printed.value:g}",
        f"mixed commitment: {number(mixed)} ({table.column('policy', who='mixed commitment')[-1]}), "
        f"proven to be at most {number(best.bound)}",
        abs(mixed - printed.value) < ACCURACY,
        "" if abs(mixed - printed.value) < ACCURACY else "the paper's leader commits to pure actions only",
    )


def _add_equilibria(notebook: Notebook, table: Table, game: Game, printed: Printed) -> None:
    shape = (game.leader_counts[0], game.follower_counts[0])
    leader, follower = game.leader_rewards.reshape(shape), game.follower_rewards.reshape(shape)
    found = []
    for one in pure_equilibria(leader, follower):
        found.append(f"{game.leader_actions[0][one.row]}-{game.follower_actions[0][one.column]}")
        cells = {"leader": one.payoffs.leader, "follower": one.payoffs.follower}
        table.add(who=f"Nash equilibrium {found[-1]}", source="enumerated here", **cells)
    notebook.find(
        "Nash equilibria in pure strategies",
        ", ".join(printed.nash),
        ", ".join(found),
        sorted(found) == sorted(printed.nash),
        "" if sorted(found) == sorted(printed.nash) else "those that are left out are weak: a deviation costs nothing",
    )


def _add_learner(notebook: Notebook, table: Table, game: Game, who: str, runs: int, optimal: str) -> None:
    rewards, hits = [], 0
    target = game.row(0, game.leader_actions[0].index(optimal[0]), game.follower_actions[0].index(optimal[-1]))
    for _, play in plays_of(notebook, who, game, runs):
        rewards.append(values_of(game, play))
        hits += bool(joint_shares(game, play)[target] > MOST)
    if rewards:
        leader, follower = np.mean(rewards, axis=0)
        share = hits / len(rewards)
        cells = {"leader": float(leader), "follower": float(follower), "optimal_share": share}
        table.add(who=who, source="learned here", runs=len(rewards), **cells)
        notebook.say(f"{who}: {number(float(leader))}, {100 * share:.0f}% of {len(rewards)} runs end in {optimal}")


def _compare_learners(notebook: Notebook, table: Table, printed: Printed) -> None:
    for theirs, ours in COUNTERPARTS.items():
        found = next((row for row in table.rows if row["who"] == ours), None)
        if found is None:
            continue
        leader, follower, share = printed.rows[theirs]
        gaps = (found["optimal_share"] - share, (found["leader"] - leader) / printed.value)
        agrees = max(map(abs, gaps)) <= NEAR
        rewards = f"({found['leader']:.4g}, {found['follower']:.4g})"
        notebook.find(
            f"{theirs}: share of runs that end in {printed.optimal}, and both rewards",
            f"{share:.0%}, ({leader:g}, {follower:g})",
            f"{ours}: {found['optimal_share']:.0%} of {found['runs']}, {rewards}",
            agrees,
            "" if agrees else "with the exploration and the rates here, which are not printed, runs end elsewhere",
        )


def _words(game: Game, mix: Sequence[float], answer: str) -> str:
    played = zip(game.leader_actions[0], mix, strict=True)
    words = [f"{share:.4g} {name}" for name, share in played if share > ACCURACY]
    return f"{' + '.join(words)}, answer {answer}"


def _draw(ax: Axes, table: Table, title: str) -> Axes:
    from matplotlib.patches import Patch

    kinds = list(dict.fromkeys(row["source"] for row in table.rows))
    names = [row["who"] for row in table.rows]
    colors = [f"C{kinds.index(row['source'])}" for row in table.rows]
    places: Any = np.arange(len(names))
    ax.barh(places, [row["leader"] for row in table.rows], color=colors)
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.tick_params(axis="y", labelsize=7)
    ax.set_xlabel("leader's reward")
    ax.set_title(title)
    ax.legend(handles=[Patch(color=f"C{place}", label=kind) for place, kind in enumerate(kinds)], fontsize=7)
    return ax
