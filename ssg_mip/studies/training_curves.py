"""What learners with networks do and think while they learn: Figures 4, 5 and 7 of Zhang et al.

The figures are lost in the text that we have; what they show is said in it. Joint actions are counted over the last
:data:`WINDOW` steps, exploration included, and averaged over all runs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.game.game import Game
from ssg_mip.learning.learners import actor_critic, central_critics
from ssg_mip.learning.learners.schedules import Course
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.studies.agreement import above, together, within
from ssg_mip.studies.learners import COUNTERPARTS, greedy_plays, network_steps
from ssg_mip.studies.notebook import Notebook, Table, number
from ssg_mip.studies.play import Play, answering

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ssg_mip.learning.learners.neural.training import TrainingCurve

WINDOW = 100
"""Steps over which joint actions are counted, as in Figure 5."""

MOST_JUDGED = 100
"""Joint actions up to which it is kept what the models think of each."""

SETTLED = 0.05
"""A critic has found a value once it stays within this share of it."""


@dataclasses.dataclass(frozen=True)
class Training:
    """What was seen of one learner.

    Attributes
    ----------
    plays
        What both players do afterwards, one per run: the same as in the tables.
    steps
        Where windows end, ``[windows]``.
    shares
        Shares of the joint actions in each window, ``[windows, num_rows]``.
    moments, rows
        Steps of as many moments, and the greedy joint actions then, ``[windows, runs, num_states]``.
    judgements
        For the bi-level learner in small games.
    """

    plays: Sequence[Play]
    steps: IntArray
    shares: FloatArray
    moments: IntArray
    rows: IntArray
    judgements: actor_critic.Judgements | None


class RecentShares:
    """Counts the joint actions of all runs, window by window."""

    def __init__(self, game: Game) -> None:
        self._counts = np.zeros(game.num_rows)
        self.steps: list[int] = []
        self.shares: list[FloatArray] = []

    def see(self, step: int, rows: IntArray) -> None:
        """After a step, with the row of each run."""
        np.add.at(self._counts, rows, 1.0)
        if step % WINDOW == 0:
            self.steps.append(step)
            self.shares.append(self._counts / self._counts.sum())
            self._counts = np.zeros_like(self._counts)

    def training(
        self, plays: Sequence[Play], curve: TrainingCurve, judgements: actor_critic.Judgements | None = None
    ) -> Training:
        """What was seen, beside what a learner wrote down itself."""
        windows = len(self.steps)
        steps, shares = np.array(self.steps, dtype=np.int64), np.array(self.shares).reshape(windows, -1)
        return Training(plays, steps, shares, curve.steps[:windows], curve.rows[:windows], judgements)


def bilevel_training(notebook: Notebook, game: Game, runs: int) -> Training:
    """Train the bi-level actor-critic as in the tables."""
    recent, steps = RecentShares(game), network_steps(game)
    course = Course(
        steps=steps,
        runs=runs,
        num_moments=windows_in(steps),
        on_step=recent.see,
        stopped=lambda: notebook.stopped,
    )
    judge = game.num_rows <= MOST_JUDGED
    learned = actor_critic.learn(game, actor_critic.Settings(), notebook.seed, course, judge=judge)
    plays = [answering(game, one.leader_policy(), one.answer) for one in learned.executions]
    return recent.training(plays, learned.curve, learned.judgements)


def maddpg_training(notebook: Notebook, game: Game, runs: int) -> Training:
    """Train MADDPG as in the tables."""
    recent, steps = RecentShares(game), network_steps(game)
    course = Course(
        steps=steps,
        runs=runs,
        num_moments=windows_in(steps),
        on_step=recent.see,
        stopped=lambda: notebook.stopped,
    )
    curve = central_critics.learn(game, central_critics.Settings(), notebook.seed, course)
    return recent.training(list(greedy_plays(game, curve.rows[-1])), curve)


def windows_in(steps: int) -> int:
    """How many windows so many steps have; at least 1."""
    return max(1, steps // WINDOW)


TRAININGS: dict[str, Callable[[Notebook, Game, int], Training]] = {
    "Bi-AC": bilevel_training,
    "MADDPG": maddpg_training,
}
"""The learners of Figures 5 and 7, by their names in print."""


def trained(notebook: Notebook, game: Game, runs: int, known: Collection[str]) -> dict[str, Training]:
    """What learners of :data:`TRAININGS` did, if tables show them under one of the ``known`` names.

    Those whose extra is missing are left out with a note, those that were stopped without.
    """
    found: dict[str, Training] = {}
    for who in TRAININGS:
        if COUNTERPARTS[who] not in known or notebook.stopped:
            continue
        try:
            training = TRAININGS[who](notebook, game, runs)
        except OptionError as error:
            notebook.note(f"No training curve of {who}: {error}")
            continue
        if len(training.steps) == windows_in(network_steps(game)):
            found[who] = training
            notebook.say(f"{who}: {len(training.steps)} points of its training curve")
    return found


def plays_seen(trainings: Mapping[str, Training]) -> dict[str, Sequence[Play]]:
    """The plays of trainings by the names that tables show."""
    return {COUNTERPARTS[who]: training.plays for who, training in trainings.items()}


def add_convergence(notebook: Notebook, game: Game, training: Training, target: str, value: float) -> None:
    """Figure 4: what the bi-level learner thinks of a joint action such as ``C-Z``, worth ``value``, over training."""
    if training.judgements is None:
        return
    row = entries(game).index(target)
    first, answer = target.split("-")
    thoughts, runs = training.judgements, len(training.plays)
    table = notebook.table(
        "step", "leader_critic", "follower_critic", "answer_probability", "leader_share", suffix="convergence"
    )
    plays_it = game.row_leader == game.row_leader[row]
    for place, step in enumerate(training.steps):
        table.add(
            step=int(step),
            leader_critic=float(thoughts.leader[place, :, row].mean()),
            follower_critic=float(thoughts.follower[place, :, row].mean()),
            answer_probability=float(thoughts.answers[place, :, row].mean()),
            leader_share=float(training.shares[place][plays_it].sum()),
        )
    found = {name: settled(table, f"{name}_critic", value) for name in ("leader", "follower")}
    notebook.find(
        f"Figure 4: which critic of Bi-AC first stays near {value:g}, the worth of {target}",
        "the leader's, whose learning rate is higher",
        "; ".join(f"the {name}'s {_since(step)}" for name, step in found.items())
        + f" (means of {runs} runs, within {SETTLED:.0%}, looked at every {WINDOW} steps)",
        earlier(found["leader"], found["follower"]),
    )
    share = table.column("leader_share")[-1]
    notebook.find(
        f"Figure 4: how often the leader plays {first} at the end",
        "below 1, because exploration goes on",
        f"{share:.3f} of the last {WINDOW} steps; the follower then answers {answer} with probability "
        f"{table.column('answer_probability')[-1]:.3f}",
        together(above(1.0, share), above(share, 0.5)),
    )
    notebook.picture(partial(_draw_convergence, table, target, value), "convergence")


def settled(table: Table, column: str, value: float) -> int | None:
    """The first step from which on a column stays within :data:`SETTLED` of a value."""
    found = None
    for row in reversed(table.rows):
        if not abs(row[column] - value) <= SETTLED * abs(value):
            break
        found = int(row["step"])
    return found


def earlier(first: int | None, second: int | None) -> bool | None:
    """Whether the first came before the second; ``None`` if both came in the same window or never."""
    if first == second:
        return None
    return first is not None and (second is None or first < second)


def _since(step: int | None) -> str:
    return "never" if step is None else f"from step {step} on"


def add_distribution(
    notebook: Notebook, game: Game, trainings: Mapping[str, Training], expected: Mapping[str, str]
) -> None:
    """Figure 5: shares of the joint actions over training; ``expected`` says where each learner ends in print."""
    table = notebook.table("learner", "step", "entry", "share", suffix="distribution")
    names = entries(game)
    for who, training in trainings.items():
        entry = expected[who]
        for step, shares in zip(training.steps, training.shares, strict=True):
            for name, share in zip(names, shares, strict=True):
                table.add(learner=who, step=int(step), entry=name, share=float(share))
        last = dict(zip(names, training.shares[-1], strict=True))
        top = max(last, key=lambda name: last[name])
        notebook.find(
            f"Figure 5: the entry that {who} plays most at the end of training",
            entry,
            f"{top}, {last[top]:.0%} of the last {WINDOW} steps of {len(training.plays)} runs; {entry} "
            f"{last[entry]:.0%}",
            top == entry,
        )
        notebook.picture(partial(_draw_distribution, table, who), f"distribution-{who.lower()}")


def add_ends(
    notebook: Notebook, trainings: Mapping[str, Training], ends_of: Callable[[IntArray, float], dict[str, float]]
) -> None:
    """Figure 7: how episodes end over training.

    Parameters
    ----------
    notebook, trainings
        Where to write, and what was seen of each learner.
    ends_of
        Probabilities of ``leader_first``, ``follower_first``, ``crash`` and ``never`` for greedy rows of one run, each
        player acting at random with the given probability.
    """
    columns = ("leader_first", "follower_first", "crash", "never")
    table = notebook.table("learner", "exploration", "step", *columns, suffix="training")
    for who, training in trainings.items():
        schedule = actor_critic.Settings().schedule()
        for place in _spread(len(training.moments)):
            step = int(training.moments[place])
            for kind, epsilon in (("as in training", schedule.epsilon(step - 1)), ("none", 0.0)):
                found = [ends_of(rows, epsilon) for rows in training.rows[place]]
                table.add(
                    learner=who,
                    exploration=kind,
                    step=step,
                    **{end: float(np.mean([one[end] for one in found])) for end in columns},
                )
        _compare_ends(notebook, table, who)
        notebook.picture(partial(_draw_ends, table, who), f"training-{who.lower()}")


MOMENTS = 30
"""Points of a curve of ends, each of which takes a Markov chain per run."""

ALIKE = 0.15
"""Three probabilities are almost the same if none is further than this from another."""

SLACK = 0.1
"""A curve rises steadily if it never falls by more than this below what it has reached."""


def _spread(count: int) -> list[int]:
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, MOMENTS))})


def _compare_ends(notebook: Notebook, table: Table, who: str) -> None:
    rows = [row for row in table.rows if row["learner"] == who and row["exploration"] == "as in training"]
    start, end = ([row[name] for name in ("crash", "leader_first", "follower_first")] for row in (rows[0], rows[-1]))
    words = "crash {:.0%}, main-lane car first {:.0%}, other first {:.0%}"
    curve = [row["leader_first"] for row in rows]
    fall = max(np.maximum.accumulate(curve) - curve)
    told = f"step {rows[0]['step']}: {words.format(*start)}; step {rows[-1]['step']}: {words.format(*end)}"
    if who != "Bi-AC":
        notebook.find(f"Figure 7: how episodes of {who} end over training", "no words about the curve", told, None)
        return
    notebook.find(
        f"Figure 7: how episodes of {who} end at the start of training",
        "crash, main-lane car first and other first almost equally likely",
        told,
        within(max(start) - min(start), ALIKE),
    )
    notebook.find(
        f"Figure 7: the main-lane car first over training of {who}",
        "improves steadily until convergence",
        f"from {curve[0]:.0%} to {curve[-1]:.0%}; its deepest fall is {fall:.0%}",
        together(above(curve[-1], curve[0]), within(fall, SLACK)),
    )


def entries(game: Game) -> list[str]:
    """Names of the joint actions of a game of one round, such as ``A-X``, in the order of its rows."""
    return [
        f"{game.leader_actions[0][a]}-{game.follower_actions[0][b]}"
        for a, b in zip(game.row_leader, game.row_follower, strict=True)
    ]


def _draw_convergence(table: Table, target: str, value: float, ax: Axes) -> Axes:
    first, answer = target.split("-")
    steps = table.column("step")
    for player, color in (("leader", "C0"), ("follower", "C1")):
        worth = [one / value for one in table.column(f"{player}_critic")]
        ax.plot(steps, worth, color=color, label=f"{player}'s critic of {target}, by {number(value)}")
    ax.plot(steps, table.column("answer_probability"), color="C2", label=f"probability of {answer} after {first}")
    ax.plot(steps, table.column("leader_share"), color="C3", label=f"{first} in the last {WINDOW} steps")
    ax.set_xlabel("steps")
    ax.set_ylim(-0.1, 1.3)
    ax.legend(fontsize=7)
    return ax


def _draw_distribution(table: Table, who: str, ax: Axes) -> Axes:
    names = list(dict.fromkeys(table.column("entry", learner=who)))
    steps = table.column("step", learner=who, entry=names[0])
    shares: Any = [table.column("share", learner=who, entry=name) for name in names]
    ax.stackplot(steps, shares, labels=names, colors=[f"C{place}" for place in range(len(names))])
    ax.set_xlabel("steps")
    ax.set_ylabel(f"share of the last {WINDOW} steps")
    ax.set_title(who)
    ax.legend(fontsize=7, loc="lower left", ncols=3)
    return ax


def _draw_ends(table: Table, who: str, ax: Axes) -> Axes:
    for end, color in (("leader_first", "C0"), ("follower_first", "C1"), ("crash", "C3")):
        for kind, style in (("as in training", "-"), ("none", ":")):
            steps, shares = (table.column(name, learner=who, exploration=kind) for name in ("step", end))
            label = end.replace("_", " ") if kind != "none" else None
            ax.plot(steps, shares, style, color=color, label=label)
    ax.set_xlabel("steps (dotted: without exploration)")
    ax.set_ylabel("probability of the end")
    ax.set_title(who)
    ax.legend(fontsize=7)
    return ax
