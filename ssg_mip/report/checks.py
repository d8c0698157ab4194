"""What the exact checker found, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ssg_mip.checker.outcome import claimed_words
from ssg_mip.checker.verification import VERIFICATION_FORMAT
from ssg_mip.game.game import Game
from ssg_mip.report.text import add_row, counted, number, table

if TYPE_CHECKING:
    from ssg_mip.checker.dual.policy_rows import GivenRow
    from ssg_mip.checker.dual.replay import BoundVerification
    from ssg_mip.checker.verification import Verification

CUT_OFF = "the time limit was reached before the last node; the bound is not certified, and what follows is not read"
"""Of a certificate whose replay was cut off."""


MOST_WEIGHTS = 12
"""Weights that are written out."""


def verification_report(verification: Verification) -> list[Any]:
    """Every check with its worst deviation and what is allowed there; the failed ones first."""
    made = table("check", "", "worst deviation>", "allowed>", "where")
    for check in sorted(verification.checks, key=lambda one: one.passed):
        shown = check.to_dict()
        sizes = [f"{shown[key]:.3g}" if shown[key] is not None else "-" for key in ("violation", "tolerance")]
        add_row(made, (check.name, "passed" if check.passed else "FAILED", *sizes, check.detail))
    failed = len(verification.failed)
    verdict = f"every check passed: {verification.word}" if not failed else f"{counted(failed, 'check')} FAILED"
    rest = [claimed_words(verification.claimed), verification.left_out]
    return [made, "", "; ".join([f"{verification.subject}: {verdict}", *(words for words in rest if words)])]


def bound_report(game: Game, verification: BoundVerification) -> list[Any]:
    """What a certificate of a bound proves: its checks, and the bound in words."""
    made = table("check", "", "where")
    for check in sorted(verification.checks, key=lambda one: one.passed):
        add_row(made, (check.name, "passed" if check.passed else "FAILED", check.detail))
    weights = _weights_in_words(game, verification)
    parts = f"{verification.parts} parts with " if verification.parts > 1 else ""
    leaves = f"{verification.leaves} {'leaf' if verification.leaves == 1 else 'leaves'}"
    size = f"{parts}{counted(verification.nodes, 'node')} ({leaves})"
    failed = len(verification.failed)
    if verification.cut_off:
        return [made, "", f"weights: {weights}", f"{size}: {CUT_OFF}"]
    verdict = (
        f"proven in exact arithmetic: {_bound_statement(game, verification)}"
        if not failed
        else f"{counted(failed, 'check')} FAILED; the bound is not certified"
    )
    return [made, "", f"weights: {weights}", f"{size}: {verdict}"]


def _weights_in_words(game: Game, verification: BoundVerification) -> str:
    """Weights by state, the largest ones where there are many."""
    pairs = [
        (name, float(weight)) for name, weight in zip(game.state_names, verification.weights, strict=True) if weight
    ]
    shown = pairs if len(pairs) <= MOST_WEIGHTS else sorted(pairs, key=lambda one: -one[1])[:MOST_WEIGHTS]
    words = ", ".join(f"{name} {number(weight)}" for name, weight in shown)
    return words if len(shown) == len(pairs) else f"{words}, and {len(pairs) - len(shown):,} other states"


def _bound_statement(game: Game, verification: BoundVerification) -> str:
    """What a certificate proves, in words."""
    demands = []
    if verification.margin > 0.0:
        demands.append(f"whose response beats every other action by {verification.margin!r}")
    if verification.floor:
        least = ", ".join(f"{game.state_names[state]} {value!r}" for state, value in verification.floor)
        demands.append(f"with these values at least: {least}")
    if verification.policy_rows:
        rows = "; ".join(_row_in_words(game, row) for row in verification.policy_rows)
        demands.append(f"with f(action|state) such that {rows}")
    if verification.costs:
        rows = "; ".join(_cost_in_words(game, row) for row in verification.costs)
        demands.append(f"with discounted costs such that {rows}")
    if verification.most:
        limits = ", ".join(f"{most} in {game.state_names[state]}" for state, most in verification.most)
        demands.append(f"that uses at most so many actions: {limits}")
    if verification.values is not None:
        values = ", ".join(
            f"{name} {float(v)!r}" for name, v in zip(game.state_names, verification.values, strict=True)
        )
        demands.append(f"that in one step loses in no state against: {values}")
    if verification.slack > 0.0:
        demands.append(f"or values that differ from these by at most {float(verification.slack)!r}")
    who = " ".join(["no stationary leader policy", *demands])
    if verification.claimed is None:
        return f"there is {who}"
    return f"{who} {'gains' if verification.values is not None else 'is worth'} more than {verification.claimed!r}"


def _row_in_words(game: Game, row: GivenRow) -> str:
    """A row on the leader's policy as an inequality."""
    states = zip(game.state_names, game.leader_actions, strict=True)
    return _inequality(row, [f"f({action}|{state})" for state, own in states for action in own])


def _cost_in_words(game: Game, row: GivenRow) -> str:
    """A bound on a cost as an inequality of discounted visits to joint actions."""
    places = zip(game.row_state.tolist(), game.row_leader.tolist(), game.row_follower.tolist(), strict=True)
    joint = ((s, game.leader_actions[s][a], game.follower_actions[s][b]) for s, a, b in places)
    return _inequality(row, [f"visits({game.state_names[s]}, {a}, {b})" for s, a, b in joint])


def _inequality(row: GivenRow, names: Sequence[str]) -> str:
    """A row over named numbers."""
    terms = zip(row.coefficients, names, strict=True)
    total = " + ".join(f"{factor!r} {name}" for factor, name in terms if factor)
    if row.lower == row.upper:
        return f"{total} = {row.upper!r}"
    below = "" if row.lower is None else f"{row.lower!r} <= "
    return f"{below}{total}{'' if row.upper is None else f' <= {row.upper!r}'}"


def bounds_to_dict(found: Sequence[BoundVerification]) -> dict[str, Any]:
    """The replays of a file as plain JSON data; of a single certificate its own."""
    if len(found) == 1:
        return found[0].to_dict()
    passed = all(one.passed for one in found)
    return {
        "format": VERIFICATION_FORMAT,
        "subject": "bounds",
        "passed": passed,
        "bound_certified": passed,
        "bounds": [one.to_dict() for one in found],
    }
