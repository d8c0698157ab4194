"""Answers in the terms in which a problem was stated, for people: the leader's policy by label, types, and steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ssg_mip.methods.explained import BY_LABEL
from ssg_mip.problem.finite_horizon import STEPS
from ssg_mip.problem.follower_types import TYPES_TOLD
from ssg_mip.problem.goals.change import CHANGE_TOLD
from ssg_mip.problem.goals.follower_share import SHARED_TOLD
from ssg_mip.problem.payments import PAYMENTS_TOLD
from ssg_mip.report.text import add_row, number, table
from ssg_mip.result import Result


def origin_tables(result: Result, limit: int | None = None) -> list[Any]:
    """What the answer means in the terms of the problem; nothing where it was stated about the game itself.

    Parameters
    ----------
    result
        The result, explained (:mod:`ssg_mip.methods.explained`).
    limit
        Rows of a table to show at most; all if absent.
    """
    told = result.details
    makers: dict[str, Callable[[Any, int | None], Any]] = {
        BY_LABEL: _by_label,
        TYPES_TOLD: _by_type,
        STEPS: _by_step,
        PAYMENTS_TOLD: _by_payment,
        CHANGE_TOLD: _by_change,
        SHARED_TOLD: _with_follower,
    }
    tables = [make(told[name], limit) for name, make in makers.items() if name in told]
    return [line for made in tables for line in ("", made)]


def _mix(actions: Mapping[str, float]) -> str:
    """``left 0.25, right 0.75``."""
    played = {name: share for name, share in actions.items() if share > 0.0}
    return next(iter(played)) if len(played) == 1 else ", ".join(f"{name} {p:.6g}" for name, p in played.items())


def _by_label(told: Mapping[str, Any], limit: int | None) -> Any:
    made = table("label", "leader plays")
    for label, actions in list(told.items())[:limit]:
        add_row(made, (label, _mix(actions)))
    return made


def _by_type(told: Mapping[str, Any], limit: int | None) -> Any:
    made = table("type", "chance>", "leader value>", "follower value>", "follower answers")
    for name, one in list(told.items())[:limit]:
        answers = ", ".join(f"{action} in {state}" for state, action in one["answers"].items())
        add_row(made, (name, *map(number, (one["prior"], one["leader_value"], one["follower_value"])), answers))
    return made


def _by_payment(told: Mapping[str, Any], limit: int | None) -> Any:
    made = table("state", "leader plays", "promises", "follower answers", "paid>")
    for state, one in list(told.items())[:limit]:
        promises = ", ".join(f"{amount:.6g} for {answer}" for answer, amount in one["promised"].items()) or "nothing"
        add_row(made, (state, _mix(one["policy"]), promises, one["answer"], number(one["paid"])))
    return made


def _by_change(told: Mapping[str, Any], limit: int | None) -> Any:
    made = table("state", "leader plays", "distance>", f"price per {told['per']}>", "leader value before>")
    for state, one in list(told["states"].items())[:limit]:
        numbers = one["distance"], one["price"], one["leader_value_before"]
        add_row(made, (state, _mix(one["policy"]), *map(number, numbers)))
    return made


def _with_follower(told: Mapping[str, Any], limit: int | None) -> Any:
    made = table("state", "leader's own value>", f"with {told['share']:g} of the follower's>")
    for state, value in list(told["leader_values"].items())[:limit]:
        add_row(made, (state, number(value), number(told["both"][state])))
    return made


def _by_step(told: list[Mapping[str, Any]], limit: int | None) -> Any:
    made = table("step>", "state", "leader plays", "follower answers", "leader value>", "follower value>")
    rows = [(one, state) for one in told for state in one["policy"]]
    for one, state in rows[:limit]:
        values = one["leader_values"][state], one["follower_values"][state]
        add_row(
            made, (str(one["step"]), state, _mix(one["policy"][state]), one["answers"][state], *map(number, values))
        )
    return made
