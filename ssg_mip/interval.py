r"""Interval propagation of the follower's Bellman equations over a box of values.

Inside ``l <= v <= u`` the action values ``q(s, a, b) = r_B + gamma_B sum_t p v(t)`` lie in intervals too, and

* ``v(s) >= min_a q(s, a, b)`` for *every* follower action ``b``, because ``v(s)`` is the best of them;
* ``v(s) <= max_a q(s, a, b)`` for the action ``b`` that is the answer, hence for the best open one;
* ``b`` cannot be the answer if ``max_a q(s, a, b) < l(s)``, or if it beats some other action by less than the margin
  (0 where none is asked) for every leader action over the whole box.

Repeated until nothing moves much, this shrinks a box and closes answers without losing any consistent ``(f, g, v)``.
Every comparison leaves a margin for rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssg_mip.game import FloatArray, Game, IntArray
from ssg_mip.mdp import transition_matrix
from ssg_mip.tolerances import DEFAULT_TOLERANCES

SWEEPS = 3
"""Propagation sweeps per box; more shrink further, none loses a solution."""

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
    """

    def __init__(self, game: Game, margin: float = 0.0) -> None:
        self._margin = margin
        self._game = game
        self._matrix = game.follower_discount * transition_matrix(game)
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
        noise = DEFAULT_TOLERANCES.feasibility * (1.0 + float(np.maximum(np.abs(lower), np.abs(upper)).max()))
        answers = answers.copy()
        for _ in range(SWEEPS):
            highest = self._over_leader(np.maximum, game.follower_rewards + self._matrix @ upper)
            lowest = self._over_leader(np.minimum, game.follower_rewards + self._matrix @ lower)
            answers &= highest >= lower[state] - noise
            answers &= ~self._beaten(lower, upper, noise)
            top = np.maximum.reduceat(np.where(answers, highest, -np.inf), game.follower_offsets[:-1])
            floor = np.maximum.reduceat(lowest, game.follower_offsets[:-1])
            new_lower = np.maximum(lower, floor - noise)
            new_upper = np.minimum(upper, top + noise)
            if np.any(new_lower > new_upper + noise):
                return None
            new_upper = np.maximum(new_upper, new_lower)
            moved = np.maximum(new_lower - lower, upper - new_upper)
            small = bool(np.all(moved <= ENOUGH * (upper - lower)))
            lower, upper = new_lower, new_upper
            if small:
                break
        return lower, upper, answers

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
