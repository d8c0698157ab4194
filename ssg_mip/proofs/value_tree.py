r"""Bounds by values: what the leader can get at most in every state, with multipliers that show it.

A leaf holds values ``U``, and for some answers ``(s, b)`` multipliers ``k(c) >= 0`` of the follower's other actions.
With the follower's values ``v`` in ``[l, u]`` it shows ``V <= U`` for every policy of its part if for every state
``s``, every answer ``b`` that may be best and every corner ``a`` of the mixes that the part allows in ``s``

``U(s) >= r_A(s,a,b) + gamma_A p(s,a,b) U + sum_c k(c) max_v [q(s,a,b) - q(s,a,c)]``, ``q = r_B + gamma_B p v``,

because a best answer has ``sum_a f(a|s) [q(s,a,b) - q(s,a,c)] >= 0``. An answer whose multipliers alone add up to less
than 0 at every corner is never best, nor is one with ``q(s,a,b) < l(s)`` at every corner for ``v = u``.

Where the part is an interval of the one number that the leader chooses in a state ``z``, from ``p1`` to ``p2``, a leaf
may hold a :class:`FollowerLine` instead of ``l`` and ``u``: values ``w1`` and ``w2`` of the follower and a ratio
``R > 0``. At ``p = (1 - x) p1 + x p2`` let ``w = ((1 - x) w1 + x R w2) / (1 - x + x R)`` and, in exact arithmetic,
``d(p, w; s, b) = q(s, b) - w(s)`` with the mix of ``p`` in ``z``. The advantage of ``(s, b)`` on the line is a weighted
mean of three numbers: ``d(p1, w1)``, ``d(p2, w2)`` and, in ``z`` only, ``(R d(p1, w2) + d(p2, w1)) / (1 + R)``. With
``e`` the largest of all these numbers, or 0, and ``D`` the largest over states of the least over answers of how far the
smallest of the three lies below 0, or 0, an answer whose three numbers are below ``-(D + gamma_B e) / (1 - gamma_B)``
is never best.

Where transitions do not depend on the follower's action, or the follower is myopic, ``v`` cancels and the bound is as
good as the linear programs that the multipliers come from. Where the leader has one number to choose, parts are
intervals of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from ssg_mip.numerics.array_types import FloatArray


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class FollowerLine:
    """Values of the follower along an interval of the leader's one number, between those at its ends.

    Attributes
    ----------
    state
        Where the number is the probability of the first of two actions.
    first, second
        Values near his own at the smaller and at the larger number, shape ``[num_states]``; any will do.
    ratio
        By how much the second end weighs more than the first; any positive number.
    """

    state: int
    first: FloatArray
    second: FloatArray
    ratio: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ValueLeaf:
    """A part bounded by values.

    Attributes
    ----------
    upper
        ``U``, shape ``[num_states]``.
    follower
        ``l`` and ``u``, which must hold ``v`` for every policy of the part; ``None`` for the follower's value bounds
        over all policies.
    multipliers
        By state and answer ``(s, b)`` the pairs ``(c, k)``; positive ones only.
    line
        Of an interval of the leader's one number: what shows that answers are never best, beside ``follower``.
    """

    upper: FloatArray
    follower: tuple[FloatArray, FloatArray] | None = None
    multipliers: Mapping[tuple[int, int], tuple[tuple[int, float], ...]] = dataclasses.field(default_factory=dict)
    line: FollowerLine | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ValueSplit:
    """Policies split by the probability of the first leader action in a state that has two.

    Attributes
    ----------
    state, probability
        Where, and at which probability of its first action.
    below, above
        The parts with at most, and with at least this probability.
    """

    state: int
    probability: float
    below: ValueNode
    above: ValueNode


ValueNode = ValueLeaf | ValueSplit
"""A part, or how it is split."""


def in_preorder(tree: ValueNode) -> Iterator[ValueNode]:
    """The nodes of a tree as a certificate lists them."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ValueSplit):
            waiting += (node.above, node.below)
        yield node


def leaves_of(tree: ValueNode) -> Iterator[ValueLeaf]:
    """Its leaves, from left to right."""
    return (node for node in in_preorder(tree) if isinstance(node, ValueLeaf))
