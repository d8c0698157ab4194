r"""Figure 3 of Kudo & Akimoto: where policy iteration stops, and the cone of Theorem 11 (c) and (d).

At the limit ``v_inf`` of Algorithm 1 no reachable ``v`` has ``min(v - v_inf) > gamma_A max(v - v_inf)``. With
``gamma_A > 0`` the limit may be dominated all the same, as in the left half of the figure; with ``gamma_A = 0`` it is
Pareto-optimal. The paper's figure is a sketch; here the two halves are one random game under two discounts of the
leader. The limits are proven stationary, values of sampled policies are held against the cone, and the commitment
program says whether anything dominates the limit.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

from ssg_mip.base.status import Status
from ssg_mip.game.game import Game
from ssg_mip.library import random_game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.runs.settings import COUNT, DISCOUNT, NOT_NEGATIVE
from ssg_mip.studies.notebook import BOUND, PROOF_GAP, Notebook, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ssg_mip.result import Result

TITLE = "Kudo & Akimoto, ACML 2025, Figure 3: the limit of policy iteration and the cone of Theorem 11"

FULL: dict[str, Any] = {}

SECONDS = 60.0
"""For one solve; they take about a second."""

ACCURACY = 1e-6
"""A value is inside the cone only beyond this: the stop test itself leaves a gain of up to its gap of 1e-6."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The leader's discounts, the policies sampled, and the seed of the game (states x actions: 2 x 2 x 2)."""

    leader_discounts: tuple[float, ...] = (0.9, 0.0)
    samples: int = 4000
    game_seed: int = 1

    def __post_init__(self) -> None:
        COUNT.check(self, "samples")
        NOT_NEGATIVE.check(self, "game_seed")
        DISCOUNT.check_each(self, "leader_discounts")


def run(notebook: Notebook, settings: Settings) -> None:
    """Run policy iteration from the uniform policy under each discount, and look at its limit."""
    from ssg_mip.plot import sampled_values

    columns = ("leader_discount", "kind", "value_s0", "value_s1", "depth_in_cone", BOUND)
    table = notebook.table(*columns)
    for g in settings.leader_discounts:
        if notebook.stopped:
            break
        game = random_game(settings.game_seed, 2, 2, 2, 2, leader_discount=g)
        walk = notebook.solve(game, "policy-iteration", seconds=SECONDS, gap=PROOF_GAP)
        best = notebook.solve(game, "commitment", seconds=SECONDS, gap=PROOF_GAP, start=walk.leader_policy)
        reached = sampled_values(game, settings.samples, seed=notebook.seed)
        limit = walk.leader_values
        rows = [("iterate", point.leader_values) for point in walk.trajectory]
        rows += [("limit", limit), ("certified optimum", best.leader_values), *(("sampled", row) for row in reached)]
        for kind, values in rows:
            table.add(
                leader_discount=g,
                kind=kind,
                value_s0=float(values[0]),
                value_s1=float(values[1]),
                depth_in_cone=depth_in_cone(values, limit, g),
                **({BOUND: best.dual_bound} if kind == "certified optimum" else {}),
            )
        notebook.say(f"leader's discount {g:g}: limit {limit.round(4)}, optimum {best.leader_values.round(4)}")
        _compare(notebook, g, walk, best, reached)
        notebook.picture(partial(_draw, game, walk, settings.samples, notebook.seed), f"discount-{g:g}")


def depth_in_cone(values: FloatArray, limit: FloatArray, leader_discount: float) -> float:
    """``min(v - v_inf) - gamma_A max(v - v_inf)``: positive inside the cone of Theorem 11 (c)."""
    gain = values - limit
    return float(gain.min() - leader_discount * gain.max())


def dominates(values: FloatArray, limit: FloatArray) -> bool:
    """Whether values lose in no state against a limit and gain in some, both up to the accuracy."""
    gain = values - limit
    return bool(gain.min() >= -ACCURACY and gain.max() > ACCURACY)


def _compare(notebook: Notebook, g: float, walk: Result, best: Result, reached: FloatArray) -> None:
    limit = walk.leader_values
    name = "the certified optimum" if best.status is Status.OPTIMAL else "the best policy found, whose bound is open"
    deepest = max(depth_in_cone(values, limit, g) for values in [*reached, best.leader_values])
    stationary = walk.status in (Status.STATIONARY, Status.PARETO_OPTIMAL, Status.OPTIMAL)
    notebook.find(
        f"gamma_A = {g:g}: no reachable value in the cone (Theorem 11 c)",
        "empty",
        f"deepest of {len(reached)} sampled values and {name}: {number(deepest)} (above {ACCURACY:g} is inside); "
        f"status of the limit: {walk.status.name.lower()}",
        notebook.verdict(deepest <= ACCURACY and stationary),
    )
    gain = best.leader_values - limit
    gains = f"({number(gain[0])}, {number(gain[1])})"
    dominating = sum(dominates(values, limit) for values in reached)
    dominated = dominates(best.leader_values, limit)
    notebook.find(
        f"gamma_A = {g:g}: is the limit dominated?",
        "it may be" if g > 0.0 else "no (Theorem 11 d)",
        (f"by {gains}, {name}" if dominated else f"not by {name}, whose gains are {gains}")
        + (f"; by {dominating} of {len(reached)} sampled policies" if dominating else ""),
        None if g > 0.0 else notebook.verdict(not dominated and not dominating),
    )


def _draw(game: Game, walk: Result, samples: int, seed: int, ax: Axes) -> Axes:
    from ssg_mip.plot import plot_values

    plot_values(game, ax, run=walk, samples=samples, seed=seed)
    ax.set_title(f"leader's discount {game.leader_discount:g}")
    return ax
