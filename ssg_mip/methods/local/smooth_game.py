r"""A game as sparse arrays for an ascent against a follower whose answer is smooth, and what a step needs of it.

Against a policy ``f`` a smooth follower values states by ``v(s) = tau log mean_b exp(q(s, b) / tau)`` with
``q(s, b) = sum_a f(a | s) [r_B + gamma_B sum_t p(t) v(t)]`` and plays ``pi(b | s) ~ exp(q(s, b) / tau)``. With the
leader's values ``V`` and action values ``Q``, the visits ``d`` and

``h(s, b) = pi(b | s) (Q(s, b) - V(s)) / tau``,
``e = gamma_B P_pi^T e + gamma_B sum_b P_b^T (d h_b)``,

the derivative of the weighted value is ``D(s, a) = sum_b d pi q_A + (d h + e pi) q_B``: what the action earns, and what
it does to the answers here (``h``) and on the way here (``e``, the adjoint of ``v``). Steps follow ``D / d``.

Nothing is solved. ``v``, ``V``, ``d`` and ``e`` are *tracked*: a few sweeps in every step bring them after the policy,
which moves little from one step to the next.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.sparse import csr_array

from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

RAREST = 1e-12
"""Visits below which they count as so many."""


def spread_of(rewards: FloatArray) -> float:
    """The difference of the largest and the least reward; 1 if they are all the same."""
    return float(np.ptp(rewards)) or 1.0


@dataclasses.dataclass(frozen=True, eq=False)
class Tracked:
    """What follows the policy: values of follower and leader, visits and the adjoint, per state."""

    follower: FloatArray
    leader: FloatArray
    visits: FloatArray
    adjoint: FloatArray


@dataclasses.dataclass(frozen=True, eq=False)
class _Answer:
    """How the smooth follower mixes, and how his mix moves the leader's value, per follower slot."""

    mix: FloatArray
    shift: FloatArray


class SmoothGame:
    """The arrays of a game, rewards in units of their spread.

    The transitions under a policy, ``[follower slot, state]``, keep their places from step to step: only their numbers
    change.

    Parameters
    ----------
    game
        The game.
    weights
        Of the states in the objective; the visits start there.
    """

    def __init__(self, game: Game, weights: FloatArray) -> None:
        self.game = game
        slots = int(game.follower_offsets[-1])
        shape = game.num_rows, game.num_states
        self._moves = csr_array((game.probabilities, game.successors, game.indptr), shape=shape)
        row = np.repeat(np.arange(game.num_rows), np.diff(game.indptr))
        order = np.argsort(game.row_follower_slot[row], kind="stable")
        self._probabilities, self._leader_slots = game.probabilities[order], game.row_leader_slot[row[order]]
        ends = np.cumsum(np.bincount(game.row_follower_slot[row], minlength=slots))
        self._induced = csr_array(
            (self._probabilities.copy(), game.successors[order], np.append(0, ends)), shape=(slots, game.num_states)
        )
        places = game.row_follower_slot, np.arange(game.num_rows)
        self._by_answer = csr_array((np.ones(game.num_rows), places), shape=(slots, game.num_rows))
        self._rewards = np.column_stack(
            (
                game.follower_rewards / spread_of(game.follower_rewards),
                game.leader_rewards / spread_of(game.leader_rewards),
            )
        )
        self._discounts = np.array([game.follower_discount, game.leader_discount])
        self.weigh(weights)
        self._leader_starts: IntArray = np.flatnonzero(game.row_follower == 0)
        self._log_counts = np.log(game.follower_counts)

    def weigh(self, weights: FloatArray) -> None:
        """Take other weights of the states from now on."""
        self._weights = weights / float(weights.sum())

    def start(self) -> Tracked:
        """Values of 0, visits spread evenly."""
        states = self.game.num_states
        even = np.full(states, 1.0 / (states * (1.0 - self.game.leader_discount)))
        return Tracked(np.zeros(states), np.zeros(states), even, np.zeros(states))

    def after(self, slots: FloatArray, temperature: float, before: Tracked, sweeps: int) -> tuple[Tracked, FloatArray]:
        """What is tracked after so many sweeps, and the natural direction ``D / d`` per leader slot, of mean 0.

        Parameters
        ----------
        slots
            Probabilities per leader slot.
        temperature
            In units of the spread of the follower's rewards.
        before
            What was tracked before.
        sweeps
            How many.
        """
        np.multiply(self._probabilities, slots[self._leader_slots], out=self._induced.data)
        rewards = self._by_answer @ (slots[self.game.row_leader_slot][:, None] * self._rewards)
        follower, leader, answer = self._values(rewards, temperature, before, sweeps)
        visits, adjoint = self._visits(answer, before, sweeps)
        now = Tracked(follower, leader, visits, adjoint)
        direction = self._direction(now, answer)
        mean = np.add.reduceat(slots * direction, self.game.leader_offsets[:-1])
        return now, direction - mean[self.game.leader_slot_state]

    def _direction(self, now: Tracked, answer: _Answer) -> FloatArray:
        """``D / d`` per leader slot."""
        game = self.game
        steering = answer.shift + (now.adjoint / np.maximum(now.visits, RAREST))[game.follower_slot_state] * answer.mix
        values = self._rewards + self._discounts * (self._moves @ np.column_stack((now.follower, now.leader)))
        shares = np.column_stack((steering, answer.mix))[game.row_follower_slot]
        direction: FloatArray = np.add.reduceat(np.einsum("ri,ri->r", shares, values), self._leader_starts)
        return direction

    def _values(
        self, rewards: FloatArray, temperature: float, before: Tracked, sweeps: int
    ) -> tuple[FloatArray, FloatArray, _Answer]:
        game, follower, leader = self.game, before.follower, before.leader
        first, state = game.follower_offsets[:-1], game.follower_slot_state
        for _ in range(sweeps):
            values = rewards + self._discounts * (self._induced @ np.column_stack((follower, leader)))
            own, led = values[:, 0], values[:, 1]
            best = np.maximum.reduceat(own, first)
            mix = np.exp((own - best[state]) / temperature)
            total = np.add.reduceat(mix, first)
            mix /= total[state]
            follower = best + temperature * (np.log(total) - self._log_counts)
            leader = np.add.reduceat(mix * led, first)
        return follower, leader, _Answer(mix, mix * (led - leader[state]) / temperature)

    def _visits(self, answer: _Answer, before: Tracked, sweeps: int) -> tuple[FloatArray, FloatArray]:
        visits, adjoint, state, arrivals = before.visits, before.adjoint, self.game.follower_slot_state, self._induced.T
        led, own = self._discounts[1] * answer.mix, self._discounts[0] * answer.mix
        shifted = self._discounts[0] * answer.shift
        for _ in range(sweeps):
            here = visits[state]
            arriving = arrivals @ np.column_stack((led * here, own * adjoint[state] + shifted * here))
            visits, adjoint = self._weights + arriving[:, 0], arriving[:, 1]
        return visits, adjoint
