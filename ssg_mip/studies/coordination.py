"""Tables 2 and 3 of Zhang et al.: two games of coordination, the certified optima and what learners get.

Their equilibrium is that of *pure* commitment, whose action the follower sees. Beside it stands the optimum of mixed
commitment, of which the follower sees the probabilities only. Rows of learners agree with print if share and rewards
differ by no more than two standard errors of the difference between two samples of runs
(:mod:`ssg_mip.studies.agreement`).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.library import matrix_game
from ssg_mip.runs.settings import COUNT, NOT_NEGATIVE
from ssg_mip.studies.agreement import mean_tolerance, share_tolerance, together, within
from ssg_mip.studies.bimatrix import pure_equilibria
from ssg_mip.studies.certified import certify
from ssg_mip.studies.learners import BASELINES, COUNTERPARTS, LEARNERS, plays_of
from ssg_mip.studies.notebook import BOUND, Notebook, Table, number
from ssg_mip.studies.play import Play, joint_shares, values_of
from ssg_mip.studies.training_curves import Training, entries, plays_seen, trained

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SECONDS = 20.0
"""For one solve; they take well under a second."""

ACCURACY = 1e-4
"""Up to which values agree with print: both games have whole payoffs and a gap of 1e-6."""

PRINTED_RUNS = 100
"""Runs behind each printed row."""

DIGIT = 0.05
"""The unit of the last digit of printed rewards."""

MOST = 0.5
"""A run counts as having converged to the joint action that is played more often than not."""

UNSETTLED = "mixed"
"""What a run ends in that plays no joint action more often than not."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How many runs, with seeds in a row, each learner makes, in the table and under other settings; the paper has 100.

    0 for ``variant_runs`` leaves the other settings out; ``published`` adds those of the code that the paper points to
    at their full length. ``curves`` is whether training is watched.
    """

    runs: int = 100
    variant_runs: int = 100
    curves: bool = True
    published: bool = False

    def __post_init__(self) -> None:
        COUNT.check(self, "runs")
        NOT_NEGATIVE.check(self, "variant_runs")


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


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the runs of one learner came to.

    Attributes
    ----------
    rewards
        Of leader and follower, one pair per run.
    ends
        The joint action that each run ended in, or :data:`UNSETTLED`.
    extremes
        The least and the largest reward of leader and follower in the game.
    """

    rewards: Sequence[tuple[float, float]]
    ends: Sequence[str]
    extremes: tuple[tuple[float, float], tuple[float, float]]

    def share(self, entry: str) -> float:
        """Share of the runs that ended in a joint action."""
        return sum(end == entry for end in self.ends) / len(self.ends)

    def means(self) -> tuple[float, float]:
        """Average rewards of leader and follower."""
        leader, follower = np.mean(self.rewards, axis=0)
        return float(leader), float(follower)

    def words(self) -> str:
        """Where runs ended, most frequent first."""
        return ", ".join(f"{end} {count / len(self.ends):.0%}" for end, count in Counter(self.ends).most_common())


def outcome(game: Game, plays: Sequence[Play]) -> Outcome:
    """What plays in a game of one round come to."""
    names = entries(game)
    shares = [joint_shares(game, play) for play in plays]
    ends = [names[int(one.argmax())] if one.max() > MOST else UNSETTLED for one in shares]
    return Outcome([values_of(game, play) for play in plays], ends, extremes(game))


def extremes(game: Game) -> tuple[tuple[float, float], tuple[float, float]]:
    """The least and the largest reward of leader and follower."""
    leader, follower = game.leader_rewards, game.follower_rewards
    return (float(leader.min()), float(leader.max())), (float(follower.min()), float(follower.max()))


def compare(found: Outcome, optimal: str, printed: tuple[float, float, float]) -> tuple[bool | None, str]:
    """Whether runs agree with a printed row, and how far they are from it."""
    leader, follower, share = printed
    mine = found.share(optimal)
    gap, limit = mine - share, share_tolerance(mine, len(found.ends), share, PRINTED_RUNS)
    verdicts = [within(gap, limit)]
    words = [f"share off by {abs(gap):.0%} (tolerance {limit:.0%})"]
    for player, (name, theirs) in enumerate((("leader", leader), ("follower", follower))):
        ours = [pair[player] for pair in found.rewards]
        apart = float(np.mean(ours)) - theirs
        allowed = mean_tolerance(ours, PRINTED_RUNS, extremes=found.extremes[player], digit=DIGIT)
        verdicts.append(within(apart, allowed))
        words.append(f"{name}'s reward by {abs(apart):.3g} ({allowed:.2g})")
    return together(*verdicts), ", ".join(words)


def run_game(
    notebook: Notebook, settings: Settings, name: str, printed: Printed
) -> tuple[Game, Mapping[str, Training]]:
    """The table of one game; returns the game, and what was seen of its learners."""
    table = notebook.table("who", "source", "runs", "leader", "follower", "optimal_share", BOUND, "policy", "ends")
    game = matrix_game(name)
    _add_optima(notebook, table, game, printed)
    _add_equilibria(notebook, table, game, printed)
    for who, (leader, follower, share) in printed.rows.items():
        cells = {"leader": leader, "follower": follower, "optimal_share": share}
        table.add(who=who, source=printed.where, runs=PRINTED_RUNS, **cells)
    learners = (*LEARNERS, *BASELINES)
    trainings = trained(notebook, game, settings.runs, learners) if settings.curves else {}
    outcomes, seen = {}, plays_seen(trainings)
    for who in learners:
        plays = seen.get(who) or [play for _, play in plays_of(notebook, who, game, settings.runs)]
        if plays:
            outcomes[who] = outcome(game, plays)
            _add_learner(notebook, table, who, outcomes[who], printed.optimal)
    for theirs, ours in COUNTERPARTS.items():
        if ours in outcomes:
            _compare_learner(notebook, theirs, ours, outcomes[ours], printed)
    notebook.picture(lambda ax: _draw(ax, table, game.name))
    return game, trainings


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
        within(pure - printed.value, ACCURACY),
    )
    notebook.find(
        "is that the best commitment?",
        f"the Stackelberg equilibrium is {printed.optimal}, {printed.value:g}",
        f"mixed commitment: {number(mixed)} ({table.column('policy', who='mixed commitment')[-1]}), "
        f"proven to be at most {number(best.bound)}",
        within(mixed - printed.value, ACCURACY),
        f"mixing is worth {number(mixed - pure)} more; the paper's leader commits to pure actions only"
        if mixed - pure > ACCURACY
        else "mixing is worth nothing here",
    )


def _add_equilibria(notebook: Notebook, table: Table, game: Game, printed: Printed) -> None:
    shape = (game.leader_counts[0], game.follower_counts[0])
    leader, follower = game.leader_rewards.reshape(shape), game.follower_rewards.reshape(shape)
    found: dict[str, bool] = {}
    for one in pure_equilibria(leader, follower):
        name = f"{game.leader_actions[0][one.row]}-{game.follower_actions[0][one.column]}"
        ties = (leader[:, one.column] == one.payoffs.leader).sum() + (follower[one.row] == one.payoffs.follower).sum()
        found[name] = bool(ties > 2)
        cells = {"leader": one.payoffs.leader, "follower": one.payoffs.follower}
        table.add(who=f"Nash equilibrium {name}", source="enumerated here", **cells)
    left_out = [name for name in found if name not in printed.nash]
    weak = [name for name in left_out if found[name]]
    notebook.find(
        "Nash equilibria in pure strategies",
        ", ".join(printed.nash),
        ", ".join(found),
        sorted(found) == sorted(printed.nash),
        f"left out in print: {', '.join(left_out)}; weak, a deviation costs nothing: {', '.join(weak) or 'none'}"
        if left_out
        else "",
    )


def _add_learner(notebook: Notebook, table: Table, who: str, found: Outcome, optimal: str) -> None:
    leader, follower = found.means()
    runs = len(found.ends)
    cells = {"leader": leader, "follower": follower, "optimal_share": found.share(optimal), "ends": found.words()}
    table.add(who=who, source="learned here", runs=runs, **cells)
    notebook.say(f"{who}: {number(leader)}, {found.share(optimal):.0%} of {runs} runs end in {optimal}")


def _compare_learner(notebook: Notebook, theirs: str, ours: str, found: Outcome, printed: Printed) -> None:
    leader, follower, share = printed.rows[theirs]
    mine = found.means()
    agrees, reading = compare(found, printed.optimal, printed.rows[theirs])
    notebook.find(
        f"{theirs}: share of runs that end in {printed.optimal}, and both rewards",
        f"{share:.0%}, ({leader:g}, {follower:g})",
        f"{ours}: {found.share(printed.optimal):.0%} of {len(found.ends)}, ({mine[0]:.4g}, {mine[1]:.4g}); "
        f"ends {found.words()}",
        agrees,
        reading,
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
