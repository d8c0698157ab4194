"""Rounds that make a game smaller, as they stand in a header, and what a claim forbids them."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class GivenDominance:
    """A follower action that others are said to dominate, with their positive shares."""

    state: int
    action: int
    by: tuple[tuple[int, float], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GivenRound:
    """A round as it stands in a header: numbers of states and actions are those of the whole game.

    Attributes
    ----------
    follower, leader
        Lower and upper bounds on the values in the states that are left so far; ``None`` for none.
    dominated
        Follower actions that go.
    copies
        ``(state, action, other)``: leader actions that go, and what they are copies of.
    states
        The states that stay, in rising order; ``None`` for all.
    merged
        ``(state, other)``: states that go into others, after everything else.
    """

    follower: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    leader: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    dominated: tuple[GivenDominance, ...] = ()
    copies: tuple[tuple[int, int, int], ...] = ()
    states: tuple[int, ...] | None = None
    merged: tuple[tuple[int, int], ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything goes."""
        return bool(self.dominated or self.copies or self.merged or self.states is not None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Needed:
    """What a claim forbids a reduction.

    Attributes
    ----------
    states
        States that must stay, or be merged into others: those of positive weight and those with a floor.
    floors
        States with a floor, which are not merged.
    copies_only
        Whether neither follower actions nor states may go.
    any_values
        Whether all states must stay, and the leader's side of a dominance hold whatever his values are.
    """

    states: frozenset[int]
    floors: frozenset[int] = frozenset()
    copies_only: bool = False
    any_values: bool = False


class ReductionError(Exception):
    """A round is not valid; the words say why."""
