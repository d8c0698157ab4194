"""Fronts, enclosures and the verdict on existence, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ssg_mip.report.text import add_row, check_line, counted, left_out, mixed_action, number, rule, table, titled

if TYPE_CHECKING:
    from ssg_mip.pareto.enclosure.result import Enclosure
    from ssg_mip.pareto.existence.existence import Existence
    from ssg_mip.pareto.front import ParetoFront


def front_report(front: ParetoFront, *, limit: int | None = None, columns: int = 6) -> list[Any]:
    """The points of a front, one line each.

    Parameters
    ----------
    front
        The front.
    limit
        Points to show at most; all if absent.
    columns
        States to show at most.
    """
    game = front.game
    states = np.arange(game.num_states)[:columns]
    made = table(
        "point>", *(f"{game.state_names[state]}>" for state in states), "bound at its weights>", "secured>", "check"
    )
    shown = front.points[:limit]
    for place, point in enumerate(shown, start=1):
        values = [number(point.leader_values[state]) for state in states]
        bound = f"{number(point.leader_value)} <= {number(point.dual_bound)}"
        secured = None if point.guaranteed is None else point.guaranteed.secured_value
        add_row(made, (str(place), *values, bound, number(secured), point.check.word))
    head = (
        f"{titled(game)}: {counted(len(front.points), 'point')}, front by {front.method}, "
        f"{rule(front.ties, front.margin)}\n"
        f"  {front.termination.value}; {counted(len(front.results), 'run')}, {front.provenance.seconds:.2f} s; "
        f"bounds hold {front.bound_scope}{_volume(front)}\n"
        f"  check: {check_line(front.check)}"
    )
    more_states = [f"... {game.num_states - len(states)} more states; --json holds all."]
    return [
        head,
        "",
        made,
        *left_out(len(front.points) - len(shown), "points"),
        *(more_states if game.num_states > len(states) else []),
    ]


def _volume(front: ParetoFront) -> str:
    """The hypervolume of a front of several points, where it is computed."""
    from ssg_mip.pareto.hypervolume import is_computed

    if len(front.points) < 2 or not is_computed(front.game):
        return ""
    return f"\n  hypervolume {number(front.hypervolume())} above the leader's lower value bounds"


def enclosure_report(enclosure: Enclosure, *, limit: int | None = None, columns: int = 6) -> list[Any]:
    """The points of an enclosure, one line each, and how much better a policy could be.

    Parameters
    ----------
    enclosure
        The enclosure.
    limit
        Points to show at most; all if absent.
    columns
        Objectives to show at most.
    """
    counts, names = enclosure.provenance.counts, [one.name for one in enclosure.objectives]
    reached = "reached" if enclosure.resolution <= enclosure.wanted else "NOT reached"
    head = (
        f"{titled(enclosure.game)}: {counted(len(enclosure.points), 'point')}, {len(enclosure.unsupported)} of them "
        f"the optimum of no weighted sum, {rule(enclosure.ties, enclosure.margin)}\n"
        f"  {enclosure.termination.value}; {counted(counts['programs'], 'program')}, "
        f"{enclosure.provenance.seconds:.2f} s\n"
        f"  resolution {number(enclosure.resolution)} ({reached}: {number(enclosure.wanted)}): for every policy some "
        f"point is at most\n  that much worse in each objective; proven {enclosure.bound_scope}\n"
        f"  check: {check_line(enclosure.check)}"
    )
    made = table("point>", *(f"{name}>" for name in names[:columns]), "gain bound>", "sum finds it", "check")
    shown = enclosure.points[:limit]
    for place, point in enumerate(shown, start=1):
        values = [number(value) for value in point.values[:columns]]
        supported = "no" if point.unsupported_by > 0.0 else ""
        add_row(made, (str(place), *values, number(point.gain_bound), supported, point.check.word))
    return [head, "", made, *left_out(len(enclosure.points) - len(shown), "points")]


def existence_report(answer: Existence, *, limit: int | None = None) -> list[Any]:
    """The verdict on existence: suprema with their bounds, and what one policy reaches of them.

    Parameters
    ----------
    answer
        The verdict.
    limit
        States to show at most; all if absent.
    """
    game = answer.game
    work = ", ".join(f"{count} {unit}" for unit, count in answer.provenance.counts.items())
    lines = [
        f"{titled(game)}: existence, {rule(answer.ties, answer.margin)}",
        f"  verdict  {answer.verdict.value}",
        f"  because  {answer.reason}",
        *(f"  theory   {reason}" for reason in answer.theory),
        f"  stop     {answer.termination.value}; bounds hold {answer.bound_scope}",
        f"  check    {check_line(answer.check)}",
        f"  work     {answer.provenance.seconds:.2f} s, {work}",
    ]
    made = table("state", "attained>", "supremum at most>", "by one policy>", "", "it plays")
    shown = range(game.num_states)[:limit]
    for state in shown:
        plays = "-" if answer.leader_policy is None else mixed_action(answer.leader_policy, game, state)
        bounds = (number(answer.suprema_lower[state]), number(answer.suprema_upper[state]))
        reached = "reached" if answer.reaches[state] else "missed"
        add_row(made, (game.state_names[state], *bounds, number(answer.leader_values[state]), reached, plays))
    return ["\n".join(lines), "", made, *left_out(game.num_states - len(shown), "states")]
