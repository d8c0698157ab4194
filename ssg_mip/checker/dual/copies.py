"""Leader actions that are copies of others.

A leader action is a *copy* if another one that the round keeps has the same rewards and distributions for every
follower action that is left: its probability may go there.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ssg_mip.checker.dual.remainder import Remainder
from ssg_mip.checker.dual.rounds import ReductionError
from ssg_mip.checker.rational import ExactGame, Row


def check_copies(left: Remainder, copies: Sequence[tuple[int, int, int]]) -> None:
    """Whether leader actions ``(state, action, other)`` are copies of others that stay.

    Raises
    ------
    ReductionError
        If one is not.
    """
    gone = {(state, action) for state, action, _ in copies}
    if len(gone) < len(copies):
        raise ReductionError("a leader action is removed twice")
    states = set(left.states)
    for state, action, other in copies:
        available = left.leaders(state)
        if state not in states or action not in available:
            raise ReductionError(f"state {state} has no leader action {action} left to remove")
        if other not in available or (state, other) in gone:
            raise ReductionError(f"state {state}: what leader action {action} is a copy of is not kept")
        if not all(
            same_rows(left.exact, left.row(state, action, b), left.row(state, other, b)) for b in left.followers(state)
        ):
            raise ReductionError(f"state {state}: leader action {action} is no copy of {other}")


def same_rows(exact: ExactGame, row: int, other: int) -> bool:
    """Whether two joint actions have the same rewards and distributions."""
    return (
        exact.leader_rewards[row] == exact.leader_rewards[other]
        and exact.follower_rewards[row] == exact.follower_rewards[other]
        and _shares(exact.rows[row]) == _shares(exact.rows[other])
    )


def _shares(row: Row) -> dict[int, Fraction]:
    return {t: Fraction(above, row.total) for t, above in zip(row.places, row.numerators, strict=True) if above}
