"""Networks of both tables under other settings: where do the printed shares come from?

The paper prints 1000 steps of fully random play, then epsilon-greedy play that decays (to what, and how fast, it does
not say), three layers, a replay memory and a target network; a footnote points to its code. There the hysteretic and
the lenient learners have other settings, and one that matters: aims above 1 count as 1 although payoffs go up to 30.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.learning.learners import central_critics, independent_networks
from ssg_mip.learning.learners.schedules import Course
from ssg_mip.studies.agreement import share_tolerance, within
from ssg_mip.studies.coordination import PRINTED_RUNS, Outcome, Printed, compare, extremes
from ssg_mip.studies.learners import NETWORK_STEPS
from ssg_mip.studies.notebook import Notebook, Table
from ssg_mip.studies.training_curves import entries

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RULES: dict[str, tuple[ModuleType, str]] = {
    "I-DQN": (independent_networks, "independent"),
    "MADDPG": (central_critics, "maddpg"),
    "TD3": (central_critics, "td3"),
    "Hysteretic-DQN": (independent_networks, "hysteretic"),
    "Lenient-DQN": (independent_networks, "lenient"),
}
"""Learners of the paper: who implements them, and the name of the rule there."""

OWN_ACTIONS = ("I-DQN", "Hysteretic-DQN", "Lenient-DQN")
"""Those with networks over their own actions."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Variant:
    """Settings other than those of the table, and steps of play; ``who`` are the learners that have them."""

    settings: Mapping[str, Any]
    steps: int = NETWORK_STEPS
    who: tuple[str, ...] = tuple(RULES)


PUBLISHED: dict[str, Any] = {
    **{"hidden": 20, "batch": 512, "memory": 10_000, "update_every": 1, "target_every": 5000, "rate": 1e-4},
    **{"random_steps": 500, "decay_steps": 1.0, "exploration": 0.1, "hysteresis": 0.5, "moderation": 1.0},
    **{"cooling": 0.9998, "cut": 1.0, "scale_rewards": False},
}
"""Settings of the code that the paper points to, as far as these learners have them: its exploration falls from .1 by
a factor of .999999 a step, its losses are linear beyond 1, and leniency scales what is forgiven here by chance."""

WORDS = {True: "yes", False: "no", None: "undecided"}
"""Verdicts in a table."""

OPTIMISTIC = ("Hysteretic-DQN", "Lenient-DQN")

VARIANTS = {
    "3 random steps": Variant(settings={"random_steps": 3, "decay_steps": 3.0, "exploration": 0.01}, steps=800),
    "10 random steps": Variant(settings={"random_steps": 10, "decay_steps": 10.0, "exploration": 0.05}, steps=800),
    "100 random steps, memory of 200": Variant(
        settings={"random_steps": 100, "decay_steps": 50.0, "exploration": 0.01, "memory": 200}, steps=1500
    ),
    "1000 random steps, fast decay, memory of 200": Variant(
        settings={"decay_steps": 50.0, "exploration": 0.01, "memory": 200}
    ),
    "as in the table, aims cut at 1": Variant(settings={"cut": 1.0, "scale_rewards": False}, who=OWN_ACTIONS),
    "published code, ten times faster": Variant(
        settings={**PUBLISHED, "batch": 32, "rate": 1e-3, "target_every": 500}, steps=3500, who=OPTIMISTIC
    ),
}
"""By the name that the table shows."""

PUBLISHED_VARIANT = {"published code": Variant(settings=PUBLISHED, steps=30_000, who=OPTIMISTIC)}
"""The numbers of the code that the paper points to; 100 runs take an hour or so."""


def add_variants(notebook: Notebook, game: Game, printed: Printed, runs: int, *, published: bool = False) -> None:
    """A table with a row per variant and learner, and a finding per learner: which of them agree with print.

    ``published`` adds the slow variant with the settings of the published code.
    """
    table = notebook.table(
        *("learner", "setting", "runs", "steps", "leader", "follower", "optimal_share"),
        *("agrees", "share_agrees", "ends"),
        suffix="settings",
    )
    for name, variant in {**VARIANTS, **(PUBLISHED_VARIANT if published else {})}.items():
        for who in variant.who:
            if notebook.stopped:
                break
            try:
                found = learned(notebook, game, who, variant, runs)
            except OptionError as error:
                notebook.note(f"No other ways of exploring: {error}")
                return
            if found is not None:
                _add(notebook, table, who, name, variant, found, printed)
    for who in dict.fromkeys(table.column("learner")):
        _conclude(notebook, table, who, printed)
    notebook.picture(lambda ax: _draw(ax, table, printed), "settings")


def learned(notebook: Notebook, game: Game, who: str, variant: Variant, runs: int) -> Outcome | None:
    """What the runs of a learner under a variant came to; ``None`` if they were stopped on the way."""
    module, rule = RULES[who]
    curve = module.learn(
        game,
        module.Settings(rule=rule, **variant.settings),
        notebook.seed,
        Course(steps=variant.steps, runs=runs, stopped=lambda: notebook.stopped),
    )
    if notebook.stopped:
        return None
    rows, names = curve.rows[-1, :, 0], entries(game)
    rewards = [(float(game.leader_rewards[row]), float(game.follower_rewards[row])) for row in rows]
    return Outcome(rewards, [names[row] for row in rows], extremes(game))


def _add(
    notebook: Notebook, table: Table, who: str, name: str, variant: Variant, found: Outcome, printed: Printed
) -> None:
    leader, follower = found.means()
    agrees, _ = compare(found, printed.optimal, printed.rows[who])
    share, theirs = found.share(printed.optimal), printed.rows[who][2]
    near = within(share - theirs, share_tolerance(share, len(found.ends), theirs, PRINTED_RUNS))
    table.add(
        learner=who,
        setting=name,
        runs=len(found.ends),
        steps=variant.steps,
        leader=leader,
        follower=follower,
        optimal_share=share,
        agrees=WORDS[agrees],
        share_agrees=WORDS[near],
        ends=found.words(),
    )
    notebook.say(f"{who}, {name}: {share:.0%}, ({leader:.4g}, {follower:.4g})")


def _conclude(notebook: Notebook, table: Table, who: str, printed: Printed) -> None:
    rows = [row for row in table.rows if row["learner"] == who]
    leader, follower, share = printed.rows[who]
    told = "; ".join(
        f"{row['setting']}: {row['optimal_share']:.0%}, ({row['leader']:.4g}, {row['follower']:.4g})" for row in rows
    )
    fitting = [row["setting"] for row in rows if row["agrees"] == "yes"]
    share_only = [row["setting"] for row in rows if row["share_agrees"] == "yes" and row["setting"] not in fitting]
    notebook.find(
        f"{who} under other settings: share of runs that end in {printed.optimal}, and both rewards",
        f"{share:.0%}, ({leader:g}, {follower:g})",
        told,
        bool(fitting),
        f"agrees: {'; '.join(fitting) or 'none'}; the share alone agrees: {'; '.join(share_only) or 'none'}",
    )


def _draw(ax: Axes, table: Table, printed: Printed) -> Axes:
    names = list(dict.fromkeys(table.column("setting")))
    for place, who in enumerate(who for who in RULES if who in printed.rows):
        rows = [row for row in table.rows if row["learner"] == who]
        heights = [names.index(row["setting"]) + 0.2 * (place - 1) for row in rows]
        ax.plot([row["optimal_share"] for row in rows], heights, "o", color=f"C{place}", label=f"{who}, here")
        ax.axvline(printed.rows[who][2], color=f"C{place}", linestyle=":", label=f"{who}, printed")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.tick_params(axis="y", labelsize=7)
    ax.set_xlim(-0.05, 1.05)
    ax.set_xlabel(f"share of runs that end in {printed.optimal}")
    ax.legend(fontsize=7)
    return ax
