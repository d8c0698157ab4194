r"""Second-level rows: an incentive row times ``h(t)`` or ``1 - h(t)``, its products replaced by linear bounds.

Let ``sum_a (A(a) y(a) + sum_t' B(a,t') m(a,t')) >= 0`` hold for a state ``s`` and an answer ``b``. Times ``h(t) >= 0``
it contains ``A(a) m(a,t)`` and ``B(a,t') Z`` with ``Z = y h(t') h(t)``; times ``1 - h(t) >= 0`` it contains
``A(a) (y - m(a,t))`` and ``B(a,t') Z`` with ``Z = y h(t') (1 - h(t))``. In both ``Z >= 0``, so ``B`` may be rounded
upwards, and ``B Z`` is at most ``B`` times

=======  =======================  =============================  =======================  =====================
side     ``B >= 0, t' != t``      ``B < 0, t' != t``             ``B >= 0, t' = t``       ``B < 0, t' = t``
=======  =======================  =============================  =======================  =====================
``h``    ``m(t')`` or ``m(t)``    ``m(t) + m(t') - y`` or ``0``  ``m(t)``                 ``2 c m(t) - c^2 y``
``1-h``  ``m(t')`` or ``y-m(t)``  ``m(t') - m(t)`` or ``0``      ``(1-2c) m(t) + c^2 y``  ``0``
=======  =======================  =============================  =======================  =====================

for any number ``c``; of two bounds the first is meant where the bit of ``(a, t')`` is set. The row with the products
replaced is therefore still at least 0.
"""

from __future__ import annotations

import dataclasses
import enum

from ssg_mip.checker.dual.box_rows import BoxRows
from ssg_mip.checker.dual.numbers import shifted_up

TANGENT_BITS = 100
"""Tangent points are multiples of ``2^-TANGENT_BITS``."""


class CutRow(enum.IntEnum):
    """Which inequality is multiplied."""

    INCENTIVE = 0
    """``v(s) - q(s, f, c) >= 0``, or at least the margin if ``c`` is not the answer."""

    NEGATED = 1
    """``q(s, f, b) - v(s) >= 0`` for the answer ``b`` itself, where it is an equation."""

    DIFFERENCE = 2
    """``q(s, f, b) - q(s, f, c) >= 0`` for the answer ``b``, likewise."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """A second-level row and its multiplier.

    Attributes
    ----------
    multiplier
        At least 0.
    kind, state, answer, action
        The row: ``s``, ``b`` and ``c`` as above; ``action`` is not used by ``NEGATED``.
    place, upper_side
        ``t``, and whether the row is multiplied by ``1 - h(t)``.
    chosen
        Per leader action, a set of bits: bit ``t'`` tells the bound that is meant.
    tangents
        Per leader action ``c``, in multiples of ``2^-TANGENT_BITS``.
    """

    multiplier: int
    kind: CutRow
    state: int
    answer: int
    action: int
    place: int
    upper_side: bool
    chosen: tuple[int, ...]
    tangents: tuple[int, ...]


def add_cut(cut: Cut, leader: int, first: int, rows: BoxRows, products: list[int]) -> int:
    """Add a cut's part over one leader action to the coefficients of ``m``; the coefficient of ``y`` comes back.

    Parameters
    ----------
    cut
        The cut.
    leader, first
        The leader action, and the row of it with the first follower action.
    rows
        The incentive rows on the reference box.
    products
        Coefficients of ``m(t)``, which are changed.
    """
    plain, mixed = _row(cut, first, rows)
    by, t = cut.multiplier, cut.place
    tangent, bits = cut.tangents[leader], cut.chosen[leader]
    side = _times_rest if cut.upper_side else _times_value
    factor = by * plain if cut.upper_side else 0
    products[t] += -by * plain if cut.upper_side else by * plain
    for other, high in mixed.items():
        weight = by * high
        if other == t:
            slope, constant = _square(weight, tangent, upper_side=cut.upper_side)
            products[t] += slope
            factor += constant
        else:
            factor += side(weight, other, t, bool(bits >> other & 1), products)
    return factor


def _row(cut: Cut, first: int, rows: BoxRows) -> tuple[int, dict[int, int]]:
    """Upper ends of ``A`` and of every ``B`` of the inequality."""
    own, other, lead = first + cut.answer, first + cut.action, rows.lead(cut.answer, cut.action)
    match cut.kind:
        case CutRow.INCENTIVE:
            return rows.of_factor[other][1] - lead, {t: high for t, _, high in rows.of_products[other]}
        case CutRow.NEGATED:
            return -rows.of_factor[own][0], {t: -low for t, low, _ in rows.of_products[own]}
        case CutRow.DIFFERENCE:
            mixed = {t: high for t, _, high in rows.of_products[other]}
            for t, low, _ in rows.of_products[own]:
                mixed[t] = mixed.get(t, 0) - low
            return rows.of_factor[other][1] - rows.of_factor[own][0] - lead, mixed


def _times_value(weight: int, other: int, t: int, chosen: bool, products: list[int]) -> int:
    if weight >= 0:
        products[other if chosen else t] += weight
        return 0
    if not chosen:
        return 0
    products[t] += weight
    products[other] += weight
    return -weight


def _times_rest(weight: int, other: int, t: int, chosen: bool, products: list[int]) -> int:
    if chosen:
        products[other] += weight
        if weight < 0:
            products[t] -= weight
        return 0
    if weight < 0:
        return 0
    products[t] -= weight
    return weight


def _square(weight: int, tangent: int, *, upper_side: bool) -> tuple[int, int]:
    """The coefficients of ``m(t)`` and of ``y`` in the bound on ``weight`` times ``y h^2`` or ``y h (1 - h)``."""
    if upper_side:
        if weight < 0:
            return 0, 0
        slope = weight - 2 * weight * tangent // (1 << TANGENT_BITS)
        return slope, shifted_up(weight * tangent * tangent, 2 * TANGENT_BITS)
    if weight >= 0:
        return weight, 0
    return shifted_up(2 * weight * tangent, TANGENT_BITS), shifted_up(-weight * tangent * tangent, 2 * TANGENT_BITS)
