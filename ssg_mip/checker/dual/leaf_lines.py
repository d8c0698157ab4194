"""Leaves of a bound certificate, read from their lines (:mod:`ssg_mip.checker.dual.document`).

The multipliers of a leaf are floats, hence whole numbers over a common power of two; nothing is rounded.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ssg_mip.checker.dual.cut_terms import TANGENT_BITS, Cut, CutRow
from ssg_mip.checker.dual.document import Header, rounded_down, rounded_up
from ssg_mip.checker.dual.fields import listed_values, number, numbers, whole
from ssg_mip.checker.dual.leaf import Block, Leaf, PolicyTerm
from ssg_mip.checker.dual.numbers import Numbers
from ssg_mip.checker.dual.policy_rows import NO_SIDES, PolicySides, sides_of
from ssg_mip.checker.dual.saddle import Defence
from ssg_mip.checker.dual.wider_rows import wider_sides
from ssg_mip.checker.rational import common_numerators
from ssg_mip.errors import InvalidResultError


def read_leaf(data: Sequence[Any], header: Header, game: Numbers) -> Leaf:
    """A leaf from the line of its node.

    Raises
    ------
    InvalidResultError
        If it does not fit the game.
    """
    count = game.num_states
    own = 0 if header.values is not None else 1
    sides = NO_SIDES if header.policy is None else sides_of(header.policy.rows, game.leader_counts)
    if any(header.conditional.count(state) != 1 for state in sides.coupled):
        raise InvalidResultError("a state whose policy is tied to that of others must be conditional, once")
    count_of_box = count + (len(sides.coupled) if own else 0)
    covered = [range(count)] * (own + len(header.floor)) + [[s] for s in header.conditional]
    wanted = 4 + len(covered) + header.outside
    if len(data) != wanted:
        raise InvalidResultError(f"a leaf has {len(data)} entries; it must have {wanted}")
    objective = number(data[1], "a leaf's objective")
    blocks = [_block(block, states, game) for states, block in zip(covered, data[4:], strict=False)]
    floor, share, improve = _outside(data[4 + len(covered) :], header, game)
    lists = () if header.policy is None else listed_values(data[-1], 5 if header.wider else 3, "multipliers of rows")
    policy = _read_policy(lists[:3], len(blocks), sides, game, count_of_box - count) if lists else _NO_POLICY
    costs, single = _read_wider(lists[3:], covered, header, game) if header.wider else ([], [[] for _ in blocks])
    scale = _Scale(
        [
            *(objective, *floor, *share, *improve, *policy.visits, *(by for _, by in policy.coupling)),
            *(by for _, by in costs),
            *(by for entries in single for _, _, by in entries),
            *(by for terms in policy.statewise for _, _, by in terms),
            *itertools.chain(*(block.multipliers() for block in blocks)),
        ]
    )
    statewise = policy.statewise or [[] for _ in blocks]
    scaled = [
        dataclasses.replace(block.scaled(scale), policy=_by_answer(terms, scale), single=_by_action(entries, scale))
        for block, terms, entries in zip(blocks, statewise, single, strict=True)
    ]
    first = own + len(header.floor)
    return Leaf(
        scale=scale.bits,
        objective=scale.whole(objective),
        lower=rounded_down(numbers(data[2], count_of_box, "a leaf's lower"), header.grid),
        upper=rounded_up(numbers(data[3], count_of_box, "a leaf's upper"), header.grid),
        occupancy=scaled[0] if own else None,
        floored=tuple(scaled[own:first]),
        conditional=tuple(scaled[first:]),
        floor=scale.wholes(floor),
        share=scale.wholes(share),
        improve=scale.wholes(improve),
        coupling=tuple(dataclasses.replace(term, multiplier=scale.whole(by)) for term, by in policy.coupling),
        visits=scale.wholes(policy.visits),
        costs=tuple(dataclasses.replace(term, multiplier=scale.whole(by)) for term, by in costs),
    )


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _RawPolicy:
    """Multipliers of rows on the policy; those within states by block, with their state and answer."""

    statewise: list[list[tuple[tuple[int, int], PolicyTerm, float]]]
    coupling: list[tuple[PolicyTerm, float]]
    visits: tuple[float, ...]


_NO_POLICY = _RawPolicy(statewise=[], coupling=[], visits=())


_Single = tuple[tuple[int, int, int], int, float]
"""State, answer and action of the leader; the follower's other action; and the multiplier."""


def _read_wider(
    data: Sequence[Any], covered: Sequence[Sequence[int]], header: Header, game: Numbers
) -> tuple[list[tuple[PolicyTerm, float]], list[list[_Single]]]:
    """Multipliers of bounds on costs, and by block of the follower's rows for single actions."""
    costs, single = data
    count = len(wider_sides(header.costs, ()).costs)
    by_block: list[list[_Single]] = [[] for _ in covered]
    for entry in listed_values(single):
        block, state, leader, answer, action, by = listed_values(entry, 6, "a multiplier of a single action")
        state = whole(state, 0, game.num_states - 1, "the state of a single action")
        last = game.follower_counts[state] - 1
        key = (
            state,
            whole(answer, 0, last, "the answer to a single action"),
            whole(leader, 0, game.leader_counts[state] - 1, "a single action"),
        )
        action = whole(action, 0, last, "another action beside a single one")
        place = whole(block, 0, len(covered) - 1, "the block of a single action")
        by_block[place].append((key, action, number(by, "a multiplier of a single action")))
    terms = [_term(listed_values(entry, 4, "a multiplier of a cost"), count, game) for entry in listed_values(costs)]
    return terms, by_block


def _by_action(entries: Iterable[_Single], scale: _Scale) -> dict[tuple[int, int, int], tuple[tuple[int, int], ...]]:
    found: dict[tuple[int, int, int], tuple[tuple[int, int], ...]] = {}
    for key, action, by in entries:
        found[key] = (*found.get(key, ()), (action, scale.whole(by)))
    return found


def _read_policy(data: Sequence[Any], blocks: int, sides: PolicySides, game: Numbers, visited: int) -> _RawPolicy:
    statewise, coupling, visits = data
    by_block: list[list[tuple[tuple[int, int], PolicyTerm, float]]] = [[] for _ in range(blocks)]
    for entry in listed_values(statewise):
        block, answer, *rest = listed_values(entry, 6, "a multiplier within a state")
        term, by = _term(rest, len(sides.statewise), game)
        state = sides.statewise[term.side].state
        answer = whole(answer, 0, game.follower_counts[state] - 1, "the answer of a row")
        by_block[whole(block, 0, blocks - 1, "the block of a row")].append(((state, answer), term, by))
    return _RawPolicy(
        statewise=by_block,
        coupling=[
            _term(listed_values(entry, 4, "a multiplier across states"), len(sides.coupling), game)
            for entry in listed_values(coupling)
        ],
        visits=numbers(visits, visited, "multipliers of occupancies"),
    )


def _term(data: Sequence[Any], count: int, game: Numbers) -> tuple[PolicyTerm, float]:
    number_of_side, place, side, multiplier = data
    place = whole(place, -1, game.num_states - 1, "the place of a row")
    upper_side = whole(side, 0, 2, "the side of a row") == 2
    if upper_side and place < 0:
        raise InvalidResultError("a row times 1 - h(t) lacks its t")
    return PolicyTerm(
        side=whole(number_of_side, 0, count - 1, "the number of a row"),
        place=None if place < 0 else place,
        upper_side=upper_side,
        multiplier=0,
    ), number(multiplier, "a row's multiplier")


def _by_answer(
    terms: Iterable[tuple[tuple[int, int], PolicyTerm, float]], scale: _Scale
) -> dict[tuple[int, int], tuple[PolicyTerm, ...]]:
    found: dict[tuple[int, int], tuple[PolicyTerm, ...]] = {}
    for key, term, by in terms:
        found[key] = (*found.get(key, ()), dataclasses.replace(term, multiplier=scale.whole(by)))
    return found


def _outside(data: Sequence[Any], header: Header, game: Numbers) -> tuple[tuple[float, ...], ...]:
    """The multipliers outside the blocks: of floors, of comparisons and of rows that forbid a loss."""
    if header.values is not None:
        return (), (), numbers(data[0], game.num_states, "multipliers of states")
    if not header.floor:  # what is said of rows on the policy is read elsewhere
        return (), (), ()
    floor, share = listed_values(data[0], 2, "multipliers of floors and of comparisons")
    rows = len(game.leader_rewards)
    return numbers(floor, len(header.floor), "floor multipliers"), numbers(share, rows, "share multipliers"), ()


def read_defences(data: Sequence[Any], header: Header, game: Numbers) -> list[Defence]:
    """The mixed policies of the follower from the line of a node.

    Raises
    ------
    InvalidResultError
        If they do not fit the game.
    """
    if len(data) != 2:
        raise InvalidResultError(f"a leaf of a zero-sum game has {len(data)} entries; it must have 2")
    slots, states = sum(game.follower_counts), game.num_states
    return [
        (
            common_numerators(numbers(mix, slots, "a mix"))[0],
            rounded_up(numbers(values, states, "the values against a mix"), header.grid),
        )
        for mix, values in (listed_values(defence, 2) for defence in listed_values(data[1]))
    ]


class _Scale:
    """The power of two that makes some floats whole."""

    def __init__(self, values: Iterable[float]) -> None:
        self.bits = max(value.as_integer_ratio()[1].bit_length() - 1 for value in values)

    def whole(self, value: float) -> int:
        """A float times ``2^bits``."""
        above, below = value.as_integer_ratio()
        return above << (self.bits - below.bit_length() + 1)

    def wholes(self, values: Iterable[float]) -> tuple[int, ...]:
        """Several of them."""
        return tuple(map(self.whole, values))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _RawBlock:
    """A block as it stands in the file; the multipliers of its cuts stand beside them."""

    states: tuple[int, ...]
    base: tuple[float, ...]
    base_times_value: tuple[tuple[float, ...], ...]
    incentive: dict[tuple[int, int, int], float]
    cuts: tuple[tuple[float, Cut], ...]

    def multipliers(self) -> Iterator[float]:
        """All of them."""
        yield from self.base
        yield from itertools.chain(*self.base_times_value)
        yield from self.incentive.values()
        yield from (multiplier for multiplier, _ in self.cuts)

    def scaled(self, scale: _Scale) -> Block:
        """The block in whole numbers."""
        return Block(
            states=self.states,
            base=scale.wholes(self.base),
            base_times_value=tuple(map(scale.wholes, self.base_times_value)),
            incentive={key: scale.whole(value) for key, value in self.incentive.items()},
            cuts=tuple(dataclasses.replace(cut, multiplier=scale.whole(by)) for by, cut in self.cuts),
        )


def _block(data: Any, states: Sequence[int], game: Numbers) -> _RawBlock:
    if not isinstance(data, list) or len(data) != 4:
        raise InvalidResultError("a block must hold base, base_times_value, incentive and cuts")
    base, by_value, incentive, cuts = data
    keys = list(_incentive_keys(states, game.follower_counts))
    values = numbers(incentive, len(keys), "incentive multipliers")
    return _RawBlock(
        states=tuple(states),
        base=numbers(base, len(states), "base multipliers"),
        base_times_value=tuple(
            numbers(row, game.num_states, "base_times_value") for row in listed_values(by_value, len(states))
        ),
        incentive={key: value for key, value in zip(keys, values, strict=True) if value},
        cuts=tuple(_cut(cut, states, game) for cut in listed_values(cuts)),
    )


def _incentive_keys(states: Iterable[int], follower_counts: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """``(s, b, c)`` in the order of the file."""
    for s in states:
        for b in range(follower_counts[s]):
            for c in range(follower_counts[s]):
                yield s, b, c


def _cut(data: Any, states: Sequence[int], game: Numbers) -> tuple[float, Cut]:
    if not isinstance(data, list) or len(data) != 9:
        raise InvalidResultError("a cut must have nine entries")
    multiplier, kind, state, answer, action, place, side, chosen, tangents = data
    state = whole(state, 0, game.num_states - 1, "a cut's state")
    if state not in states:
        raise InvalidResultError(f"a cut is about state {state}, which its block does not cover")
    leaders, followers = game.leader_counts[state], game.follower_counts[state]
    return number(multiplier, "a cut's multiplier"), Cut(
        multiplier=0,
        kind=CutRow(whole(kind, 0, len(CutRow) - 1, "a cut's kind")),
        state=state,
        answer=whole(answer, 0, followers - 1, "a cut's answer"),
        action=whole(action, 0, followers - 1, "a cut's action"),
        place=whole(place, 0, game.num_states - 1, "a cut's place"),
        upper_side=bool(whole(side, 0, 1, "a cut's side")),
        chosen=tuple(
            whole(bits, 0, (1 << game.num_states) - 1, "a cut's choices") for bits in listed_values(chosen, leaders)
        ),
        tangents=rounded_down(numbers(tangents, leaders, "a cut's tangents"), TANGENT_BITS),
    )
