r"""The policies of a game in which the leader chooses one number, and what a fixed response is worth along them.

The number ``p`` is the probability of the first of two actions in the state ``s``. Against a fixed response the
follower's values ``v(p)`` solve ``v = r(p) + gamma P(p) v``, where only row ``s`` depends on ``p``, and linearly. So
between ``p1`` and ``p2``, by Cramer's rule for ``v`` and by the matrix determinant lemma for the determinant,

``v(p) = (D1 (1 - x) v(p1) + D2 x v(p2)) / (D1 (1 - x) + D2 x)``, ``p = (1 - x) p1 + x p2``,

with determinants ``D1, D2 > 0``: all of ``v`` moves along one segment. ``D2 / D1 = m(p1) / m(p2)``, where ``m`` is the
discounted number of visits to ``s`` from ``s``.

An action's advantage ``q(t, b) - v(t)`` in another state is linear in ``v``; multiplied by the denominator it is
``(1 - x) A + x R C`` with ``R = D2 / D1`` and the advantages ``A`` and ``C`` at the ends. In ``s`` itself the mix moves
too: with ``B`` the weighted sum of the advantages at ``p1`` with ``v(p2)`` and at ``p2`` with ``v(p1)``, it is
``(1 - x)^2 A + x (1 - x) B + x^2 R C``. The signs change at roots of a quadratic equation.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np

from ssg_mip.evaluation.mdp import DecisionProcess, induced_by_leader
from ssg_mip.exact.few_numbers.howard import solutions
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class OneNumber:
    """Policies along a line on which the leader's mix moves in one state and stays what it is everywhere else.

    Attributes
    ----------
    game, state
        The game, and the state in which the mix moves.
    at_one, at_zero
        Probabilities per leader slot where the number is 1, and where it is 0.
    """

    game: Game
    state: int
    at_one: FloatArray
    at_zero: FloatArray

    @classmethod
    def of(cls, game: Game, state: int) -> OneNumber:
        """The number is the probability of the first of two actions of a state; first actions everywhere else."""
        at_one = np.zeros(int(game.leader_offsets[-1]))
        at_one[game.leader_offsets[:-1]] = 1.0
        return cls.between(game, at_one, state, np.array([1.0, 0.0]), np.array([0.0, 1.0]))

    @classmethod
    def between(cls, game: Game, slots: FloatArray, state: int, at_one: FloatArray, at_zero: FloatArray) -> OneNumber:
        """Between two mixes of a state, with a policy given by slots everywhere else."""
        here = slice(int(game.leader_offsets[state]), int(game.leader_offsets[state + 1]))
        ends = (slots.copy(), slots.copy())
        ends[0][here], ends[1][here] = at_one, at_zero
        return cls(game, state, *ends)

    def policy(self, number: float) -> LeaderPolicy:
        """The policy at a number from 0 to 1."""
        slots = self.at_zero.copy()
        here = slice(int(self.game.leader_offsets[self.state]), int(self.game.leader_offsets[self.state + 1]))
        slots[here] = number * self.at_one[here] + (1.0 - number) * self.at_zero[here]
        return LeaderPolicy.from_slots(self.game, slots)

    def processes(self, number: float) -> tuple[DecisionProcess, DecisionProcess]:
        """The leader's and the follower's process over follower slots."""
        return induced_by_leader(self.game, self.policy(number))

    @cached_property
    def here(self) -> slice:
        """The follower slots of the state."""
        return slice(int(self.game.follower_offsets[self.state]), int(self.game.follower_offsets[self.state + 1]))


@dataclasses.dataclass(frozen=True, eq=False)
class Line:
    """The follower's values against one response, between two numbers.

    Attributes
    ----------
    first, second
        His processes at the ends.
    values, later
        His values there, up to rounding.
    ratio
        The determinant at the second end in units of that at the first one, positive, up to rounding.
    here
        The follower slots of the state of the choice.
    """

    first: DecisionProcess
    second: DecisionProcess
    values: FloatArray
    later: FloatArray
    ratio: float
    here: slice

    @classmethod
    def of(cls, family: OneNumber, ends: tuple[float, float], chosen: IntArray) -> Line:
        """The line of the response that plays slot ``chosen[t]`` in state ``t``."""
        first, second = (family.processes(end)[1] for end in ends)
        once = np.zeros(family.game.num_states)
        once[family.state] = 1.0
        values, visits = zip(*(_values_and_visits(one, chosen, once) for one in (first, second)), strict=True)
        ratio = float(visits[0][family.state] / visits[1][family.state])
        return Line(first, second, values[0], values[1], ratio, family.here)

    def advantages(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Per follower slot the advantages at the first end, in between, and at the second end.

        Each is a weighted mean of ``q(t, b) - v(t)``; everywhere on the line the advantage is a mean of the three.
        """
        slots = np.repeat(np.arange(self.first.num_states), np.diff(self.first.offsets))
        at_first = self.first.action_values(self.values) - self.values[slots]
        at_second = self.second.action_values(self.later) - self.later[slots]
        middle = np.minimum(at_first, at_second)  # elsewhere linear: the ends say all
        ahead = self.first.action_values(self.later)[self.here] - self.later[slots[self.here]]
        behind = self.second.action_values(self.values)[self.here] - self.values[slots[self.here]]
        middle[self.here] = (self.ratio * ahead + behind) / (1.0 + self.ratio)
        return at_first, middle, at_second

    def first_change(self, chosen: IntArray, noise: float) -> float:
        """How far along the line, from 0 to 1, the response stays best; 1 for all of it.

        Parameters
        ----------
        chosen
            The response, which is best at the first end.
        noise
            Advantages up to this size are none.
        """
        start, middle, end = self.advantages()
        linear, square = self._coefficients(middle, end)
        missing = np.maximum(0.0, -start)
        for array in (missing, linear, square):
            array[chosen] = 0.0
        linear, square = (np.where(np.abs(one) <= noise * (1.0 + self.ratio), 0.0, one) for one in (linear, square))
        nearest = float(np.min(_least_root(missing, linear, square), initial=np.inf))
        return 1.0 if np.isinf(nearest) else nearest / (1.0 + nearest)

    def _coefficients(self, middle: FloatArray, end: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Of ``z = x / (1 - x)`` in the advantages times the denominator, over ``(1 - x)`` or its square."""
        linear, square = self.ratio * end, np.zeros(len(end))
        linear[self.here] = (1.0 + self.ratio) * middle[self.here]
        square[self.here] = self.ratio * end[self.here]
        return linear, square


def _values_and_visits(process: DecisionProcess, chosen: IntArray, once: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What a policy is worth, and what it is worth if a visit pays as ``once`` says."""
    found = solutions(process, chosen, np.stack((process.reward[chosen], once), axis=1))
    return found[:, 0], found[:, 1]


def _least_root(missing: FloatArray, linear: FloatArray, square: FloatArray) -> FloatArray:
    """The least ``z > 0`` with ``square z^2 + linear z = missing >= 0``, without cancellation; or infinity."""
    discriminant = linear**2 + 4.0 * missing * square
    steep = linear + np.sqrt(np.maximum(discriminant, 0.0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        root = np.where((steep > 0.0) & (discriminant >= 0.0), 2.0 * missing / steep, np.inf)
        back = np.where((missing == 0.0) & (linear < 0.0) & (square > 0.0), -linear / square, np.inf)
    found: FloatArray = np.minimum(root, back)
    return found
