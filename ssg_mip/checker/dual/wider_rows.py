r"""Bounds on discounted costs and limits on used actions in a certificate.

A certificate may be about those ``(f, g)`` alone whose discounted costs ``sum_sab y(s,a,b) c(s,a,b)`` from the weights
lie between two numbers. Each such row has one or two sides ``sum y c <= C``, or is an equation, and holds times
``h(t)`` and times ``1 - h(t)`` as well: ``y(s,a,b) h(t)`` is the variable ``m`` of a leaf.

It may be about those alone that use at most ``k`` actions of the leader in a state, all others with probability 0. Then
of any ``k + 1`` of its actions one is not used, so that the parts in which the first, the second, ... of them is closed
cover a node. Where ``k`` is 1, one action is used, and for ``y(s,a,b)`` of every action by itself
``y(s,a,b) [v(s) - q(s,a,c)] >= 0``, by the margin if ``c`` is not ``b`` and ``= 0`` if it is: for the answer to the
used action these are the follower's optimality, for all others ``y`` is 0. The same holds for probabilities ``x``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from fractions import Fraction

from ssg_mip.checker.dual.numbers import Enclosure, enclose
from ssg_mip.checker.dual.policy_rows import GivenRow


@dataclasses.dataclass(frozen=True, kw_only=True)
class CostSide:
    """``sum costs y <= limit`` over all joint actions, in the order of the game's rows."""

    costs: tuple[Enclosure, ...]
    limit: Enclosure
    equation: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class WiderSides:
    """The sides of all costs, in the order of the rows, and the states of which one action is used."""

    costs: tuple[CostSide, ...] = ()
    single: frozenset[int] = frozenset()


NO_WIDER_SIDES = WiderSides()
"""No costs and no limits."""


def wider_sides(costs: Sequence[GivenRow], most: Sequence[tuple[int, int]]) -> WiderSides:
    """The sides of costs, enclosed, and the states with a limit of one."""
    return WiderSides(costs=tuple(_cost_sides(costs)), single=frozenset(state for state, limit in most if limit == 1))


def _cost_sides(rows: Sequence[GivenRow]) -> Iterator[CostSide]:
    for row in rows:
        for costs, limit, equation in row.sides:
            yield CostSide(costs=tuple(map(enclose, costs)), limit=enclose(Fraction(limit)), equation=equation)
