"""The file of a bound certificate: one JSON value per line, a header and then the nodes in preorder.

A file may hold several certificates, one after the other. The header is an object::

    {"format": "ssg-mip-bound/3", "game_hash": ..., "units": [[constant, unit, potential or null], ...] or null,
     "ignored": [...], "weights": [...], "bound": 1.25 or null,
     "margin": 0.0, "floor": [[state, least], ...], "values": [...] or null, "slack": 0.0, "sweeps": 3,
     "lower": [...], "upper": [...], "conditional": [...], "ceiling": [...] or null}

The format ``ssg-mip-bound/4`` has one key more, ``"policy": [[[coefficients, lower or null, upper or null], ...],
below, above]``: rows on the leader's policy, and what bounds the occupancies (:mod:`.policy_rows`).

The format ``ssg-mip-bound/6`` has that key and two more, ``"costs": [[costs, lower or null, upper or null], ...]`` with
a cost for each joint action, and ``"most": [[s, k], ...]``, how many actions of the leader states may use
(:mod:`.wider_rows`); in it there may be floors as well.

The format ``ssg-mip-bound/5`` has ``"reduction"``, rounds that make the game smaller first (:mod:`.reduction`), perhaps
none::

    [{"follower": [lower, upper] or null, "leader": [lower, upper] or null,
      "dominated": [[s, b, [[c, share], ...]], ...], "copies": [[s, a, other], ...], "states": [...] or null}, ...]

A round that merges states has ``"merged": [[s, other], ...]`` beside these. In the rounds, the weights and the floors,
states and actions are numbered as in the whole game; everywhere else, units and ignored states included, as in what is
left. A *sum* (:mod:`.sums`) is a header ``{"format": "ssg-mip-bound/5", "game_hash": ..., "weights": [...],
"bound": 1.25, "sum": 2}`` followed by so many certificates about the same game, each with its header and its nodes.

``margin``, ``floor``, ``values`` and ``slack`` say which policies it is about (:mod:`.demands`), and ``values`` that it
is about the improvement program; with the bound ``null`` there is no such policy. Where ``units`` are given, of leader
and follower, all other numbers are about the game in those units (:mod:`.units`). The rewards of ``ignored`` states, to
which no state of positive weight leads, count as 0. The format ``ssg-mip-bound/2`` has no units and ignores no
state, and ``ssg-mip-bound/1`` also lacks the four keys that say which policies are meant: it means every stationary
policy. ``lower`` and ``upper`` are the root box, ``ceiling`` bounds on the leader's values; ``conditional`` lists the
states that have a block of probabilities, for the improvement program all of them. Each following line is a node:

===================================================  ==============================================================
``["v", t, value]``                                  split at ``v(t) = value``; the part below follows, then that above
``["g", s, b]``                                      the answer in ``s`` is ``b``, then: it is not
``["a", s, [a, ...]]``                               of these actions of the leader in ``s``, one more than may be used,
                                                     one is closed: the first, the second, ... (format 6)
``["p"]``                                            propagated once more; one node follows
``["e"]``                                            nothing is left after propagation
``["c"]``                                            bounded by the ceiling
``["z", [[mix, values], ...]]``                      bounded in a zero-sum game by mixed policies of the follower, as
                                                     weights per follower slot, and what they hold the leader to
``["l", objective, lower, upper, block, ...]``       bounded by multipliers: reference box, the block of occupancies
                                                     (none for the improvement program), one for each floor, then one
                                                     for each state in ``conditional``, then the multipliers outside
                                                     the blocks
``["x", s, p]``                                      split by the probability of the first of two leader actions in
                                                     ``s``: at most ``p``, then at least ``p`` (format 5)
``["u", values, box, [[s, b, [[c, k], ...]], ...]]`` bounded by values of the leader in every state, with the box
                                                     ``[lower, upper]`` of the follower's values or ``null`` for that
                                                     of the node, and multipliers ``k`` of the follower's other
                                                     actions ``c`` for answers ``b`` (format 5, :mod:`.value_leaf`)
``["h", slopes, H, L, U, mixes, secure, jumps,``     bounded by what both players get together, slope by slope
``picks]``                                           (format 5, :mod:`.payoff_leaf`)
``["u", ..., [s, w1, w2, ratio]]``                   the same with a line of the follower's values in the interval of
                                                     the mix in ``s``, or ``null`` (:mod:`.follower_line`)
===================================================  ==============================================================

There are no multipliers outside the blocks where there is no floor, no improvement program and no row on the policy.
With floors they are
``[floor, share]``, one number for each floor and one for each joint action; for the improvement program one number for
each state.

With rows on the policy, boxes and places of splits go on with the occupancies of the states that rows couple, in rising
order; not so for the improvement program, which has no occupancies. What stands outside the blocks is then, after what
belongs to floors or to the improvement program, ``[statewise, coupling, visits]``: entries
``[block, b, i, t, side, multiplier]`` of the sides within states, where ``block`` counts the blocks of the leaf and
``i`` the sides; entries ``[i, t, side, multiplier]`` of the others; and of ``sum x g = g`` for every coupled state,
with ``g`` the place of ``d`` between the ends of its reference interval. Side 0 is the row itself with ``t`` = -1, or
an equation times ``h(t)``; 1 is the row times ``h(t)``, 2 times ``1 - h(t)``. Format 6 adds to the three lists
``costs``, entries ``[j, t, side, multiplier]`` likewise, and ``single``, entries ``[block, s, a, b, c, multiplier]`` of
the follower's rows for one action of the leader; with floors, ``[floor, share]`` stands before all of them.

A block is ``[base, base_times_value, incentive, cuts]`` with ``incentive`` in the order of ``(s, b, c)``, and a cut is
``[multiplier, kind, s, b, c, t, side, chosen, tangents]`` (:mod:`ssg_mip.checker.dual.cut_terms`). Numbers are
floats and mean the fractions that they are. Boxes are rounded outwards and values of splits downwards to whole
multiples of ``2^-grid``, a resolution far finer than the accuracy of floats, which the reader chooses.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from ssg_mip.checker.dual.fields import listed_values, number, numbers, whole
from ssg_mip.checker.dual.policy_rows import GivenRow, PolicyDemand
from ssg_mip.checker.dual.read_reduction import read_reduction, states_left
from ssg_mip.checker.dual.rounds import GivenRound
from ssg_mip.checker.dual.units import PlayerUnits, Units
from ssg_mip.errors import InvalidResultError, OptionError

FORMAT = "ssg-mip-bound/3"

POLICY_FORMAT = "ssg-mip-bound/4"
"""As written where there are rows on the leader's policy."""

REDUCED_FORMAT = "ssg-mip-bound/5"
"""As written where the game was made smaller first, where values or splits of mixes close the tree, and of sums."""

WIDER_FORMAT = "ssg-mip-bound/6"
"""As written where costs are bounded, states use a few actions, or floors stand beside rows."""

PLAIN_FORMAT = "ssg-mip-bound/1"
"""As written before there were demands on the policies."""

KNOWN_FORMATS = (FORMAT, POLICY_FORMAT, REDUCED_FORMAT, WIDER_FORMAT, "ssg-mip-bound/2", PLAIN_FORMAT)
"""What is read; the last but one as written before there were units."""

_DEMANDS = frozenset({"margin", "floor", "values", "slack"})
"""The keys that the plain format lacks."""

GRID_BITS = 90
"""The grid of the boxes is this power of two of the follower's largest value, or finer."""

MOST_SWEEPS = 100
"""Propagation sweeps per node at most."""

LONGEST_LINE = 50_000_000
"""Characters of a line at most."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Header:
    """What a certificate claims, and how its nodes are to be read; weights of what is left of a game are fractions."""

    game_hash: str
    weights: Sequence[float | Fraction]
    bound: float | None
    sweeps: int
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    conditional: tuple[int, ...]
    ceiling: tuple[float, ...] | None
    margin: float = 0.0
    floor: tuple[tuple[int, float], ...] = ()
    values: tuple[float, ...] | None = None
    slack: float = 0.0
    units: Units | None = None
    ignored: tuple[int, ...] = ()
    policy: PolicyDemand | None = None
    costs: tuple[GivenRow, ...] = ()
    most: tuple[tuple[int, int], ...] = ()
    wider: bool = False
    reduction: tuple[GivenRound, ...] | None = None

    @property
    def outside(self) -> int:
        """How many entries of a leaf are multipliers outside its blocks."""
        return int(bool(self.floor) or self.values is not None) + int(self.policy is not None)

    @property
    def grid(self) -> int:
        """Boxes are multiples of ``2^-grid``."""
        largest = max(map(abs, (*self.lower, *self.upper)))
        return max(0, GRID_BITS - math.frexp(largest)[1])


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class SumHeader:
    """What a sum claims: a bound on a weighted sum whose weights are spread over so many certificates that follow."""

    game_hash: str
    weights: tuple[float, ...]
    bound: float
    parts: int


def is_certificate(path: Path) -> bool:
    """Whether a file begins like a bound certificate."""
    try:
        with path.open(encoding="utf-8") as file:
            start = file.readline(1000)
            return any(f'"format": "{known}"' in start for known in KNOWN_FORMATS)
    except UnicodeDecodeError:
        return False


def lines_of(path: Path) -> Iterator[Any]:
    """The JSON values of a file, line by line.

    Raises
    ------
    OptionError
        If there is no such file.
    InvalidResultError
        With the number of the line, if one is not JSON in UTF-8.
    """
    try:
        opened = path.open(encoding="utf-8")
    except OSError as error:
        raise OptionError(f"{path} cannot be read: {error.strerror}; give the file that --certificate wrote") from None
    with opened as file:
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
    if not isinstance(data, dict) or data.get("format") not in KNOWN_FORMATS:
        raise InvalidResultError(f"the first line is not the header of a certificate; its format must be {FORMAT!r}")
    wanted = {field.name for field in dataclasses.fields(Header)} - {"wider"} | {"format"}
    if data["format"] not in (POLICY_FORMAT, WIDER_FORMAT):
        wanted -= {"policy"}
    if data["format"] != WIDER_FORMAT:
        wanted -= {"costs", "most"}
    if data["format"] != REDUCED_FORMAT:
        wanted -= {"reduction"}
    if data["format"] not in (FORMAT, POLICY_FORMAT, REDUCED_FORMAT, WIDER_FORMAT):
        wanted -= {"units", "ignored"}
    if data["format"] == PLAIN_FORMAT:
        wanted -= _DEMANDS
    if set(data) != wanted:
        raise InvalidResultError(f"the header has the keys {sorted(data)}; they must be {sorted(wanted)}")
    weights = read_weights(data["weights"])
    whole_count = len(weights)
    reduction = read_reduction(data["reduction"], whole_count) if data["format"] == REDUCED_FORMAT else None
    count = states_left(reduction or (), whole_count)
    conditional = tuple(whole(s, 0, count - 1, "a conditional state") for s in listed_values(data["conditional"]))
    demands = {} if data["format"] == PLAIN_FORMAT else _read_demands(data, whole_count)
    wider = data["format"] == WIDER_FORMAT
    if demands.get("values") is not None and conditional != tuple(range(count)):
        raise InvalidResultError("in the improvement program every state must be conditional, in order")
    return Header(
        game_hash=str(data["game_hash"]),
        weights=weights,
        bound=None if data["bound"] is None and demands else number(data["bound"], "the header's bound"),
        sweeps=whole(data["sweeps"], 0, MOST_SWEEPS, "the header's sweeps"),
        lower=numbers(data["lower"], count, "the header's lower"),
        upper=numbers(data["upper"], count, "the header's upper"),
        conditional=conditional,
        ceiling=None if data["ceiling"] is None else numbers(data["ceiling"], count, "the header's ceiling"),
        units=_read_units(data.get("units"), count),
        ignored=tuple(whole(s, 0, count - 1, "an ignored state") for s in listed_values(data.get("ignored", []))),
        policy=_read_policy(data["policy"], count, demands, bool(data.get("costs"))) if "policy" in data else None,
        costs=tuple(_read_row(*listed_values(row, 3, "a cost")) for row in listed_values(data["costs"]))
        if wider
        else (),
        most=_read_most(data["most"], count) if wider else (),
        wider=wider,
        reduction=reduction,
        **demands,
    )


def is_sum(data: Any) -> bool:
    """Whether a line is the header of a sum."""
    return isinstance(data, dict) and data.get("format") == REDUCED_FORMAT and "sum" in data


def read_sum(data: dict[str, Any]) -> SumHeader:
    """The header of a sum, its own numbers checked.

    Raises
    ------
    InvalidResultError
        With the field and its value.
    """
    wanted = {"format", "game_hash", "weights", "bound", "sum"}
    if set(data) != wanted:
        raise InvalidResultError(f"the header of a sum has the keys {sorted(data)}; they must be {sorted(wanted)}")
    return SumHeader(
        game_hash=str(data["game_hash"]),
        weights=read_weights(data["weights"]),
        bound=number(data["bound"], "the header's bound"),
        parts=whole(data["sum"], 1, None, "the number of parts of a sum"),
    )


def game_hash_of(data: Any) -> str:
    """The content hash of the game that a certificate is about, from its first line.

    Raises
    ------
    InvalidResultError
        If that is no header.
    """
    return (read_sum(data) if is_sum(data) else read_header(data)).game_hash


def read_weights(given: Any) -> tuple[float, ...]:
    """The weights of a header.

    Raises
    ------
    InvalidResultError
        If they are no finite numbers of at least 0, or all 0.
    """
    weights = numbers(given, None, "the header's weights")
    if not any(weights) or min(weights) < 0.0:
        raise InvalidResultError("the header's weights must be at least 0, and not all 0")
    return weights


def _read_most(given: Any, count: int) -> tuple[tuple[int, int], ...]:
    """How many actions states may use."""
    pairs = [listed_values(pair, 2, "a limit on used actions") for pair in listed_values(given)]
    found = tuple(
        (whole(s, 0, count - 1, "the state of a limit"), whole(most, 1, None, "how many actions a state may use"))
        for s, most in pairs
    )
    if len({s for s, _ in found}) != len(found):
        raise InvalidResultError("a state has two limits on how many actions it may use")
    return found


def _read_policy(given: Any, count: int, demands: dict[str, Any], costs: bool) -> PolicyDemand:
    """The rows on the leader's policy."""
    if demands["floor"] and demands["values"] is not None:
        raise InvalidResultError("floors do not go with the improvement program")
    if costs and demands["values"] is not None:
        raise InvalidResultError("costs do not go with the improvement program")
    rows, below, above = listed_values(given, 3, "the header's policy")
    count = count if demands["values"] is None else 0  # a single step has no occupancies
    return PolicyDemand(
        rows=tuple(_read_row(*listed_values(row, 3, "a row")) for row in listed_values(rows)),
        below=tuple(numbers(row, count, "phi") for row in listed_values(below, count)),
        above=tuple(numbers(row, count, "phi") for row in listed_values(above, count)),
    )


def _read_row(coefficients: Any, lower: Any, upper: Any) -> GivenRow:
    row = GivenRow(
        coefficients=numbers(coefficients, None, "the coefficients of a row"),
        lower=None if lower is None else number(lower, "a side of a row"),
        upper=None if upper is None else number(upper, "a side of a row"),
    )
    if not any(row.coefficients):
        raise InvalidResultError("a row on the leader's policy has no coefficient but 0")
    return row


def _read_units(given: Any, count: int) -> Units | None:
    """What was taken out of the leader's and of the follower's rewards."""
    if given is None:
        return None
    leader, follower = (_read_player(one, count) for one in listed_values(given, 2, "the header's units"))
    return leader, follower


def _read_player(given: Any, count: int) -> PlayerUnits:
    constant, unit, potential = listed_values(given, 3, "a player's units")
    size = number(unit, "a unit")
    if size <= 0.0:
        raise InvalidResultError(f"the header has the unit {unit!r}; it must be positive")
    return PlayerUnits(
        constant=number(constant, "a constant"),
        unit=size,
        potential=None if potential is None else numbers(potential, count, "a potential"),
    )


def _read_demands(data: dict[str, Any], count: int) -> dict[str, Any]:
    """What is asked of the policies, its numbers checked."""
    margin = number(data["margin"], "the header's margin")
    slack = number(data["slack"], "the header's slack")
    if min(margin, slack) < 0.0:
        raise InvalidResultError("the header's margin and slack must be at least 0")
    pairs = [listed_values(pair, 2, "a floor") for pair in listed_values(data["floor"])]
    floor = tuple((whole(s, 0, count - 1, "the state of a floor"), number(least, "a floor")) for s, least in pairs)
    values = None if data["values"] is None else numbers(data["values"], count, "the header's values")
    if len({s for s, _ in floor}) != len(floor) or (floor and values is not None):
        raise InvalidResultError("a state has two floors, or the improvement program has one")
    return {"margin": margin, "floor": floor, "values": values, "slack": slack}


def rounded_down(values: Iterable[float], bits: int) -> tuple[int, ...]:
    """Multiples of ``2^-bits`` that are not larger."""
    ratios = [value.as_integer_ratio() for value in values]
    return tuple((above << bits) // below for above, below in ratios)


def rounded_up(values: Iterable[float], bits: int) -> tuple[int, ...]:
    """Multiples of ``2^-bits`` that are not smaller."""
    return tuple(-value for value in rounded_down([-value for value in values], bits))
