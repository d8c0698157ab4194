r"""Local ascent against a follower whose answer is smooth: spectral projected gradient over the leader's simplices.

The direction is ``P(f + alpha G) - f`` with ``P`` the projection onto the simplex of every state, ``G`` the derivative
(:meth:`ssg_mip.evaluation.soft_response.SoftPair.slopes`) divided in each state by how often it is visited, and
``alpha`` the step of Barzilai & Borwein; then steps are halved until the value rises by a share of what the derivative
promises (Birgin, Martinez & Raydan 2000, in its monotone form). The value never falls, and the ascent may end at any
step. A limit is a stationary point, at best a local optimum.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from ssg_mip.evaluation.mdp import occupancy
from ssg_mip.evaluation.soft_response import SoftPair, collapsed
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray

SUFFICIENT = 1e-4
"""Share of the promised rise that a step must bring (Nocedal & Wright, *Numerical Optimization*, section 3.1)."""

SHORTEST = 1e-13
"""Length of a direction, as a probability, below which it is rounding."""

GROWTH = 10.0
"""Factor of the step where the curvature along it is not that of a maximum."""

LONGEST = 1e12
"""The longest step, in probabilities per unit of the derivative for each visit."""

RAREST = 1e-3
"""Visits to a state count as at least this share of the average ones."""

HALVINGS = 40
"""Halvings of a step before nothing is taken to rise."""


@dataclasses.dataclass(frozen=True, eq=False)
class Peak:
    """Where an ascent is: a policy, the answer to it, its weighted value, and whether it can be left uphill."""

    policy: LeaderPolicy
    pair: SoftPair
    value: float
    is_stationary: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Climb:
    """Ascents in one game at one temperature, for one weighted sum of the leader's values.

    ``stopped`` is asked before every step; a rise below ``least`` ends an ascent.
    """

    game: Game
    temperature: float
    weights: FloatArray
    least: float
    stopped: Callable[[], bool]

    def at(self, policy: LeaderPolicy, start: FloatArray | None = None) -> Peak:
        """A policy with its value; ``start`` are soft values to begin with."""
        pair = SoftPair.of(self.game, policy, self.temperature, start)
        return Peak(policy, pair, float(self.weights @ pair.leader_values))

    def ascend(self, start: LeaderPolicy) -> Iterator[Peak]:
        """The policies of an ascent from a start, each better than the one before."""
        now = self.at(start)
        yield now
        slots, step, before = start.slots(self.game), 0.0, np.empty(0)
        moved = np.empty(0)
        while not self.stopped():
            slopes = now.pair.slopes(self.weights)
            visits = self._visits(now.pair)
            scaled = slopes / visits
            scaled = scaled - _means(self.game, scaled)
            step = self._first(scaled) if not step else _spectral(step, moved, slopes - before, visits)
            towards = projected(self.game, slots + step * scaled) - slots
            found = None if float(np.abs(towards).max()) <= SHORTEST else self._searched(now, slots, towards, slopes)
            if found is None:
                yield dataclasses.replace(now, is_stationary=True)
                return
            rise = found[0].value - now.value
            (now, moved), before = found, slopes
            slots = now.policy.slots(self.game)
            yield now
            if rise <= self.least:
                return

    def _visits(self, pair: SoftPair) -> FloatArray:
        """Discounted visits per leader slot, where they are rare as if they were a little less so."""
        here = np.arange(self.game.num_states)
        visits = occupancy(collapsed(pair.leader, pair.control.mix), here, self.weights)
        least = RAREST / (len(visits) * (1.0 - self.game.leader_discount))
        return np.maximum(visits, least)[self.game.leader_slot_state]

    def _first(self, scaled: FloatArray) -> float:
        """A first step that moves the probabilities by about one."""
        return min(1.0 / max(float(np.abs(scaled).max()), np.finfo(float).tiny), LONGEST)

    def _searched(
        self, now: Peak, slots: FloatArray, towards: FloatArray, slopes: FloatArray
    ) -> tuple[Peak, FloatArray] | None:
        """The first point along a direction that rises enough, and the way there; ``None`` if none does."""
        promised, share = float(slopes @ towards), 1.0
        for _ in range(HALVINGS):
            if promised * share <= 0.0 or self.stopped():
                return None
            policy = LeaderPolicy.from_slots(self.game, slots + share * towards)
            trial = self.at(policy, now.pair.control.values)
            if trial.value >= now.value + SUFFICIENT * share * promised and trial.value > now.value:
                return trial, policy.slots(self.game) - slots
            share *= 0.5
        return None


def _spectral(step: float, moved: FloatArray, change: FloatArray, visits: FloatArray) -> float:
    """The step of Barzilai & Borwein for a movement and the change of the derivative along it, per visit."""
    curvature = -float(moved @ change)
    square = float(moved @ (visits * moved))
    if curvature <= 0.0 or not np.isfinite(square / curvature):
        return min(step * GROWTH, LONGEST)
    return square / curvature


def _means(game: Game, numbers: FloatArray) -> FloatArray:
    """The mean over the actions of the state, per leader slot."""
    sums = np.add.reduceat(numbers, game.leader_offsets[:-1]) / game.leader_counts
    return np.asarray(sums[game.leader_slot_state])


def projected(game: Game, numbers: FloatArray) -> FloatArray:
    """The nearest distributions over the leader's actions, state by state, to numbers per leader slot.

    By sorting: of the largest ``k`` numbers an equal amount is taken, for the largest ``k`` that leaves them positive.
    """
    state, widest = game.leader_slot_state, int(game.leader_counts.max())
    place = np.arange(len(numbers)) - game.leader_offsets[state]
    padded = np.full((game.num_states, widest), -np.inf)
    padded[state, place] = numbers
    falling = -np.sort(-padded, axis=1)
    with np.errstate(invalid="ignore"):
        levels = (np.cumsum(falling, axis=1) - 1.0) / np.arange(1, widest + 1)
    kept = np.sum(np.isfinite(falling) & (falling > levels), axis=1)
    level = levels[np.arange(game.num_states), kept - 1]
    nearest: FloatArray = np.maximum(numbers - level[state], 0.0)
    return nearest
