"""The rounds of a reduction, read from the header of a certificate (:mod:`ssg_mip.checker.dual.document`)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ssg_mip.checker.dual.fields import listed_values, number, numbers, whole
from ssg_mip.checker.dual.rounds import GivenDominance, GivenRound
from ssg_mip.errors import InvalidResultError

KEYS = ("follower", "leader", "dominated", "copies", "states")
"""What a round consists of; ``merged`` beside it where states are."""


def read_reduction(given: Any, count: int) -> tuple[GivenRound, ...]:
    """The rounds, their own numbers checked.

    Parameters
    ----------
    given
        What stands in the header.
    count
        The number of states of the whole game.

    Raises
    ------
    InvalidResultError
        With the field and its value.
    """
    rounds: list[GivenRound] = []
    for one in listed_values(given, None, "the header's reduction"):
        rounds.append(_read_round(one, count, states_left(rounds, count)))
    return tuple(rounds)


def states_left(rounds: Sequence[GivenRound], count: int) -> int:
    """How many of so many states are left after some rounds."""
    for one in rounds:
        count = (count if one.states is None else len(one.states)) - len(one.merged)
    return count


def _read_round(given: Any, count: int, left: int) -> GivenRound:
    if not isinstance(given, dict) or set(given) - {"merged"} != set(KEYS):
        raise InvalidResultError(f"a round of the header's reduction must have the keys {sorted(KEYS)}")
    states = given["states"]
    return GivenRound(
        follower=_read_bounds(given["follower"], left, "the follower's bounds of a round"),
        leader=_read_bounds(given["leader"], left, "the leader's bounds of a round"),
        dominated=tuple(_read_dominance(one, count) for one in listed_values(given["dominated"], None, "dominated")),
        copies=tuple(_read_copy(one, count) for one in listed_values(given["copies"], None, "copies")),
        states=None if states is None else _read_states(states, count),
        merged=tuple(_read_merge(one, count) for one in listed_values(given.get("merged", []), None, "merged")),
    )


def _read_bounds(given: Any, left: int, label: str) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    if given is None:
        return None
    lower, upper = listed_values(given, 2, label)
    return numbers(lower, left, label), numbers(upper, left, label)


def _read_dominance(given: Any, count: int) -> GivenDominance:
    state, action, by = listed_values(given, 3, "a dominated action")
    pairs = [listed_values(pair, 2, "a share") for pair in listed_values(by, None, "what dominates an action")]
    found = tuple((whole(c, 0, None, "an action that dominates"), number(share, "a share")) for c, share in pairs)
    if any(share <= 0.0 for _, share in found) or len({c for c, _ in found}) < len(found):
        raise InvalidResultError(f"the shares {by!r} of what dominates must be positive, one for each action")
    return GivenDominance(
        state=whole(state, 0, count - 1, "the state of a dominated action"),
        action=whole(action, 0, None, "a dominated action"),
        by=found,
    )


def _read_copy(given: Any, count: int) -> tuple[int, int, int]:
    state, action, other = listed_values(given, 3, "a copy")
    return (
        whole(state, 0, count - 1, "the state of a copy"),
        whole(action, 0, None, "a copy"),
        whole(other, 0, None, "what a copy is of"),
    )


def _read_merge(given: Any, count: int) -> tuple[int, int]:
    state, other = listed_values(given, 2, "a state that is merged")
    return whole(state, 0, count - 1, "a state that is merged"), whole(
        other, 0, count - 1, "what a state is merged into"
    )


def _read_states(given: Any, count: int) -> tuple[int, ...]:
    states = tuple(whole(s, 0, count - 1, "a state that is kept") for s in listed_values(given, None, "states"))
    if not states or any(one >= other for one, other in itertools.pairwise(states)):
        raise InvalidResultError("the states that a round keeps must be some, in rising order")
    return states
