"""Policy teaching (Kudo & Akimoto, appendix J): a learner alone, and with a teacher who shifts its transitions.

The appendix describes a setting and prints no numbers: a learner solves the decision process that it sees, for its own
reward, and does not know that the transitions depend on a teacher. The example game is
:func:`ssg_mip.library.policy_teaching`: left alone the learner prefers the sofa, the teacher wants it at the desk and
pays a price per step of steering. "Alone" means that the teacher never steers.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from ssg_mip.base.status import Status
from ssg_mip.evaluation.best_response import Response, best_response
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.library import policy_teaching
from ssg_mip.runs.settings import DISCOUNT, NOT_NEGATIVE
from ssg_mip.studies.notebook import BOUND, PROOF_GAP, Notebook, Table, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Kudo & Akimoto, ACML 2025, appendix J: policy teaching with and without the teacher"

FULL: dict[str, Any] = {}

SECONDS = 30.0
"""For one solve; they take well under a second."""

EXAMPLE = 0.2
"""The price that the page is about."""

ACCURACY = 1e-4
"""Up to which values agree, relative to one more than their size: a hundred gaps."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """The prices of a step of steering, and the learner's discount."""

    prices: tuple[float, ...] = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5)
    learner_discount: float = 0.8

    def __post_init__(self) -> None:
        NOT_NEGATIVE.check_each(self, "prices")
        DISCOUNT.check(self, "learner_discount")


def run(notebook: Notebook, settings: Settings) -> None:
    """For each price: the learner alone, the best of never and always steering, and the certified optimum."""
    table = notebook.table("price", "teacher", "teacher_value", BOUND, "learner_value", "learner", "steering")
    for price in settings.prices:
        if notebook.stopped:
            break
        game = policy_teaching(follower_discount=settings.learner_discount, price=price)
        for name, action in (("absent", 0), ("always steers", 1)):
            policy = LeaderPolicy.deterministic(game, [action] * game.num_states)
            _add(table, game, price, name, policy, best_response(game, policy))
        for name, method in (("best deterministic", "deterministic"), ("optimal", "commitment")):
            best = notebook.solve(game, method, seconds=SECONDS, gap=PROOF_GAP)
            if best.leader_policy is None:
                continue
            bound = best.dual_bound if best.status is Status.OPTIMAL or method == "commitment" else None
            response = best_response(game, best.leader_policy)
            _add(table, game, price, name, best.leader_policy, response, bound)
        notebook.say(f"price {price:g}: " + ", ".join(map(number, table.column("teacher_value", price=price))))
    _compare(notebook, table, settings)
    notebook.picture(lambda ax: _draw(ax, table))


def _add(
    table: Table,
    game: Game,
    price: float,
    teacher: str,
    policy: LeaderPolicy,
    response: Response,
    bound: float | None = None,
) -> None:
    behaviour = response.follower_policy.to_names(game)
    table.add(
        price=price,
        teacher=teacher,
        teacher_value=float(game.initial @ response.leader_values),
        **{BOUND: bound},
        learner_value=float(game.initial @ response.follower_values),
        learner="; ".join(f"{state}: {action}" for state, action in behaviour.items()),
        steering="; ".join(f"{state}: {row['steer']:.4g}" for state, row in policy.to_names(game).items()),
    )


def _compare(notebook: Notebook, table: Table, settings: Settings) -> None:
    """One finding for each teacher at the price of the example, 0.2, or else the first one; then all prices."""
    if not table.rows:
        return
    price = next((one for one in settings.prices if math.isclose(one, EXAMPLE)), settings.prices[0])
    rows = {row["teacher"]: row for row in table.rows if row["price"] == price}
    for name in ("absent", "best deterministic", "optimal"):
        if name not in rows:
            continue
        row = rows[name]
        notebook.find(
            f"teacher {name}, price {price:g}",
            "no numbers are printed",
            f"teacher {number(row['teacher_value'])}{_bound(row)}, learner {number(row['learner_value'])}; "
            f"{row['learner']}",
            None,
        )
    compare_prices(notebook, table)
    notebook.note("Absent: the teacher never steers, so that nothing is paid; the learner follows its own reward.")


def _bound(row: dict[str, Any]) -> str:
    """What is proven of a teacher's value, in words."""
    if row[BOUND] is None:
        return ""
    proven = "proven optimal: " if _reaches(row["teacher_value"], row[BOUND]) else ""
    return f" ({proven}no stationary teacher gets more than {number(row[BOUND])})"


def _reaches(value: float, other: float) -> bool:
    """Whether a value is not below another, up to the accuracy."""
    return value >= other - ACCURACY * (1.0 + abs(other))


def compare_prices(notebook: Notebook, table: Table) -> None:
    """At which prices it pays to steer, to mix, and what must hold at all of them whatever the game."""
    by_price: dict[float, dict[str, float]] = {}
    for row in table.rows:
        by_price.setdefault(row["price"], {})[row["teacher"]] = row["teacher_value"]
    whole = {price: by for price, by in by_price.items() if {"absent", "best deterministic", "optimal"} <= set(by)}
    if not whole:
        return
    steer = [price for price, by in whole.items() if not _reaches(by["absent"], by["optimal"])]
    mix = [price for price, by in whole.items() if not _reaches(by["best deterministic"], by["optimal"])]
    worse = [price for price, by in whole.items() if not _reaches(by["optimal"], max(by.values()))]
    notebook.find(
        "prices at which a teacher gains",
        "no numbers are printed",
        f"over staying away at {_prices(steer)} of {len(whole)}; by mixing, over the best deterministic one, at "
        f"{_prices(mix)}",
        None,
    )
    notebook.find(
        "an optimal teacher is worth no less than any other",
        "follows from the definition",
        f"at {len(whole) - len(worse)} of {len(whole)} prices",
        notebook.verdict(not worse),
    )


def _prices(prices: list[float]) -> str:
    return f"{len(prices)} ({', '.join(f'{price:g}' for price in prices)})" if prices else "0"


def _draw(ax: Axes, table: Table) -> Axes:
    for teacher, style in (("absent", "s--"), ("always steers", "^:"), ("best deterministic", "d-"), ("optimal", "o-")):
        prices, values = (table.column(name, teacher=teacher) for name in ("price", "teacher_value"))
        ax.plot(prices, values, style, label=teacher)
    ax.set_xlabel("price of a step of steering")
    ax.set_ylabel("teacher's value")
    ax.legend(title="teacher")
    return ax
