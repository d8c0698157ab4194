"""The gridworld security game of Asymmetric Learning Dynamics (2025): exact answers as ground truth.

Small grids are solved exactly in four variants: zero-sum or general-sum, and an attacker who sees where the guards are
(as printed) or knows their probabilities only (:func:`ssg_mip.library.security_grid` says how both become games). The
default of the paper, 10 x 10 with 5 targets and 20 steps, gets a value and a bound, exact ones where the method scales.
The paper prints curves without numbers and no values of its targets, so there is nothing to compare but the kinds.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.evaluation.best_response import best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library import security_grid
from ssg_mip.library.security import DEPLOY, check_grid
from ssg_mip.result import Result
from ssg_mip.runs.settings import COUNT, SHARE
from ssg_mip.studies.asymmetric_runs import MARKOV_STEP, Effort
from ssg_mip.studies.learners import LEARNERS, plays_of
from ssg_mip.studies.notebook import BOUND, PROOF_GAP, Notebook, Table, number
from ssg_mip.studies.play import values_of
from ssg_mip.studies.security_curves import draw_grid_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Asymmetric Learning Dynamics (2025), gridworld security game: exact ground truth and bounds"

FULL: dict[str, Any] = {"runs": 10, "iterations": 1000, "steps": 100_000, "ppo_seeds": 3, "seeds": 10}
"""The printed 1000 episodes; no number of seeds is printed."""

SECONDS = 40.0
"""For one solve: small grids take a second, the large one that is not solved uses it up."""

ACCURACY = 1e-5
"""Up to which values agree; they are below 1, the gap is 1e-6."""

KINDS = tuple(itertools.product((True, False), ("placement", "policy")))
"""Zero-sum or not, and what the attacker sees."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What is solved and learned.

    Attributes
    ----------
    grids, wind, runs
        The grids (size, targets, defenders, horizon), the wind, and the seeds of each learner on the first grid.
    iterations, ppo_seeds, steps, seeds
        Of the curves on the last grid: training iterations and seeds of PPO, steps and seeds of the tabular dynamics.
    """

    grids: tuple[tuple[int, int, int, int], ...] = ((3, 2, 1, 6), (4, 3, 1, 8), (10, 5, 2, 20))
    wind: float = 0.0
    runs: int = 3
    iterations: int = 500
    ppo_seeds: int = 2
    steps: int = 20_000
    seeds: int = 3

    def __post_init__(self) -> None:
        COUNT.check(self, "runs", "iterations", "ppo_seeds", "steps", "seeds")
        SHARE.check(self, "wind")
        if not self.grids:
            raise OptionError("grids is empty; it must hold at least one grid")
        for place, (size, targets, defenders, horizon) in enumerate(self.grids):
            try:
                check_grid(size, targets, defenders, horizon)
            except OptionError as error:
                raise OptionError(f"grids[{place}] makes no game: {error}") from None

    @property
    def effort(self) -> Effort:
        """How long the curves are learned, with the printed step of Hedge for Markov games."""
        return Effort(
            steps=self.steps,
            seeds=self.seeds,
            iterations=self.iterations,
            ppo_seeds=self.ppo_seeds,
            eta=MARKOV_STEP,
        )


def run(notebook: Notebook, settings: Settings) -> None:
    """Solve each grid in each variant; then the paper's curves on the last one, and other learners on the first."""
    table = notebook.table(
        *("grid", "sum", "attacker_sees", "states", "uniform_value", "pure_value", "mixed_value", BOUND, "status"),
        *("seconds", "placement"),
    )
    for (size, targets, defenders, horizon), (zero_sum, observation) in itertools.product(settings.grids, KINDS):
        if notebook.stopped:
            break
        game = _game(size, targets, defenders, horizon, settings.wind, zero_sum, observation, notebook.seed)
        _add(notebook, table, f"{size}x{size}", game, zero_sum, observation)
    draw_grid_curves(notebook, settings.grids, settings.wind, settings.effort)
    _add_learners(notebook, settings)
    _compare(notebook, table)
    if table.rows:
        notebook.picture(lambda ax: _draw(ax, table))


def _game(
    size: int, targets: int, defenders: int, horizon: int, wind: float, zero_sum: bool, observation: str, seed: int
) -> Game:
    seen: Literal["placement", "policy"] = "placement" if observation == "placement" else "policy"
    return security_grid(size, targets, defenders, horizon, zero_sum=zero_sum, observation=seen, wind=wind, seed=seed)


def _add(notebook: Notebook, table: Table, grid: str, game: Game, zero_sum: bool, observation: str) -> None:
    uniform = _value(game, LeaderPolicy.uniform(game))
    pure = max(_pure_placements(game), key=lambda policy: _value(game, policy))
    best = notebook.solve(game, "commitment", seconds=SECONDS, gap=PROOF_GAP, start=pure)
    table.add(
        grid=grid,
        sum="zero" if zero_sum else "general",
        attacker_sees=observation,
        states=game.num_states,
        uniform_value=uniform,
        pure_value=_value(game, pure),
        mixed_value=best.leader_value,
        **{BOUND: best.dual_bound},
        status=best.status.name.lower(),
        seconds=best.provenance.seconds,
        placement=_placement(game, best),
    )
    notebook.say(
        f"{game.name}: {number(best.leader_value)}, at most {number(best.dual_bound)}, {best.status.name.lower()}, "
        f"{best.provenance.seconds:.1f} s"
    )


def _value(game: Game, policy: LeaderPolicy) -> float:
    return float(game.initial @ best_response(game, policy).leader_values)


def _pure_placements(game: Game) -> list[LeaderPolicy]:
    """One policy per placement; elsewhere the defender has nothing to choose."""
    place = game.state_index(DEPLOY)
    chosen = np.zeros((game.leader_counts[place], game.num_states), dtype=np.int64)
    chosen[:, place] = np.arange(len(chosen))
    return [LeaderPolicy.deterministic(game, actions) for actions in chosen]


def _placement(game: Game, result: Result) -> str:
    """The probabilities of the placements."""
    if result.leader_policy is None:
        return ""
    place = game.state_index(DEPLOY)
    row = result.leader_policy.probabilities[place, : len(game.leader_actions[place])]
    played = zip(game.leader_actions[place], row, strict=True)
    return "; ".join(f"{name}: {share:.4g}" for name, share in played if share > ACCURACY)


def _add_learners(notebook: Notebook, settings: Settings) -> None:
    table = notebook.table("sum", "attacker_sees", "learner", "seed", "leader", "follower", suffix="learners")
    size, targets, defenders, horizon = settings.grids[0]
    for (zero_sum, observation), who in itertools.product(KINDS, LEARNERS):
        game = _game(size, targets, defenders, horizon, settings.wind, zero_sum, observation, notebook.seed)
        kind = "zero" if zero_sum else "general"
        for seed, play in plays_of(notebook, who, game, settings.runs):
            leader, follower = values_of(game, play)
            table.add(sum=kind, attacker_sees=observation, learner=who, seed=seed, leader=leader, follower=follower)


def _compare(notebook: Notebook, table: Table) -> None:
    solved = [row for row in table.rows if row["status"] == "optimal"]
    notebook.find(
        "analytic ground truth",
        "computed for small instances; no numbers are printed",
        f"{len(solved)} of {len(table.rows)} variants solved to proven optimality, the largest with "
        f"{max((row['states'] for row in solved), default=0)} states",
        None,
    )
    for row in table.rows:
        twins = table.column("mixed_value", grid=row["grid"], sum=row["sum"], attacker_sees="policy")
        if row["attacker_sees"] == "placement" and twins:
            seen = row["pure_value"]
            notebook.find(
                f"{row['grid']}, {row['sum']}-sum: what hiding the placement is worth to the defender",
                "not discussed: the attacker sees the placement",
                f"{number(twins[0] - seen)} ({number(seen)} seen, {number(twins[0])} hidden)",
                None,
            )
    _compare_seen(notebook, table)
    _compare_hidden(notebook, table)
    left = [row for row in table.rows if row not in solved]
    if left:
        names = [f"{row['grid']} {row['sum']}-sum, sees {row['attacker_sees']}" for row in left]
        notebook.note(f"Bounds left open within the limits: {'; '.join(names)}.")


def _compare_seen(notebook: Notebook, table: Table) -> None:
    """Where the attacker sees the placement a mixture is worth the mean of its parts: the best pure one is optimal."""
    rows = [row for row in table.rows if row["attacker_sees"] == "placement"]
    beaten = [row for row in rows if row["mixed_value"] > row["pure_value"] + ACCURACY]
    proven = [row for row in rows if row[BOUND] <= row["pure_value"] + ACCURACY]
    if rows:
        notebook.find(
            "where the attacker sees the placement, the best pure one is optimal",
            "not printed; a mixture is worth the mean of its parts",
            f"a mixture beats it in {len(beaten)} of {len(rows)} variants; the search proves it in {len(proven)}",
            not beaten,
        )


def _compare_hidden(notebook: Notebook, table: Table) -> None:
    """What the attacker does not see cannot help him: hiding costs the defender nothing."""
    pairs = [
        (row["pure_value"], hidden)
        for row in table.rows
        if row["attacker_sees"] == "placement"
        for hidden in table.column(BOUND, grid=row["grid"], sum=row["sum"], attacker_sees="policy")
    ]
    below = sum(hidden < seen - ACCURACY for seen, hidden in pairs)
    if pairs:
        notebook.find(
            "a hidden placement is worth no less to the defender than a seen one",
            "not printed; it follows from the definition",
            f"the bound of the hidden game is below the value of the seen one in {below} of {len(pairs)} pairs",
            not below,
        )


def _draw(ax: Axes, table: Table) -> Axes:
    names = [f"{row['grid']}, {row['sum']}, sees {row['attacker_sees']}" for row in table.rows]
    places: Any = np.arange(len(names))
    ax.plot(table.column("uniform_value"), places, "x", color="0.6", label="uniform placement")
    ax.plot(table.column("pure_value"), places, "s", markerfacecolor="none", color="C1", label="best pure placement")
    ax.plot(table.column("mixed_value"), places, "o", color="C0", markersize=4, label="best placement found")
    ax.plot(table.column(BOUND), places, "|", color="C3", markersize=14, label="bound over stationary policies")
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.set_xlabel("defender's value")
    ax.legend(fontsize=8)
    return ax
