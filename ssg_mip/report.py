"""Tables for people: results, fronts, batches and games as rich renderables.

Every function returns what to print and prints nothing. Names from instance files are shown as they are, never
read as markup.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table
from rich.text import Text

from ssg_mip.certificates.guarantee import Guarantee
from ssg_mip.certificates.outcome import CheckOutcome, interval_to_list
from ssg_mip.game import Game
from ssg_mip.policy import LeaderPolicy
from ssg_mip.result import Result, bound_scope, finite

if TYPE_CHECKING:
    from ssg_mip.batch import BatchRow, BatchSummary
    from ssg_mip.certificates.dual.replay import BoundVerification
    from ssg_mip.certificates.verification import Verification
    from ssg_mip.pareto.enclosure import Enclosure
    from ssg_mip.pareto.existence import Existence
    from ssg_mip.pareto.front import ParetoFront


def number(value: float | None) -> str:
    """Seven significant digits; ``-`` for what is not known."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.7g}"


def percent(share: float | None) -> str:
    """A share as a percentage with four decimals; ``-`` for what is not known."""
    if share is None or not math.isfinite(share):
        return "-"
    text = f"{100.0 * share:.4f}"
    return "< 0.0001%" if share > 0.0 and not float(text) else f"{float(text):g}%"


def counted(count: int, what: str) -> str:
    """``1 point``, ``2 points``."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def table(*columns: str, title: str | None = None) -> Table:
    """An empty table; columns whose heading ends in ``>`` are right-aligned."""
    made = Table(title=title, title_justify="left", title_style="", box=None, pad_edge=False, show_edge=False)
    for heading in columns:
        made.add_column(heading.rstrip(">"), justify="right" if heading.endswith(">") else "left", overflow="fold")
    return made


def add_row(to: Table, cells: Iterable[str]) -> None:
    """Add a row of plain texts."""
    to.add_row(*(Text(cell) for cell in cells))


def mixed_action(policy: LeaderPolicy, game: Game, state: int) -> str:
    """What a policy plays in a state: ``left 0.25, right 0.75``; one action alone is just named."""
    names = game.leader_actions[state]
    row = policy.probabilities[state, : len(names)]
    played = [(name, share) for name, share in zip(names, row, strict=True) if share > 0.0]
    if len(played) == 1:
        return played[0][0]
    return ", ".join(f"{name} {share:.6g}" for name, share in played)


def result_report(result: Result, *, limit: int | None = None) -> list[Any]:
    """The answer of a method: value, bound, gap, why it stopped, and the policy state by state.

    Parameters
    ----------
    result
        The result.
    limit
        States to show at most; all if absent.
    """
    work = ", ".join(f"{count} {unit}" for unit, count in result.provenance.counts.items())
    lines = [
        f"{result.game.name}: {result.method}, {rule(result.ties, result.margin)}",
        f"  value   {number(result.leader_value)}",
        f"  bound   {number(result.dual_bound)} ({result.bound_scope})",
        f"  proof   {proof_line(result)}",
        f"  gap     {percent(result.relative_gap)}",
        *supremum_lines(result),
        f"  status  {result.status.value}",
        f"  stop    {result.termination.value}",
        f"  check   {check_line(result.check)}",
        f"  secure  {secure_line(result.guaranteed)}",
        f"  work    {result.provenance.seconds:.2f} s{', ' if work else ''}{work}",
    ]
    return ["\n".join(lines), *policy_tables(result, limit)]


def proof_line(result: Result) -> str:
    """Whether the bound is certified, and what it rests on then, in one line."""
    return f"certified: {result.bound_proof.value}" if result.bound_certified else "not certified"


def rule(ties: str, margin: float) -> str:
    """What decides between the follower's answers: the tie rule, or a margin that leaves no ties."""
    return f"margin {margin:g}" if margin > 0.0 else f"ties {ties}"


def supremum_lines(result: Result) -> list[str]:
    """How far an attained value may be below the supremum, where that need not be attained."""
    if result.ties == "leader" or result.margin > 0.0 or not math.isfinite(result.distance_to_bound):
        return []
    return [
        f"  ties    the value is attained under the rule {result.ties}, at most {result.distance_to_bound:.3g} below "
        "the supremum; the bound lets ties go the leader's way"
    ]


def check_line(check: CheckOutcome) -> str:
    """What the exact checker says, in one line."""
    if not check.verified:
        return check.word if check.reason in {"", check.word} else f"{check.word}: {check.reason}"
    if check.leader_value is None or check.epsilon is None:
        return f"{check.word} in exact arithmetic"
    low, high = interval_to_list(check.leader_value) or (None, None)
    value = "exact" if check.leader_value.is_exact else f"in [{low!r}, {high!r}]"
    loss = f"the follower loses {float(check.epsilon):.2g} at most" if check.epsilon else "the response is optimal"
    return f"{check.word} in exact arithmetic: value {value}, {loss}"


def secure_line(guarantee: Guarantee | None) -> str:
    """What holds whatever the follower does with ties, in one line."""
    return "not looked for" if guarantee is None else guarantee.statement


def policy_tables(result: Result, limit: int | None) -> list[Any]:
    """The commitment, the response to it and both players' values; nothing without a policy."""
    if result.leader_policy is None or result.follower_policy is None:
        return []
    game, responses = result.game, result.follower_policy.to_names(result.game)
    shown = range(game.num_states)[:limit]
    made = table("state", "weight>", "leader plays", "follower answers", "leader value>", "follower value>")
    for state in shown:
        name = game.state_names[state]
        add_row(
            made,
            (
                name,
                number(result.weights[state]),
                mixed_action(result.leader_policy, game, state),
                responses[name] + (" (tied)" if result.tied_states[state] else ""),
                number(result.leader_values[state]),
                number(result.follower_values[state]),
            ),
        )
    remarks = []
    if bool(result.tied_states.any()):
        remarks.append(f"(tied): the follower is indifferent there; the tie rule is {result.ties}.")
    return ["", made, *remarks, *_left_out(game.num_states - len(shown), "states")]


def _left_out(count: int, what: str) -> list[str]:
    return [f"... {count} more {what}; --verbose shows all."] if count > 0 else []


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
        f"{game.name}: {counted(len(front.points), 'point')}, front by {front.method}, "
        f"{rule(front.ties, front.margin)}\n"
        f"  {front.termination.value}; {counted(len(front.results), 'run')}, {front.provenance.seconds:.2f} s; "
        f"bounds hold {bound_scope(front.margin)}{_volume(front)}\n"
        f"  check: {check_line(front.check)}"
    )
    more_states = [f"... {game.num_states - len(states)} more states; --json holds all."]
    return [
        head,
        "",
        made,
        *_left_out(len(front.points) - len(shown), "points"),
        *(more_states if game.num_states > len(states) else []),
    ]


def _volume(front: ParetoFront) -> str:
    """The hypervolume of a front of several points, where it is computed."""
    from ssg_mip.pareto.hypervolume import is_computed

    if len(front.points) < 2 or not is_computed(front.game):
        return ""
    return f"\n  hypervolume {number(front.hypervolume())} above the leader's lower value bounds"


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
    word = "not checked" if answer.verified is None else "verified in exact arithmetic" if answer.verified else "FAILED"
    lines = [
        f"{game.name}: existence, {rule(answer.ties, answer.margin)}",
        f"  verdict  {answer.verdict.value}",
        f"  because  {answer.reason}",
        *(f"  theory   {reason}" for reason in answer.theory),
        f"  stop     {answer.termination.value}; bounds hold {bound_scope(answer.margin)}",
        f"  check    {word}",
        f"  work     {answer.provenance.seconds:.2f} s, {work}",
    ]
    made = table("state", "attained>", "supremum at most>", "by one policy>", "", "it plays")
    shown = range(game.num_states)[:limit]
    for state in shown:
        plays = "-" if answer.leader_policy is None else mixed_action(answer.leader_policy, game, state)
        bounds = (number(answer.suprema_lower[state]), number(answer.suprema_upper[state]))
        reached = "reached" if answer.reaches[state] else "missed"
        add_row(made, (game.state_names[state], *bounds, number(answer.leader_values[state]), reached, plays))
    return ["\n".join(lines), "", made, *_left_out(game.num_states - len(shown), "states")]


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
        f"{enclosure.game.name}: {counted(len(enclosure.points), 'point')}, {len(enclosure.unsupported)} of them the "
        f"optimum of no weighted sum, {rule(enclosure.ties, enclosure.margin)}\n"
        f"  {enclosure.termination.value}; {counted(counts['programs'], 'program')}, "
        f"{enclosure.provenance.seconds:.2f} s\n"
        f"  resolution {number(enclosure.resolution)} ({reached}: {number(enclosure.wanted)}): for every policy some "
        f"point is at most\n  that much worse in each objective; proven {bound_scope(enclosure.margin)}\n"
        f"  check: {check_line(enclosure.check)}"
    )
    made = table("point>", *(f"{name}>" for name in names[:columns]), "gain bound>", "sum finds it", "check")
    shown = enclosure.points[:limit]
    for place, point in enumerate(shown, start=1):
        values = [number(value) for value in point.values[:columns]]
        supported = "no" if point.unsupported_by > 0.0 else ""
        add_row(made, (str(place), *values, number(point.gain_bound), supported, point.check.word))
    return [head, "", made, *_left_out(len(enclosure.points) - len(shown), "points")]


def verification_report(verification: Verification) -> list[Any]:
    """Every check with its worst deviation and what is allowed there; the failed ones first."""
    made = table("check", "", "worst deviation>", "allowed>", "where")
    for check in sorted(verification.checks, key=lambda one: one.passed):
        shown = check.to_dict()
        sizes = [f"{shown[key]:.3g}" if shown[key] is not None else "-" for key in ("violation", "tolerance")]
        add_row(made, (check.name, "passed" if check.passed else "FAILED", *sizes, check.detail))
    failed = len(verification.failed)
    verdict = "every check passed" if not failed else f"{counted(failed, 'check')} FAILED"
    certified = "certified" if verification.bound_certified else "not certified"
    return [made, "", f"{verification.subject}: {verdict}; the dual bound is {certified}"]


def bound_report(game: Game, verification: BoundVerification) -> list[Any]:
    """What a certificate of a bound proves: its checks, and the bound in words."""
    made = table("check", "", "where")
    for check in sorted(verification.checks, key=lambda one: one.passed):
        add_row(made, (check.name, "passed" if check.passed else "FAILED", check.detail))
    weights = ", ".join(
        f"{name} {number(float(weight))}"
        for name, weight in zip(game.state_names, verification.weights, strict=True)
        if weight
    )
    size = f"{counted(verification.nodes, 'node')}, {verification.leaves} of them leaves"
    failed = len(verification.failed)
    verdict = (
        f"proven in exact arithmetic: {_bound_statement(game, verification)}"
        if not failed
        else f"{counted(failed, 'check')} FAILED; the bound is not certified"
    )
    return [made, "", f"weights: {weights}", f"{size}: {verdict}"]


def _bound_statement(game: Game, verification: BoundVerification) -> str:
    """What a certificate proves, in words."""
    demands = []
    if verification.margin > 0.0:
        demands.append(f"whose response beats every other action by {verification.margin!r}")
    if verification.floor:
        least = ", ".join(f"{game.state_names[state]} {value!r}" for state, value in verification.floor)
        demands.append(f"with these values at least: {least}")
    if verification.values is not None:
        values = ", ".join(f"{name} {v!r}" for name, v in zip(game.state_names, verification.values, strict=True))
        demands.append(f"that in one step loses in no state against: {values}")
    if verification.slack > 0.0:
        demands.append(f"or values that differ from these by at most {verification.slack!r}")
    who = " ".join(["no stationary leader policy", *demands])
    if verification.claimed is None:
        return f"there is {who}"
    return f"{who} {'gains' if verification.values is not None else 'is worth'} more than {verification.claimed!r}"


def bounds_to_dict(found: Sequence[BoundVerification]) -> dict[str, Any]:
    """The replays of a file as plain JSON data; of a single certificate its own."""
    if len(found) == 1:
        return found[0].to_dict()
    passed = all(one.passed for one in found)
    return {
        "format": "ssg-mip-verification/1",
        "subject": "bounds",
        "passed": passed,
        "bound_certified": passed,
        "bounds": [one.to_dict() for one in found],
    }


def batch_row_line(row: BatchRow) -> str:
    """One finished instance on one line."""
    if row.error is not None:
        return f"{row.instance}: failed, {row.error['message']}"
    result = row.result or {}
    return (
        f"{row.instance}: value {number(result.get('leader_value'))}, bound {number(result.get('dual_bound'))}, "
        f"{row.seconds:.2f} s, {row.check}"
    )


def batch_report(summary: BatchSummary) -> list[Any]:
    """The rows of a batch as a table, sorted by instance, and the count of each outcome."""
    made = table("instance", "status", "value>", "bound>", "gap>", "secured>", "seconds>", "check")
    for row in sorted(summary.rows, key=lambda one: one.instance):
        result = row.result or {}
        status = row.error["class"] if row.error is not None else str(result.get("status"))
        value, bound = result.get("leader_value"), result.get("dual_bound")
        gap, seconds = percent(result.get("relative_gap")), f"{row.seconds:.2f}"
        cells = (status, number(value), number(bound), gap, number(row.secured), seconds, row.check)
        add_row(made, (row.instance, *cells))
    counts = summary.to_dict()
    words = f"{counts['solved']} solved, {counts['failed']} failed, {counts['skipped']} skipped"
    return ["", made, "", f"{words}{', interrupted' if summary.interrupted else ''}: {summary.path}"]


def game_summary(game: Game) -> dict[str, Any]:
    """What an instance holds, as plain JSON data."""
    return {
        "format": "ssg-mip-game/1",
        "game": game.name,
        "game_hash": game.content_hash,
        "num_states": game.num_states,
        "num_joint_actions": game.num_rows,
        "num_transitions": len(game.successors),
        "leader_discount": game.leader_discount,
        "follower_discount": game.follower_discount,
        "initial": {name: finite(share) for name, share in zip(game.state_names, game.initial, strict=True)},
        "states": {
            name: {"leader_actions": list(leader), "follower_actions": list(follower)}
            for name, leader, follower in zip(game.state_names, game.leader_actions, game.follower_actions, strict=True)
        },
        "source": game.source,
        "known": None if game.known is None else dict(game.known),
    }


def game_report(game: Game, *, limit: int | None = None) -> list[Any]:
    """What an instance holds: sizes, discounts, states with their actions, source and known answers."""
    made = table("state", "start>", "leader actions", "follower actions")
    for state in range(game.num_states)[:limit]:
        actions = (", ".join(game.leader_actions[state]), ", ".join(game.follower_actions[state]))
        add_row(made, (game.state_names[state], number(game.initial[state]), *actions))
    head = (
        f"{game.name}: {counted(game.num_states, 'state')}, {counted(game.num_rows, 'joint action')}, "
        f"{counted(len(game.successors), 'transition')}\n"
        f"  discounts: leader {game.leader_discount:g}, follower {game.follower_discount:g}\n"
        f"  content {game.content_hash[:16]}"
    )
    notes = [] if game.source is None else [f"source: {game.source}"]
    notes += _known_lines(game)
    hidden = 0 if limit is None else game.num_states - limit
    return [head, "", made, *_left_out(hidden, "states"), *notes]


def _known_lines(game: Game) -> Sequence[str]:
    return [] if not game.known else ["known:", *(f"  {key}: {value}" for key, value in game.known.items())]
