"""The file of a bound certificate: one JSON value per line, a header and then the nodes in preorder.

The header is an object::

    {"format": "ssg-mip-bound/1", "game_hash": ..., "weights": [...], "bound": 1.25, "grid": 55, "sweeps": 3,
     "lower": [...], "upper": [...], "conditional": [...], "ceiling": [...] or null}

``lower`` and ``upper`` are the root box and ``ceiling`` bounds on the leader's values, in multiples of ``2^-grid``;
``conditional`` lists the states that have a block of probabilities. Each following line is a node:

===================================================  ==============================================================
``["v", t, value]``                                  split at ``v(t) = value``; the part below follows, then that above
``["g", s, b]``                                      the answer in ``s`` is ``b``, then: it is not
``["p"]``                                            propagated once more; one node follows
``["e"]``                                            nothing is left after propagation
``["c"]``                                            bounded by the ceiling
``["z", [[mix, values], ...]]``                      bounded in a zero-sum game by mixed policies of the follower, as
                                                     whole weights per follower slot, and what they hold the leader to
``["l", objective, scale, lower, upper, block,...]`` bounded by multipliers: reference box, the block of occupancies,
                                                     then one for each state in ``conditional``
===================================================  ==============================================================

A block is ``[base, base_times_value, incentive, cuts]`` with ``incentive`` in the order of ``(s, b, c)``, and a cut is
``[multiplier, kind, s, b, c, t, side, chosen, tangents]`` (:mod:`ssg_mip.certificates.dual.leaf`). All numbers but the
weights and the bound are whole.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ssg_mip.certificates.dual.cut_terms import Cut, CutRow
from ssg_mip.certificates.dual.leaf import Block, Leaf
from ssg_mip.certificates.dual.numbers import Numbers
from ssg_mip.certificates.dual.saddle import Defence
from ssg_mip.errors import InvalidResultError

FORMAT = "ssg-mip-bound/1"

MOST_BITS = 2200
"""The finest power of two: floats need no finer one."""

MOST_SWEEPS = 100
"""Propagation sweeps per node at most."""

LONGEST_LINE = 50_000_000
"""Characters of a line at most."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Header:
    """What a certificate claims, and how its nodes are to be read."""

    game_hash: str
    weights: tuple[float, ...]
    bound: float
    grid: int
    sweeps: int
    lower: tuple[int, ...]
    upper: tuple[int, ...]
    conditional: tuple[int, ...]
    ceiling: tuple[int, ...] | None


def is_certificate(path: Path) -> bool:
    """Whether a file begins like a bound certificate."""
    try:
        with path.open(encoding="utf-8") as file:
            return f'"format": "{FORMAT}"' in file.readline(1000)
    except UnicodeDecodeError:
        return False


def lines_of(path: Path) -> Iterator[Any]:
    """The JSON values of a file, line by line.

    Raises
    ------
    InvalidResultError
        With the number of the line, if one is not JSON in UTF-8.
    """
    with path.open(encoding="utf-8") as file:
        number = 0
        try:
            while line := file.readline(LONGEST_LINE):
                number += 1
                yield json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidResultError(f"{path}, line {max(number, 1)} is not JSON: {error}") from None


def read_header(data: Any) -> Header:
    """The header, its own numbers checked.

    Raises
    ------
    InvalidResultError
        With the field and its value.
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InvalidResultError(f"the first line is not the header of a certificate; its format must be {FORMAT!r}")
    wanted = {field.name for field in dataclasses.fields(Header)} | {"format"}
    if set(data) != wanted:
        raise InvalidResultError(f"the header has the keys {sorted(data)}; they must be {sorted(wanted)}")
    weights = data["weights"]
    if not isinstance(weights, list) or not weights or not all(map(_is_weight, weights)) or not any(weights):
        raise InvalidResultError("the header's weights must be finite numbers of at least 0, not all 0")
    bound = data["bound"]
    if isinstance(bound, bool) or not isinstance(bound, (int, float)) or not math.isfinite(bound):
        raise InvalidResultError(f"the header's bound is {bound!r}; it must be a finite number")
    count = len(weights)
    return Header(
        game_hash=str(data["game_hash"]),
        weights=tuple(map(float, weights)),
        bound=float(bound),
        grid=whole(data["grid"], 0, MOST_BITS, "the header's grid"),
        sweeps=whole(data["sweeps"], 0, MOST_SWEEPS, "the header's sweeps"),
        lower=wholes(data["lower"], count, "the header's lower"),
        upper=wholes(data["upper"], count, "the header's upper"),
        conditional=tuple(whole(s, 0, count - 1, "a conditional state") for s in _listed(data["conditional"])),
        ceiling=None if data["ceiling"] is None else wholes(data["ceiling"], count, "the header's ceiling"),
    )


def read_leaf(data: Sequence[Any], header: Header, numbers: Numbers) -> Leaf:
    """A leaf from the line of its node.

    Raises
    ------
    InvalidResultError
        If it does not fit the game.
    """
    count = numbers.num_states
    if len(data) != 6 + len(header.conditional):
        raise InvalidResultError(f"a leaf has {len(data)} entries; it must have {6 + len(header.conditional)}")
    return Leaf(
        objective=whole(data[1], 0, None, "a leaf's objective"),
        scale=whole(data[2], 0, MOST_BITS, "a leaf's scale"),
        lower=wholes(data[3], count, "a leaf's lower"),
        upper=wholes(data[4], count, "a leaf's upper"),
        occupancy=_block(data[5], range(count), numbers),
        conditional=tuple(_block(block, [s], numbers) for s, block in zip(header.conditional, data[6:], strict=True)),
    )


def read_defences(data: Sequence[Any], numbers: Numbers) -> list[Defence]:
    """The mixed policies of the follower from the line of a node.

    Raises
    ------
    InvalidResultError
        If they do not fit the game.
    """
    if len(data) != 2:
        raise InvalidResultError(f"a leaf of a zero-sum game has {len(data)} entries; it must have 2")
    slots, states = sum(numbers.follower_counts), numbers.num_states
    return [
        (wholes(mix, slots, "a mix"), wholes(values, states, "the values against a mix"))
        for mix, values in (_listed(defence, 2) for defence in _listed(data[1]))
    ]


def _block(data: Any, states: Sequence[int], numbers: Numbers) -> Block:
    if not isinstance(data, list) or len(data) != 4:
        raise InvalidResultError("a block must hold base, base_times_value, incentive and cuts")
    base, by_value, incentive, cuts = data
    keys = list(incentive_keys(states, numbers.follower_counts))
    values = wholes(incentive, len(keys), "incentive multipliers")
    return Block(
        states=tuple(states),
        base=wholes(base, len(states), "base multipliers"),
        base_times_value=tuple(
            wholes(row, numbers.num_states, "base_times_value") for row in _listed(by_value, len(states))
        ),
        incentive={key: value for key, value in zip(keys, values, strict=True) if value},
        cuts=tuple(_cut(cut, states, numbers) for cut in _listed(cuts)),
    )


def incentive_keys(states: Iterable[int], follower_counts: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """``(s, b, c)`` in the order of the file."""
    for s in states:
        for b in range(follower_counts[s]):
            for c in range(follower_counts[s]):
                yield s, b, c


def _cut(data: Any, states: Sequence[int], numbers: Numbers) -> Cut:
    if not isinstance(data, list) or len(data) != 9:
        raise InvalidResultError("a cut must have nine entries")
    multiplier, kind, state, answer, action, place, side, chosen, tangents = data
    state = whole(state, 0, numbers.num_states - 1, "a cut's state")
    if state not in states:
        raise InvalidResultError(f"a cut is about state {state}, which its block does not cover")
    leaders, followers = numbers.leader_counts[state], numbers.follower_counts[state]
    return Cut(
        multiplier=whole(multiplier, 0, None, "a cut's multiplier"),
        kind=CutRow(whole(kind, 0, len(CutRow) - 1, "a cut's kind")),
        state=state,
        answer=whole(answer, 0, followers - 1, "a cut's answer"),
        action=whole(action, 0, followers - 1, "a cut's action"),
        place=whole(place, 0, numbers.num_states - 1, "a cut's place"),
        upper_side=bool(whole(side, 0, 1, "a cut's side")),
        chosen=tuple(whole(bits, 0, None, "a cut's choices") for bits in _listed(chosen, leaders)),
        tangents=wholes(tangents, leaders, "a cut's tangents"),
    )


def whole(value: Any, least: int | None, most: int | None, label: str) -> int:
    """A whole number within a range.

    Raises
    ------
    InvalidResultError
        With the label, if it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidResultError(f"{label} is {value!r}; it must be a whole number")
    if (least is not None and value < least) or (most is not None and value > most):
        raise InvalidResultError(f"{label} is {value!r}; it must lie between {least} and {most}")
    return value


def wholes(values: Any, count: int, label: str) -> tuple[int, ...]:
    """So many whole numbers.

    Raises
    ------
    InvalidResultError
        With the label, if they are not.
    """
    listed = _listed(values, count, label)
    for value in listed:
        if type(value) is not int:
            raise InvalidResultError(f"{label} hold {value!r}; they must be whole numbers")
    return tuple(listed)


def _listed(values: Any, count: int | None = None, label: str = "an entry") -> list[Any]:
    if not isinstance(values, list) or (count is not None and len(values) != count):
        raise InvalidResultError(f"{label} must be a list{'' if count is None else f' of {count}'}")
    return values


def _is_weight(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0.0
