r"""What a certificate asks of the policies it is about, besides being stationary.

* A *margin* ``m``: the response beats every other action by at least ``m`` in the follower's action values.
* *Floors*: the leader's value in some states ``k`` is at least ``least(k)``. With ``y_k`` the occupancies from ``k``
  under the same ``f`` and ``g`` as ``y``, ``sum y_k r_A = V(k)``, and ``y >= sum_k weights(k) y_k``.
* A *reference* ``V``, of the improvement program: ``Q(s) = sum_ab x(s,a,b) [r_A + gamma_A p V] >= V(s)`` in every
  state; what is maximised is then ``weights @ (Q - V)``. What is proven holds for all ``V`` within ``slack`` of the
  given one in every state, in particular for the exact values of a policy of which the given ones are rounded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction

from ssg_mip.checker.dual.numbers import Enclosure, enclose
from ssg_mip.checker.rational import ExactGame, exact_weights


@dataclasses.dataclass(frozen=True, kw_only=True)
class Floor:
    """A lower bound on the leader's value in a state.

    Attributes
    ----------
    state
        The state.
    least
        At most the lower bound, in multiples of ``2^-FINE``.
    weight
        At most the weight of the state, likewise.
    start
        The start distribution of its occupancies: this state alone.
    """

    state: int
    least: int
    weight: int
    start: tuple[Enclosure, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reference:
    """What every joint action gains over the reference at most, per row, in multiples of ``2^-FINE``.

    Attributes
    ----------
    gains
        ``r_A + gamma_A p V - V(s)``.
    weighted
        The same times the weight of the state.
    """

    gains: tuple[int, ...]
    weighted: tuple[int, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Demands:
    """All of them; ``margin`` is at most the margin, in multiples of ``2^-FINE``."""

    margin: int = 0
    floors: tuple[Floor, ...] = ()
    reference: Reference | None = None


NO_DEMANDS = Demands()
"""Any stationary policy."""


def demands_of(
    exact: ExactGame,
    weights: Sequence[float | Fraction],
    *,
    margin: float = 0.0,
    floor: Sequence[tuple[int, float]] = (),
    values: Sequence[float] | None = None,
    slack: float = 0.0,
) -> Demands:
    """Enclose the demands of a certificate."""
    shares = exact_weights(weights)
    floors = tuple(
        Floor(
            state=state,
            least=enclose(Fraction(least))[0],
            weight=enclose(shares[state])[0],
            start=tuple(enclose(Fraction(int(s == state))) for s in range(len(shares))),
        )
        for state, least in floor
    )
    reference = None if values is None else _reference(exact, shares, values, slack)
    return Demands(margin=enclose(Fraction(margin))[0], floors=floors, reference=reference)


def _reference(exact: ExactGame, weights: Sequence[Fraction], values: Sequence[float], slack: float) -> Reference:
    numbers = [Fraction(value) for value in values]
    room = (1 + exact.leader_discount) * Fraction(slack)
    gains, weighted = [], []
    for row, reward, state in zip(exact.rows, exact.leader_rewards, exact.game.row_state.tolist(), strict=True):
        mean = sum((p * numbers[t] for t, p in zip(row.places, row.numerators, strict=True)), Fraction(0)) / row.total
        gain = reward + exact.leader_discount * mean - numbers[state] + room
        gains.append(enclose(gain)[1])
        weighted.append(enclose(weights[state] * gain)[1])
    return Reference(gains=tuple(gains), weighted=tuple(weighted))
