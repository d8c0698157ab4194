r"""First-order models of both players' values in the leader's policy, for a fixed follower response.

Fix a deterministic response ``g``. Under it both players' values are smooth functions of ``f``; to first order a step
``df`` changes the follower's values by ``dv = (I - gamma_B P_g)^{-1} sum_a df(a) [r_B + gamma_B p v]`` and the
leader's likewise. The linear program moves ``f`` inside a trust region so that ``g`` stays a best response to first
order and the objective rises (:mod:`ssg_mip.exact.heuristics.sequential_lp` accepts or rejects it). The optimum usually
sits where the follower is indifferent, a vertex of these constraints, so the steps converge quadratically.

The same step serves the commitment program (objective ``rho V``) and the improvement program (objective
``alpha Q_t``, every ``Q_t(s) >= V_t(s)``). Matrices are dense ``[follower slot or state, leader slot]``.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ssg_mip.exact.heuristics.allowed import SlotRows
from ssg_mip.game.game import Game
from ssg_mip.game.policy import LeaderPolicy
from ssg_mip.lp.interface import LinearProgram
from ssg_mip.numerics.array_types import FloatArray, IntArray


@dataclasses.dataclass(frozen=True, eq=False)
class LinearGoal:
    """The leader's side of the linearised program: maximise ``gradient @ f`` subject to ``rows @ f >= least``.

    ``value`` is the objective of the model itself, at the policy of linearisation. With ``slopes``, one per row, the
    objective is the level up to which ``rows @ f >= least + slopes * level`` holds, and there is no gradient.
    """

    value: float
    gradient: FloatArray
    rows: FloatArray
    least: FloatArray
    slopes: FloatArray | None = None

    @property
    def steepest(self) -> float:
        """The fastest that the objective rises with a probability."""
        if self.slopes is None:
            return float(np.abs(self.gradient).max(initial=0.0))
        rising = self.slopes > 0.0
        return float(np.abs(self.rows[rising] / self.slopes[rising, None]).max(initial=0.0))


class FixedResponse:
    """The linearisation of both players' values in ``f`` for a fixed response, at one policy.

    Parameters
    ----------
    game
        A game small enough for dense matrices.
    policy
        The point of linearisation.
    response
        One follower action per state.
    """

    def __init__(self, game: Game, policy: LeaderPolicy, response: IntArray) -> None:
        self.game = game
        self.slots = policy.slots(game)
        self._answer = game.follower_offsets[:-1] + response
        weight = self.slots[game.row_leader_slot]
        self._kernel = np.zeros((int(game.follower_offsets[-1]), game.num_states))
        np.add.at(self._kernel, game.row_follower_slot, weight[:, None] * game.dense_transition)
        kernel = self._kernel[self._answer]
        identity = np.eye(game.num_states)
        self._follower_inverse: FloatArray = np.linalg.inv(identity - game.follower_discount * kernel).astype(float)
        self._leader_inverse: FloatArray = np.linalg.inv(identity - game.leader_discount * kernel).astype(float)
        self.follower_values = self._follower_inverse @ self._mean(weight * game.follower_rewards)
        self.leader_values = self._leader_inverse @ self._mean(weight * game.leader_rewards)

    def _mean(self, row_values: FloatArray) -> FloatArray:
        """Sum over leader actions, under the response, per state."""
        total = np.bincount(self.game.row_follower_slot, row_values, len(self._kernel))
        mean: FloatArray = total[self._answer]
        return mean

    def _table(self, row_values: FloatArray) -> FloatArray:
        """``[follower slot, leader slot]``: row values at their place, zero across states."""
        table = np.zeros((len(self._kernel), len(self.slots)))
        table[self.game.row_follower_slot, self.game.row_leader_slot] = row_values
        return table

    def leader_slopes(self) -> FloatArray:
        """``dV(s) / df`` as ``[state, leader slot]`` (the constant part is the present value)."""
        return self._slopes_of(self.game.leader_rewards, self.leader_values)

    def costs(self, costs: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What joint actions cost from every state, discounted by the leader, and how that moves with ``f``."""
        weight = self.slots[self.game.row_leader_slot]
        values = self._leader_inverse @ self._mean(weight * costs)
        return values, self._slopes_of(costs, values)

    def _slopes_of(self, rewards: FloatArray, values: FloatArray) -> FloatArray:
        game = self.game
        q = rewards + game.leader_discount * (game.dense_transition @ values)
        slopes: FloatArray = self._leader_inverse @ self._table(q)[self._answer]
        return slopes

    def follower_slopes(self) -> FloatArray:
        """``dv(s) / df`` as ``[state, leader slot]``."""
        game = self.game
        q = game.follower_rewards + game.follower_discount * (game.dense_transition @ self.follower_values)
        slopes: FloatArray = self._follower_inverse @ self._table(q)[self._answer]
        return slopes

    def gains_over(self, values: FloatArray) -> FloatArray:
        """``Q_t(s, f, g) - V_t(s)`` as a linear map ``[state, leader slot]`` for constant values ``V_t``."""
        game = self.game
        q = game.leader_rewards + game.leader_discount * (game.dense_transition @ values) - values[game.row_state]
        gains: FloatArray = self._table(q)[self._answer]
        return gains

    def incentive_rows(self) -> tuple[FloatArray, FloatArray]:
        """Linearised ``q(s, f, g(s)) - q(s, f, b) >= 0`` as ``rows @ f >= least``, for every other action ``b``."""
        game = self.game
        q = game.follower_rewards + game.follower_discount * (game.dense_transition @ self.follower_values)
        table = self._table(q)
        moved = self._follower_inverse @ table[self._answer]
        mine = self._answer[game.follower_slot_state]
        # The values move with f: gamma_B (P_g - P_b) dv, with dv = moved @ (f - present f).
        slope = game.follower_discount * ((self._kernel[mine] - self._kernel) @ moved)
        others = np.ones(len(table), dtype=bool)
        others[self._answer] = False
        rows = table[mine] - table + slope
        return rows[others], (slope @ self.slots)[others]


@dataclasses.dataclass(frozen=True, eq=False)
class Linearisation:
    """A model with its goal, its incentive rows and how far they are from being met, all at one policy.

    ``rows @ f >= least + slopes * level`` are the incentive rows, by the margin, then the rows of the goal.
    """

    model: FixedResponse
    goal: LinearGoal
    rows: FloatArray
    least: FloatArray
    slopes: FloatArray

    @classmethod
    def at(cls, model: FixedResponse, goal: LinearGoal, margin: float = 0.0) -> Linearisation:
        """The linearisation of a model; ``margin`` is by how much the response must beat every other action."""
        rows, least = model.incentive_rows()
        slopes = np.zeros(len(goal.rows)) if goal.slopes is None else goal.slopes
        return cls(
            model,
            goal,
            np.vstack((rows, goal.rows)),
            np.concatenate((least + margin, goal.least)),
            np.concatenate((np.zeros(len(rows)), slopes)),
        )

    @property
    def violation(self) -> float:
        """The largest amount by which a row is violated at the policy of linearisation."""
        return float((self.least + self.slopes * self.goal.value - self.rows @ self.model.slots).max(initial=0.0))

    def step(self, radius: float, penalty: float | None = None, rows: SlotRows | None = None) -> LinearProgram:
        """The program whose solution is the best leader slots within ``radius`` of the present ones, to first order.

        Parameters
        ----------
        radius
            Trust region: no probability moves by more.
        penalty
            If given, the rows may be violated by one more variable at this price.
        rows
            Rows on the slots that may not be violated.

        Returns
        -------
        LinearProgram
            Its first columns are the slots; the violation and the level follow where there are any.
        """
        game, present = self.model.game, self.model.slots
        elastic = [] if penalty is None else [penalty]
        levels = [] if self.goal.slopes is None else [1.0]
        further = np.hstack((np.ones((len(self.rows), len(elastic))), -self.slopes[:, None] * np.array([levels])))
        simplex = np.zeros((game.num_states, len(present) + further.shape[1]))
        simplex[game.leader_slot_state, np.arange(len(present))] = 1.0
        rows = SlotRows.none(len(present)) if rows is None else rows.at(present)
        fixed = np.hstack((rows.matrix, np.zeros((len(rows.matrix), further.shape[1]))))
        matrix = np.vstack((simplex, np.hstack((self.rows, further)), fixed))
        ones = np.ones(game.num_states)
        dense_rows, columns = np.nonzero(matrix)
        return LinearProgram(
            objective=np.concatenate((self.goal.gradient, np.negative(elastic), levels)),
            starts=np.searchsorted(dense_rows, np.arange(len(matrix) + 1)),
            indices=columns,
            values=matrix[dense_rows, columns],
            row_lower=np.concatenate((ones, self.least, rows.lower)),
            row_upper=np.concatenate((ones, np.full(len(self.least), np.inf), rows.upper)),
            column_lower=np.concatenate(
                (np.maximum(present - radius, 0.0), np.zeros(len(elastic)), np.full(len(levels), -np.inf))
            ),
            column_upper=np.concatenate((np.minimum(present + radius, 1.0), np.full(further.shape[1], np.inf))),
        )
