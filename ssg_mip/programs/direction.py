r"""What the exact program maximises: a weighted sum of the leader's values, or how high objectives rise at once.

Every objective ``k`` is linear in both players' values, ``F_k = mu_k @ V + sigma_k @ v`` with ``mu_k >= 0``, and comes
with a demand ``F_k >= least_k + slope_k * level``, ``slope_k >= 0``. The level is maximised. That contains

* the weighted sum: one demand of slope 1, on the sum itself, at any level (:meth:`Direction.of_sum`);
* the epsilon-constraint program: slope 1 for one objective, slope 0 (a floor) for the others;
* the augmented Chebyshev function: slope 1 for each of its pieces;
* the search along a direction ``slope`` from a corner ``least`` (Pascoletti & Serafini, *Scalarizing vector
  optimization problems*, J. Optim. Theory Appl. 42, 1984), which shrinks a box of objective values from both sides.

``ceilings``: proven bounds ``lambda @ F <= bound`` of earlier programs. They hold for every policy, so they cut off no
solution, and they spare the search what is known already.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.tolerances import ARITHMETIC, PROBABILITY
from ssg_mip.evaluation.reach import reached_states
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.programs.tags import FROM_WEIGHTS, Block

SMALL_WEIGHT = 1e-3
"""States with less weight than this share of the average weight get a conditional block."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Demand:
    """``leader @ V + follower @ v >= least + slope * level``.

    ``leader`` and ``follower`` are non-negative weights over states, shape ``[num_states]``; ``slope`` is at least 0.
    ``block`` is how its occupancies are called; by its number among the demands if absent.
    """

    leader: FloatArray
    follower: FloatArray
    least: float
    slope: float
    block: Block | None = None

    @property
    def size(self) -> float:
        """The sum of the weights on the leader's values; 1 where they sum to one up to rounding."""
        total = float(self.leader.sum())
        return 1.0 if abs(total - 1.0) <= PROBABILITY else total

    @property
    def start(self) -> FloatArray | None:
        """The start distribution of its occupancies; ``None`` where the leader's values do not occur."""
        return self.leader / self.size if self.leader.any() else None

    @property
    def alone(self) -> int | None:
        """The state in which its occupancies start if that is one alone, and it does not rise; ``None`` otherwise."""
        states = np.flatnonzero(self.leader)
        return int(states[0]) if len(states) == 1 and self.slope == 0.0 else None

    def value(self, leader: FloatArray, follower: FloatArray) -> float:
        """Its left side at both players' values, shape ``[num_states]`` each."""
        return float(self.leader @ leader) + (float(self.follower @ follower) if self.follower.any() else 0.0)


@dataclasses.dataclass(frozen=True, eq=False)
class Ceiling:
    """``weights @ F <= bound`` for all policies, with one weight for each demand."""

    weights: FloatArray
    bound: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Direction:
    """Demands, and between which levels they are to be met.

    Attributes
    ----------
    demands
        What must rise, at least one with a positive slope, and what must not fall.
    ceilings
        Proven bounds on weighted sums of the demands' left sides.
    bottom, top
        The lowest and the highest level of interest. Without a bottom it is a weighted sum: its first demand alone
        rises, from 0 by a slope of 1.
    missing
        Share of its size by which a demand may be missed.
    shared
        The start of the one block of occupancies in which all demands read their values (:func:`shared_start`);
        ``None`` where each has a block of its own.
    price
        What a probability of 1 costs, per leader slot: the demands that rise are to do so after that. ``None`` for
        nothing.
    """

    demands: tuple[Demand, ...]
    ceilings: tuple[Ceiling, ...] = ()
    bottom: float = 0.0
    top: float = math.inf
    missing: float = 0.0
    shared: FloatArray | None = None
    price: FloatArray | None = None

    @classmethod
    def of_sum(cls, weights: FloatArray, floor: Mapping[int, float] | None = None) -> Direction:
        """``weights @ V`` is to rise, and the leader's value in some states must not fall below a floor."""
        count = len(weights)
        nothing = np.zeros(count)
        total = Demand(leader=weights, follower=nothing, least=0.0, slope=1.0, block=Block(FROM_WEIGHTS))
        floors = (
            Demand(leader=unit, follower=nothing, least=least, slope=0.0, block=Block(k, f"floor{k}_"))
            for k, least in ({} if floor is None else floor).items()
            for unit in [np.eye(1, count, k)[0]]
        )
        return cls(demands=(total, *floors), bottom=-math.inf)

    @property
    def is_sum(self) -> bool:
        """Whether it is a weighted sum, with or without floors."""
        return self.bottom == -math.inf

    @property
    def blocks(self) -> list[Block]:
        """The blocks of the demands."""
        if self.shared is not None:
            return [Block(FROM_WEIGHTS)] * len(self.demands)
        return [Block(k, f"demand{k}_") if one.block is None else one.block for k, one in enumerate(self.demands)]

    @property
    def slopes(self) -> FloatArray:
        """The slopes of all demands."""
        return np.array([one.slope for one in self.demands])

    @property
    def least(self) -> FloatArray:
        """What the demands ask for at level 0."""
        return np.array([one.least for one in self.demands])

    @property
    def slack(self) -> FloatArray:
        """By how much each demand may be missed."""
        found: FloatArray = self.missing * (1.0 + np.abs(self.least))
        return found

    def lowered(self) -> Direction:
        """The same with demands that are lower by what they may be missed by."""
        if self.missing == 0.0:
            return self
        pairs = zip(self.demands, self.slack.tolist(), strict=True)
        demands = tuple(dataclasses.replace(one, least=one.least - slack) for one, slack in pairs)
        return dataclasses.replace(self, demands=demands, missing=0.0)

    def over(self, leader: FloatArray, follower: FloatArray) -> FloatArray:
        """By how much each demand is exceeded at level 0, at both players' values."""
        found: FloatArray = np.array([one.value(leader, follower) for one in self.demands]) - self.least
        return found

    def height(self, over: FloatArray) -> float:
        """The level up to which the rising demands are met that are exceeded by so much."""
        rising = self.slopes > 0.0
        return float((over[rising] / self.slopes[rising]).min())

    def paid(self, slots: FloatArray) -> float:
        """What probabilities per leader slot cost."""
        return 0.0 if self.price is None else float(self.price @ slots)

    def level(self, leader: FloatArray, follower: FloatArray, paid: float = 0.0) -> float:
        """The level of a policy with these values, at least the bottom; ``-inf`` if a demand is missed there.

        Parameters
        ----------
        paid
            What its probabilities cost (:meth:`paid`).
        """
        over = self.over(leader, follower)
        if paid:
            over = over - paid * (self.slopes > 0.0)
        asked = slice(1, None) if self.is_sum else slice(None)
        there = over if self.bottom == 0.0 or self.is_sum else over - self.bottom * self.slopes
        return -math.inf if np.any((there < -self.slack)[asked]) else max(self.bottom, self.height(over))

    def thin_states(self, game: Game) -> list[int]:
        """The states in which hardly any block starts, so that they need conditional variables."""
        starts = [one.start for one in self.demands if one.slope > 0.0 and one.start is not None]
        mean = np.mean(starts, axis=0) if starts else np.zeros(game.num_states)
        thin: IntArray = np.flatnonzero(mean < SMALL_WEIGHT / game.num_states)
        own = {one.alone for one in self.demands}
        return [int(s) for s in thin if s not in own]


def shared_start(game: Game, demands: Sequence[Demand]) -> FloatArray | None:
    """A start distribution whose occupancies hold the values of all demands, if there is one.

    Where play that starts in some states never meets play that starts in the others, the occupancies from a mixture of
    both starts are those of each, side by side. Types of the follower are of this kind. A demand then reads its value
    in the part of its own start, and one block is enough: it holds one policy for all demands.
    """
    rows = [one.leader for one in demands if one.leader.any()]
    if not rows:
        return None
    total = np.sum(rows, axis=0)
    for start in (total / total.sum(), *(row / row.sum() for row in rows)):
        if all(reading(game, start, row) is not None for row in rows):
            found: FloatArray = start
            return found
    return None


def reading(game: Game, shared: FloatArray, leader: FloatArray) -> tuple[NDArray[np.bool_], float] | None:
    """The states whose occupancies from a shared start hold ``leader @ V``, and the factor; ``None`` if none do.

    Parameters
    ----------
    shared
        The start distribution, shape ``[num_states]``.
    leader
        Weights on the leader's values.
    """
    own = leader > 0.0
    if np.any(shared[own] <= 0.0):
        return None
    ratios = leader[own] / shared[own]
    if float(np.ptp(ratios)) > ARITHMETIC * float(ratios.max()):
        return None
    there, others = reached_states(game, own), reached_states(game, (shared > 0.0) & ~own)
    return None if np.any(there & others) else (there, float(ratios.max()))
