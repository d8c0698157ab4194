r"""Games of different discounts as games of common ones, worth the same: they move less often, and may end.

Let a game keep going with probability ``c`` in every step, and then move with probability ``m`` and stay where it is
otherwise. Under discount ``G`` a stationary pair of policies is then worth

    V = r' + G c [(1 - m) V + m P V],    that is    V = r' / (1 - a (1 - m)) + a m / (1 - a (1 - m)) P V,    a = G c

which with ``r' = (1 - a (1 - m)) r`` is its value under the discount ``a m / (1 - a (1 - m))``. In odds,
``o(x) = x / (1 - x)``, that discount has the odds ``m o(a)``. Both players move and end together, so for the leader's
discount ``gamma`` and the follower's ``delta`` of one game

    a = o(gamma) / (o(gamma) + m),    b = o(delta) / (o(delta) + m),    a = G_A c,    b = G_B c

and games of several ``delta`` and one ``gamma`` fit the same ``G_A, G_B`` if they have the same ratio ``q = b / a``. It
is ``delta / gamma`` for ``m = 1`` and moves to 1 as ``m`` falls to 0. So games whose ``delta`` all lie on the same side
of ``gamma`` have one in common: the ``delta / gamma`` that is nearest to 1. Action values less the value are multiplied
by the same positive number in every state, so that answers are the same.

Where ``delta`` decides nothing about the answers (``None`` below) every ``q`` will do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pace:
    """How a game goes on.

    Attributes
    ----------
    lasting
        The probability that it does not end in a step.
    moving
        The probability that it moves then.
    factors
        What the rewards of the leader and of the follower are multiplied by.
    """

    lasting: float
    moving: float
    factors: tuple[float, float]

    @property
    def is_plain(self) -> bool:
        """Whether nothing changes."""
        return self.lasting == self.moving == 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class CommonDiscounts:
    """Discounts of both players, and how each game goes on under them."""

    leader: float
    follower: float
    paces: tuple[Pace, ...]


LEAST_MOVING = 1e-3
"""How often a game must move, at least: where games move less often what is common to them is nearly no discount."""


def common_discounts(leader: float, followers: Sequence[float | None]) -> CommonDiscounts | None:
    """Discounts under which games of these discounts of the follower can be played; ``None`` if there are none.

    Parameters
    ----------
    leader
        The leader's discount, that of all games.
    followers
        The follower's discount in each game; ``None`` where his answers do not depend on it.
    """
    given = sorted({one for one in followers if one is not None})
    if len(given) <= 1:
        plain = Pace(lasting=1.0, moving=1.0, factors=(1.0, 1.0))
        return CommonDiscounts(leader=leader, follower=given[0] if given else 0.0, paces=(plain,) * len(followers))
    if given[0] <= 0.0 or leader <= 0.0 or given[0] <= leader <= given[-1]:
        return None
    nearest = given[0] if given[0] > leader else given[-1]
    ratio = nearest / leader
    moving = [1.0 if one is None or one == nearest else _moving(leader, one, ratio) for one in followers]
    if min(moving) < LEAST_MOVING:
        return None
    slowed = [_odds(leader) / (_odds(leader) + m) for m in moving]
    most = max(slowed)
    paces = tuple(_pace(a, most, ratio, m) for a, m in zip(slowed, moving, strict=True))
    return CommonDiscounts(leader=most, follower=ratio * most, paces=paces)


def _odds(discount: float) -> float:
    return discount / (1.0 - discount)


def _moving(leader: float, follower: float, ratio: float) -> float:
    """How often a game moves that has this ratio of discounts."""
    ours, theirs = _odds(leader), _odds(follower)
    return ours * theirs * (ratio - 1.0) / (theirs - ratio * ours)


def _pace(slowed: float, most: float, ratio: float, moving: float) -> Pace:
    """Of a game whose leader's discount, ends included, is ``slowed``."""
    staying = 1.0 - moving
    return Pace(
        lasting=slowed / most,
        moving=moving,
        factors=(1.0 - slowed * staying, 1.0 - ratio * slowed * staying),
    )


def paced_moves(game: Game, pace: Pace, end: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Lengths of the rows, successors and probabilities of a game at a pace; ``end`` is the state where it ends."""
    if pace.is_plain:
        return np.diff(game.indptr), game.successors, game.probabilities
    lengths, successors, probabilities = [], [], []
    for row, s in enumerate(game.row_state.tolist()):
        chances = dict.fromkeys((s, end), 0.0)
        for t, p in zip(*game.next_states(row), strict=True):
            chances[int(t)] = chances.get(int(t), 0.0) + pace.lasting * pace.moving * float(p)
        chances[s] += pace.lasting * (1.0 - pace.moving)
        chances[end] += 1.0 - pace.lasting
        kept = sorted((t, p) for t, p in chances.items() if p > 0.0)
        lengths.append(len(kept))
        successors += [t for t, _ in kept]
        probabilities += [p for _, p in kept]
    return np.array(lengths), np.array(successors), np.array(probabilities)
