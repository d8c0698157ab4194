r"""Large games in floating point with every rounding counted: one step of the Bellman operator as a proven interval.

For values ``w`` (floats) the exact step of slot ``(s, b)`` is, with each stored row divided by its exact sum
(:mod:`ssg_mip.checker.rational`),

    ``q = sum_a f(a) / F [ r(a) + gamma sum_t p(t|a) w(t) / S(a) ]``.

In floating point every term ``f p w gamma / (F S)`` and ``f r / F`` passes at most ``K = 2 n + 2 A + c`` roundings,
with ``n`` successors of a row and ``A`` leader actions, whatever the order of summation. So (Higham, *Accuracy and
Stability of Numerical Algorithms*, 2nd edition, Lemma 3.1 and section 3.1) the error is at most ``K u / (1 - K u)``
times the sum ``M`` of the absolute terms. ``M`` is computed in the same way from ``|r|`` and ``|w|``; its terms are not
negative, so its own relative error is as small. The interval is ``[q - e, q + e]`` with ``e = 4 K u M``, moved outwards
by one float and by more than what underflow may cost.

What all values have in common would make that error large where discounts are near 1. With a constant ``c`` taken out
of the values and ``(1 - gamma) c`` out of the rewards, which rounds at most ``2 u (|r| + 2 (1 - gamma) |c|)`` of them,
``q - w`` is the same (:meth:`DirectedProcess.without`).

From an interval for ``q - w`` everything else follows as in :mod:`ssg_mip.checker.values` and
:mod:`ssg_mip.checker.response`, in fractions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ssg_mip.checker.rational import PolicyRows, mixture_of
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

MOST_EXACT_TRANSITIONS = 10_000
"""Stored transitions up to which a game is read in fractions: about a tenth of a second's work for each policy."""

LARGEST = 1e250
"""Games with larger values are read in fractions whatever their size: here they might overflow."""

OTHER_ROUNDINGS = 16
"""Roundings of a term besides those of the sums over successors and leader actions; there are six."""


def suits(game: Game) -> bool:
    """Whether a game is large enough for directed rounding, and its numbers small enough."""
    largest = max(float(np.abs(rewards).max()) for rewards in (game.leader_rewards, game.follower_rewards))
    horizon = 1.0 / (1.0 - max(game.leader_discount, game.follower_discount))
    return len(game.successors) > MOST_EXACT_TRANSITIONS and largest < LARGEST / horizon


@dataclasses.dataclass(frozen=True, eq=False)
class Mixing:
    """The stored transitions of a game and the stored probabilities of a policy, with their sums.

    Attributes
    ----------
    game
        The game.
    weight
        The probability of the leader action of each joint action, shape ``[num_rows]``.
    """

    game: Game
    weight: FloatArray

    @cached_property
    def transition(self) -> Any:
        """The stored transitions, SciPy CSR ``[num_rows, num_states]``."""
        from scipy.sparse import csr_array

        game = self.game
        return csr_array((game.probabilities, game.successors, game.indptr), shape=(game.num_rows, game.num_states))

    @cached_property
    def row_sums(self) -> FloatArray:
        """The sum of each stored row."""
        sums: FloatArray = self.transition @ np.ones(self.game.num_states)
        return sums

    @cached_property
    def slot_sums(self) -> FloatArray:
        """The sum of the leader's probabilities behind each follower slot."""
        return self.over_leader(np.ones(self.game.num_rows))

    def over_leader(self, values: FloatArray) -> FloatArray:
        """``sum_a f(a) values(a)`` per follower slot."""
        count = int(self.game.follower_offsets[-1])
        return np.bincount(self.game.row_follower_slot, self.weight * values, count).astype(np.float64, copy=False)

    def matrix(self) -> Any:
        """The mixed transitions, SciPy CSR ``[slots, states]``, rounded: of them nothing is believed."""
        from scipy.sparse import csr_array

        game, count = self.game, int(self.game.follower_offsets[-1])
        share = self.weight / (self.slot_sums[game.row_follower_slot] * self.row_sums)
        gather = csr_array((share, (game.row_follower_slot, np.arange(game.num_rows))), shape=(count, game.num_rows))
        return csr_array(gather @ self.transition)


@dataclasses.dataclass(frozen=True, eq=False)
class DirectedProcess:
    """One player's decision process over follower slots against a policy, for enclosures of its Bellman operator.

    Attributes
    ----------
    game
        The game.
    mixing
        The transitions and the policy, shared between the players.
    row_rewards
        The player's reward of each joint action.
    float_discount
        The player's discount.
    reward_error
        How far a reward may be off at most.
    """

    game: Game
    mixing: Mixing
    row_rewards: FloatArray
    float_discount: float
    reward_error: float = 0.0

    arithmetic = "directed rounding"
    """How its enclosures are proven."""

    @property
    def num_states(self) -> int:
        """Number of states."""
        return self.game.num_states

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """First follower slot of each state, then the number of slots."""
        return tuple(self.game.follower_offsets.tolist())

    @property
    def discount(self) -> Fraction:
        """In ``[0, 1)``."""
        return Fraction(self.float_discount)

    @property
    def reward_spread(self) -> Fraction:
        """No two mean rewards differ by more."""
        return Fraction(float(self.row_rewards.max())) - Fraction(float(self.row_rewards.min()))

    def slots(self, state: int) -> range:
        """The slots of a state."""
        return range(self.offsets[state], self.offsets[state + 1])

    def negated(self) -> DirectedProcess:
        """The same process with the sign of every reward changed."""
        return dataclasses.replace(self, row_rewards=-self.row_rewards)

    def without(self, constant: float) -> DirectedProcess:
        """The process whose values are smaller by a constant, which :meth:`common` has chosen."""
        if constant == 0.0:
            return self
        move = (1.0 - self.float_discount) * constant  # the difference is exact from a discount of 1/2 on
        size = float(np.abs(self.row_rewards).max()) + 2.0 * abs(move)
        error = self.reward_error + 2.0 * float(np.finfo(float).eps) * size
        return dataclasses.replace(self, row_rewards=self.row_rewards - move, reward_error=error)

    def common(self, values: FloatArray) -> float:
        """What values have in common, if that is large beside their differences; else 0."""
        least, most = float(values.min()), float(values.max())
        middle = 0.5 * least + 0.5 * most
        return middle if self.float_discount >= 0.5 and abs(middle) > most - least else 0.0

    def _step(self, rewards: FloatArray, values: FloatArray) -> FloatArray:
        """``q`` in floating point."""
        mixing = self.mixing
        mean = self.float_discount * ((mixing.transition @ values) / mixing.row_sums)
        return mixing.over_leader(rewards + mean) / mixing.slot_sums

    def step_bounds(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """``lower <= q <= upper`` for every slot and the given values of what follows, all roundings counted."""
        size = self._step(np.abs(self.row_rewards), np.abs(values))
        longest = int(np.diff(self.game.indptr).max()), int(self.game.leader_counts.max())
        roundings = 2 * sum(longest) + OTHER_ROUNDINGS
        error = 2.0 * roundings * float(np.finfo(float).eps) * size + np.finfo(float).tiny + 2.0 * self.reward_error
        middle = self._step(self.row_rewards, values)
        return np.nextafter(middle - error, -np.inf), np.nextafter(middle + error, np.inf)

    def action_bounds(
        self, lower: Sequence[Fraction], upper: Sequence[Fraction], slots: Sequence[int]
    ) -> tuple[list[Fraction], list[Fraction]]:
        """Bounds on ``q`` for values between ``lower`` and ``upper``, one pair per slot."""
        place = np.asarray(slots, dtype=np.int64)
        constant = Fraction(self.common(_floats(lower)))
        moved = self.without(float(constant))
        below = moved.step_bounds(np.nextafter(_floats([one - constant for one in lower]), -np.inf))[0]
        above = moved.step_bounds(np.nextafter(_floats([one - constant for one in upper]), np.inf))[1]
        least = [constant + Fraction(one) for one in below[place].tolist()]
        most = [constant + Fraction(one) for one in above[place].tolist()]
        return least, most

    def residual_range(self, values: FloatArray, flat: IntArray, starts: IntArray) -> tuple[Fraction, Fraction]:
        """The least and the largest ``max_b q - w`` over states, rounded outwards.

        Parameters
        ----------
        values
            ``w``, finite.
        flat, starts
            The slots that count, state by state, and where those of each state begin.
        """
        lower, upper = (np.maximum.reduceat(bound[flat], starts) for bound in self.step_bounds(values))
        lowest, highest = np.nextafter(lower - values, -np.inf).min(), np.nextafter(upper - values, np.inf).max()
        return Fraction(float(lowest)), Fraction(float(highest))

    def mean_rewards(self) -> FloatArray:
        """The mixed rewards of every slot, rounded: of them nothing is believed."""
        return self.mixing.over_leader(self.row_rewards) / self.mixing.slot_sums


def _floats(values: Sequence[Fraction]) -> FloatArray:
    """Fractions rounded to the nearest float."""
    return np.array([float(value) for value in values])


def induce_directed(game: Game, policy: PolicyRows) -> tuple[DirectedProcess, DirectedProcess]:
    """The leader's and the follower's process against a policy; both share their transitions.

    Raises
    ------
    InvalidPolicyError
        If a state's probabilities are not finite, at least 0 and somewhere positive.
    """
    if [len(row) for row in policy] != game.leader_counts.tolist():
        _refuse(game, policy)
    flat = np.array([probability for row in policy for probability in row])
    used = np.add.reduceat(flat, game.leader_offsets[:-1]) > 0.0
    if not (np.isfinite(flat).all() and (flat >= 0.0).all() and used.all()):
        _refuse(game, policy)
    leader = DirectedProcess(game, Mixing(game, flat[game.row_leader_slot]), game.leader_rewards, game.leader_discount)
    follower = dataclasses.replace(leader, row_rewards=game.follower_rewards, float_discount=game.follower_discount)
    return leader, follower


def _refuse(game: Game, policy: PolicyRows) -> None:
    """Raise the error of the first state that is to blame."""
    for state in range(game.num_states):
        mixture_of(game, policy, state)
