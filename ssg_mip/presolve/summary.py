"""What was removed, split and recognised, as plain data and in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ssg_mip.game.game_class import classes_with_equilibrium
from ssg_mip.proofs.reduction import Reduction


def summary(reduction: Reduction, parts: int = 1) -> dict[str, Any]:
    """What a reduction did, ready for JSON.

    Parameters
    ----------
    reduction
        The reduction.
    parts
        Into how many parts what it leaves was split.

    Returns
    -------
    dict
        ``follower_actions_removed``, ``leader_actions_removed``, ``states_removed`` and ``states_merged`` (those that
        became one with another), with what there was before (``..._before``); actions of states that went count with
        the states. ``parts``, and ``classes``: why what is left is easy, in words.
    """
    before, left = reduction.game, reduction.reduced
    merged = sum(len(step.merged) for step in reduction.rounds)
    one_number = int((left.leader_counts - 1).sum()) == 1
    return {
        "follower_actions_before": int(before.follower_counts.sum()),
        "follower_actions_removed": sum(len(step.dominated) for step in reduction.rounds),
        "leader_actions_before": int(before.leader_counts.sum()),
        "leader_actions_removed": sum(len(step.copies) for step in reduction.rounds),
        "states_before": before.num_states,
        "states_removed": before.num_states - left.num_states - merged,
        "states_merged": merged,
        "parts": parts,
        "classes": [
            *classes_with_equilibrium(left, rounded=True),
            *(["the leader chooses one number"] if one_number else []),
        ],
    }


def in_one_line(told: dict[str, Any]) -> str:
    """A summary as a sentence without its full stop; empty if nothing was removed, split or recognised."""
    if told.get("given_up"):
        return "given up: by the tolerance for ties of the whole game the follower answers otherwise in what is left"
    removed = [
        f"{told[f'{kind}_removed']:,} of {told[f'{kind}_before']:,} {words}"
        for kind, words in (
            ("follower_actions", "follower actions"),
            ("leader_actions", "leader actions"),
            ("states", "states"),
        )
        if told[f"{kind}_removed"]
    ]
    clauses = [f"removed {_listed(removed)}"] if removed else []
    if told["states_merged"]:
        clauses.append(f"merged {told['states_merged']:,} of {told['states_before']:,} states into others like them")
    if told["parts"] > 1:
        clauses.append(f"{told['parts']:,} unconnected parts")
    return "; ".join([*clauses, *told["classes"]])


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
