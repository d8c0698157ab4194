r"""Interval propagation of the follower's Bellman equations over a box of values.

Inside ``l <= v <= u`` the action values ``q(s, a, b) = r_B + gamma_B sum_t p v(t)`` lie in intervals too, and

* ``v(s) >= min_a q(s, a, b)`` for *every* follower action ``b``, because ``v(s)`` is the best of them, and also for
  every mix of two of them: the follower can secure as much as the matrix game with the lowest ``q`` is worth;
* ``v(s) <= max_a q(s, a, b)`` for the action ``b`` that is the answer, hence for the best open one;
* ``b`` cannot be the answer if ``max_a q(s, a, b) < l(s)``, or if it beats some other action by less than the margin
  (0 where none is asked) for every leader action over the whole box;
* looking back from ``s`` to a successor ``t``: for every ``b`` some leader action must keep ``q(s, a, b) <= u(s)``,
  which caps ``v(t)``, and some pair with an open ``b`` must reach ``q(s, a, b) >= l(s)``, which needs ``v(t)``.

Repeated until nothing moves much, this shrinks a box and closes answers without losing any consistent ``(f, g, v)``.
Every comparison leaves more room than its rounding takes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.base.tolerances import PROBABILITY, ROUNDING
from ssg_mip.evaluation.mdp import ROUNDINGS, dense, transition_matrix
from ssg_mip.evaluation.mixing import PairMixes
from ssg_mip.game.game import Game
from ssg_mip.numerics.array_types import FloatArray, IntArray

SWEEPS = 3
"""Propagation sweeps per box; more shrink further, none loses a solution."""

LOOK_BACK_ENTRIES = 50_000
"""Looking back works on a dense array of joint actions by successors; it is left out where that is larger."""

ENOUGH = 1e-3
"""A sweep that shrinks no interval by this share of its width is the last one."""


class IntervalBellman:
    """Interval propagation for one game, with its index arrays prepared once.

    Parameters
    ----------
    game
        The game.
    margin
        By how much an answer must beat every other action.
    mixing, looking_back
        Whether to use what mixes of two actions secure, and to bound successors by the states before them.
    """

    def __init__(self, game: Game, margin: float = 0.0, *, mixing: bool = True, looking_back: bool = True) -> None:
        self._margin = margin
        self._game = game
        self._matrix = game.follower_discount * transition_matrix(game)
        self._largest_reward = float(np.abs(game.follower_rewards).max())
        self._roundings = 4.0 * (game.num_states + ROUNDINGS) * float(np.finfo(float).eps)
        self._by_slot = np.argsort(game.row_follower_slot, kind="stable")
        counts = np.repeat(game.leader_counts, game.follower_counts)
        self._starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        self._first, self._second = _action_pairs(game)
        self._pair_slot = game.row_follower_slot[self._first]
        difference = self._matrix[self._first] - self._matrix[self._second]
        self._gain_up = _positive(difference)
        self._gain_down = _positive(-difference)
        self._gain_reward = game.follower_rewards[self._first] - game.follower_rewards[self._second]
        pair = self._pair_slot * int(game.follower_offsets[-1]) + game.row_follower_slot[self._second]
        self._pair_order = np.argsort(pair, kind="stable")
        unique, starts = np.unique(pair[self._pair_order], return_index=True)
        self._pair_starts = starts
        self._pair_of = unique // int(game.follower_offsets[-1]) if len(unique) else unique
        self._mixes = PairMixes(game) if mixing else None
        self._dense: FloatArray | None = None
        if looking_back and self._matrix.shape[0] * game.num_states <= LOOK_BACK_ENTRIES:
            self._dense = dense(self._matrix)[self._by_slot]

    def tighten(
        self, lower: FloatArray, upper: FloatArray, answers: NDArray[np.bool_]
    ) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]] | None:
        """A smaller box and fewer open answers with the same consistent policies, or ``None`` if there are none.

        Parameters
        ----------
        lower, upper
            The box, shape ``[num_states]``.
        answers
            Boolean per follower slot: may still be the answer.
        """
        game = self._game
        state = game.follower_slot_state
        largest = float(np.maximum(np.abs(lower), np.abs(upper)).max())
        rounding = self._roundings * (self._largest_reward + largest)
        noise = max(ROUNDING * (1.0 + largest), rounding)
        answers = answers.copy()
        for _ in range(SWEEPS):
            high, low = game.follower_rewards + self._matrix @ upper, game.follower_rewards + self._matrix @ lower
            highest, lowest = self._over_leader(np.maximum, high), self._over_leader(np.minimum, low)
            answers &= highest >= lower[state] - noise
            answers &= ~self._beaten(lower, upper, noise)
            top = np.maximum.reduceat(np.where(answers, highest, -np.inf), game.follower_offsets[:-1])
            floor = np.maximum.reduceat(lowest, game.follower_offsets[:-1])
            if self._mixes is not None:
                floor = np.maximum(floor, self._mixes.secured(low))
            new_lower = np.maximum(lower, floor - noise)
            new_upper = np.minimum(upper, top + noise)
            cap, need = self._look_back(lower, upper, high, low, answers, noise)
            new_lower, new_upper = np.maximum(new_lower, need - noise), np.minimum(new_upper, cap + noise)
            if np.any(new_lower > new_upper + noise):
                return None
            new_upper = np.maximum(new_upper, new_lower)
            moved = np.maximum(new_lower - lower, upper - new_upper)
            small = bool(np.all(moved <= ENOUGH * (upper - lower)))
            lower, upper = new_lower, new_upper
            if small:
                break
        return lower, upper, answers

    def _look_back(
        self,
        lower: FloatArray,
        upper: FloatArray,
        high: FloatArray,
        low: FloatArray,
        answers: NDArray[np.bool_],
        noise: float,
    ) -> tuple[FloatArray, FloatArray]:
        """Upper and lower bounds on the values of successors from the intervals of the states before them."""
        if self._dense is None:
            return upper, lower
        state = self._game.row_state[self._by_slot]
        reached = self._dense > PROBABILITY
        probability = np.where(reached, self._dense, 1.0)

        def room(slack: FloatArray) -> FloatArray:
            """By how much each ``v(t)`` may move before ``slack`` is used up; all or nothing where ``t`` has no say."""
            slack = (slack + noise)[:, None]
            answer: FloatArray = np.where(reached, slack / probability, np.where(slack >= 0.0, np.inf, -np.inf))
            return answer

        above = room(upper[state] - low[self._by_slot])
        cap = lower + np.maximum.reduceat(above, self._starts, axis=0).min(axis=0)
        below = room(high[self._by_slot] - lower[state])
        below[~answers[self._game.row_follower_slot[self._by_slot]]] = -np.inf
        need = upper - np.maximum.reduceat(below, self._starts[self._game.follower_offsets[:-1]], axis=0).min(axis=0)
        return cap, need

    def _over_leader(self, reduce: np.ufunc, values: FloatArray) -> FloatArray:
        """Minimum or maximum over leader actions, per follower slot."""
        answer: FloatArray = reduce.reduceat(values[self._by_slot], self._starts)
        return answer

    def _beaten(self, lower: FloatArray, upper: FloatArray, noise: float) -> NDArray[np.bool_]:
        """Slots that do not beat some other action by the margin, whatever the leader plays and the values are."""
        beaten = np.zeros(int(self._game.follower_offsets[-1]), dtype=bool)
        if len(self._first):
            best_gain = self._gain_reward + self._gain_up @ upper - self._gain_down @ lower
            over_leader = np.maximum.reduceat(best_gain[self._pair_order], self._pair_starts)
            beaten[self._pair_of[over_leader < self._margin - noise]] = True
        return beaten


def _action_pairs(game: Game) -> tuple[IntArray, IntArray]:
    """Rows ``(s, a, b)`` and ``(s, a, b')`` for all ordered pairs ``b != b'``."""
    first, second = [], []
    for s in range(game.num_states):
        count = int(game.follower_counts[s])
        base = int(game.row_offsets[s]) + count * np.arange(int(game.leader_counts[s]))
        b, other = np.nonzero(~np.eye(count, dtype=bool))
        first.append((base[:, None] + b[None, :]).ravel())
        second.append((base[:, None] + other[None, :]).ravel())
    return np.concatenate(first).astype(np.int64), np.concatenate(second).astype(np.int64)


def _positive(matrix: Any) -> Any:
    """The positive part of a dense or sparse matrix."""
    return np.maximum(matrix, 0.0) if isinstance(matrix, np.ndarray) else matrix.maximum(0)
