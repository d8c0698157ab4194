"""Figures 2 and 8 to 12 of Zhang et al.: is it better to lead, or to meet in a Nash equilibrium?

Payoffs of n x n games are normal with variance 1 and a covariance from -1 to 1, which sets the cooperation level. The
paper compares the average Nash equilibrium with the Stackelberg equilibrium, in which the leader commits to a pure
action and the follower sees it, and says that with high cooperation both players do better in the latter. It does not
say which equilibria it averages over; for games of 100 x 100 they cannot be all of them. So there are two samples here:

``pure``
    for every size, as many games as in the paper: the average over equilibria in *pure* strategies (games without one
    are left out of that average, and counted), against pure commitment;
``all``
    for sizes at which all equilibria can be enumerated, fewer games: the average over *all* equilibria, against pure
    and mixed commitment. One game of 10 x 10 takes half a second, each further row and column several times as long, so
    this ends at 10 x 10.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.library import correlated_payoffs
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.runs.settings import COUNT
from ssg_mip.studies.agreement import DEVIATIONS, above, together
from ssg_mip.studies.bimatrix import (
    Payoffs,
    all_equilibria,
    check_gambit,
    cooperation_level,
    mixed_commitment,
    pure_commitment,
    pure_equilibria,
)
from ssg_mip.studies.notebook import Notebook, Table, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Zhang et al., AAAI 2020, Figures 2 and 8-12: Stackelberg equilibrium against average Nash equilibrium"

FULL: dict[str, Any] = {"steps": 20, "enumerated_trials": (2000, 60)}

HIGH = 0.75
"""A covariance from which cooperation counts as high; the paper names no number."""

_COLUMNS = (
    *("sample", "size", "covariance", "trials", "cooperation_level", "without_equilibrium", "equilibria"),
    *("nash_leader", "nash_follower", "pure_leader", "pure_follower", "mixed_leader", "mixed_follower"),
    *("pure_leader_gain", "pure_follower_gain", "leader_gain_error", "follower_gain_error"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes and numbers of games of both samples, and the number of steps of the covariance from -1 to 1."""

    steps: int = 8
    sizes: tuple[int, ...] = (5, 10, 20, 50, 100)
    trials: tuple[int, ...] = (2000, 2000, 500, 200, 100)
    enumerated_sizes: tuple[int, ...] = (5, 10)
    enumerated_trials: tuple[int, ...] = (200, 20)

    def __post_init__(self) -> None:
        COUNT.check(self, "steps")
        COUNT.check_each(self, "sizes", "trials", "enumerated_sizes", "enumerated_trials")
        for sizes, trials in (("sizes", "trials"), ("enumerated_sizes", "enumerated_trials")):
            wanted, given = len(getattr(self, sizes)), len(getattr(self, trials))
            if wanted != given:
                raise OptionError(f"{trials} has {given} numbers and {sizes} {wanted}; there must be one for each size")


@dataclasses.dataclass(frozen=True)
class _Trial:
    level: float
    nash: Sequence[Payoffs]
    pure: Payoffs
    mixed: Payoffs | None


def run(notebook: Notebook, settings: Settings) -> None:
    """Draw the games of both samples, and compare."""
    table = notebook.table(*_COLUMNS)
    covariances = [float(one) for one in np.linspace(-1.0, 1.0, settings.steps + 1)]
    for size, trials in zip(settings.sizes, settings.trials, strict=True):
        _sample(notebook, table, "pure", size, covariances, trials)
    try:
        check_gambit()
    except OptionError as error:
        notebook.note(f"The sample over all equilibria is missing: {error}")
    else:
        for size, trials in zip(settings.enumerated_sizes, settings.enumerated_trials, strict=True):
            _sample(notebook, table, "all", size, covariances, trials)
    _compare(notebook, table)
    for sample in ("pure", "all"):
        for size in dict.fromkeys(table.column("size", sample=sample)):
            notebook.picture(partial(_draw, table, sample, size), f"{sample}-{size}")


def _sample(
    notebook: Notebook, table: Table, sample: str, size: int, covariances: Sequence[float], trials: int
) -> None:
    for covariance in covariances:
        rng = np.random.default_rng([notebook.seed, size, round(1000.0 * (covariance + 1.0)), sample == "all"])
        done = []
        for _ in range(trials):
            if notebook.stopped:
                break
            leader, follower = correlated_payoffs(size, covariance, rng)
            done.append(
                _Trial(
                    cooperation_level(leader, follower),
                    _equilibria(sample, leader, follower),
                    pure_commitment(leader, follower),
                    mixed_commitment(leader, follower) if sample == "all" else None,
                )
            )
        if done:
            _add(table, sample, size, covariance, done)
    notebook.say(f"{sample} equilibria, {size} x {size}: {sum(table.column('trials', sample=sample, size=size))} games")


def _equilibria(sample: str, leader: FloatArray, follower: FloatArray) -> list[Payoffs]:
    if sample == "all":
        return all_equilibria(leader, follower)
    return [one.payoffs for one in pure_equilibria(leader, follower)]


def _add(table: Table, sample: str, size: int, covariance: float, trials: Sequence[_Trial]) -> None:
    """The averages over the games of one size and covariance; gains are over games that have an equilibrium."""
    some = [trial for trial in trials if trial.nash]
    nash = np.array([[_mean(trial.nash, player) for player in ("leader", "follower")] for trial in some])
    gains = np.array([[trial.pure.leader, trial.pure.follower] for trial in some]).reshape(-1, 2) - nash.reshape(-1, 2)
    mixed = [trial.mixed for trial in trials if trial.mixed is not None]
    errors = gains.std(axis=0) / np.sqrt(len(gains)) if len(gains) else (np.nan, np.nan)
    average = nash.mean(axis=0) if len(nash) else (np.nan, np.nan)
    gain = gains.mean(axis=0) if len(gains) else (np.nan, np.nan)
    table.add(
        sample=sample,
        size=size,
        covariance=covariance,
        trials=len(trials),
        cooperation_level=float(np.mean([trial.level for trial in trials])),
        without_equilibrium=len(trials) - len(some),
        equilibria=float(np.mean([len(trial.nash) for trial in trials])),
        nash_leader=float(average[0]),
        nash_follower=float(average[1]),
        pure_leader=_mean([trial.pure for trial in trials], "leader"),
        pure_follower=_mean([trial.pure for trial in trials], "follower"),
        mixed_leader=_mean(mixed, "leader") if mixed else None,
        mixed_follower=_mean(mixed, "follower") if mixed else None,
        pure_leader_gain=float(gain[0]),
        pure_follower_gain=float(gain[1]),
        leader_gain_error=float(errors[0]),
        follower_gain_error=float(errors[1]),
    )


def _mean(payoffs: Sequence[Payoffs], player: str) -> float:
    return float(np.mean([getattr(one, player) for one in payoffs]))


def _compare(notebook: Notebook, table: Table) -> None:
    for sample, size in dict.fromkeys((row["sample"], row["size"]) for row in table.rows):
        rows = [row for row in table.rows if (row["sample"], row["size"]) == (sample, size)]
        high = [row for row in rows if row["covariance"] >= HIGH]
        if high:
            least = {player: min(high, key=lambda row: _certain(row, player)) for player in ("leader", "follower")}
            told = ", ".join(
                f"{player} at least {number(row[f'pure_{player}_gain'])} (standard error "
                f"{number(row[f'{player}_gain_error'])})"
                for player, row in least.items()
            )
            notebook.find(
                f"{size} x {size}, {sample} equilibria, covariance of {HIGH:g} and more: gain of leading purely",
                "both players get more than in the average Nash equilibrium",
                f"{told}; both gain from covariance {_threshold(rows)} on",
                both_gain(high),
            )
        if len(rows) > 2:
            slope = float(np.corrcoef([row["covariance"] for row in rows], [row["equilibria"] for row in rows])[0, 1])
            notebook.find(
                f"{size} x {size}, {sample} equilibria: their number and the cooperation level",
                "positively correlated",
                f"correlation {number(slope)}; from {number(rows[0]['equilibria'])} at covariance "
                f"{rows[0]['covariance']:g} to {number(rows[-1]['equilibria'])} at {rows[-1]['covariance']:g}",
                above(slope, 0.0, 1.0 / np.sqrt(len(rows) - 1.0)),
            )
    notebook.note(
        f"Gains agree with print if they are positive by {DEVIATIONS:g} standard errors, a correlation of n points if "
        f"it exceeds {DEVIATIONS:g} / sqrt(n - 1); they disagree if negative by as much; between, nothing is decided."
    )
    notebook.note(
        "The figures print curves without numbers, and no rule says which equilibria are averaged; both readings are "
        "here. Equilibria in pure strategies are few or none where cooperation is low: see without_equilibrium."
    )


def both_gain(rows: Sequence[dict[str, Any]]) -> bool | None:
    """Whether leader and follower gain in every row, beyond what sampling explains."""
    return together(
        *(
            above(row[f"pure_{player}_gain"], 0.0, row[f"{player}_gain_error"])
            for row in rows
            for player in ("leader", "follower")
        )
    )


def _certain(row: dict[str, Any], player: str) -> float:
    """A gain less the standard errors that it must exceed; NaN counts as the least."""
    found = float(row[f"pure_{player}_gain"] - DEVIATIONS * row[f"{player}_gain_error"])
    return -np.inf if np.isnan(found) else found


def _threshold(rows: Sequence[dict[str, Any]]) -> str:
    """The least covariance from which on both certainly gain; NaN, where no game had an equilibrium, breaks it."""
    found = "none"
    for row in sorted(rows, key=lambda one: -one["covariance"]):
        if both_gain([row]) is not True:
            break
        found = f"{row['covariance']:g}"
    return found


def _draw(table: Table, sample: str, size: int, ax: Axes) -> Axes:
    curves = [("nash", "--", "average Nash"), ("pure", "-", "pure commitment")]
    curves += [("mixed", ":", "mixed commitment")] if sample == "all" else []
    covariance = table.column("covariance", sample=sample, size=size)
    for color, player in (("C0", "leader"), ("C1", "follower")):
        for name, style, label in curves:
            values = table.column(f"{name}_{player}", sample=sample, size=size)
            ax.plot(covariance, values, style, color=color, marker=".", label=f"{player}, {label}")
    ax.set_xlabel("covariance of the payoffs")
    ax.set_ylabel("average payoff")
    ax.set_title(f"{size} x {size}, Nash equilibria: {sample}")
    ax.legend(fontsize=8)
    return ax
