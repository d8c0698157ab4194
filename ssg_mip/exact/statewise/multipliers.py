r"""Multipliers of the follower's other actions, and the values that they prove.

With ``k(c) >= 0`` for every answer ``(s, b)``, and a best answer's ``sum_a x(a) [q(a,b) - q(a,c)] >= 0``, the leader's
values are at most those of the decision process with the rows ``(s, a, b)`` as actions and the rewards
``r_A + sum_c k(c) [q(a,b) - q(a,c)]``, whatever the multipliers are. In statewise games the bracket is the difference
of the follower's immediate rewards. An answer whose multipliers alone add up to less than 0 for every leader action is
never best and is left out. All sums are rounded upwards.
"""

from __future__ import annotations

import numpy as np

from ssg_mip.evaluation.mdp import DecisionProcess, optimal_control, transition_matrix, upper_solution
from ssg_mip.game.game import Game
from ssg_mip.game.shapes import Shape
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.proofs.value_tree import ValueLeaf

ROUNDINGS = 8
"""Roundings, at most, in a term of a sum, and those behind a reward of the process."""

_EPSILON = float(np.finfo(float).eps)


def advantages(follower: FloatArray, answer: int) -> FloatArray:
    """``q(a, b) - q(a, c)`` of an answer ``b`` over the others, from payoffs ``[n, a, b]``: shape ``[n, c, a]``."""
    others = np.delete(follower, answer, axis=2)
    return np.swapaxes(follower[:, :, answer, None] - others, 1, 2)


class Multipliers:
    """The multipliers of all answers of a game; none at first."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self._added = np.zeros(game.num_rows)
        self._never = np.zeros(int(game.follower_offsets[-1]), dtype=bool)
        self._table: dict[tuple[int, int], tuple[tuple[int, float], ...]] = {}
        self._by_answer = np.argsort(game.row_follower_slot, kind="stable")
        self._starts = np.searchsorted(game.row_follower_slot[self._by_answer], np.arange(len(self._never)))

    def take(self, shape: Shape, answer: int, found: FloatArray) -> None:
        """Take multipliers ``[n, c]`` of one answer in the states of a shape, ``c`` over the other actions."""
        game = self._game
        follower = game.follower_rewards[shape.rows]
        self._added[shape.rows[:, :, answer]] = _sums(advantages(follower, answer), _sizes(follower, answer), found)
        others = np.delete(np.arange(shape.actions[1]), answer)
        used = np.flatnonzero(found.any(axis=1))
        for state, some in zip(shape.states[used].tolist(), found[used], strict=True):
            self._table[state, answer] = _pairs(others, some)

    def take_one(self, state: int, answer: int, others: IntArray, found: FloatArray, payoffs: FloatArray) -> None:
        """Take multipliers of an answer in a state for some of the other actions, if they prove more than none.

        ``payoffs`` are the leader's, shape ``[a]``.
        """
        game = self._game
        rows = _matrix_rows(game, state)
        follower = game.follower_rewards[rows]
        gains = (follower[:, [answer]] - follower[:, others]).T[None]
        sizes = (np.abs(follower[:, [answer]]) + np.abs(follower[:, others])).T[None]
        added = _sums(gains, sizes, found[None])[0]
        never = bool(np.all(added < 0.0))
        if never or float((payoffs + added).max()) < float(payoffs.max()):
            self._table[state, answer] = _pairs(others, found)
            self._never[int(game.follower_offsets[state]) + answer] = never
            self._added[rows[:, answer]] = added
        else:
            self._table.pop((state, answer), None)
            self._added[rows[:, answer]] = 0.0

    def bounds(self, payoffs: FloatArray) -> FloatArray:
        """What each answer is worth at most, per follower slot, for the leader's payoffs by row; ``-inf`` if never."""
        each = np.maximum.reduceat((payoffs + self._added)[self._by_answer], self._starts)
        bounds: FloatArray = np.where(self._never, -np.inf, each)
        return bounds

    def leaf(self, values: FloatArray, *, best: bool) -> ValueLeaf:
        """Values that no policy exceeds, near some that are nearly so or the best that the multipliers prove."""
        process = self._process(values)
        near = optimal_control(process).values if best else values
        upper = upper_solution(process, near, terms=ROUNDINGS)
        return ValueLeaf(upper=upper, multipliers={key: pairs for key, pairs in self._table.items() if pairs})

    def _process(self, values: FloatArray) -> DecisionProcess:
        """Rewards far below all values are raised, so that their size, which rounding is a share of, is ordinary."""
        game = self._game
        kept = ~self._never[game.row_follower_slot]
        least = float(game.leader_rewards.min()) - 2.0 * float(np.abs(values).max())
        reward = np.maximum(game.leader_rewards + self._added, least)[kept]
        counts = np.bincount(game.row_state[kept], minlength=game.num_states)
        offsets = np.concatenate(([0], np.cumsum(counts)))
        return DecisionProcess(offsets, reward, transition_matrix(game)[kept], game.leader_discount)


def _matrix_rows(game: Game, state: int) -> IntArray:
    """Joint-action rows ``[a, b]`` of a state."""
    start, stop = game.row_offsets[state : state + 2].tolist()
    return np.arange(start, stop).reshape(int(game.leader_counts[state]), int(game.follower_counts[state]))


def _sizes(follower: FloatArray, answer: int) -> FloatArray:
    """What the advantages of an answer were computed from, in size: shape ``[n, c, a]``."""
    others = np.abs(np.delete(follower, answer, axis=2))
    return np.swapaxes(np.abs(follower[:, :, answer, None]) + others, 1, 2)


def _sums(gains: FloatArray, sizes: FloatArray, found: FloatArray) -> FloatArray:
    """``sum_c k(c) gain(c, a)``, rounded up, shape ``[n, a]``."""
    total = np.einsum("nc,nca->na", found, gains)
    size = np.einsum("nc,nca->na", found, sizes)
    raised: FloatArray = total + _EPSILON * (found.shape[1] + ROUNDINGS) * size
    return raised


def _pairs(others: IntArray, found: FloatArray) -> tuple[tuple[int, float], ...]:
    used = np.flatnonzero(found > 0.0)
    return tuple(zip(others[used].tolist(), found[used].tolist(), strict=True))
