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
from typing import Any

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


@dataclasses.dataclass(frozen=True, eq=False)
class _Side:
    """One player's rewards per row, in units of their spread, and discount."""

    rewards: FloatArray
    discount: float

    @classmethod
    def of(cls, rewards: FloatArray, discount: float) -> _Side:
        """From rewards in any unit."""
        return cls(rewards / spread_of(rewards), discount)


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
        self._slots = len(game.leader_slot_state), len(game.follower_slot_state)
        shape = game.num_rows, game.num_states
        self._moves = csr_array((game.probabilities, _short(game.successors), _short(game.indptr)), shape=shape)
        row = np.repeat(np.arange(game.num_rows), np.diff(game.indptr))
        order = np.argsort(game.row_follower_slot[row], kind="stable")
        self._probabilities, self._leader_slots = game.probabilities[order], _short(game.row_leader_slot[row[order]])
        self._induced = csr_array(
            (
                self._probabilities.copy(),
                _short(game.successors[order]),
                _ends(game.row_follower_slot[row], self._slots[1]),
            ),
            shape=(self._slots[1], game.num_states),
        )
        self._follower = _Side.of(game.follower_rewards, game.follower_discount)
        self._leader = _Side.of(game.leader_rewards, game.leader_discount)
        self._by_leader_slot = _short(game.row_follower_slot), _ends(game.row_leader_slot, self._slots[0])
        by_answer = np.argsort(game.row_follower_slot, kind="stable")
        self._payoffs = [
            csr_array(
                (
                    side.rewards[by_answer],
                    _short(game.row_leader_slot[by_answer]),
                    _ends(game.row_follower_slot, self._slots[1]),
                ),
                shape=self._slots[::-1],
            )
            for side in (self._follower, self._leader)
        ]
        self.weigh(weights)
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
        np.multiply(self._probabilities, slots.take(self._leader_slots), out=self._induced.data)
        rewards = [payoffs @ slots for payoffs in self._payoffs]
        follower, leader, answer = self._values(rewards, temperature, before, sweeps)
        visits, adjoint = self._visits(answer, before, sweeps)
        now = Tracked(follower, leader, visits, adjoint)
        direction = self._direction(now, answer)
        mean = np.add.reduceat(slots * direction, self.game.leader_offsets[:-1])
        return now, direction - mean[self.game.leader_slot_state]

    def _direction(self, now: Tracked, answer: _Answer) -> FloatArray:
        """``D / d`` per leader slot."""
        price = now.adjoint / np.maximum(now.visits, RAREST)
        steering = answer.shift + price.take(self.game.follower_slot_state) * answer.mix
        followed = self._by_actions(self._follower, now.follower) @ steering
        direction: FloatArray = followed + self._by_actions(self._leader, now.leader) @ answer.mix
        return direction

    def _by_actions(self, side: _Side, values: FloatArray) -> Any:
        """One player's action values, ``[leader slot, follower slot]``."""
        of_rows = self._moves @ values
        of_rows *= side.discount
        of_rows += side.rewards
        return csr_array((of_rows, *self._by_leader_slot), shape=self._slots)

    def _values(
        self, rewards: list[FloatArray], temperature: float, before: Tracked, sweeps: int
    ) -> tuple[FloatArray, FloatArray, _Answer]:
        game, follower, leader = self.game, before.follower, before.leader
        first, state = game.follower_offsets[:-1], game.follower_slot_state
        for _ in range(sweeps):
            own = rewards[0] + self._follower.discount * (self._induced @ follower)
            led = rewards[1] + self._leader.discount * (self._induced @ leader)
            best = np.maximum.reduceat(own, first)
            mix = np.exp((own - best.take(state)) / temperature)
            total = np.add.reduceat(mix, first)
            mix /= total.take(state)
            follower = best + temperature * (np.log(total) - self._log_counts)
            leader = np.add.reduceat(mix * led, first)
        return follower, leader, _Answer(mix, mix * (led - leader.take(state)) / temperature)

    def _visits(self, answer: _Answer, before: Tracked, sweeps: int) -> tuple[FloatArray, FloatArray]:
        visits, adjoint, state, arrivals = before.visits, before.adjoint, self.game.follower_slot_state, self._induced.T
        led, own = self._leader.discount * answer.mix, self._follower.discount * answer.mix
        shifted = self._follower.discount * answer.shift
        for _ in range(sweeps):
            here = visits.take(state)
            adjoint = arrivals @ (own * adjoint.take(state) + shifted * here)
            visits = self._weights + arrivals @ (led * here)
        return visits, adjoint


def _short(indices: IntArray) -> Any:
    """Indices in half the memory where they fit."""
    fits = indices.size == 0 or int(indices.max()) <= np.iinfo(np.int32).max
    return indices.astype(np.int32) if fits else indices


def _ends(places: IntArray, count: int) -> Any:
    """Where the entries of each of so many places end, after a sort by place, with a 0 before."""
    return _short(np.append(0, np.cumsum(np.bincount(places, minlength=count))))
