"""Figure 1 (b, d, f) of Asymmetric Learning Dynamics (2025): the dynamics in the gridworld security game.

For paths the paper applies Hedge at each decision, or takes a whole path for one action ("macro-actions"). Here it is
the latter, at the paper's size: the attacker picks a target, and the walk there counts by its discounted probability of
arriving in time, as :func:`ssg_mip.library.security_grid` has it for hidden guards. What is left is one state, in which
the defender places guards and the attacker either sees them (as printed) or knows how they are drawn. Without wind
nothing is lost by that: the attacker has no reason to change its mind on the way.

The paper's attacker "fully observes" the placement: so do here Hedge, once per iteration as in Algorithm 2 and at every
step as in Algorithm 1, the symmetric baseline, and the explicit best response. Hidden guards are an extra.

The paper defines values as averages over time without discount, and trains with 0.99. A game that ends has the long-run
average 0 whatever is played, so the average is read as that of episodes that start anew; how far it is from the
discounted value, and what the discounted optimum loses by it, stands in ``security-grid-criteria.csv``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.library import bimatrix_game, security_grid
from ssg_mip.library.security import DEPLOY
from ssg_mip.studies.asymmetric_readings import close, growth, lower
from ssg_mip.studies.asymmetric_runs import (
    GRID_KINDS,
    LEARNERS,
    Curve,
    Effort,
    can_run,
    stackelberg_values,
    tables_of,
    ways,
)
from ssg_mip.studies.bimatrix import Payoffs, mixed_commitment, pure_commitment
from ssg_mip.studies.findings import Finding
from ssg_mip.studies.learning_curves import CURVE_COLUMNS, curves_of, draw_all
from ssg_mip.studies.notebook import Notebook, number

DISCOUNT = 0.99
"""The paper's."""

UNDISCOUNTED = 1.0 - 1e-9
"""Stands for no discount: over 20 steps it takes 2e-8 of a payoff."""

REACHED = 0.05
"""A payoff counts as reached within this share of the range of payoffs."""

Grid = tuple[int, int, int, int]
"""Size, targets, defenders, horizon."""


def draw_grid_curves(notebook: Notebook, grids: Sequence[Grid], wind: float, effort: Effort) -> None:
    """Curves on the last grid, zero-sum and general-sum, and the two criteria on all grids."""
    compare_criteria(notebook, grids, wind)
    for zero_sum in (True, False):
        game = targets_game(grids[-1], wind, zero_sum, DISCOUNT, notebook.seed)
        kind = _kind(zero_sum)
        table = notebook.table(*CURVE_COLUMNS, suffix=f"curves-{kind}")
        title = f"{grids[-1][0]}x{grids[-1][0]}, {kind}-sum"
        for learner in LEARNERS:
            if not can_run(notebook, learner):
                continue
            curves = curves_of(notebook, table, game, ways(learner, GRID_KINDS), effort, title)
            notebook.findings.extend(read_grid(title, game, curves))
        draw_all(notebook, table, f"security grid {title}", f"curves-{kind}")
    notebook.note(
        "Curves: the attacker picks a target, the paper's macro-action; Hedge at every decision on a path is not run. "
        "'Sees the action' is the paper's observation of the placement; the symmetric follower and the explicit best "
        "response have it as well. Curves with guards that are not seen are an extra, compared among each other."
    )


def _kind(zero_sum: bool) -> str:
    return "zero" if zero_sum else "general"


def targets_game(grid: Grid, wind: float, zero_sum: bool, discount: float, seed: int) -> Game:
    """Placements against targets as one round."""
    size, targets, defenders, horizon = grid
    hidden = security_grid(
        size,
        targets,
        defenders,
        horizon,
        zero_sum=zero_sum,
        observation="policy",
        wind=wind,
        discount=discount,
        seed=seed,
    )
    place = hidden.state_index(DEPLOY)
    rows = slice(int(hidden.row_offsets[place]), int(hidden.row_offsets[place + 1]))
    shape = (int(hidden.leader_counts[place]), int(hidden.follower_counts[place]))
    return bimatrix_game(
        hidden.leader_rewards[rows].reshape(shape),
        hidden.follower_rewards[rows].reshape(shape),
        rows=hidden.leader_actions[place],
        columns=hidden.follower_actions[place],
        name=f"{hidden.name}, by targets",
    )


def read_grid(title: str, game: Game, curves: Sequence[Curve]) -> list[Finding]:
    """Whether Hedge reaches the value of the best commitment, and how the leader's regret grows."""
    spread = float(np.ptp(game.leader_rewards))
    found = []
    for curve in curves:
        if curve.way.follower == "Hedge":
            value = stackelberg_values(game, curve.way.information)
            found += [_reached(title, curve, value, spread, curves), growth(f"{title}, growth of regret", curve)]
    return found


def _reached(title: str, curve: Curve, value: Payoffs, spread: float, curves: Sequence[Curve]) -> Finding:
    mine, end = float(curve.leader_payoffs[-1]), float(curve.ends.mean())
    others = "; ".join(
        f"{one.way.follower} {one.leader_payoffs[-1]:.3g}, {float(one.ends.mean()):.3g} in its last tenth"
        for one in curves
        if one.way.follower != "Hedge" and one.way.information == curve.way.information
    )
    tolerance = REACHED * spread
    side = "below" if lower(mine, value.leader, 0.0) else "not below"
    return Finding(
        what=f"{title}, the defender's average payoff: {curve.way.label}",
        printed="converges to the Stackelberg equilibrium; curves without numbers",
        ours=f"{mine:.4g} after {curve.steps[-1]} moves, {end:.4g} in the last tenth; the best commitment yields "
        f"{value.leader:.4g}" + (f"; {others}" if others else ""),
        agrees=close(mine, value.leader, tolerance),
        reading=f"{side} the value, {abs(mine - value.leader):.2g} away, in the last tenth "
        f"{abs(end - value.leader):.2g}; within {tolerance:.2g}, {100 * REACHED:g} % of the range, counts as reached",
    )


def compare_criteria(notebook: Notebook, grids: Sequence[Grid], wind: float) -> None:
    """The discounted value beside the average per episode, for pure and mixed commitment."""
    table = notebook.table(
        *("grid", "sum", "discounted_pure", "average_pure", "discounted_mixed", "average_mixed"),
        *("loss_of_discounted_placement",),
        suffix="criteria",
    )
    for grid in grids:
        for zero_sum in (True, False):
            if notebook.stopped:
                return
            with_discount, without = (
                tables_of(targets_game(grid, wind, zero_sum, discount, notebook.seed))
                for discount in (DISCOUNT, UNDISCOUNTED)
            )
            table.add(
                grid=f"{grid[0]}x{grid[0]}",
                sum=_kind(zero_sum),
                discounted_pure=pure_commitment(*with_discount).leader,
                average_pure=pure_commitment(*without).leader,
                discounted_mixed=mixed_commitment(*with_discount).leader,
                average_mixed=mixed_commitment(*without).leader,
                loss_of_discounted_placement=pure_commitment(*without).leader - _worth(with_discount, without),
            )
    for row in table.rows:
        notebook.findings.append(read_criteria(row))


def _worth(known: tuple[np.ndarray, np.ndarray], played: tuple[np.ndarray, np.ndarray]) -> float:
    """What the row that is best by some payoffs yields by others, answered by those."""
    gains = np.where(known[1] == known[1].max(axis=1, keepdims=True), known[0], -np.inf)
    row = slice(int(gains.max(axis=1).argmax()), int(gains.max(axis=1).argmax()) + 1)
    return pure_commitment(played[0][row], played[1][row]).leader


def read_criteria(row: dict[str, float | str]) -> Finding:
    """What discounting changes on one grid."""
    loss = float(row["loss_of_discounted_placement"])
    same = close(loss, 0.0, 1e-6)
    return Finding(
        what=f"{row['grid']}, {row['sum']}-sum: average reward per episode beside the discounted value",
        printed="values are averages without discount; training discounts with 0.99",
        ours=f"seen placement {number(float(row['average_pure']))} against {number(float(row['discounted_pure']))}, "
        f"hidden {number(float(row['average_mixed']))} against {number(float(row['discounted_mixed']))}",
        agrees=None,
        reading="the placement that is best with discount is best without, too"
        if same
        else f"the placement that is best with discount loses {loss:.2g} without",
    )
