"""What the rows and columns of a program stand for: tags of integers, declared where a component is written.

:func:`tagged` says of a component what it is, to which block it belongs and what the positions of its index mean. Every
row and column of it then has a :class:`Tag`, which the compiled program carries as arrays to whoever must know what a
multiplier or a value belongs to: the certificate, the primal side, the names in a file. Names are for readers alone.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

import numpy as np

from ssg_mip.errors import OptionError
from ssg_mip.numerics.array_types import IntArray


class RowKind(enum.IntEnum):
    """What a row says."""

    OTHER = 0
    """Nothing that a certificate covers; the kind of rows that nobody has declared."""

    FLOW = 1
    """The flow of occupancies through ``state``."""

    FLOW_TIMES_VALUE = 2
    """That row times ``v(value)``."""

    SIMPLEX = 3
    """The probabilities of ``state`` sum to one."""

    SIMPLEX_TIMES_VALUE = 4
    """That row times ``v(value)``."""

    OWN = 5
    """In ``state`` the ``answer`` is worth the follower's value."""

    INCENTIVE = 6
    """And no other ``action`` is worth more."""

    FLOOR = 7
    """The leader's value from where the block starts is at least so much."""

    SHARE = 8
    """The occupancy of a joint action is at least the shares that the blocks with a floor have in it."""

    IMPROVE = 9
    """``state`` loses nothing."""

    PRODUCT = 10
    """A declared product, ``result == factor * value``: a quadratic row, at ``position`` among the products."""

    STATEWISE = 11
    """A row on the policy within ``state``, at ``position`` among these, for one ``answer``."""

    STATEWISE_TIMES_VALUE = 12
    """That row, an equation, times ``v(value)``."""

    STATEWISE_LOW = 13
    """That row times the distance of ``v(value)`` to its lower bound."""

    STATEWISE_UP = 14
    """That row times the distance of ``v(value)`` to its upper bound."""

    COUPLED = 15
    """A row on the policy across states, at ``position`` among these."""

    COUPLED_TIMES_VALUE = 16
    """That row, an equation, times ``v(value)``."""

    COUPLED_LOW = 17
    """That row times the distance of ``v(value)`` to its lower bound."""

    COUPLED_UP = 18
    """That row times the distance of ``v(value)`` to its upper bound."""

    VISITS = 19
    """The occupancies of ``state`` sum to how often it is visited."""

    WORTH = 20
    """The level that is maximised is at most what the objective of the block allows."""

    COST = 21
    """A bound on a discounted cost, at ``position`` among these."""

    COST_TIMES_VALUE = 22
    """That row, an equation, times ``v(value)``."""

    COST_LOW = 23
    """That row times the distance of ``v(value)`` to its lower bound."""

    COST_UP = 24
    """That row times the distance of ``v(value)`` to its upper bound."""

    SINGLE_OWN = 25
    """In ``state`` the ``answer`` to the ``leader`` action alone is worth the follower's value."""

    SINGLE_INCENTIVE = 26
    """And no other ``action`` is worth more to that action of the leader."""

    DIFFERENCE = 27
    """In ``state`` the ``answer`` is no worse than another ``action`` now, where nothing later depends on it."""


class ColumnKind(enum.IntEnum):
    """What a column is."""

    OTHER = 0
    """None of these; the kind of columns that nobody has declared."""

    WEIGHT = 1
    """The weight of a joint action ``(state, leader, answer)``: an occupancy or a probability."""

    PRODUCT = 2
    """That weight times ``v(value)``."""

    VALUE = 3
    """The follower's value ``v(state)``."""

    VISITS = 4
    """How often ``state`` is visited, discounted."""


class Axis(enum.StrEnum):
    """What one position of an index means, by the letter that formulas and files have for it."""

    STATE = "s"
    LEADER = "a"
    ANSWER = "b"
    ACTION = "c"
    VALUE = "t"
    POSITION = "k"


NONE = -1
"""What a tag holds where its index says nothing."""

FROM_WEIGHTS = -2
"""The block of occupancies that starts from the weights over states."""

OF_STATE = -3
"""The block of probabilities of the tag's own state."""

Kind = TypeVar("Kind", RowKind, ColumnKind)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tag(Generic[Kind]):
    """What one row or column stands for; every other field is :data:`NONE` where it does not apply.

    Attributes
    ----------
    kind
        What it is.
    block
        The block it belongs to: :data:`FROM_WEIGHTS`, :data:`OF_STATE`, or the number of the state with a floor or of
        the demand whose occupancies it is about.
    state
        The state.
    leader, answer
        An action of the leader in that state, and the follower's answer.
    action
        Another action of the follower.
    value
        The state whose value is multiplied or meant beside the first one.
    position
        Any other number.
    """

    kind: Kind
    block: int = NONE
    state: int = NONE
    leader: int = NONE
    answer: int = NONE
    action: int = NONE
    value: int = NONE
    position: int = NONE


RowTag = Tag[RowKind]


@dataclasses.dataclass(frozen=True)
class Block:
    """A block of components: the number in its tags, and what the names of its components begin with."""

    number: int
    prefix: str = ""


@dataclasses.dataclass(frozen=True)
class Family:
    """What the members of a component have in common: the meaning of their index, the kind and the block."""

    axes: tuple[Axis, ...]
    kind: RowKind | ColumnKind
    block: int = NONE


def tagged(
    component: Any, axes: Iterable[str] = (), kind: RowKind | ColumnKind = RowKind.OTHER, block: int = NONE
) -> Any:
    """Declare what a Pyomo component stands for, and give it back.

    Parameters
    ----------
    component
        A constraint or a variable.
    axes
        One letter of :class:`Axis` for each position of its index, as ``"sab"``; none if it has no index.
    kind
        What its rows or columns are.
    block
        As in :class:`Tag`.
    """
    component.family = Family(tuple(map(Axis, axes)), kind, block)
    return component


def family_of(component: Any) -> Family | None:
    """What a component has been declared to stand for, if anything."""
    family: Family | None = getattr(component, "family", None)
    return family


def index_of(member: Any) -> list[tuple[Axis, Any]]:
    """What the index of a row or column says, in its order; without a declaration it says plain numbers or words.

    Raises
    ------
    OptionError
        If a component has been declared with another number of letters than its index has positions.
    """
    component, index = member.parent_component(), member.index()
    place = () if index is None else index if isinstance(index, tuple) else (index,)
    family = family_of(component)
    axes = (Axis.POSITION,) * len(place) if family is None else family.axes
    if len(axes) != len(place):
        raise OptionError(
            f"{component.name} has {len(place)} indices; its declared letters are {''.join(axes)!r}: declare as many"
        )
    return list(zip(axes, place, strict=True))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Tags(Generic[Kind]):
    """The tags of many rows or columns, as one array of integers for each field of :class:`Tag`."""

    kind: IntArray
    block: IntArray
    state: IntArray
    leader: IntArray
    answer: IntArray
    action: IntArray
    value: IntArray
    position: IntArray

    @classmethod
    def of(cls, members: Iterable[Any]) -> Tags[Kind]:
        """Those of Pyomo rows or columns, in their order.

        Raises
        ------
        OptionError
            As :func:`index_of`.
        """
        table = np.array([_integers(member) for member in members], dtype=np.int64).reshape(-1, len(_FIELDS))
        return cls(**dict(zip(_FIELDS, table.T.copy(), strict=True)))

    def each(self, kinds: type[Kind]) -> Iterator[Tag[Kind]]:
        """One after the other."""
        columns = [getattr(self, field).tolist() for field in _FIELDS]
        for kind, *rest in zip(*columns, strict=True):
            yield Tag(kind=kinds(kind), **dict(zip(_FIELDS[1:], rest, strict=True)))


_FIELDS = tuple(field.name for field in dataclasses.fields(Tags))
_FIELD_OF = {axis: _FIELDS.index(axis.name.lower()) for axis in Axis}


def _integers(member: Any) -> list[int]:
    """The fields of a tag; words in an index, which tell sides of one row apart, are no part of it."""
    family = family_of(member.parent_component())
    integers = [NONE] * len(_FIELDS)
    integers[:2] = (RowKind.OTHER, NONE) if family is None else (family.kind, family.block)
    for axis, position in index_of(member):
        if isinstance(position, (int, np.integer)):
            integers[_FIELD_OF[axis]] = int(position)
    return integers
