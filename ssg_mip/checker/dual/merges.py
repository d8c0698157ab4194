"""States that are merged into others.

A state is *merged* into another one that stays if the leader has one action left in each, and the follower's actions
have, one after the other, the same rewards and, once all merged states are replaced by those that they go into, the
same distributions. Whatever the leader plays elsewhere, values of what is left, taken in a merged state from the
other one, satisfy the follower's optimality equations of the whole game, and the same answers are best; so they are
his values, and the same goes for the leader's best values over these answers. What led to the state leads to the
other one from then on, and its weight is the other one's. Where the leader has a choice in both states this would be
false: he may treat them differently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from ssg_mip.checker.dual.copies import same_rows
from ssg_mip.checker.dual.remainder import ReducedGame, Remainder
from ssg_mip.checker.dual.rounds import Needed, ReductionError
from ssg_mip.checker.rational import ExactGame, Row


def merged_game(left: Remainder, merged: Sequence[tuple[int, int]], needed: Needed) -> ReducedGame:
    """The game in which the states ``(state, other)`` are merged, the one into the other.

    Raises
    ------
    ReductionError
        If one may not be.
    """
    into, states = dict(merged), set(left.states)
    if len(into) < len(merged):
        raise ReductionError("a state is merged twice")
    for state, other in merged:
        left.stop_in_time()
        if state not in states or other not in states or other in into:
            raise ReductionError(f"state {state} is merged into state {other}, and one of them is not left")
        if state in needed.floors or other in needed.floors:
            raise ReductionError(f"state {state} is merged into state {other}, and one of them has a floor")
        if len(left.leaders(state)) > 1 or len(left.leaders(other)) > 1:
            raise ReductionError(f"state {state} is merged into state {other}, and the leader has a choice there")
    exact = _with_rows(left.exact, tuple(_led_into(row, into) for row in left.exact.rows))
    for state, other in merged:
        mine, theirs = list(left.rows_of(state)), list(left.rows_of(other))
        if len(mine) != len(theirs) or not all(map(partial(same_rows, exact), mine, theirs)):
            raise ReductionError(f"state {state} is merged into state {other}, and is not as that one is")
    return exact


def _led_into(row: Row, into: Mapping[int, int]) -> Row:
    """A distribution in which merged states are replaced by those that they go into."""
    if into.keys().isdisjoint(row.places):
        return row
    sums: dict[int, int] = {}
    for place, above in zip(row.places, row.numerators, strict=True):
        target = into.get(place, place)
        sums[target] = sums.get(target, 0) + above
    return Row(places=tuple(sums), numerators=tuple(sums.values()), total=row.total)


def _with_rows(exact: ExactGame, rows: tuple[Row, ...]) -> ReducedGame:
    return ReducedGame(
        game=exact.game,
        leader_rewards=exact.leader_rewards,
        follower_rewards=exact.follower_rewards,
        leader_discount=exact.leader_discount,
        follower_discount=exact.follower_discount,
        given=rows,
    )
