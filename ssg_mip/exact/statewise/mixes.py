"""Mixes of the leader with an answer of the follower, as the actions of a decision process."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ssg_mip.evaluation.mdp import Control, DecisionProcess, optimal_control, transition_matrix
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.game.shapes import Shape
from ssg_mip.numerics.array_types import FloatArray, IntArray
from ssg_mip.numerics.ranges import ranges

LEAST_SHARE = 1e-13
"""Probabilities below this are rounding."""


class MixPool:
    """Mixes that are known; each is a distribution over the joint-action rows of one state and one answer."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self._states: list[IntArray] = []
        self._counts: list[IntArray] = []
        self._rows: list[IntArray] = []
        self._shares: list[FloatArray] = []

    def add(self, states: IntArray, rows: IntArray, mixes: FloatArray) -> None:
        """Take mixes ``[k, a]`` of ``k`` states, with the rows ``[k, a]`` of the answers to them."""
        shares = np.where(mixes > LEAST_SHARE, mixes, 0.0)
        shares = shares / shares.sum(axis=1, keepdims=True)
        used = shares > 0.0
        self._states.append(states)
        self._counts.append(used.sum(axis=1))
        self._rows.append(rows[used])
        self._shares.append(shares[used])

    def add_pure(self, shape: Shape, *, kindly: bool) -> None:
        """Take every leader action with the follower's best answer, the better or the worse one for the leader."""
        game, sign = self._game, 1.0 if kindly else -1.0
        follower = game.follower_rewards[shape.rows]
        best = follower >= follower.max(axis=2, keepdims=True)
        answer = np.where(best, sign * game.leader_rewards[shape.rows], -np.inf).argmax(axis=2)
        rows = np.take_along_axis(shape.rows, answer[:, :, None], axis=2).reshape(-1, 1)
        self.add(np.repeat(shape.states, shape.actions[0]), rows, np.ones(rows.shape))

    def best(self) -> BestMixes:
        """The best mix of every state against the values of going on so; every state needs one."""
        states, counts = np.concatenate(self._states), np.concatenate(self._counts)
        order = np.argsort(states, kind="stable")
        ends = np.cumsum(counts)
        starts = (ends - counts)[order]
        counts = counts[order]
        begins = np.concatenate(([0], np.cumsum(counts)))
        place = ranges(starts, counts)
        rows, shares = np.concatenate(self._rows)[place], np.concatenate(self._shares)[place]
        offsets = np.searchsorted(states[order], np.arange(self._game.num_states + 1))
        process = _process(self._game, offsets, begins, rows, shares)
        return BestMixes(self._game, optimal_control(process), begins, rows, shares)


@dataclasses.dataclass(frozen=True, eq=False)
class BestMixes:
    """The solution of the process over known mixes; those of slot ``k`` are at ``begins[k]:begins[k + 1]``."""

    game: Game
    control: Control
    begins: IntArray
    rows: IntArray
    shares: FloatArray

    @property
    def values(self) -> FloatArray:
        """The leader's values, if the follower answers as was taken for granted."""
        return self.control.values

    @property
    def policy(self) -> LeaderPolicy:
        """The leader's part."""
        slots = np.zeros(int(self.game.leader_offsets[-1]))
        chosen = self.control.chosen
        counts = self.begins[chosen + 1] - self.begins[chosen]
        place = ranges(self.begins[chosen], counts)
        slots[self.game.row_leader_slot[self.rows[place]]] = self.shares[place]
        return LeaderPolicy.from_slots(self.game, slots)


def _process(game: Game, offsets: IntArray, begins: IntArray, rows: IntArray, shares: FloatArray) -> DecisionProcess:
    reward = np.add.reduceat(shares * game.leader_rewards[rows], begins[:-1])
    transition: Any = transition_matrix(game)
    if isinstance(transition, np.ndarray):
        moved: Any = np.add.reduceat(shares[:, None] * transition[rows], begins[:-1], axis=0)
    else:
        from scipy.sparse import csr_array

        moved = csr_array(csr_array((shares, rows, begins), shape=(len(begins) - 1, game.num_rows)) @ transition)
    return DecisionProcess(offsets, reward, moved, game.leader_discount)
