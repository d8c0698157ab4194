"""Families of linear rows, and what they become times the follower's values or their distances to both bounds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ssg_mip.evaluation.value_bounds import ValueBounds
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.programs.program import Multiplied
from ssg_mip.programs.tags import RowKind, tagged


@dataclasses.dataclass(frozen=True, eq=False)
class Family:
    """Rows ``plain(*index) <= 0``, or ``== 0`` where ``equation(*index)``, and their products ``times(*index, t)``.

    ``name`` begins their names, ``axes`` say what the index means, ``kinds`` and ``block`` what the rows are.
    """

    name: str
    axes: str
    kinds: Mapping[str, RowKind]
    block: int
    plain: Callable[..., Any]
    times: Callable[..., Any]
    equation: Callable[..., bool]


def attach(
    model: Any, family: Family, places: Sequence[Any], values: Callable[[Any], list[int]], box: ValueBounds
) -> tuple[Multiplied, ...]:
    """Add the rows of a family, and what they become times values or times their distances to both bounds.

    Parameters
    ----------
    family
        What the rows say.
    places
        Their indices.
    values
        Of an index, the states whose values it is multiplied with.
    box
        Bounds on the values.
    """
    import pyomo.environ as pyo

    def tupled(place: Any) -> tuple[Any, ...]:
        return place if isinstance(place, tuple) else (place,)

    def equation(place: Any) -> bool:
        return family.equation(*tupled(place))

    def row(_: Any, *place: Any) -> Any:
        return family.plain(*place) == 0.0 if family.equation(*place) else family.plain(*place) <= 0.0

    def apart(end: FloatArray, *place: Any) -> Any:
        return family.times(*place) - float(end[place[-1]]) * family.plain(*place[:-1])

    rules = {
        ("_times_value", 0): lambda _, *place: family.times(*place) == 0.0,
        ("_low", 1): lambda _, *place: apart(box.lower, *place) <= 0.0,
        ("_up", -1): lambda _, *place: -apart(box.upper, *place) <= 0.0,
    }
    base = tagged(pyo.Constraint(places, rule=row), family.axes, family.kinds[""], family.block)
    model.add_component(family.name, base)
    found: list[Multiplied] = []
    for (suffix, side), rule in rules.items():
        chosen = [(place, t) for place in places if equation(place) is not bool(side) for t in values(place)]
        rows = pyo.Constraint([(*tupled(place), t) for place, t in chosen], rule=rule)
        tagged(rows, f"{family.axes}t", family.kinds[suffix], family.block)
        model.add_component(f"{family.name}{suffix}", rows)
        found += [Multiplied(rows[(*tupled(place), t)], base[place], model.v[t], side) for place, t in chosen]
    return tuple(found)
