"""Figure 1 of Zhang et al.: two agents meet at the 10 or at the 20, which both are Nash equilibria.

The layout is our reading (:func:`ssg_mip.library.two_goals`); the paper runs no learner on it and prints no numbers.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import FollowerPolicy, LeaderPolicy
from ssg_mip.learning.learners import bilevel_q, independent_q
from ssg_mip.learning.learners.asymmetric_learning.information import leader_optimum
from ssg_mip.learning.learners.schedules import Exploration, Stopped
from ssg_mip.library import two_goals
from ssg_mip.library.two_goals import BOTH_AT_10, BOTH_AT_20
from ssg_mip.runs.settings import COUNT
from ssg_mip.studies.agreement import above, together, within
from ssg_mip.studies.certified import certify
from ssg_mip.studies.learners import BASELINES, LEARNERS, Learner, plays_of
from ssg_mip.studies.notebook import BOUND, Notebook, Table, number
from ssg_mip.studies.play import Play, against, answering, end_probabilities, values_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Zhang et al., AAAI 2020, Figure 1: a grid with a 10 and a 20, both of them Nash equilibria"

FULL: dict[str, Any] = {"runs": 100}

SECONDS = 120.0
"""For one solve; the default grid takes some seconds."""

ACCURACY = 1e-6
"""Up to which values and probabilities are the same: solves have a relative gap of 1e-6."""

MOST = 0.5
"""A run ends where it ends more often than not."""

GOALS = {"10": BOTH_AT_10, "20": BOTH_AT_20}

OTHERS = ("hysteretic networks", "lenient networks")
"""Learners without rows, which take minutes: the same rules are there in tables. So are those with a Hedge follower,
who are of another paper."""

_STATE = re.compile(r"A (\d+),(\d+); B (\d+),(\d+)")


HASTY = Exploration(random_steps=100, decay_steps=1000.0, floor=0.05)
"""Less exploration than the learners of all tables have, who visit every joint action often."""

HASTY_STEPS = 20_000
"""Steps of learners who explore little."""


def hasty_bilevel(game: Game, seeds: range, stopped: Stopped) -> Iterator[Play]:
    """Bi-level tabular Q-learning from the start of the game, exploring little."""
    settings = bilevel_q.Settings(
        random_steps=HASTY.random_steps,
        decay_steps=HASTY.decay_steps,
        exploration=HASTY.floor,
        rate="constant",
        starts="initial",
    )
    for seed in seeds:
        rng = np.random.default_rng(seed)
        learned = bilevel_q.learn(game, settings, rng, steps=HASTY_STEPS, stopped=stopped)
        yield answering(game, learned.execution.leader_policy(), learned.execution.answer)


def hasty_independent(game: Game, seeds: range, stopped: Stopped) -> Iterator[Play]:
    """Two independent Q-learners from the start of the game, exploring little."""
    for seed in seeds:
        if stopped():
            return
        rng, rule = np.random.default_rng(seed), independent_q.Independent()
        learned = independent_q.learn(game, rule, rng, steps=HASTY_STEPS, exploration=HASTY, uniform_starts=False)
        leader = LeaderPolicy.deterministic(game, learned.leader_actions)
        yield against(leader, FollowerPolicy(learned.follower_actions), game)


EXPLORING_LITTLE: dict[str, Learner] = {
    "bi-level Q, tabular, exploring little": hasty_bilevel,
    "independent Q, exploring little": hasty_independent,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Squares along each side of the grid, the discount, and each learner's runs; of those that explore little more."""

    size: int = 3
    discount: float = 0.9
    runs: int = 10
    hasty_runs: int = 100

    def __post_init__(self) -> None:
        COUNT.check(self, "runs", "hasty_runs")


def run(notebook: Notebook, settings: Settings) -> None:
    """Both equilibria, the certified optimum, and where learners end."""
    game = two_goals(settings.size, discount=settings.discount)
    table = notebook.table(
        *("who", "source", "runs", "leader", BOUND, "at_20", "at_10", "never", "runs_at_20", "runs_at_10")
    )
    notebook.note(
        f"{game.name}: {game.num_states} states, {game.num_rows} joint actions. The picture is lost in the text that "
        "we have: each agent starts above one goal, as in the code that the paper points to."
    )
    values = {}
    for goal, column in (("10", 0), ("20", settings.size - 1)):
        play = both_go_to(game, column)
        values[goal] = _add(table, game, f"both go to the {goal}", "exact", [play])
        gains = deviation_gains(game, play)
        notebook.find(
            f"both go to the {goal}: is it a Nash equilibrium?",
            "yes",
            f"A could gain {number(gains[0])} by going elsewhere, B {number(gains[1])}; the pair is worth "
            f"{number(values[goal])}",
            within(max(gains), ACCURACY),
        )
    _add_optimum(notebook, table, game, values)
    for who, learner in EXPLORING_LITTLE.items():
        seeds = range(notebook.seed, notebook.seed + settings.hasty_runs)
        _add_learner(notebook, table, game, who, list(_whole(notebook, learner(game, seeds, lambda: notebook.stopped))))
    for who in (*LEARNERS, *BASELINES):
        if who in OTHERS or "Hedge" in who:
            continue
        plays = [play for _, play in plays_of(notebook, who, game, settings.runs)]
        _add_learner(notebook, table, game, who, plays)
    _conclude(notebook, table)
    notebook.picture(lambda ax: _draw(ax, table))


def both_go_to(game: Game, column: int) -> Play:
    """Both agents walk down, then to a column of the lowest row, and stay there, wherever they are."""
    leader: list[int] = []
    follower: list[int] = []
    for state, name in enumerate(game.state_names):
        found = _STATE.fullmatch(name)
        squares = [int(one) for one in found.groups()] if found else [column, 0, column, 0]
        for chosen, actions, square in (
            (leader, game.leader_actions[state], squares[:2]),
            (follower, game.follower_actions[state], squares[2:]),
        ):
            chosen.append(actions.index(_step(square, column)))
    return against(LeaderPolicy.deterministic(game, leader), FollowerPolicy(np.array(follower)), game)


def _step(square: Sequence[int], column: int) -> str:
    if square[1] > 0:
        return "DOWN"
    if square[0] == column:
        return "STAY"
    return "LEFT" if square[0] > column else "RIGHT"


def deviation_gains(game: Game, play: Play) -> tuple[float, float]:
    """What leader and follower could gain by changing their own policy only, from the start."""
    leader, follower = values_of(game, play)
    best_leader = float(game.initial @ leader_optimum(game, play.follower))
    best_follower = float(game.initial @ best_response(game, play.leader).follower_values)
    return best_leader - leader, best_follower - follower


def _add(table: Table, game: Game, who: str, source: str, plays: Sequence[Play], bound: float | None = None) -> float:
    """A row for the plays of one or more runs; returns the leader's mean value."""
    ends = [end_probabilities(game, play, tuple(GOALS.values())) for play in plays]
    value = float(np.mean([values_of(game, play)[0] for play in plays]))
    shares = {f"at_{goal}": [one[end] for one in ends] for goal, end in GOALS.items()}
    table.add(
        who=who,
        source=source,
        runs=len(plays),
        leader=value,
        **{BOUND: bound},
        **{name: float(np.mean(found)) for name, found in shares.items()},
        **{f"runs_{name}": float(np.mean(np.array(found) > MOST)) for name, found in shares.items()},
        never=float(np.mean([one["never"] for one in ends])),
    )
    return value


def _add_optimum(notebook: Notebook, table: Table, game: Game, values: dict[str, float]) -> None:
    best = certify(notebook, game, seconds=SECONDS).mixed
    if best.leader_policy is None or best.follower_policy is None:
        return
    play = against(best.leader_policy, best.follower_policy, game)
    _add(table, game, "commitment", "certified here", [play], best.dual_bound)
    row = table.rows[-1]
    notebook.say(f"commitment: {number(row['leader'])}, {best.status.name.lower()}")
    notebook.find(
        "where the Stackelberg equilibrium leads",
        "only joint policies that lead both to the 20 are Stackelberg equilibria",
        f"the best commitment is worth {number(row['leader'])}, proven to be at most {number(best.dual_bound)}, and "
        f"ends at the 20 with probability {row['at_20']:.6g}; both at the 10 is worth {number(values['10'])}",
        together(
            within(row["at_20"] - 1.0, ACCURACY),
            within(row["leader"] - best.dual_bound, ACCURACY * abs(best.dual_bound)),
            above(row["leader"], values["10"]),
        ),
    )


def _whole(notebook: Notebook, plays: Iterable[Play]) -> Iterator[Play]:
    """The plays of runs that were done before the notebook stopped."""
    for play in plays:
        if notebook.stopped:
            return
        yield play


def _add_learner(notebook: Notebook, table: Table, game: Game, who: str, plays: Sequence[Play]) -> None:
    if not plays:
        return
    _add(table, game, who, "learned here", plays)
    row = table.rows[-1]
    notebook.say(f"{who}: {row['runs_at_20']:.0%} at 20, {row['runs_at_10']:.0%} at 10")


def _conclude(notebook: Notebook, table: Table) -> None:
    for row in table.rows:
        if row["source"] == "learned here":
            neither = 1.0 - row["runs_at_20"] - row["runs_at_10"]
            notebook.find(
                f"where {row['who']} ends",
                "no learner is run; methods for Nash equilibria may end in either",
                f"of {row['runs']} runs {row['runs_at_20']:.0%} at the 20, {row['runs_at_10']:.0%} at the 10, "
                f"{max(0.0, neither):.0%} at neither; mean value {number(row['leader'])}",
                None,
            )


def _draw(ax: Axes, table: Table) -> Axes:
    names = table.column("who")
    places: Any = np.arange(len(names))
    left = np.zeros(len(names))
    for column, color in (("at_20", "C2"), ("at_10", "C1"), ("never", "0.8")):
        shares = np.array(table.column(column))
        ax.barh(places, shares, left=left, color=color, label=column.replace("_", " "))
        left += shares
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.tick_params(axis="y", labelsize=7)
    ax.set_xlabel("probability of the end")
    ax.legend(fontsize=7, loc="lower left")
    return ax
